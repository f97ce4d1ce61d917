/* SPDX-License-Identifier: 0BSD */
/*
 * t/51-accrights.c - the backend "accrights" by force, over sendmsg() and
 * recvmsg() of our own: what it gives to the kernel, what it makes of the
 * answers. (The persona accrights runs the whole suite over it.)
 */
#include "../lib/detect.h"

#include <stdio.h>
#include <string.h>

#if FDFERRY_HAVE_SOCKETS

struct old_msghdr {
	void *msg_name;
	int msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	char *msg_accrights;
	int msg_accrightslen;
};

static ssize_t fake_sendmsg(int, const struct old_msghdr *, int);
static ssize_t fake_recvmsg(int, struct old_msghdr *, int);
static int fake_getsockopt(int, int, int, void *, socklen_t *);

#include "no-backend.h"
#define FDFERRY_BACKEND_ACCRIGHTS 1
#define msghdr old_msghdr
#define sendmsg fake_sendmsg
#define recvmsg fake_recvmsg
#define getsockopt fake_getsockopt
#include "../lib/backend-accrights.c"

#include "tap.h"

static int type = SOCK_STREAM;		/* what the socket is */
static int sent[FDFERRY_QUIRK_MAX_FDS], nsent;
static int answer_bytes, answer_length, room_bytes, room_pieces, room_length;
static int taken[FDFERRY_QUIRK_ROOM], ntaken;

static int
fake_getsockopt(int sock, int level, int name, void *value, socklen_t *len)
{
	(void)sock;
	(void)level;
	(void)name;
	(void)len;
	memcpy(value, &type, sizeof type);
	return 0;
}

static ssize_t
fake_sendmsg(int sock, const struct old_msghdr *msg, int flags)
{
	(void)sock;
	(void)flags;
	nsent = msg->msg_accrightslen / (int)sizeof sent[0];
	if (nsent > 0)
		memcpy(sent, msg->msg_accrights,
		    (size_t)msg->msg_accrightslen);
	return (ssize_t)msg->msg_iov[0].iov_len;
}

static ssize_t
fake_recvmsg(int sock, struct old_msghdr *msg, int flags)
{
	int i, fd;

	(void)sock;
	(void)flags;
	room_bytes = 0;
	room_pieces = msg->msg_iovlen;
	for (i = 0; i < msg->msg_iovlen; i++)
		room_bytes += (int)msg->msg_iov[i].iov_len;
	room_length = msg->msg_accrightslen;
	for (i = 0; i + (int)sizeof fd <= answer_length
	    && i + (int)sizeof fd <= room_length; i += (int)sizeof fd) {
		fd = 100 + i / (int)sizeof fd;
		memcpy(msg->msg_accrights + i, &fd, sizeof fd);
	}
	msg->msg_accrightslen = answer_length;
	return answer_bytes;
}

void
fdferry__take(struct fdferry__inbox *inbox, int fd)
{
	(void)inbox;
	taken[ntaken++] = fd;
}

static char buf[16];
static struct iovec iov[SPARE + 1];
static struct fdferry__io io;

static ptrdiff_t
receive(int pieces, int bytes, int length)
{
	int i;

	for (i = 0; i < pieces; i++) {
		iov[i].iov_base = buf;
		iov[i].iov_len = 1;
	}
	memset(&io, 0, sizeof io);
	io.iov = iov;
	io.iovcnt = pieces;
	ntaken = 0;
	answer_bytes = bytes;
	answer_length = length;
	return fdferry__backend_recv(0, &io);
}

int
main(void)
{
	int fds[3] = { 7, 8, 9 };
	const int brim = FDFERRY_QUIRK_ROOM * (int)sizeof (int);

	plan(12);
	iov[0].iov_base = buf;
	iov[0].iov_len = 1;
	io.iov = iov;
	io.iovcnt = 1;
	io.fds = fds;
	io.nfds = 3;
	ok(fdferry__backend_send(0, &io) == 1 && nsent == 3
	    && memcmp(sent, fds, sizeof fds) == 0, "three descriptors, in order");
	io.nfds = 0;
	ok(fdferry__backend_send(0, &io) == 1 && nsent == 0, "none: length 0");
	ok(receive(1, 1, 2 * (int)sizeof (int)) == 1 && ntaken == 2
	    && taken[0] == 100 && taken[1] == 101 && io.flags == 0,
	    "two arrive, in order");
	ok(room_length == brim, "room for more than any kernel sends");
	ok(room_bytes == 1, "a stream: not one byte more than asked for");
	ok(receive(1, 1, 0) == 1 && ntaken == 0, "none arrive");
	ok(receive(1, 1, -1) == 1 && ntaken == 0, "a negative length: none");
	ok(receive(1, 1, 4 * brim) == 1 && ntaken == FDFERRY_QUIRK_ROOM
	    && (io.flags & FDFERRY__LOST) != 0,
	    "a length beyond the room: what is there, and it counts as cut");
	ok(receive(1, 1, brim) == 1 && (io.flags & FDFERRY__LOST) != 0,
	    "filled to the brim counts as cut");
	type = SOCK_DGRAM;
	ok(receive(3, 4, 0) == 3 && room_bytes == 4
	    && (io.flags & FDFERRY__CUT) != 0,
	    "a datagram longer than the room: told by one byte more");
	ok(receive(3, 3, 0) == 3 && (io.flags & FDFERRY__CUT) == 0,
	    "one that fits");
	ok(receive(SPARE + 1, 3, 0) == 3 && room_pieces == SPARE + 1
	    && (io.flags & FDFERRY__CUT) == 0,
	    "more pieces than we can add to: as they are");
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
