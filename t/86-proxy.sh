#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/86-proxy.sh - a front behind proxies that tell whose a connection is.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
