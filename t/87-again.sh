#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-again.sh - what fails for a moment is tried again: how soon, and that it
# is.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
