#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# inetd.sh - a program as inetd runs them: the connection is 0 and 1.
# It answers HTTP and plain lines, then keeps the connection open until the
# demo has looked who holds it.

inode=$(readlink "/proc/$$/fd/0" 2>/dev/null | sed 's/[^0-9]//g')
cr=$(printf '\r')
read -r first
first=${first%"$cr"}
case $first in
*' HTTP/1.'*)
	while read -r line && test -n "${line%"$cr"}"; do :; done
	printf 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'
	printf 'Connection: close\r\n\r\n' ;;
esac
printf 'worker=inetd pid=%s inode=%s from=%s saw="%s"\n' $$ \
    "${inode:-unknown}" "${TCPREMOTEIP-unknown}:${TCPREMOTEPORT-}" "$first"

tries=0
while test ! -e "$FDFERRY_DEMO/release" && test $tries -lt 400; do
	sleep 0.1
	tries=$((tries + 1))
done
