/* SPDX-License-Identifier: 0BSD */
/*
 * soak-channel - two processes send each other messages of random size and
 * hand-offs, over each type of socket, and check all of it: order, bytes,
 * which descriptor is which; in the end as many are open as in the beginning.
 *
 * On streams every third write is cut short, at each of the first bytes of a
 * frame in turn and anywhere in it.
 *
 * A few seconds; SOAK=long sends ten million descriptors. make check-soak.
 */
#include "../lib/backend.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

#define CUTS 64

static unsigned long cuts, cut_at[CUTS];
static int cutting;

/* How many bytes of `total` no write was cut at so far, or any. */
static size_t
new_cut(size_t total)
{
	size_t i;

	for (i = 0; i < CUTS && i + 1 < total; i++)
		if (cut_at[i] == 0)
			return i + 1;
	return 1 + cuts / 2 % CUTS % (total - 1);
}

static ptrdiff_t
cut_sendv(int sock, const struct iovec *iov, int iovcnt, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	static unsigned long calls;
	struct iovec some[2];
	size_t total = 0, left, n = cuts;
	ptrdiff_t sent;
	int i;

	for (i = 0; i < iovcnt; i++)
		total += iov[i].iov_len;
	if (!cutting || iovcnt > 2 || total < 2 || calls++ % 3 != 0)
		return fdferry_sendv(sock, iov, iovcnt, fds, nfds, flags,
		    opts, result);
	left = n % 2 ? new_cut(total) : 1 + n * 37 % (total - 1);
	for (i = 0; i < iovcnt; i++) {
		some[i] = iov[i];
		if (some[i].iov_len > left)
			some[i].iov_len = left;
		left -= some[i].iov_len;
	}
	sent = fdferry_sendv(sock, some, iovcnt, fds, nfds, flags, opts,
	    result);
	cuts++;
	if (sent > 0 && sent <= CUTS)
		cut_at[sent - 1]++;
	return sent;
}

#define fdferry_sendv cut_sendv
#include "ownchan.h"

#define FILES 61
#define MOST_FDS 900
#define MOST_DATA 60000
#define AHEAD 8			/* messages queued at a time */

static int files[FILES];
static struct stat ids[FILES];
static unsigned char data[MOST_DATA];
static int fds[MOST_FDS];

struct side {
	struct fdferry_channel *ch;
	uint64_t out, in;		/* state of the two streams of chance */
	unsigned long sent_fds, got_fds, want_fds;
	unsigned long messages, handoffs;	/* ours, not over yet */
	int peer_done, said_done, bad;
};

/* The same stream of chance at both ends. */
static unsigned long
chance(uint64_t *state, unsigned long below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned long)(*state >> 33) % below;
}

/* The next thing to send or expect. */
struct thing {
	size_t len, nfds;
	unsigned long salt;
	int handoff;
};

static struct thing
next_thing(uint64_t *state)
{
	struct thing t;
	unsigned long kind = chance(state, 16);

	t.handoff = kind == 0;
	t.len = chance(state, kind < 12 ? 300 : MOST_DATA);
	t.nfds = chance(state, kind < 8 ? 20 : MOST_FDS);
	if (kind == 1)
		t.len = t.nfds = 0;
	if (t.handoff) {
		t.nfds = 1;
		t.len %= 1000;
	}
	t.salt = chance(state, 1000000);
	return t;
}

static unsigned char
byte_of(const struct thing *t, size_t i)
{
	return (unsigned char)(t->salt + i * 7 + i / 256);
}

static int
file_of(const struct thing *t, size_t i)
{
	return (int)((t->salt + i * 13 + i / 61) % FILES);
}

static int
right(const struct thing *t, const struct fdferry_event *ev)
{
	struct stat st;
	size_t i;
	int f;

	if (ev->len != t->len || ev->nfds != t->nfds)
		return 0;
	for (i = 0; i < t->len; i++)
		if (((const unsigned char *)ev->data)[i] != byte_of(t, i))
			return 0;
	for (i = 0; i < t->nfds; i++) {
		f = file_of(t, i);
		if (fstat(ev->fds[i], &st) < 0 || st.st_ino != ids[f].st_ino
		    || st.st_dev != ids[f].st_dev)
			return 0;
	}
	return 1;
}

/* Keep some messages queued. */
static void
fill(struct side *s)
{
	struct thing t;
	size_t i;

	while (!s->said_done && s->messages + s->handoffs < AHEAD) {
		if (s->sent_fds >= s->want_fds) {
			s->said_done = 1;
			s->messages++;
			if (fdferry_channel_send(s->ch, "done", 4, NULL, 0, 0,
			    NULL) < 0)
				s->bad++;
			break;
		}
		t = next_thing(&s->out);
		for (i = 0; i < t.len; i++)
			data[i] = byte_of(&t, i);
		/* Every other one is given: a copy, closed by the channel. */
		for (i = 0; i < t.nfds; i++)
			fds[i] = t.salt & 1 ? dup(files[file_of(&t, i)])
			    : files[file_of(&t, i)];
		if ((t.handoff ? fdferry_channel_handoff(s->ch, data, t.len,
		    fds[0], t.salt & 1 ? FDFERRY_GIVE : 0, NULL, NULL)
		    : fdferry_channel_send(s->ch, data, t.len, fds, t.nfds,
		    t.salt & 1 ? FDFERRY_GIVE : 0, NULL)) < 0) {
			s->bad++;
			break;
		}
		s->sent_fds += t.nfds;
		if (t.handoff)
			s->handoffs++;
		else
			s->messages++;
	}
}

