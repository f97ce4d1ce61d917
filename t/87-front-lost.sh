#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-lost.sh - what was delivered is not lost, and to whom it goes.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
