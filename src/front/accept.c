/* SPDX-License-Identifier: 0BSD */
/*
 * accept.c - connections come in, or from a front before this one.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"

#define FULL_ROUNDS 8	 /* then more are tried */
#define SAY_MS 1000	 /* at most one line about failures in so long */
#define FAILURES_MOST 16 /* of clients, with none between */

/* ------------------------------------------------ addresses ------------- */

/*
 * Do connections have the address of their listener? Linux gives others to a
 * socket only if its maker has asked for that. BSDs may do so for a rule of the
 * packet filter.
 */
#if defined __linux__
static int
is_fixed(const struct listener *l)
{
	static const unsigned char any[16];
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	/* Who has made one that was given, has asked for we know not what. */
	if (l->text == NULL || l->adopted || strncmp(l->text, "fd:", 3) == 0)
		return 0;
	memcpy(&in, &l->at.ss, sizeof in);
	memcpy(&in6, &l->at.ss, sizeof in6);
	if (in.sin_family == AF_INET)
		return in.sin_addr.s_addr != htonl(INADDR_ANY);
	/* Not one that is mapped, either. */
	return in.sin_family == AF_INET6
	    && memcmp(&in6.sin6_addr, any, 10) != 0;
}
#else
static int
is_fixed(const struct listener *l)
{
	(void)l;
	return 0;
}
#endif

static int
fixed(struct listener *l)
{
	if (l->fixed == 0)
		l->fixed = 1 + (addr_is_unix(&l->at) || is_fixed(l));
	return l->fixed - 1;
}

static void
addresses(struct connection *c)
{
	socklen_t len = sizeof c->local;

	/* Of a Unix client only the family is used: a path that was cut is
	   dropped. */
	if (c->peer.sa.sa_family == AF_UNIX && c->peerlen >= sizeof c->peer)
		c->peerlen = offsetof(struct sockaddr_un, sun_path);
	if (c->peerlen > sizeof c->peer)
		c->peerlen = sizeof c->peer;
	if (!fixed(c->listener) && getsockname(c->fd, &c->local.sa, &len) == 0)
		c->locallen = len < sizeof c->local ? len : sizeof c->local;
	addr_unmap(&c->peer.sa, &c->peerlen);
	addr_unmap(&c->local.sa, &c->locallen);
}

/* ------------------------------------------------ one ------------------- */

/* A connection for the descriptor `fd`. Returns NULL without memory; then `fd`
   is closed. */
static struct connection *
conn_new(int fd, struct listener *from, const struct sockaddr *peer,
    socklen_t len)
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
	c->peerlen = len;
	memcpy(&c->peer, peer, sizeof c->peer);
	addresses(c);
	return c;
}

static void
welcome(int fd, struct listener *from, const struct sockaddr *peer,
    socklen_t len)
{
	struct connection *c = conn_new(fd, from, peer, len);

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
	struct connection *c;
	union peer peer;
	socklen_t len = sizeof peer;

	memset(&peer, 0, sizeof peer);
	if (getpeername(fd, &peer.sa, &len) < 0)
		len = 0;
	c = conn_new(fd, from, &peer.sa, len);
	if (c == NULL)
		return;
	count_accepted(1);
	c->looked = 1; /* by the other */
	(void)fdferry_deadline(&c->since, -age_ms);
	c->accepted = c->since;
	conn_enlist(c, LOOKING);
	if (front.per_source > 0)
		(void)per_source_add(&c->peer.sa);
	if (conn_look(c, LOOK_ON))
		conn_wait_for_bytes(c);
}

/* ------------------------------------------------ what goes wrong ------- */

#ifndef EHOSTDOWN
# define EHOSTDOWN EPROTO
#endif
#ifndef ENONET
# define ENONET EPROTO
#endif

enum failure {
	FAILED_NONE,   /* nobody is there */
	FAILED_CLIENT, /* this client, not us: the next one */
	FAILED_NOW,    /* later it may work */
	FAILED_EVER    /* this socket accepts no more */
};

/* POSIX's words for what a client has done, and what Linux passes on from the
   network, see accept(2). */
static int
is_of_client(int error)
{
	static const int all[] = { ECONNABORTED, EINTR, EPROTO, ENETDOWN,
		ENETUNREACH, EHOSTUNREACH, ENOPROTOOPT, ETIMEDOUT, ECONNRESET,
		EHOSTDOWN, ENONET, EOPNOTSUPP };
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		if (all[i] == error)
			return 1;
	return 0;
}

