#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-ends.sh - listening sockets that die or are full as a front ends.
# shellcheck disable=SC2034 # python.sh reads it
needs='front'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
