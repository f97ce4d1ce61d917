#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/88-clients.sh - ab, wrk, curl and a hello in 250 pieces, through each feature.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status ctl'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
