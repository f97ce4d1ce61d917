/* SPDX-License-Identifier: 0BSD */
/*
 * t/76-channel-losses.c - a peer sends one frame in many small pieces, each
 * with descriptors that get lost: by policy, by a full table, by what may be
 * held. Memory stays whole, no more is open than may be held, and what waits
 * for its header counts.
 */
#include "../lib/detect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

#define PIECES	1400		/* more than any queue of descriptors holds */
#define MANY	200		/* descriptors of a piece, where there may be */

static struct two t;
static struct raw raw;
static int fds[256], before;
static struct fdferry_channel_budget budget;
static unsigned long nobody = 4242424;

/* As many of `n` as one message can have here. */
static size_t
fit(size_t n)
{
	return n < fdferry_max_fds() ? n : fdferry_max_fds();
}

static size_t
held(void)
{
	struct fdferry_channel_stats n;

	n.size = sizeof n;
	(void)fdferry_channel_count(t.a, &n);
	return (size_t)n.held;
}

/* Options of the channel that is attacked; the budget is never reached. */
static struct fdferry_channel_opts
opts(const struct fdferry_policy *policy)
{
	struct fdferry_channel_opts o = chan_opts();

	memset(&budget, 0, sizeof budget);
	budget.size = sizeof budget;
	budget.most = 100000;
	o.budget = &budget;
	o.policy = policy;
	return o;
}

/* Bytes of a frame with `n` descriptors; what comes of it is fetched. */
static int
piece(const void *bytes, size_t len, size_t n)
{
	if (fdferry_send(t.sock[1], bytes, len, fds, n, 0, NULL, NULL)
	    != (ptrdiff_t)len)
		bail("send");
	(void)fdferry_channel_work(t.a);
	while (fdferry_channel_next(t.a, &t.ev) == 1) {
		two_drop(&t);
		if (t.ev.type == FDFERRY_EVENT_END)
			return 0;
	}
	return 1;
}

/*
 * A message of one descriptor and PIECES bytes, the first `first` bytes of it
 * at once, then byte by byte, each with `n` descriptors. Is the channel there
 * at the end? *most is the most that was held meanwhile.
 */
static int
in_pieces(size_t first, size_t n, size_t *most)
{
	static unsigned char frame[32 + PIECES];
	size_t i;

	*most = 0;
	memset(frame, 'x', sizeof frame);
	raw_head(frame, MESSAGE, 1, PIECES, 1, PIECES, 1);
	for (i = 0; i < sizeof frame; i += i == 0 ? first : 1) {
		/* Behind the last byte they would belong to no frame. */
		if (!piece(frame + i, i == 0 ? first : 1,
		    i + 1 == sizeof frame ? 0 : n))
			return 0;
		if (held() > *most)
			*most = held();
	}
	return 1;
}

/* The channel still works: what comes next arrives. */
static int
goes_on(void)
{
	int good;

	raw_put(t.sock[1], MESSAGE, 2, "next", 4, NULL, 0, 4, 0);
	good = two_event(&t, t.a) == FDFERRY_EVENT_MESSAGE && t.ev.id == 2
	    && t.ev.len == 4 && memcmp(t.ev.data, "next", 4) == 0;
	two_drop(&t);
	return good;
}

static int
finish(void)
{
	two_close(&t);
	return all_fds() == before && budget.held == 0;
}

/* Losses of one kind, with the header in one piece, in two and in 32. */
static void
lossy(const char *name, const struct fdferry_policy *policy, size_t n)
{
	static const size_t firsts[] = { 1, 17, 32 };
	struct fdferry_channel_opts o = opts(policy);
	char text[100];
	size_t i, most;

	(void)snprintf(text, sizeof text, "%s: the message is rejected, "
	    "the channel goes on", name);
	for (i = 0; i < 3; i++) {
		before = all_fds();
		raw_open(&t, SOCK_STREAM, &o);
		if (!in_pieces(firsts[i], n, &most)
		    || raw_get(t.sock[1], &raw, SOON) != REJECT
		    || raw.id != 1 || raw.arg != FDFERRY_REASON_POLICY
		    || !goes_on() || !finish())
			break;
	}
	is(3, (long)i, text);
}

static void
by_policy(void)
{
	struct fdferry_policy policy;
	struct fdferry_channel_opts o;
	size_t most;
	int ended;

	memset(&policy, 0, sizeof policy);
	policy.size = sizeof policy;
	policy.uids = &nobody;
	policy.nuids = 1;
	lossy("uids", &policy, fit(11));
	policy.nuids = 0;
	policy.most = 2;
	if (fit(3) > policy.most)
		lossy("most", &policy, fit(3));
	else
		skip("most", "one descriptor a message");

	/* Each of these has an entry of its own: the peer sends too many. */
	policy.most = 0;
	policy.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_FILE);
	o = opts(&policy);
	before = all_fds();
	raw_open(&t, SOCK_STREAM, &o);
	ended = !in_pieces(1, fit(3), &most);
	ok(ended && t.ev.error == EPROTO && most == 0 && finish(),
	    "kinds: more than a frame can have is a breach");
}