/* Offers that are accepted and not taken yet. */
static struct offer {
	unsigned long id;	/* 0: none */
	struct thing t;
} offers[64];

static struct offer *
offer(unsigned long id)
{
	size_t i;

	for (i = 0; i < sizeof offers / sizeof offers[0]; i++)
		if (offers[i].id == id)
			return &offers[i];
	bail(id == 0 ? "too many offers" : "no such offer");
	return NULL;
}

static void
take(struct side *s, const struct fdferry_event *ev)
{
	struct offer *o;
	struct thing t;
	size_t i;

	switch (ev->type) {
	case FDFERRY_EVENT_SENT:
		s->messages--;
		break;
	case FDFERRY_EVENT_HANDOFF:
		s->handoffs--;
		s->bad += ev->outcome != FDFERRY_ACCEPTED;
		break;
	case FDFERRY_EVENT_OFFER:
		t = next_thing(&s->in);
		s->bad += !t.handoff;
		if (fdferry_channel_accept(s->ch, ev->id) < 0)
			s->bad++;
		o = offer(0);
		o->id = ev->id;
		o->t = t;
		break;
	case FDFERRY_EVENT_TAKEN:
		o = offer(ev->id);
		s->bad += !right(&o->t, ev);
		o->id = 0;
		s->got_fds++;
		break;
	case FDFERRY_EVENT_MESSAGE:
		if (ev->len == 4 && memcmp(ev->data, "done", 4) == 0
		    && ev->nfds == 0) {
			s->peer_done = 1;
			break;
		}
		t = next_thing(&s->in);
		s->bad += t.handoff || !right(&t, ev);
		s->got_fds += ev->nfds;
		break;
	default:
		printf("# event %d, error %d\n", ev->type, ev->error);
		s->bad++;
		break;
	}
	for (i = 0; i < ev->nfds; i++)
		(void)close(ev->fds[i]);
}

/* One process's half. Returns the number of mistakes. */
static int
run(int sock, uint64_t out, uint64_t in, unsigned long want,
    unsigned long *got)
{
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_channel_stats n;
	struct fdferry_event ev;
	struct timespec when;
	struct side s;

	memset(&s, 0, sizeof s);
	memset(offers, 0, sizeof offers);
	memset(&n, 0, sizeof n);
	n.size = sizeof n;
	o.most_fds = MOST_FDS;
	s.ch = fdferry_channel_new(sock, &o);
	s.out = out;
	s.in = in;
	s.want_fds = want;
	ev.size = sizeof ev;
	/* Until all is told both ways: our last answers must have left. */
	while (s.bad == 0 && !(s.peer_done && s.said_done && s.messages == 0
	    && s.handoffs == 0 && n.offers == 0)) {
		fill(&s);
		(void)fdferry_deadline(&when, SOON);
		if (fdferry_channel_wait(s.ch, &ev, &when) != 1) {
			printf("# wait: %s\n", strerror(errno));
			s.bad++;
			break;
		}
		take(&s, &ev);
		(void)fdferry_channel_count(s.ch, &n);
	}
	while (s.bad == 0 && fdferry_channel_next(s.ch, &ev) == 1
	    && ev.type != FDFERRY_EVENT_END)
		take(&s, &ev);
	fdferry_channel_free(s.ch);
	*got = s.got_fds;
	return s.bad;
}

static void
soak(int type, unsigned long want, const char *name)
{
	unsigned long got = 0;
	int sock[2], status = -1, bad, before = all_fds();
	char text[200];
	pid_t pid;

	if (socketpair(AF_UNIX, type, 0, sock) < 0) {
		skip(name, "no such sockets here");
		return;
	}
	cutting = type == SOCK_STREAM;
	pid = fork();
	if (pid == 0) {
		(void)alarm(0);
		(void)close(sock[0]);
		bad = run(sock[1], 22, 11, want, &got);
		_exit(bad == 0 && all_fds() == before + 1 ? 0 : 1);
	}
	(void)close(sock[1]);
	bad = run(sock[0], 11, 22, want, &got);
	(void)close(sock[0]);
	(void)waitpid(pid, &status, 0);
	(void)snprintf(text, sizeof text, "%s: %lu descriptors each way", name,
	    got);
	ok(bad == 0 && status == 0 && got >= want && all_fds() == before,
	    text);
}

int
main(void)
{
	const char *how = getenv("SOAK");
	unsigned long want = how != NULL && strcmp(how, "long") == 0
	    ? 1666667 : 250000;
	struct rlimit lim;
	int i;

	chan_need();
	plan(4);
	if (want > 250000)
		(void)alarm(0);
	/* Queued and given copies on one side, received ones on the other. */
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0
	    && lim.rlim_cur < MOST_FDS * (AHEAD + 2)) {
		lim.rlim_cur = lim.rlim_max < MOST_FDS * (AHEAD + 2)
		    ? lim.rlim_max : MOST_FDS * (AHEAD + 2);
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
	for (i = 0; i < FILES; i++) {
		files[i] = fresh_fd();
		(void)fstat(files[i], &ids[i]);
	}
	soak(SOCK_STREAM, want, "stream");
	for (i = 0; i < CUTS && cut_at[i] > 0; i++)
		continue;
	ok(i == CUTS, "writes were cut at each of the first bytes");
	soak(SOCK_SEQPACKET, want, "seqpacket");
	soak(SOCK_DGRAM, want, "datagram");
	return tap_bad;
}
