/* SPDX-License-Identifier: 0BSD */
/*
 * accept.c - connections come in, or from a front before this one.
 */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "front.h"

#define ACCEPTS_MOST 64 /* in one round of the loop */

static void
addresses(struct connection *c)
{
	socklen_t len = sizeof c->peer;

	if (getpeername(c->fd, &c->peer.sa, &len) == 0)
		c->peerlen = len < sizeof c->peer ? len : sizeof c->peer;
	/* Of a Unix client only the family is used: a path that was cut is
	   dropped. */
	if (c->peer.sa.sa_family == AF_UNIX && c->peerlen == sizeof c->peer)
		c->peerlen = offsetof(struct sockaddr_un, sun_path);
	len = sizeof c->local;
	if (getsockname(c->fd, &c->local.sa, &len) == 0)
		c->locallen = len < sizeof c->local ? len : sizeof c->local;
	addr_unmap(&c->peer.sa, &c->peerlen);
	addr_unmap(&c->local.sa, &c->locallen);
}

/* A connection for the descriptor `fd`. Returns NULL without memory; then `fd`
   is closed. */
static struct connection *
conn_new(int fd, struct listener *from)
{
	struct connection *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)close(fd);
		return NULL;
	}
	c->fd = fd;
	c->listener = from;
	from->users++;
	c->rules = front.rules;
	rules_hold(c->rules);
	(void)fdferry_deadline(&c->since, 0);
	c->accepted = c->since;
	addresses(c);
	return c;
}

static void
welcome(int fd, struct listener *from)
{
	struct connection *c = conn_new(fd, from);

	if (c == NULL)
		return;
	count_accepted(0);
	conn_enlist(c, LOOKING);
	if (front.per_source > 0
	    && per_source_add(&c->peer.sa) > front.per_source) {
		conn_drop(c, COUNT_SOURCE, NULL);
		return;
	}
	if (from->checked && !peer_allowed(fd, &front.allowed)) {
		conn_drop(c, COUNT_USER, NULL);
		return;
	}
	/* Mostly the first look decides: its bytes have come, or no rule needs
	   any. */
	if (conn_look(c, LOOK_ON))
		conn_wait_for_bytes(c);
}

/* The connection is looked at again, by the rules of this front, for as long
   as the other front would still have looked. */
void
conns_adopt(int fd, struct listener *from, long age_ms)
{
	struct connection *c = conn_new(fd, from);

	if (c == NULL)
		return;
	count_accepted(1);
	c->since.tv_sec -= age_ms / 1000;
	c->accepted = c->since;
	conn_enlist(c, LOOKING);
	if (front.per_source > 0)
		(void)per_source_add(&c->peer.sa);
	if (conn_look(c, LOOK_ON))
		conn_wait_for_bytes(c);
}

/*
 * One too many: decide the oldest now, rather than keep all others out. If
 * that does not help (no worker takes it), the rest wait in the kernel.
 */
static int
make_room(void)
{
	if (conns_held() > front.most && front.looking.first != NULL)
		(void)conn_look(front.looking.first, LOOK_ROOM);
	if (conns_held() <= front.most)
		return 1;
	accept_pause();
	return 0;
}

static void
accept_all(struct listener *l)
{
	int fd, i;

	for (i = 0; i < ACCEPTS_MOST; i++) {
		fd = accept_from(l->fd);
		if (fd >= 0) {
			welcome(fd, l);
			if (!make_room())
				return;
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
		    || errno == ENOMEM) {
			if (front.looking.first != NULL)
				(void)conn_look(front.looking.first, LOOK_ROOM);
			accept_pause();
		}
		return;
	}
}

void
accept_init(void)
{
	front.on_client = accept_all;
}
