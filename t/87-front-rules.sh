#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-rules.sh - rules that refuse, are not logged, or cannot decide; many
# of them while they are read again.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
