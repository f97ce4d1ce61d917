#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-front-wait.sh - connections that wait for a worker, and what cannot be
# accepted or reached.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
