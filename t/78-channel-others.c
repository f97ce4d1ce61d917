/* SPDX-License-Identifier: 0BSD */
/*
 * t/78-channel-others.c - what one message suffers, the others do not: refused
 * descriptors between others, a stall, frames that are too large for a kernel,
 * and a peer that reads no more but still speaks.
 */
#include "fakechan.h"

#include <fcntl.h>

static struct fdferry_policy kinds;

/* A frame of `b`, without data and without descriptors yet. */
static void
put_head(unsigned int type, unsigned long id, unsigned long nfds,
    unsigned long whole)
{
	raw_head(wires[1].bytes + wires[1].len, type, id, 0, nfds, 0, whole);
	wires[1].len += 32;
}

/* So many descriptors are sent with the bytes from `at` to the last. */
static void
put_fds(size_t at, size_t n)
{
	struct wire *w = &wires[1];

	for (; n > 0; n--) {
		w->fds[w->nfds].at = at;
		w->fds[w->nfds].end = w->len;
		w->fds[w->nfds++].fd = dup(file);
	}
}

/* The next event of `a`, alone: nobody answers. */
static int
heard(void)
{
	(void)fdferry_channel_work(t.a);
	return fdferry_channel_next(t.a, &t.ev) == 1 ? t.ev.type
	    : FDFERRY_EVENT_NONE;
}

/* ---- descriptors that are kept back ---- */

static void
between(void)
{
	struct fdferry_channel_opts o = chan_opts();
	size_t at;

	/* fakewire.h: every second one is of a wrong kind. */
	memset(&kinds, 0, sizeof kinds);
	kinds.size = sizeof kinds;
	kinds.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_FILE);
	o.policy = &kinds;
	begin(&o, NULL);
	work();
	at = wires[1].len;
	put_head(MESSAGE, 1, 0, 0);
	put_head(MESSAGE, 3, 1, 1);
	put_head(MESSAGE, 5, 1, 1);
	put_head(MESSAGE, 7, 1, 1);
	put_fds(at, 3);
	is(FDFERRY_EVENT_MESSAGE, heard(),
	    "four messages at once: one without descriptors");
	ok(t.ev.id == 1 && t.ev.nfds == 0, "has none of theirs");
	is(FDFERRY_EVENT_MESSAGE, heard(), "one before a refused one");
	ok(t.ev.id == 3 && t.ev.nfds == 1 && same_file(t.ev.fds[0], file),
	    "has its own");
	two_drop(&t);
	is(FDFERRY_EVENT_DROPPED, heard(), "the one that was refused");
	ok(t.ev.id == 5 && t.ev.error == EACCES
	    && t.ev.reason == FDFERRY_REASON_POLICY, "says so");
	is(FDFERRY_EVENT_MESSAGE, heard(), "the one after it");
	ok(t.ev.id == 7 && t.ev.nfds == 1 && same_file(t.ev.fds[0], file),
	    "has its own too");
	two_drop(&t);
	is(FDFERRY_EVENT_NONE, heard(), "and no more");
	is(0, (long)counts(t.a).held, "nothing is held for any of them");
	finish();
}

/* One came, and was kept back: that does not stand for two. */
static void
one_of_two(void)
{
	size_t at;

	begin(NULL, NULL);
	work();
	at = wires[1].len;
	put_head(MESSAGE, 1, 2, 2);
	put_fds(at, 1);
	wires[1].withheld = 0;
	is(FDFERRY_EVENT_END, heard(), "two declared, one came and is refused");
	is(EPROTO, t.ev.error, "a breach all the same");
	finish();
}

/* Two are as many as may be held, and one of them is kept back. */
static void
all_held(void)
{
	struct fdferry_channel_opts o = chan_opts();
	size_t at;

	o.most_fds = o.most_held = 2;
	begin(&o, NULL);
	work();
	at = wires[1].len;
	put_head(MESSAGE, 1, 2, 2);
	put_fds(at, 2);
	wires[1].withheld = 1;
	is(FDFERRY_EVENT_DROPPED, heard(), "as many as may be held, one refused");
	is(FDFERRY_REASON_POLICY, (long)t.ev.reason,
	    "that is why, and not that too many are held");
	finish();
}

/* The first byte of a frame comes alone, behind another, and is wrong. */
static void
first_byte(void)
{
	begin(NULL, NULL);
	work();
	put_head(MESSAGE, 1, 0, 0);
	put_head(MESSAGE, 3, 0, 0);
	wires[1].bytes[wires[1].len - 32]++;
	wires[1].len -= 31;
	is(FDFERRY_EVENT_MESSAGE, heard(), "a frame, and a byte of no frame");
	wires[1].len += 31;
	is(FDFERRY_EVENT_END, heard(), "what follows that is none");
	is(EPROTO, t.ev.error, "a breach");
	finish();
}

