#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/87-stay.sh - pools that stay with addresses, and backups.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status ctl'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
