#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-ack.sh - acknowledged hand-offs, pools, programs, reload, status.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
