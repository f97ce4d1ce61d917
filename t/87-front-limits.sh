#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-limits.sh - fronts at their limits, and when things go wrong.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
