/* SPDX-License-Identifier: 0BSD */
/*
 * t/14-ways.c - a call without options goes a short way, one with options that
 * ask for nothing the long one: they say and do the same, whatever is wrong.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <stdint.h>

#define ROUNDS 2000		/* for each type of socket */
#define FEW 200			/* where FAULTS=few: a slow machine */
#define MOST_FDS 4
#define BIG 300000

static char big[BIG];
static unsigned long seed;

/* One call, as it was asked for. */
struct call {
	int receives, type, state, patient;
	size_t len, nfds, size;
	int fds;	/* see descriptors() */
	unsigned int flags;
};

/* What came of it. */
struct saw {
	long n;
	int error;
	struct fdferry_result r;
	size_t open, kept, queued;
	char data[16];
};

static size_t
pick(size_t n)
{
	seed = (seed * 1103515245u + 12345u) & 0x7fffffffu;
	return (size_t)(seed >> 12) % n;
}

static struct call
any_call(int type)
{
	static const size_t lens[] = { 0, 1, 5, 5, 16, BIG,
		(size_t)PTRDIFF_MAX + 1 };
	static const unsigned int flags[] = { 0, FDFERRY_GIVE, FDFERRY_UNIX,
		FDFERRY_NONBLOCK, FDFERRY_GIVE | FDFERRY_UNIX,
		FDFERRY_UNIX | FDFERRY_NONBLOCK,
		FDFERRY_GIVE | FDFERRY_UNIX | FDFERRY_NONBLOCK, 0x80 };
	static const size_t sizes[] = { sizeof(struct fdferry_result),
		sizeof(struct fdferry_result), 0, 1, sizeof(size_t) * 3,
		(size_t)-1 };
	static const size_t counts[] = { 0, 1, 1, 2, MOST_FDS, 100000 };
	struct call c;

	c.receives = (int)pick(2);
	c.type = type;
	c.state = (int)pick(6);
	c.patient = (int)pick(2);
	c.len = lens[pick(7)];
	c.nfds = counts[pick(6)];
	c.size = sizes[pick(6)];
	c.fds = (int)pick(6);
	c.flags = flags[pick(8)];
	/* Room for no more than there is. */
	if (c.receives && c.nfds > MOST_FDS)
		c.nfds = MOST_FDS;
	if (c.receives && c.len > BIG)
		c.len = 5;
	return c;
}

/* Of files; in some calls one is wrong, or there is no list. */
static const int *
descriptors(const struct call *c, int *fds)
{
	size_t i;

	for (i = 0; i < MOST_FDS; i++)
		fds[i] = c->receives ? -7 : dup(0);
	if (c->fds == 1 && !c->receives) {
		(void)close(fds[0]);
		fds[0] = -1;
	}
	if (c->fds == 2 && !c->receives)
		(void)close(fds[1]);
	return c->fds == 3 ? NULL : fds;
}

static void
queue(int sock, const char *data, size_t len, size_t nfds)
{
	int fds[2] = { 0, 0 };

	(void)fdferry_send(sock, data, len, fds, nfds, FDFERRY_NONBLOCK, NULL,
	    NULL);
}

/* A socket in some state, and its other end, or -1. */
static void
prepare(const struct call *c, int *sock, int *other)
{
	const struct timeval soon = { 0, 2000 };
	int pair[2], null;

	if (socketpair(AF_UNIX, c->type, 0, pair) < 0)
		bail("socketpair");
	(void)setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof soon);
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof soon);
	(void)fcntl(pair[0], F_SETFL, c->patient ? 0 : O_NONBLOCK);
	*sock = pair[0];
	*other = pair[1];
	switch (c->state) {
	case 0: break;
	case 1: /* it has ended */
		(void)close(pair[1]);
		*other = -1;
		break;
	case 2: /* something comes */
		queue(pair[1], "some data", 9, 2);
		break;
	case 3: queue(pair[1], "some data", 9, 0); break;
	case 4: /* the last */
		queue(pair[1], "x", 1, 1);
		(void)shutdown(pair[1], SHUT_WR);
		break;
	default: /* no socket at all */
		null = open("/dev/null", O_RDWR);
		(void)dup2(null, pair[0]);
		(void)close(null);
	}
}

