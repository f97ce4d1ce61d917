#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-log.sh - the log of a front when standard error is in trouble.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
