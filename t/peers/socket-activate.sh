#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/peers/socket-activate.sh - systemd-socket-activate starts the front.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
command -v systemd-socket-activate >/dev/null 2>&1 || {
	echo '1..0 # SKIP no systemd-socket-activate'
	exit 0
}
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"
