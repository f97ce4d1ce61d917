/* SPDX-License-Identifier: 0BSD */
/*
 * Backend "streams": I_SENDFD and I_RECVFD over a STREAMS pipe or socket
 * (System V, Solaris by choice).
 *
 * A descriptor is a message of its own in the stream. It is sent before the
 * data, and every descriptor that is in front when receiving belongs to the
 * data behind it; a read stops before the next one.
 *
 * Weaknesses: one descriptor per message (FDFERRY_QUIRK_MAX_FDS is 1; more
 * is EINVAL), since of two calls the second may fail when the first
 * descriptor is gone. A receiver that must not wait may find a descriptor
 * whose data are still on their way: it waits GRACE for them, then reports
 * the descriptor with no data. A sender waits as long for room for them.
 * The calls have no flags: message.c asks poll() before, and holds SIGPIPE
 * back. No datagrams.
 * Source: streamio(7), read(2) of System V Release 4.
 */
#include "backend.h"

#ifdef FDFERRY_BACKEND_STREAMS

# include <poll.h>
# include <string.h>
# include <stropts.h>
# include <sys/uio.h>
# include <unistd.h>

const char fdferry__backend_name[] = "streams";

# define GRACE 100 /* ms */

int
fdferry__backend_type(int sock)
{
	int stream = isastream(sock);

	if (stream > 0)
		return SOCK_STREAM;
	/* 0 is an answer, and sets no errno. */
	if (stream == 0 || errno != EBADF)
		errno = ENOTSOCK;
	return -1;
}

/* A moment for `sock` to be ready for `events`; no signal cuts it short. */
static int
grace(int sock, short events)
{
	struct pollfd p;
	int n;

	p.fd = sock;
	p.events = events;
	do
		n = poll(&p, 1, GRACE);
	while (n < 0 && errno == EINTR);
	return n;
}

ptrdiff_t
fdferry__backend_send(int sock, const struct fdferry__io *io)
{
	ptrdiff_t n;

	if (io->nfds > 1 || io->addr != NULL) {
		errno = io->addr != NULL ? EOPNOTSUPP : EINVAL;
		return -1;
	}
	if (io->nfds > 0 && ioctl(sock, I_SENDFD, io->fds[0]) < 0) {
		/* It never waits, not even on a blocking stream: called by
		   another name, message.c will wait. */
		if (errno == EAGAIN)
			errno = ENOBUFS;
		else if (errno == ENXIO) /* hung up */
			errno = EPIPE;
		return -1;
	}
	n = writev(sock, io->iov, io->iovcnt);
	if (n < 0 && errno == EAGAIN && io->nfds > 0
	    && grace(sock, POLLOUT) > 0)
		n = writev(sock, io->iov, io->iovcnt);
	if (n < 0 && errno == ENXIO)
		errno = EPIPE;
	return n < 0 && io->nfds > 0 ? 0 : n;
}

/* After a descriptor: does something follow soon, or at last? */
static int
more(int sock, unsigned int flags)
{
	return ((flags & FDFERRY__DONTWAIT) == 0
		   && !fdferry__is_nonblocking(sock))
	    || grace(sock, POLLIN) != 0;
}

/* A signal must not part what was taken from its data. */
static int
interrupted(int taken)
{
	return errno == EINTR && taken > 0;
}

/*
 * Take every descriptor that is in front. Returns 1 if data are next, 0 if
 * the stream ends or nothing follows, -1 with errno.
 */
static int
take_descriptors(int sock, struct fdferry__io *io, int *taken)
{
	struct strrecvfd got;
	int n;

	for (*taken = 0; *taken < FDFERRY_QUIRK_ROOM; ++*taken) {
		if (*taken > 0 && !more(sock, io->flags))
			return 0;
		memset(&got, 0, sizeof got);
		do
			n = ioctl(sock, I_RECVFD, &got);
		while (n < 0 && interrupted(*taken));
		if (n < 0)
			return errno == EBADMSG ? 1 : errno == ENXIO ? 0 : -1;
		fdferry__take(io->inbox, got.fd);
	}
	return 1;
}

ptrdiff_t
fdferry__backend_recv(int sock, struct fdferry__io *io)
{
	ptrdiff_t n = 0;
	int next, taken;

	next = take_descriptors(sock, io, &taken);
	if (next > 0)
		do
			n = readv(sock, io->iov, io->iovcnt);
		while (n < 0 && interrupted(taken));
	io->addrlen = 0;
	return (next < 0 || n < 0) && taken == 0 ? -1 : n < 0 ? 0 : n;
}

#else
typedef int fdferry__backend_streams_unused; /* ISO C wants a declaration */
#endif