static size_t
still_open(const int *fds)
{
	size_t i, n = 0;

	for (i = 0; i < MOST_FDS; i++)
		n = n * 2 + (fds[i] >= 0 && is_open(fds[i]));
	return n;
}

static struct saw
make(const struct call *c, const struct fdferry_opts *opts)
{
	struct {
		struct fdferry_result r;
		char more[64];
	} room;
	struct saw s;
	int fds[MOST_FDS], sock, other;
	const int *list;
	size_t i, size = c->size == (size_t)-1 ? sizeof room : c->size;
	ptrdiff_t n;

	memset(&s, 0, sizeof s);
	memset(&room, 0, sizeof room);
	memset(big, 0, sizeof s.data);
	prepare(c, &sock, &other);
	list = descriptors(c, fds);
	room.r.size = size;
	errno = 0;
	if (c->receives)
		n = fdferry_recv(sock, big, c->len, list != NULL ? fds : NULL,
		    c->nfds, c->flags, opts, c->fds == 4 ? NULL : &room.r);
	else
		n = fdferry_send(sock, big, c->len, list, c->nfds, c->flags,
		    opts, c->fds == 4 ? NULL : &room.r);
	s.n = (long)n;
	s.error = n < 0 ? errno : 0;
	s.r = room.r;
	s.kept = still_open(fds);
	memcpy(s.data, big, sizeof s.data);
	for (i = 0; i < MOST_FDS; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
	if (other >= 0) {
		/* Not recv(): macOS opens the descriptors all the same, and
		   some systems have no MSG_DONTWAIT. */
		while ((n = fdferry_recv(other, big, 5000, NULL, 0,
		    FDFERRY_NONBLOCK, NULL, NULL)) > 0)
			s.queued += (size_t)n;
		(void)close(other);
	}
	(void)close(sock);
	s.open = (size_t)open_fds();
	memset(big, 0, BIG);
	return s;
}

static int
same(const struct saw *a, const struct saw *b)
{
	return a->n == b->n && a->error == b->error && a->open == b->open
	    && a->kept == b->kept && a->queued == b->queued
	    && memcmp(&a->r, &b->r, sizeof a->r) == 0
	    && memcmp(a->data, b->data, sizeof a->data) == 0;
}

static void
tell(const struct saw *s)
{
	diag("  %ld errno %d, bytes %lu fds %lu surplus %lu refused %lu "
	    "flags %u error %d oserr %d, open %lu kept %lx queued %lu", s->n,
	    s->error, (unsigned long)s->r.bytes, (unsigned long)s->r.fds,
	    (unsigned long)s->r.surplus, (unsigned long)s->r.refused,
	    s->r.flags, s->r.error, s->r.oserr, (unsigned long)s->open,
	    (unsigned long)s->kept, (unsigned long)s->queued);
}

static int
differing(const struct call *c)
{
	struct fdferry_opts none = no_opts();
	const struct saw brief = make(c, NULL), longer = make(c, &none);

	if (same(&brief, &longer))
		return 0;
	diag("%s type %d state %d patient %d len %lu nfds %lu size %lu "
	    "fds %d flags %x", c->receives ? "recv" : "send", c->type,
	    c->state, c->patient, (unsigned long)c->len,
	    (unsigned long)c->nfds, (unsigned long)c->size, c->fds, c->flags);
	tell(&brief);
	tell(&longer);
	return 1;
}

static void
both_ways(int type, const char *name)
{
	const char *how = getenv("FAULTS");
	const int rounds = how != NULL && strcmp(how, "few") == 0 ? FEW : ROUNDS;
	struct call c;
	int pair[2], i, bad = 0;

	if (!make_pair(type, pair)) {
		skip(name, "no such socket type here");
		return;
	}
	fdferry_close(pair, 2);
	for (i = 0; i < rounds && bad < 5; i++) {
		c = any_call(type);
		bad += differing(&c);
	}
	is(0, bad, name);
}

int
main(void)
{
	need_backend();
	plan(3);
	both_ways(SOCK_STREAM, "stream: calls that end otherwise the short way");
	both_ways(SOCK_DGRAM, "dgram: calls that end otherwise the short way");
	both_ways(SOCK_SEQPACKET,
	    "seqpacket: calls that end otherwise the short way");
	return tap_bad;
}