/* Where the system does not tell, it is believed to listen. */
#if FDFERRY_HAVE_SO_ACCEPTCONN
static int
listens(int fd)
{
	int yes = 1;
	socklen_t len = sizeof yes;

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) < 0
	    ? errno != EBADF && errno != ENOTSOCK
	    : yes;
}
#else
static int
listens(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}
#endif

/* `first': nobody came in this round, though the system said so. */
static enum failure
failure(int fd, int error, int first)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		return first && accept_is_over(fd) ? FAILED_EVER : FAILED_NONE;
	if ((error == EINVAL || error == EBADF || error == ENOTSOCK
		|| error == EOPNOTSUPP)
	    && !listens(fd))
		return FAILED_EVER;
	return is_of_client(error) ? FAILED_CLIENT : FAILED_NOW;
}

static void
say(const char *event, const struct listener *l, const char *why)
{
	char text[512];

	log_begin(event);
	if (l != NULL) {
		(void)fdferry_addr_text((const struct sockaddr *)&l->at.ss,
		    l->at.len, text, sizeof text);
		log_text("address", text);
	}
	log_text("why", why);
	log_number("held", (unsigned long long)conns_held());
	log_end();
}

/* Accept nothing for a moment, and say so now and then. */
static void
pause_for(const struct listener *l, const char *why)
{
	static struct timespec said;
	static int ever;

	accept_pause();
	front.pauses++;
	if (ever && ms_since(&said) < SAY_MS)
		return;
	ever = 1;
	(void)fdferry_deadline(&said, 0);
	say("accept-paused", l, why);
}

/* A front without a listener has no more to do than what it holds. */
static void
give_up(struct listener *l, int error)
{
	/* Linux says EAGAIN of a Unix socket that was shut down. */
	say("listener-dead", l,
	    strerror(error == EAGAIN || error == EWOULDBLOCK ? EINVAL : error));
	listener_close(l);
	if (front.listeners != NULL || front.yielded || front.taking)
		return;
	front.status = 1;
	front_drain();
}

static void
failed_now(const struct listener *l, int error)
{
	if ((error == EMFILE || error == ENFILE || error == ENOBUFS
		|| error == ENOMEM)
	    && front.looking.first != NULL)
		(void)conn_look(front.looking.first, LOOK_ROOM);
	pause_for(l, strerror(error));
}

/* ------------------------------------------------ all ------------------- */

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
	pause_for(NULL, "as many connections are held as may be");
	return 0;
}

/*
 * As many as came last time, without asking whether there is one more: it would
 * cost a call for each connection where they come one by one. After some rounds
 * that were full, more.
 */
static void
adapt(struct listener *l, int n)
{
	if (n < l->batch) {
		l->batch = n > 0 ? n : 1;
		l->full_rounds = 0;
	} else if (++l->full_rounds >= FULL_ROUNDS && l->batch < ACCEPTS_MOST)
		l->batch *= l->batch <= ACCEPTS_MOST / 2 ? 2 : 1;
}

/* Returns what ended the round, with the number of those that came. */
static enum failure
accept_some(struct listener *l, int *n, int *error)
{
	enum failure how;
	union peer peer;
	socklen_t len;
	int fd, bad = 0;

	while (*n < l->batch) {
		len = sizeof peer;
		memset(&peer, 0, sizeof peer);
		fd = accept_client(l->fd, &peer.sa, &len);
		if (fd >= 0) {
			++*n;
			bad = 0;
			welcome(fd, l, &peer.sa, len);
			if (!make_room())
				return FAILED_NONE;
			continue;
		}
		*error = errno;
		how = failure(l->fd, *error, *n == 0);
		if (how != FAILED_CLIENT)
			return how;
		if (*error != EINTR)
			front.accept_errors++;
		if (++bad >= FAILURES_MOST)
			return FAILED_NOW;
	}
	return FAILED_NONE;
}

static void
accept_all(struct listener *l)
{
	enum failure how;
	int n = 0, error = 0;

	if (l->batch == 0)
		l->batch = 1;
	/* Held: what comes may end this front, and its listeners. */
	l->users++;
	how = accept_some(l, &n, &error);
	adapt(l, n);
	if (how == FAILED_NOW)
		failed_now(l, error);
	else if (how == FAILED_EVER)
		give_up(l, error);
	listener_drop(l);
}

void
accept_init(void)
{
	front.on_client = accept_all;
}
