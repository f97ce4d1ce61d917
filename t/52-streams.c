/* SPDX-License-Identifier: 0BSD */
/*
 * t/52-streams.c - the backend "streams" by force, over a stream head of our
 * own: a queue of letters, F a descriptor, others data, in the order that
 * streamio(7) gives. (The persona streams runs the whole suite over it.)
 */
#include "../lib/detect.h"

#include <stdio.h>
#include <string.h>

#if FDFERRY_HAVE_SOCKETS

#include <poll.h>
#include <unistd.h>

static int fake_ioctl(int, int, ...);
static int fake_isastream(int);
static int fake_poll(struct pollfd *, int, int);
static ssize_t fake_readv(int, const struct iovec *, int);
static ssize_t fake_writev(int, const struct iovec *, int);

#include "no-backend.h"
#define FDFERRY_BACKEND_STREAMS 1
#define ioctl fake_ioctl
#define isastream fake_isastream
#define poll(p, n, ms) fake_poll((p), (int)(n), (ms))
#define readv fake_readv
#define writev fake_writev
#include "../lib/backend-streams.c"

#include <stdarg.h>

#include "tap.h"

static char queue[64];			/* our stream head */
static char sent[64];
static int fail_sendfd, fail_writev, fail_recvfd, fail_readv, hung_up, polls;
static int signals, room_comes, nonblocking;
static int taken;

static int
fake_ioctl(int fd, int request, ...)
{
	struct strrecvfd *got;
	va_list ap;

	(void)fd;
	if (request == I_SENDFD) {
		errno = fail_sendfd;
		if (fail_sendfd != 0)
			return -1;
		strcat(sent, "F");
		return 0;
	}
	errno = fail_recvfd;
	if (fail_recvfd != 0)
		return -1;
	errno = EINTR;
	if (taken > 0 && signals-- > 0)
		return -1;
	errno = queue[0] != '\0' ? EBADMSG : hung_up ? ENXIO : EAGAIN;
	if (queue[0] != 'F')
		return -1;
	va_start(ap, request);
	got = va_arg(ap, struct strrecvfd *);
	va_end(ap);
	got->fd = 100;
	memmove(queue, queue + 1, strlen(queue));
	return 0;
}

static int
fake_isastream(int fd)
{
	/* An answer leaves in errno what was there. */
	errno = EBADF;
	return fd == 9 ? -1 : fd == 0;
}

static int
fake_poll(struct pollfd *p, int n, int ms)
{
	(void)n;
	(void)ms;
	polls++;
	p->revents = p->events;
	if (p->events == POLLOUT) {
		if (room_comes)
			fail_writev = 0;
		return room_comes;
	}
	errno = EINTR;
	if (signals-- > 0)
		return -1;
	return queue[0] != '\0' || hung_up;
}

static ssize_t
fake_readv(int fd, const struct iovec *iov, int n)
{
	char *to = iov[0].iov_base;
	size_t i;

	(void)fd;
	errno = EINTR;
	if (taken > 0 && signals-- > 0)
		return -1;
	errno = fail_readv;
	if (fail_readv != 0)
		return -1;
	(void)n;
	for (i = 0; i < iov[0].iov_len && queue[0] != '\0'
	    && queue[0] != 'F'; i++) {
		to[i] = queue[0];
		memmove(queue, queue + 1, strlen(queue));
	}
	errno = EAGAIN;
	return i > 0 || hung_up ? (ssize_t)i : -1;
}

static ssize_t
fake_writev(int fd, const struct iovec *iov, int n)
{
	(void)fd;
	(void)n;
	errno = fail_writev;
	if (fail_writev != 0)
		return -1;
	strncat(sent, iov[0].iov_base, iov[0].iov_len);
	return (ssize_t)iov[0].iov_len;
}

void
fdferry__take(struct fdferry__inbox *inbox, int fd)
{
	(void)inbox;
	taken += fd == 100;
}

int
fdferry__is_nonblocking(int fd)
{
	(void)fd;
	return nonblocking;
}

static char buf[8];
static struct iovec iov;
static struct fdferry__io io;

static ptrdiff_t
transmit(size_t nfds, int sendfd, int data)
{
	static const int fds[2] = { 7, 8 };

	memset(&io, 0, sizeof io);
	memcpy(buf, "ab", 2);
	iov.iov_base = buf;
	iov.iov_len = 2;
	io.iov = &iov;
	io.iovcnt = 1;
	io.fds = fds;
	io.nfds = nfds;
	sent[0] = '\0';
	fail_sendfd = sendfd;
	fail_writev = data;
	return fdferry__backend_send(0, &io);
}

