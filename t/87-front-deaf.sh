#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-deaf.sh - workers that read no more, and live.
# shellcheck disable=SC2034 # python.sh reads it
needs=front
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
