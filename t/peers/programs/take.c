/* SPDX-License-Identifier: 0BSD */
/*
 * take PATH REQUEST COUNT - write REQUEST and a newline to a server, and tell
 * what descriptors libfdferry receives from it. For PATH - the server is
 * descriptor 0, and nothing is written.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fdferry.h"

static int
take(int sock, int left)
{
	struct fdferry_info info;
	struct fdferry_result got;
	char text[1024];
	int fds[250], i;

	info.size = sizeof info;
	got.size = sizeof got;
	while (left > 0) {
		if (fdferry_recv(sock, text, sizeof text, fds, 250, 0, NULL,
		    &got) < 0 || (got.flags & FDFERRY_EOF))
			return perror("fdferry_recv"), 1;
		printf("message %lu bytes %lu descriptors\n",
		    (unsigned long)got.bytes, (unsigned long)got.fds);
		for (i = 0; i < (int)got.fds; i++, left--)
			if (fdferry_describe(fds[i], &info) == 0)
				printf("%s %s\n", fdferry_kind_name(info.kind),
				    info.local.text);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct sockaddr_un at;
	char text[1024];
	int sock;

	if (argc != 4)
		return 2;
	if (strcmp(argv[1], "-") == 0)
		return take(0, atoi(argv[3]));
	memset(&at, 0, sizeof at);
	at.sun_family = AF_UNIX;
	strncpy(at.sun_path, argv[1], sizeof at.sun_path - 1);
	sock = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connect(sock, (struct sockaddr *)&at, sizeof at) < 0)
		return perror(argv[1]), 1;
	(void)snprintf(text, sizeof text, "%s\n", argv[2]);
	if (write(sock, text, strlen(text)) < 0)
		return perror("write"), 1;
	return take(sock, atoi(argv[3]));
}
