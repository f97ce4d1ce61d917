/* SPDX-License-Identifier: 0BSD */
/*
 * skalibs ancil|unixmessage send PATH FILE COUNT
 * skalibs ancil|unixmessage recv PATH COUNT
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/ancil.h>
#include <skalibs/djbunix.h>
#include <skalibs/socket.h>
#include <skalibs/unix-transactional.h>
#include <skalibs/unixmessage.h>

static int
send_one(const char *library, int sock, int fd)
{
	unixmessage_sender out = UNIXMESSAGE_SENDER_INIT(sock);
	unixmessage m = { .s = (char *)"x", .len = 1, .fds = &fd, .nfds = 1 };

	if (strcmp(library, "ancil") == 0)
		return ancil_send_fd(sock, fd, '=');
	return unixmessage_put(&out, &m) && unixmessage_sender_flush(&out) > 0
	    ? 0 : -1;
}

static int
recv_one(const char *library, int sock)
{
	static unixmessage_receiver in;
	static char main_space[UNIXMESSAGE_BUFSIZE];
	static char aux_space[UNIXMESSAGE_AUXBUFSIZE];
	static int begun;
	unixmessage m;
	struct pollfd p = { .fd = sock, .events = POLLIN };
	int rc;

	/* Neither waits by itself: a loop with iopause() is their way. */
	if (strcmp(library, "ancil") == 0) {
		(void)poll(&p, 1, -1);
		return ancil_recv_fd(sock, '=');
	}
	if (!begun++ && !unixmessage_receiver_init(&in, sock, main_space,
	    sizeof main_space, aux_space, sizeof aux_space))
		return -1;
	while ((rc = unixmessage_receive(&in, &m)) == 0)
		(void)poll(&p, 1, -1);
	if (rc < 0 || m.nfds != 1)
		return -1;
	return m.fds[0];
}

int
main(int argc, char **argv)
{
	int count = atoi(argv[argc - 1]), i, fd, file, listener, sock;

	if (strcmp(argv[2], "send") == 0) {
		sock = ipc_stream_b();
		file = open(argv[4], O_RDONLY);
		if (ipc_connect(sock, argv[3]) < 0 || file < 0)
			return perror(argv[3]), 1;
		for (i = 0; i < count; i++)
			if (send_one(argv[1], sock, file) < 0)
				return perror("send"), 1;
		return 0;
	}
	listener = ipc_stream_b();
	if (ipc_bind(listener, argv[3]) < 0 || ipc_listen(listener, 1) < 0)
		return perror(argv[3]), 1;
	sock = ipc_accept(listener, NULL, 0, &i);
	puts("accepted");
	fflush(stdout);
	for (i = 0; i < count; i++) {
		fd = recv_one(argv[1], sock);
		if (fd >= 0)
			printf("fd %d\n", fd);
		else
			printf("error %s\n", strerror(errno));
		fflush(stdout);
	}
	return getchar() != EOF;
}
