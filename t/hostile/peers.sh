#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/hostile/peers.sh - peers that lie, before the command.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