/* Our own table is full at each piece, and has room again at the end. */
static void
by_table(void)
{
	struct fdferry_channel_opts o = opts(NULL);
	struct rlimit old, low;
	size_t i, most;
	int on;

	if (getrlimit(RLIMIT_NOFILE, &old) < 0)
		bail("getrlimit");
	if (chan_loses_step(SOCK_STREAM)) {
		skip("table", "a failed receive takes the data here");
		return;
	}
	for (i = 1; i <= 32; i += 31) {
		before = all_fds();
		raw_open(&t, SOCK_STREAM, &o);
		low = old;
		/* The lowest free slot is the limit. */
		on = dup(fds[0]);
		(void)close(on);
		low.rlim_cur = (rlim_t)on;
		(void)setrlimit(RLIMIT_NOFILE, &low);
		on = in_pieces(i, 1, &most);
		(void)setrlimit(RLIMIT_NOFILE, &old);
		/* What stays in this frame's place is not used. */
		if (most != 0 || (on && !goes_on()) || !finish())
			break;
	}
	is(63, (long)i, "full table: nothing is overwritten");
}

/*
 * Descriptors that this process cannot have, the whole frame at once: the
 * message is rejected, its bytes do not harm, the channel goes on.
 */
static void
beyond_root(void)
{
	struct fdferry_channel_opts o = opts(NULL);
	int root = open("/", O_RDONLY), got, type;

	before = all_fds();
	raw_open(&t, SOCK_STREAM, &o);
	if (setenv("PERSONA_CHROOT", "1", 1) < 0)
		bail("setenv");
	raw_put(t.sock[1], MESSAGE, 1, "abc", 3, &root, 1, 3, 1);
	type = two_event(&t, t.a);
	got = type == FDFERRY_EVENT_MESSAGE;
	two_drop(&t);
	(void)unsetenv("PERSONA_CHROOT");
	if (got)
		skip("beyond the root", "this kernel passes it");
	else
		ok(type == FDFERRY_EVENT_DROPPED
		    && t.ev.reason == FDFERRY_REASON_POLICY
		    && raw_get(t.sock[1], &raw, SOON) == REJECT
		    && raw.id == 1 && raw.arg == FDFERRY_REASON_POLICY,
		    "beyond the root: rejected, and no end");
	ok(goes_on() && finish(), "beyond the root: the channel goes on");
	(void)close(root);
}

/*
 * A table that is full for one frame of three: that one is rejected, and the
 * two behind it arrive with their own descriptors.
 */
static void
by_table_once(void)
{
	struct fdferry_channel_opts o = opts(NULL);
	struct rlimit old, low;
	struct two two;
	int lowest, fd = fresh_fd(), good = 0;
	unsigned long id;

	(void)getrlimit(RLIMIT_NOFILE, &old);
	if (chan_loses_step(SOCK_STREAM)) {
		skip("table once", "a failed receive takes the data here");
		skip("table once", "a failed receive takes the data here");
		(void)close(fd);
		return;
	}
	before = all_fds();
	raw_open(&t, SOCK_STREAM, &o);
	low = old;
	lowest = dup(0);
	(void)close(lowest);
	low.rlim_cur = (rlim_t)lowest;
	(void)setrlimit(RLIMIT_NOFILE, &low);
	raw_put(t.sock[1], MESSAGE, 1, "one", 3, &fd, 1, 3, 1);
	(void)fdferry_channel_work(t.a);
	(void)setrlimit(RLIMIT_NOFILE, &old);
	for (id = 2; id < 4; id++)
		raw_put(t.sock[1], MESSAGE, id, "two", 3, &fd, 1, 3, 1);
	two = t;
	ok(two_event(&two, two.a) == FDFERRY_EVENT_DROPPED
	    && two.ev.reason == FDFERRY_REASON_TABLE && two.ev.id == 1,
	    "full for one frame: that one is rejected");
	for (id = 2; id < 4; id++) {
		good += two_event(&two, two.a) == FDFERRY_EVENT_MESSAGE
		    && two.ev.id == id && two.ev.nfds == 1
		    && same_file(two.ev.fds[0], fd);
		two_drop(&two);
	}
	(void)close(fd);
	before--;
	ok(good == 2 && finish(), "full for one frame: the next have theirs");
}

/* The pieces bring more than may be held. */
static void
by_limit(void)
{
	struct fdferry_channel_opts o = opts(NULL);
	unsigned char head[32];
	size_t most, n = fit(MANY);
	int on, grown;

	before = all_fds();
	o.most_fds = o.most_held = 1;
	o.most_offers = FDFERRY_NONE;
	raw_open(&t, SOCK_STREAM, &o);
	grown = all_fds();
	raw_head(head, MESSAGE, 1, 0, (unsigned long)n, 0, (unsigned long)n);
	on = piece(head, 1, n);
	ok(on && held() == 1 && budget.held == 1 && all_fds() == grown + 1,
	    "held: a piece brings no more than may be held");
	on = piece(head + 1, 31, 0);
	ok(on && held() == 0 && all_fds() == grown
	    && (n == 1 || raw_get(t.sock[1], &raw, SOON) == REJECT)
	    && goes_on(), "held: then that message is rejected");
	ok(finish(), "held: nothing leaks");

	before = all_fds();
	raw_open(&t, SOCK_STREAM, &o);
	if (in_pieces(1, fit(3), &most))
		ok(most <= 1 && goes_on() && finish(),
		    "held: however many pieces there are");
	else
		ok(most <= 1 && t.ev.error == EPROTO && finish(),
		    "held: however many pieces there are");
}

