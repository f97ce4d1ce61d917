#!/bin/sh
# SPDX-License-Identifier: 0BSD
# inetd.sh - a program for inetd: the client is standard input and output.
#
#   fdferry front --listen :8080 --worker 'i=exec:./inetd.sh' --default i
#
# sshd needs no line: --worker 'ssh=exec:/usr/sbin/sshd -i'
while IFS= read -r line; do
	case $line in
	'' | "$(printf '\r')") break ;;
	esac
done
printf 'HTTP/1.0 200 OK\r\n\r\nhello from sh, %s\n' "$TCPREMOTEIP"
