/* SPDX-License-Identifier: 0BSD */
/*
 * ownchan.h - the channel compiled into a test, over the library's message
 * layer and real sockets. The test includes ../lib/backend.h and what it
 * needs, defines other names for the calls that it wants to be its own, and
 * then includes this.
 */
#ifndef OWNCHAN_H
#define OWNCHAN_H 1

#include <fcntl.h>

static int
own_type(int sock)
{
	int type = -1;
	socklen_t len = sizeof type;

	(void)getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &len);
	return type;
}

/* A shared library does not show these. */
#define fdferry__backend_type own_type
#define fdferry__is_stream(type) ((type) == SOCK_STREAM)
#define fdferry__is_seqpacket(type) ((type) == SOCK_SEQPACKET)
#define fdferry__discard(fd) ((void)close(fd))
#define fdferry__is_foreign(fd) ((void)(fd), 0)
#define fdferry__nonblock(fd) fcntl((fd), F_SETFL, O_NONBLOCK)
#define fdferry__is_nonblocking(fd) ((fcntl((fd), F_GETFL) & O_NONBLOCK) != 0)

#include "../lib/channel.c"
#include "../lib/channel-assemble.c"
#include "../lib/channel-end.c"
#include "../lib/channel-fifo.c"
#include "../lib/channel-frame.c"
#include "../lib/channel-handoff.c"
#include "../lib/channel-outcome.c"
#include "../lib/channel-owner.c"
#include "../lib/channel-parcel.c"
#include "../lib/channel-queue.c"
#include "../lib/channel-recv.c"
#include "../lib/channel-send.c"
#include "../lib/channel-wait.c"
#include "../lib/structures.c"

#endif
