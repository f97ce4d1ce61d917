#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/hostile/paths.sh - attackers of socket paths, another user, a file server.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
