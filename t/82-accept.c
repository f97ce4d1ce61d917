/* SPDX-License-Identifier: 0BSD */
/*
 * t/82-accept.c - what is accepted is close-on-exec and blocks, by accept4()
 * or without it, and also where accept() hands O_NONBLOCK on.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static int old_kernel, hands_on, accepts;

/* As the BSDs: the new socket has the listener's O_NONBLOCK. */
static int
fake_accept(int listener, struct sockaddr *addr, socklen_t *len)
{
	int fd = accept(listener, addr, len);

	accepts++;
	if (fd >= 0 && hands_on)
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return fd;
}

#if FDFERRY_HAVE_ACCEPT4
static int
fake_accept4(int listener, struct sockaddr *addr, socklen_t *len, int flags)
{
	if (old_kernel) {
		errno = ENOSYS;
		return -1;
	}
	return accept4(listener, addr, len, flags);
}
# define accept4 fake_accept4
#endif
#define accept fake_accept
#include "../src/net/accept.c"
#undef accept
#undef accept4

static int listener;
static struct sockaddr_un at;

static void
listen_somewhere(void)
{
	static char name[sizeof at.sun_path];

	strcpy(name, "/tmp/fdferry-accept.XXXXXX");
	(void)close(mkstemp(name));
	(void)unlink(name);
	at.sun_family = AF_UNIX;
	strcpy(at.sun_path, name);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)(void *)&at,
	    sizeof at) < 0 || listen(listener, 8) < 0)
		bail("no listener");
	(void)fcntl(listener, F_SETFL, O_NONBLOCK);
}

static void
accepts_one(const char *name)
{
	int client = socket(AF_UNIX, SOCK_STREAM, 0), fd;
	struct sockaddr_un here, peer;
	socklen_t len = sizeof peer;

	/* A name of its own, to be told by accept(). */
	here = at;
	strcat(here.sun_path, ".c");
	(void)bind(client, (struct sockaddr *)(void *)&here, sizeof here);
	(void)connect(client, (struct sockaddr *)(void *)&at, sizeof at);
	memset(&peer, 0, sizeof peer);
	fd = accept_client(listener, (struct sockaddr *)(void *)&peer, &len);
	(void)unlink(here.sun_path);
	ok(fd >= 0 && peer.sun_family == AF_UNIX
	    && strcmp(peer.sun_path, here.sun_path) == 0,
	    "it tells who connected");
	ok(fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0
	    && (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0, name);
	(void)close(fd);
	(void)close(client);
}

int
main(void)
{
	plan(8);
	listen_somewhere();
	accepts_one("as this system does it");
	ok(accepts == !FDFERRY_HAVE_ACCEPT4, "by accept4(), where there is one");
	old_kernel = 1;
	accepts_one("a kernel without accept4()");
	hands_on = 1;
	accepts_one("an accept() that hands O_NONBLOCK on");
	errno = 0;
	ok(accept_from(listener) < 0 && (errno == EAGAIN
	    || errno == EWOULDBLOCK), "nobody is there: EAGAIN");
	(void)close(listener);
	(void)unlink(at.sun_path);
	return tap_bad;
}
