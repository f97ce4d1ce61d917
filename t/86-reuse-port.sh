#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/86-reuse-port.sh - several fronts at one port.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