/* What waits for the rest of its header is held, and counted once. */
static void
counted(void)
{
	struct fdferry_channel_opts o = opts(NULL);
	struct fdferry_channel_opts p;
	struct two u;
	unsigned char head[32];
	size_t n = fit(MANY), rest, sent;
	int on, grown;

	before = all_fds();
	raw_open(&t, SOCK_STREAM, &o);
	raw_head(head, MESSAGE, 1, 0, (unsigned long)n, 0, (unsigned long)n);
	on = piece(head, 1, n);
	ok(on && held() == n && budget.held == n,
	    "one byte of a header: its descriptors are held");
	if (fdferry_send(t.sock[1], head + 1, 31, NULL, 0, 0, NULL, NULL)
	    != 31)
		bail("send");
	(void)fdferry_channel_work(t.a);
	ok(held() == n && budget.held == n, "the whole header: the same number");
	ok(two_event(&t, t.a) == FDFERRY_EVENT_MESSAGE && t.ev.nfds == n
	    && held() == 0 && budget.held == 0, "fetched: none is held");
	two_drop(&t);
	ok(finish(), "nothing leaks");

	/* Two channels, one budget: both together hold no more. */
	before = all_fds();
	budget.most = n > 1 ? n + n / 2 : 1;
	raw_open(&t, SOCK_STREAM, &o);
	u = t;
	raw_open(&t, SOCK_STREAM, &o);
	grown = all_fds();
	on = piece(head, 1, n);
	rest = held();
	if (fdferry_send(u.sock[1], head, 1, fds, n, 0, NULL, NULL) != 1)
		bail("send");
	(void)fdferry_channel_work(u.a);
	ok(on && rest == n && budget.held == budget.most
	    && all_fds() == grown + (int)budget.most,
	    "a budget: what waits in one channel counts for the other");
	two_close(&u);
	ok(budget.held == n, "a budget: freed, it counts no more");
	ok(finish(), "a budget: nothing leaks");

	/* What a message has reserved is there for all of its frames. */
	before = all_fds();
	p = opts(NULL);
	n = fit(100);
	p.most_fds = p.most_held = 3 * (unsigned long)n;
	p.most_offers = FDFERRY_NONE;
	raw_open(&t, SOCK_STREAM, &p);
	raw_put(t.sock[1], MESSAGE, 1, NULL, 0, fds, (unsigned long)n, 0,
	    3 * (unsigned long)n);
	two_turn(&t);
	on = held() == 3 * n;
	for (sent = n; sent < 3 * n; sent += n) {
		raw_put(t.sock[1], MORE, 1, NULL, 0, fds, (unsigned long)n,
		    0, 0);
		two_turn(&t);
		on = on && held() == 3 * n;
	}
	ok(on && two_event(&t, t.a) == FDFERRY_EVENT_MESSAGE
	    && t.ev.nfds == 3 * n && held() == 0,
	    "all that may be held, in one message of three frames");
	two_drop(&t);
	ok(finish(), "three frames: nothing leaks");

	/* The same, and the second frame's first byte is here with the rest of
	   the first one's header. */
	before = all_fds();
	raw_open(&t, SOCK_STREAM, &p);
	raw_head(head, MESSAGE, 1, 0, (unsigned long)n, 0,
	    3 * (unsigned long)n);
	(void)fdferry_send(t.sock[1], head, 1, fds, n, 0, NULL, NULL);
	(void)fdferry_send(t.sock[1], head + 1, 31, NULL, 0, 0, NULL, NULL);
	raw_head(head, MORE, 1, 0, (unsigned long)n, 0, 0);
	(void)fdferry_send(t.sock[1], head, 1, fds, n, 0, NULL, NULL);
	two_turn(&t);
	(void)fdferry_send(t.sock[1], head + 1, 31, NULL, 0, 0, NULL, NULL);
	raw_put(t.sock[1], MORE, 1, NULL, 0, fds, (unsigned long)n, 0, 0);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_MESSAGE && t.ev.nfds == 3 * n,
	    "what has come of the next frame is not counted twice");
	two_drop(&t);
	ok(finish(), "next frame: nothing leaks");
}

int
main(void)
{
	size_t i;

	chan_need();
	plan(23);
	tap_alarm(240);	/* an emulator is slow with so many */
	for (i = 0; i < 256; i++)
		fds[i] = i == 0 ? fresh_fd() : fds[0];
	by_policy();
	by_table();
	by_table_once();
	beyond_root();
	by_limit();
	counted();
	return tap_bad;
}
