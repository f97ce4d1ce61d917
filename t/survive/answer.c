/* SPDX-License-Identifier: 0BSD */
/*
 * answer.c - what workers run in check-survive: reads one HTTP request from
 * descriptor 0, answers on 1 with a body of known length.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
main(void)
{
	static const char body[] = "0123456789abcdef0123456789abcdef\n";
	char request[4096], answer[256];
	size_t len = 0;
	ssize_t n;
	int size;

	(void)alarm(30);
	while (len < sizeof request - 1) {
		n = read(0, request + len, sizeof request - 1 - len);
		if (n <= 0)
			return 1;
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n") != NULL)
			break;
	}
	size = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\r\n"
	    "Content-Length: %u\r\n\r\n%s", (unsigned)sizeof body - 1, body);
	return write(1, answer, (size_t)size) != size;
}