static ptrdiff_t
receive(unsigned int flags)
{
	memset(&io, 0, sizeof io);
	iov.iov_base = buf;
	iov.iov_len = sizeof buf;
	io.iov = &iov;
	io.iovcnt = 1;
	io.flags = flags;
	taken = 0;
	return fdferry__backend_recv(0, &io);
}

static void
sending(void)
{
	ok(transmit(1, 0, 0) == 2 && strcmp(sent, "Fab") == 0,
	    "the descriptor goes before its data");
	ok(transmit(2, 0, 0) == -1 && errno == EINVAL && sent[0] == '\0',
	    "two descriptors: EINVAL, none is sent");
	ok(transmit(1, EAGAIN, 0) == -1 && errno == ENOBUFS,
	    "no room for a descriptor: message.c will wait");
	ok(transmit(1, ENXIO, 0) == -1 && errno == EPIPE
	    && transmit(0, 0, ENXIO) == -1 && errno == EPIPE,
	    "hung up: EPIPE");
	ok(transmit(1, 0, EAGAIN) == 0 && strcmp(sent, "F") == 0,
	    "no room for the data: 0, the descriptor has gone");
	ok(transmit(0, 0, EAGAIN) == -1 && errno == EAGAIN, "data alone");
	room_comes = 1;
	ok(transmit(1, 0, EAGAIN) == 2 && strcmp(sent, "Fab") == 0,
	    "room comes after a moment: both go");
}

static void
receiving(void)
{
	int n, bad = 0;

	strcpy(queue, "FabFcd");
	ok(receive(0) == 2 && taken == 1 && memcmp(buf, "ab", 2) == 0
	    && strcmp(queue, "Fcd") == 0,
	    "a descriptor and its data, not the next");
	strcpy(queue, "abF");
	ok(receive(0) == 2 && taken == 0, "data before a descriptor");
	strcpy(queue, "FFa");
	ok(receive(0) == 1 && taken == 2, "two in front: both");
	strcpy(queue, "F");
	polls = 0;
	ok(receive(FDFERRY__DONTWAIT) == 0 && taken == 1 && polls == 1,
	    "a descriptor without data, must not wait: told after a moment");
	ok(receive(0) == -1 && errno == EAGAIN && taken == 0,
	    "nothing there: EAGAIN of a non-blocking stream");
	for (n = 1; n < 4; n++) {
		strcpy(queue, "Fab");
		signals = n;
		bad += receive(0) != 2 || taken != 1 || queue[0] != '\0';
		strcpy(queue, "Fab");
		signals = n;
		bad += receive(FDFERRY__DONTWAIT) != 2 || taken != 1;
	}
	signals = 0;
	ok(bad == 0, "no signal parts a descriptor from its data");
	nonblocking = 1;
	strcpy(queue, "F");
	polls = 0;
	ok(receive(0) == 0 && taken == 1 && polls == 1,
	    "a non-blocking stream: a moment, too");
	nonblocking = 0;
	fail_recvfd = EMFILE;
	strcpy(queue, "Fa");
	ok(receive(0) == -1 && errno == EMFILE && strcmp(queue, "Fa") == 0,
	    "table full: EMFILE, nothing consumed");
	fail_recvfd = 0;
	fail_readv = EIO;
	ok(receive(0) == 0 && taken == 1, "the data cannot be read: the "
	    "descriptor before them is told");
	strcpy(queue, "a");
	ok(receive(0) == -1 && errno == EIO && taken == 0,
	    "none before them: that is");
	fail_readv = 0;
	queue[0] = '\0';
	hung_up = 1;
	ok(receive(0) == 0 && taken == 0, "hung up: end of file");
	ok(fdferry__backend_type(0) == SOCK_STREAM, "a stream");
	ok(fdferry__backend_type(1) == -1 && errno == ENOTSOCK
	    && fdferry__backend_type(9) == -1 && errno == EBADF,
	    "not a stream: ENOTSOCK; not open: EBADF");
}

int
main(void)
{
	plan(20);
	sending();
	receiving();
	return tap_bad;
}

#else

int
main(void)
{
	printf("1..0 # SKIP no Unix sockets\n");
	return 0;
}

#endif
