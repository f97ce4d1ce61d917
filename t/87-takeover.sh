#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-takeover.sh - a front takes over from another, whatever either does.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
