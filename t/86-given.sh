#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/86-given.sh - what a front is started with: descriptors, programs, PATH.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
