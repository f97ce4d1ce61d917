#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/83-in-flight.sh - send and dial wait while too many are in flight.
# shellcheck disable=SC2034 # python.sh reads it
needs='send recv dial'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