/* Over STREAMS: one came without a byte, then the table was full. */
static void
parted(void)
{
	size_t at;

	begin(NULL, NULL);
	work();
	wires[1].split = 1;
	at = wires[1].len;
	put_fds(at, 1);
	is(FDFERRY_EVENT_NONE, heard(), "a descriptor before its bytes");
	is(1, (long)counts(t.a).held, "is held");
	put_head(MESSAGE, 1, 2, 2);
	wires[1].recv_fail = EMFILE;
	is(FDFERRY_EVENT_END, heard(), "then one is lost: nobody knows which");
	is(EMFILE, t.ev.error, "it is told why");
	finish();
}

/* Half a header is here, and what was lost cannot have been its own. */
static void
half(void)
{
	begin(NULL, NULL);
	work();
	put_head(MESSAGE, 1, 0, 0);
	wires[1].len -= 16;
	is(FDFERRY_EVENT_NONE, heard(), "half a header");
	wires[1].recv_fail = EMFILE;
	is(FDFERRY_EVENT_END, heard(), "then one is lost: it is the end");
	is(EMFILE, t.ev.error, "it is told why");
	finish();
}

/* Lost for no cause that is known: the message is, the next is not. */
static void
lost(size_t lose, const char *name)
{
	size_t at;

	begin(NULL, NULL);
	work();
	at = wires[1].len;
	put_head(MESSAGE, 1, 2, 2);
	put_fds(at, 2);
	wires[1].lose = lose;
	wires[1].lose_error = EMSGSIZE;
	is(FDFERRY_EVENT_DROPPED, heard(), name);
	ok(t.ev.id == 1 && t.ev.reason == FDFERRY_REASON_LOST
	    && t.ev.error == EMSGSIZE, "and that is said");
	at = wires[1].len;
	put_head(MESSAGE, 3, 1, 1);
	put_fds(at, 1);
	is(FDFERRY_EVENT_MESSAGE, heard(), "the next comes");
	is(1, (long)t.ev.nfds, "with its own");
	two_drop(&t);
	finish();
}

/* What is closed unseen is closed also if it is 0. */
static void
zero(void)
{
	struct fdferry_channel_opts o = chan_opts();
	const int kept = dup(0);
	size_t at;

	o.most_bytes = 1;
	begin(&o, NULL);
	work();
	(void)close(0);
	at = wires[1].len;
	raw_head(wires[1].bytes + at, MESSAGE, 1, 2, 1, 2, 1);
	wires[1].len += 32 + 2;
	put_fds(at, 1);
	is(0, wires[1].fds[0].fd, "descriptor 0, with too much data");
	is(FDFERRY_EVENT_DROPPED, heard(), "is dropped");
	ok(fcntl(0, F_GETFD) < 0, "and closed");
	at = wires[1].len;
	put_head(MESSAGE, 3, 2, 2);
	put_fds(at, 2);
	wires[1].slots = 1;
	is(FDFERRY_EVENT_DROPPED, heard(), "with another that was lost");
	ok(t.ev.error == EMFILE && fcntl(0, F_GETFD) < 0, "it is closed");
	wires[1].slots = SIZE_MAX;
	at = wires[1].len;
	put_head(MESSAGE, 5, 1, 1);
	wires[1].len -= 16;
	put_fds(at, 1);
	is(FDFERRY_EVENT_NONE, heard(), "with half a header");
	is(1, (long)counts(t.a).held, "it is held");
	fdferry_channel_free(t.a);
	t.a = NULL;
	ok(fcntl(0, F_GETFD) < 0, "and closed with the channel");
	(void)dup2(kept, 0);
	(void)close(kept);
	finish();
}

/* ---- records that are no frames ---- */

/* The next record of `b` has `len` bytes. */
static void
record(int type, size_t len, int error, const char *name)
{
	struct wire *w = &wires[1];

	wire_type = type;
	begin(NULL, NULL);
	work();
	w->len += len;
	w->records[w->nrecords++] = w->len;
	/* One behind it: then there is something to be read. */
	w->len += 32;
	w->records[w->nrecords++] = w->len;
	is(FDFERRY_EVENT_END, heard(), name);
	is(error, t.ev.error, "why");
	finish();
}

static void
records(void)
{
	record(SOCK_SEQPACKET, 40000, EPROTO,
	    "seqpacket: a record above any frame ends the channel");
	record(SOCK_DGRAM, 40000, EPROTO, "so does a datagram");
	record(SOCK_DGRAM, 0, EPROTO, "so does one of nothing");
	record(SOCK_SEQPACKET, 0, ECONNRESET,
	    "seqpacket: a record of nothing looks like the peer's end");
}

/* ---- no room, for now ---- */

/* A message announces more than may be held while one is not fetched. */
static void
announced(void)
{
	struct fdferry_channel_opts o = chan_opts();
	const unsigned long most = 600;	/* more than one frame's */
	size_t at;

	o.most_fds = o.most_held = most;
	begin(&o, NULL);
	work();
	at = wires[1].len;
	put_head(MESSAGE, 1, 1, 1);
	put_fds(at, 1);
	put_head(MESSAGE, 3, 0, most);
	(void)fdferry_channel_work(t.a);
	is(1, (long)counts(t.a).held, "one waits to be fetched");
	is(0, (long)fdferry_channel_wants(t.a, NULL),
	    "and for that a message of as many as may be held");
	is(1, fdferry_channel_next(t.a, &t.ev), "the first is fetched");
	ok(t.ev.type == FDFERRY_EVENT_MESSAGE && t.ev.id == 1, "as it is");
	two_drop(&t);
	is(0, timeout_of(t.a), "then there is work at once");
	(void)fdferry_channel_work(t.a);
	is((long)most, (long)counts(t.a).held, "the second has its room");
	is(0, (long)counts(t.a).dropped, "and was not dropped");
	put_head(ABORT, 3, 0, 0);
	put_head(MESSAGE, 5, 0, 0);
	is(FDFERRY_EVENT_MESSAGE, heard(), "taken back: the next comes");
	is(0, (long)counts(t.a).held, "nothing is held for it");
	finish();
}

