#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-metrics.sh - status --prometheus: right, and as the log says.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
