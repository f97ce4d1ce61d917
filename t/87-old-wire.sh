#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-old-wire.sh - with fronts, workers and clients of 0.1.0, as recorded.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
