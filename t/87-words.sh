#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-words.sh - what programs read is what the manual lists.
# shellcheck disable=SC2034 # python.sh reads it
needs='front ctl status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
