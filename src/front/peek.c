/* SPDX-License-Identifier: 0BSD */
/* peek.c - what the kernel has of a connection: nothing is taken from it. */
#include "../../lib/detect.h"

#include <poll.h>
#include <sys/socket.h>

#include "front.h"

/* Without the flag poll() is asked first: nobody else reads from `fd`. */
#if FDFERRY_HAVE_MSG_DONTWAIT
# define LOOK_FLAGS (MSG_PEEK | MSG_DONTWAIT)
# define something_there(fd) 1
#else
# define LOOK_FLAGS MSG_PEEK
static int
something_there(int fd)
{
	struct pollfd p;

	p.fd = fd;
	p.events = POLLIN;
	p.revents = 0;
	return poll(&p, 1, 0) > 0;
}
#endif

ssize_t
conn_peek(int fd, void *data, size_t len)
{
	ssize_t n;

	if (!something_there(fd))
		return -1;
	do
		n = recv(fd, data, len, LOOK_FLAGS);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return -2;
	return n;
}

/*
 * A client that was reset, or has ended without having said anything. Behind
 * bytes an end may be half of a connection, whose other half waits for the
 * answer.
 */
int
conn_gone(int fd)
{
	struct pollfd p;
	char byte;
	ssize_t n = conn_peek(fd, &byte, 1);

	if (n == 0 || n == -2)
		return 1;
	p.fd = fd;
	p.events = POLLIN;
	p.revents = 0;
	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}
