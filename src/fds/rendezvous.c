/* SPDX-License-Identifier: 0BSD */
/* rendezvous.c - find the one peer that send and recv deal with. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fds.h"

static void
refuse(int fd)
{
	struct fdferry_peercred peer;

	peer.size = sizeof peer;
	if (fdferry_peer(fd, &peer) == 0 && (peer.known & FDFERRY_PEER_UID))
		warn("refused a peer of user %lu: --allow-uid %lu would take "
		     "it",
		    peer.uid, peer.uid);
	else
		warn("refused a peer whose user is not known");
	(void)close(fd);
}

/* Not blocking in accept(): the peer may be gone again after poll(). */
static int
accept_peer(int listener, const struct uidlist *allowed,
    const struct timespec *deadline, char *err, size_t errlen)
{
	struct pollfd p;
	int n, fd;

	(void)fcntl(listener, F_SETFL, fcntl(listener, F_GETFL) | O_NONBLOCK);
	p.fd = listener;
	p.events = POLLIN;
	for (;;) {
		n = poll(&p, 1, left_ms(deadline));
		if (n == 0) {
			(void)snprintf(err, errlen,
			    "no peer connected in "
			    "time");
			return -1;
		}
		fd = n < 0 ? -1 : accept_from(listener);
		if (fd >= 0) {
			if (peer_allowed(fd, allowed))
				return fd;
			refuse(fd);
		} else if (errno != EINTR && errno != EAGAIN
		    && errno != ECONNABORTED) {
			(void)snprintf(err, errlen, "accept: %s",
			    strerror(errno));
			return -1;
		}
	}
}

/* Whoever could make the path is trusted to receive. An abstract name anybody
   can take, so its owner must be allowed. */
int
connect_peer(const struct addr *addr, int type, const struct uidlist *allowed,
    const struct timespec *deadline, int wait, char *err, size_t errlen)
{
	int fd;

	for (;;) {
		fd = connect_type(addr, type, left_ms(deadline), err, errlen);
		if (fd >= 0)
			break;
		if (!wait || (errno != ENOENT && errno != ECONNREFUSED)
		    || left_ms(deadline) == 0)
			return -1;
		(void)poll(NULL, 0, 50);
	}
	if (!addr_is_abstract(addr) || peer_allowed(fd, allowed))
		return fd;
	(void)snprintf(err, errlen,
	    "the peer is of a user that --allow-uid "
	    "does not name");
	(void)close(fd);
	return -1;
}

int
await_peer(const struct addr *addr, const struct listen_opts *how,
    const struct uidlist *allowed, const struct timespec *deadline, char *err,
    size_t errlen)
{
	int listener, fd;

	unlisten_on_signals();
	listener = listen_on(addr, how, err, errlen);
	if (listener < 0)
		return -1;
	fd = accept_peer(listener, allowed, deadline, err, errlen);
	unlisten(addr);
	(void)close(listener);
	return fd;
}