/* ---- a kernel that takes less at a time ---- */

static void
smaller(void)
{
	static char data[20000];
	unsigned long nfds[32], length[32];
	const unsigned char *at, *last;
	int fds[40], i, n = 0;

	begin(NULL, NULL);
	work();
	for (i = 0; i < 40; i++)
		fds[i] = file;
	wires[0].fds_most = 10;
	wires[0].size_most = 5000;
	at = wires[0].bytes + wires[0].len;
	(void)fdferry_channel_send(t.a, data, sizeof data, fds, 40, 0, NULL);
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "halved until it fits: it comes");
	ok(t.ev.nfds == 40 && t.ev.len == sizeof data, "whole");
	two_drop(&t);
	last = wires[0].bytes + wires[0].len;
	for (; at < last && n < 32; n++) {
		length[n] = (unsigned long)(at[16] | at[17] << 8);
		nfds[n] = at[20];
		at += 32 + length[n];
	}
	for (i = 0; i < 4 && i < n; i++)
		if (nfds[i] != 10)
			break;
	is(4, i, "40 descriptors, 10 at a time");
	ok(n == 5 && length[0] == 4088 && length[3] == 4088
	    && length[4] == 20000 - 4 * 4088, "half of half of a frame's data");
	(void)fdferry_channel_send(t.a, data, sizeof data, fds, 40, 0, NULL);
	at = last;
	is(FDFERRY_EVENT_MESSAGE, event(t.b), "the next need not be tried");
	ok(at[20] == 10 && t.ev.nfds == 40, "it begins like that");
	two_drop(&t);
	finish();
}

/* ---- a peer that reads no more, and speaks ---- */

static void
deaf(void)
{
	struct fdferry_channel_opts o = chan_opts();
	unsigned long i, told = 0;

	o.most_bytes = 10;
	begin(&o, NULL);
	work();
	t.b->peer.bytes = 1000;		/* it does not care */
	wires[0].deaf = 1;
	(void)fdferry_channel_send(t.a, "x", 1, &file, 1, 0, NULL);
	is(FDFERRY_EVENT_FAILED, heard(), "EPIPE: what was queued is back");
	is(EPIPE, t.ev.error, "why");
	is(FDFERRY_EVENT_NONE, heard(), "that is not the end");
	fails_with(EPIPE, fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL),
	    "nothing more can be queued");
	fails_with(EPIPE, fdferry_channel_handoff(t.a, "x", 1, file, 0, NULL,
	    NULL), "nor offered");
	is(FDFERRY_WANT_READ, (long)fdferry_channel_wants(t.a, NULL),
	    "it wants to read, and never to write");
	(void)fdferry_channel_send(t.b, "y", 1, &file, 1, 0, NULL);
	(void)fdferry_channel_work(t.b);
	is(FDFERRY_EVENT_MESSAGE, heard(), "what the peer says still comes");
	two_drop(&t);
	/* They cannot be told, so none of them waits to be. */
	for (i = 0; i < FDFERRY__REJECTIONS + 100; i++) {
		(void)fdferry_channel_send(t.b, "too much data", 13, NULL, 0,
		    0, NULL);
		(void)fdferry_channel_work(t.b);
		while (fdferry_channel_next(t.b, &t.ev) == 1)
			continue;
		while (heard() == FDFERRY_EVENT_DROPPED)
			told += t.ev.count;
	}
	is(FDFERRY__REJECTIONS + 100, (long)told,
	    "more of excess than rejections are kept: all are told here");
	(void)fdferry_channel_send(t.b, "z", 1, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.b);
	is(FDFERRY_EVENT_MESSAGE, heard(), "and the next comes");
	wires[1].closed = 1;
	is(FDFERRY_EVENT_END, heard(), "until the peer ends");
	is(ECONNRESET, t.ev.error, "without BYE");
	finish();
}

int
main(void)
{
	int before;

	chan_need();
	plan(10 + 2 + 2 + 3 + 4 + 3 + 2 * 4 + 8 + 4 * 2 + 9 + 6 + 11 + 1);
	wire_reset();
	file = fresh_fd();
	before = all_fds();
	between();
	one_of_two();
	all_held();
	first_byte();
	parted();
	half();
	lost(1, "one of two was lost: the message is dropped");
	lost(2, "both were lost: the message is dropped");
	zero();
	records();
	announced();
	smaller();
	deaf();
	is(before, all_fds(), "nothing leaks in all of it");
	return tap_bad;
}
