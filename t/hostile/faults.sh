#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/hostile/faults.sh - every system call of the command fails.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
