#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/88-services.sh - the files of contrib/, and their reload and upgrade.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker status'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
