/* SPDX-License-Identifier: 0BSD */
/* accept.c - accepting: close-on-exec, and blocking whatever the listener is. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <poll.h>

#include "net.h"

/* POSIX.1-2024: what accept4() makes is non-blocking only if asked for. Its
   kernel may be older than the C library: ENOSYS. */
#if FDFERRY_HAVE_ACCEPT4
static int
accept_as_asked(int listener, struct sockaddr *peer, socklen_t *len)
{
	return accept4(listener, peer, len, SOCK_CLOEXEC);
}
#else
static int
accept_as_asked(int listener, struct sockaddr *peer, socklen_t *len)
{
	(void)listener;
	(void)peer;
	(void)len;
	errno = ENOSYS;
	return -1;
}
#endif

/* BSDs hand the listener's O_NONBLOCK on, Linux does not. */
static int
accept_and_set(int listener, struct sockaddr *peer, socklen_t *len)
{
	int fd = accept(listener, peer, len), flags;

	if (fd < 0)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	flags = fcntl(fd, F_GETFL);
	if (flags >= 0 && (flags & O_NONBLOCK) != 0)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return fd;
}

int
accept_client(int listener, struct sockaddr *peer, socklen_t *len)
{
	int fd = accept_as_asked(listener, peer, len);

	return fd < 0 && errno == ENOSYS ? accept_and_set(listener, peer, len)
					 : fd;
}

int
accept_from(int listener)
{
	return accept_client(listener, NULL, NULL);
}

/* Linux says EAGAIN of a Unix socket that was shut down, and that there is
   something to accept, for ever; it says so of no listener that is alive. */
int
accept_is_over(int listener)
{
#ifdef POLLRDHUP
	/* All that there is if it was shut down for receiving alone. */
	const short over = POLLHUP | POLLERR | POLLNVAL | POLLRDHUP;
	const short asked = POLLIN | POLLRDHUP;
#else
	const short over = POLLHUP | POLLERR | POLLNVAL;
	const short asked = POLLIN;
#endif
	struct pollfd p;

	p.fd = listener;
	p.events = asked;
	p.revents = 0;
	return poll(&p, 1, 0) == 1 && (p.revents & over) != 0;
}
