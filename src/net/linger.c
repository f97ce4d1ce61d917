/* SPDX-License-Identifier: 0BSD */
/*
 * linger.c - leaving a receiver without a loss.
 *
 * What is queued on a connection is the receiver's, but some receivers take
 * a short read with POLLHUP for the end and read no more (libuv before
 * 1.52). They see POLLHUP once both directions are shut. So we shut ours,
 * which they read as the end behind all that is queued, and close when they
 * have. Only for sockets that this process made and nobody else holds:
 * shutdown() is global to the socket.
 */
#include "../../lib/detect.h"

#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "net.h"

#define READS_MOST 16 /* of one who goes on talking, at a time */

int
linger_begin(int sock)
{
	return shutdown(sock, SHUT_WR);
}

/* Descriptors beside what it says are closed: a plain recv() would leave
   them open here on some systems. */
int
linger_over(int sock)
{
	struct fdferry_result r;
	char bytes[256];
	int i;

	for (i = 0; i < READS_MOST; i++) {
		r.size = sizeof r;
		if (fdferry_recv(sock, bytes, sizeof bytes, NULL, 0,
			FDFERRY_NONBLOCK, NULL, &r)
		    < 0)
			return r.error != EAGAIN && r.error != EINTR;
		if ((r.flags & FDFERRY_EOF) != 0)
			return 1;
	}
	return 0;
}

int
linger_wait(int sock, int ms)
{
	struct timespec until;
	struct pollfd p;

	(void)fdferry_deadline(&until, ms > 0 ? ms : 0);
	p.fd = sock;
	p.events = POLLIN;
	while (!linger_over(sock)) {
		ms = left_ms(&until);
		if (ms <= 0)
			return 0;
		(void)poll(&p, 1, ms);
	}
	return 1;
}
