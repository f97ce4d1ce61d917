#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-successor.sh - a front takes all from another, whatever that does.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
