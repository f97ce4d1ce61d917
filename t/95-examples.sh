#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/95-examples.sh - the workers in examples/ serve behind a front.
# shellcheck disable=SC2034 # python.sh reads it
needs='front'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
