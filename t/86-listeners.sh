#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/86-listeners.sh - listeners are known by what is bound.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
