#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-orders.sh - what an operator orders of workers, and what is held.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status ctl'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
