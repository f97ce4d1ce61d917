/* SPDX-License-Identifier: 0BSD */
/*
 * t/74-channel-handoff.c - each transition of t/model/handoff.pml, by its
 * name, between a channel and a peer that writes the frames by hand.
 *
 * The channel's time stands still unless the test moves it, so that nothing
 * depends on how fast the machine is.
 */
#include "../lib/backend.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

static long clock_ms = 1000;

static int
clock_deadline(struct timespec *when, long ms)
{
	when->tv_sec = (time_t)((clock_ms + ms) / 1000);
	when->tv_nsec = (clock_ms + ms) % 1000 * 1000000;
	return 0;
}

#define fdferry_deadline clock_deadline
#include "ownchan.h"

static struct two t;
static struct raw raw;
static unsigned long id;
static int fd;			/* what is handed off, the sender's number */
static int before;

static void
begin(const struct fdferry_channel_opts *o)
{
	before = all_fds();
	raw_open(&t, SOCK_STREAM, o);
}

static void
finish(const char *name)
{
	two_close(&t);
	ok(all_fds() == before, name);
}

static int
is_open(int n)
{
	return fcntl(n, F_GETFD) >= 0;
}

/* The channel offers `fd`, given; the peer has read that. */
static void
offer(long ms)
{
	struct timespec when;

	fd = fresh_fd();
	(void)fdferry_deadline(&when, ms);
	if (fdferry_channel_handoff(t.a, "meta", 4, fd, FDFERRY_GIVE,
	    ms > 0 ? &when : NULL, &id) < 0)
		bail("handoff");
	two_turn(&t);
	if (raw_get(t.sock[1], &raw, SOON) != OFFER || raw.nfds != 1)
		bail("no offer");
	(void)close(raw.fd[0]);
}

/* The same, and the time limit passes. */
static void
recalled(void)
{
	offer(60);
	clock_ms += 60;
	two_turn(&t);
	if (raw_get(t.sock[1], &raw, SOON) != CANCEL || raw.id != id)
		bail("no CANCEL");
}

/* The outcome of `id`, or 0. */
static int
outcome(void)
{
	if (two_event(&t, t.a) != FDFERRY_EVENT_HANDOFF || t.ev.id != id)
		return 0;
	return t.ev.outcome;
}

static int
returned(void)
{
	int yes = t.ev.nfds == 1 && t.ev.fds[0] == fd && is_open(fd);

	two_drop(&t);
	return yes;
}

/* ------------------------------------------------ the sender ------------ */

static void
s_offer(void)
{
	begin(NULL);
	fd = fresh_fd();
	(void)fdferry_channel_handoff(t.a, "meta", 4, fd, FDFERRY_GIVE, NULL,
	    &id);
	two_turn(&t);
	ok(raw_get(t.sock[1], &raw, SOON) == OFFER && raw.id == id
	    && raw.length == 4 && memcmp(raw.data, "meta", 4) == 0
	    && raw.arg == 4 && raw.fds == 1 && raw.arg_fds == 1
	    && raw.nfds == 1 && same_file(raw.fd[0], fd),
	    "s_offer: one frame with data and descriptor");
	ok(is_open(fd) && two_quiet(&t, t.a),
	    "s_offer: the copy is kept, nothing is said yet");
	(void)close(raw.fd[0]);
	finish("s_offer: nothing leaks");
}

static void
s_accepted(void)
{
	struct fdferry_channel_stats n;

	n.size = sizeof n;
	begin(NULL);
	offer(0);
	raw_say(t.sock[1], ACCEPT, id, 0);
	ok(outcome() == FDFERRY_ACCEPTED && t.ev.nfds == 0 && !is_open(fd),
	    "s_accepted: the copy is closed");
	recalled();
	raw_say(t.sock[1], ACCEPT, id, 0);
	ok(outcome() == FDFERRY_ACCEPTED && t.ev.nfds == 0 && !is_open(fd),
	    "s_accepted: it crossed our CANCEL");
	(void)fdferry_channel_count(t.a, &n);
	ok(n.accepted == 2 && n.unanswered == 0, "s_accepted: counted");
	finish("s_accepted: nothing leaks");
}

static void
s_refused(void)
{
	begin(NULL);
	offer(0);
	raw_say(t.sock[1], REFUSE, id, 300);
	ok(outcome() == FDFERRY_REFUSED_BACK && t.ev.reason == 300
	    && returned(), "s_refused: it is back, with the reason");
	recalled();
	raw_say(t.sock[1], REFUSE, id, FDFERRY_REASON_TABLE);
	ok(outcome() == FDFERRY_REFUSED_BACK && t.ev.error == EMFILE
	    && returned(), "s_refused: it crossed our CANCEL");
	finish("s_refused: nothing leaks");
}

static void
s_timeout(void)
{
	long timeout;

	begin(NULL);
	offer(200);
	(void)fdferry_channel_wants(t.a, &timeout);
	ok(timeout == 200, "s_timeout: the loop is told when");
	clock_ms += 199;
	two_turn(&t);
	ok(raw_get(t.sock[1], &raw, 1) == 0, "s_timeout: not too early");
	clock_ms++;
	two_turn(&t);
	ok(raw_get(t.sock[1], &raw, SOON) == CANCEL && raw.id == id,
	    "s_timeout: CANCEL is sent");
	ok(two_quiet(&t, t.a) && is_open(fd),
	    "s_timeout: it goes nowhere before the answer");
	finish("s_timeout: nothing leaks");
}

static void
s_cancelled(void)
{
	begin(NULL);
	recalled();
	raw_say(t.sock[1], CANCELLED, id, 0);
	ok(outcome() == FDFERRY_REFUSED_BACK && t.ev.error == ETIMEDOUT
	    && returned(), "s_cancelled: after the time limit");
	offer(0);
	ok(fdferry_channel_cancel(t.a, id) == 0
	    && fdferry_channel_cancel(t.a, id) == 0, "s_cancelled: asked for");
	two_turn(&t);
	ok(raw_get(t.sock[1], &raw, SOON) == CANCEL
	    && raw_get(t.sock[1], &raw, 5) == 0, "s_cancelled: said once");
	raw_say(t.sock[1], CANCELLED, id, 0);
	ok(outcome() == FDFERRY_REFUSED_BACK && t.ev.error == ECANCELED
	    && returned(), "s_cancelled: by the application");
	ok(fdferry_channel_cancel(t.a, id) < 0 && errno == ENOENT,
	    "s_cancelled: then it is over");
	finish("s_cancelled: nothing leaks");
}

static void
s_gone(void)
{
	begin(NULL);
	offer(0);
	(void)close(t.sock[1]);
	t.sock[1] = -1;
	ok(outcome() == FDFERRY_GONE && returned(), "s_gone: it is back");
	ok(two_event(&t, t.a) == FDFERRY_EVENT_END
	    && t.ev.error == ECONNRESET, "s_gone: the end comes last");
	finish("s_gone: nothing leaks");

	begin(NULL);
	offer(0);
	raw_say(t.sock[1], ACCEPT, id, 0);
	(void)close(t.sock[1]);
	t.sock[1] = -1;
	ok(outcome() == FDFERRY_ACCEPTED && !is_open(fd),
	    "s_gone: what it had written counts before end of file");
	finish("s_gone: nothing leaks after that");
}

static int
has(int type)
{
	/* Where sockets are STREAMS, others are no sockets to the library. */
	return chan_has(type) && (type == SOCK_STREAM
	    || strcmp(fdferry_feature_get("backend"), "streams") != 0);
}

/* The kernel says EPIPE or a reset before all is read. */
static void
s_gone_at_write(int type, const char *name)
{
	unsigned long first;
	int other, mine;

	if (!has(type)) {
		skip(name, "no such sockets here");
		skip("s_gone: the end is noticed", "no such sockets here");
		skip("s_gone: nothing leaks", "no such sockets here");
		return;
	}
	before = all_fds();
	raw_open(&t, type, NULL);
	offer(0);
	first = id;
	mine = fd;
	/* The peer ends with an answer written and our frame unread. */
	raw_say(t.sock[1], ACCEPT, first, 0);
	(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	other = dup(t.sock[0]);
	(void)fdferry_send(other, "unread", 6, NULL, 0, 0, NULL, NULL);
	(void)close(t.sock[1]);
	t.sock[1] = -1;
	(void)close(other);
	id = first;
	ok(outcome() == FDFERRY_ACCEPTED && !is_open(mine), name);
	/* A datagram socket tells by refusing what is sent. */
	(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	while (two_event(&t, t.a) == FDFERRY_EVENT_SENT
	    || t.ev.type == FDFERRY_EVENT_FAILED)
		continue;
	ok(t.ev.type == FDFERRY_EVENT_END && t.ev.error == ECONNRESET,
	    "s_gone: the end is noticed");
	finish("s_gone: nothing leaks");
}

static void
s_doubt(void)
{
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_channel_stats n;

	n.size = sizeof n;
	o.doubt_ms = 10;
	begin(&o);
	recalled();
	clock_ms += 9;
	ok(two_quiet(&t, t.a) && is_open(fd), "s_doubt: patience first");
	clock_ms++;
	ok(outcome() == FDFERRY_IN_DOUBT && t.ev.nfds == 0 && !is_open(fd),
	    "s_doubt: a silent peer: the copy is closed");
	(void)fdferry_channel_count(t.a, &n);
	ok(n.in_doubt == 1 && n.unanswered == 1, "s_doubt: counted");
	raw_say(t.sock[1], ACCEPT, id, 0);
	ok(two_quiet(&t, t.a), "s_doubt: a late answer is no second outcome");
	(void)fdferry_channel_count(t.a, &n);
	ok(n.in_doubt == 1 && n.unanswered == 0 && n.accepted == 0,
	    "s_doubt: and frees the place");
	offer(0);
	raw_say(t.sock[1], REFUSE, id, 0);
	ok(outcome() == FDFERRY_REFUSED_BACK && returned(),
	    "s_doubt: the channel goes on");
	recalled();
	raw_say(t.sock[1], ACCEPT, id, 0);
	clock_ms += 15;
	ok(outcome() == FDFERRY_ACCEPTED,
	    "s_doubt: not if the answer is here when the time is over");
	offer(0);
	raw_say(t.sock[1], 99, 1, 0);
	ok(outcome() == FDFERRY_IN_DOUBT && !is_open(fd),
	    "s_doubt: a peer that breaks the protocol");
	finish("s_doubt: nothing leaks");
}

/* ------------------------------------------------ the receiver ---------- */

/* The peer offers a new descriptor; the channel has the event. */
static void
offered(unsigned long number)
{
	fd = fresh_fd();
	id = number;
	raw_put(t.sock[1], OFFER, id, "meta", 4, &fd, 1, 4, 1);
	if (two_event(&t, t.a) != FDFERRY_EVENT_OFFER || t.ev.id != id)
		bail("no offer");
}

static void
r_offer(void)
{
	begin(NULL);
	offered(5);
	ok(t.ev.len == 4 && memcmp(t.ev.data, "meta", 4) == 0
	    && t.ev.nfds == 0, "r_offer: the application sees data only");
	ok(raw_get(t.sock[1], &raw, 2) == 0, "r_offer: nothing is answered");
	(void)close(fd);
	finish("r_offer: nothing leaks");
}

static void
r_accept(void)
{
	static char fill[8192];
	int i;

	begin(NULL);
	memset(&raw, 0, sizeof raw);
	offered(1);
	/* The kernel takes no more: ACCEPT cannot leave. */
	for (i = 0; i < 100; i++)
		(void)fdferry_channel_send(t.a, fill, sizeof fill, NULL, 0, 0,
		    NULL);
	two_turn(&t);
	while (fdferry_channel_next(t.a, &t.ev) == 1)
		two_turn(&t);
	ok(fdferry_channel_accept(t.a, id) == 0 && two_quiet(&t, t.a),
	    "r_accept: no descriptor before the kernel has ACCEPT");
	for (i = 0; i < 500 && raw.type != ACCEPT; i++) {
		(void)raw_get(t.sock[1], &raw, 2);
		clock_ms += 20;		/* the longest pause of a full socket */
		two_turn(&t);
	}
	ok(raw.type == ACCEPT && raw.id == id, "r_accept: it overtakes data");
	while (fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.type != FDFERRY_EVENT_TAKEN)
		continue;
	ok(t.ev.type == FDFERRY_EVENT_TAKEN && t.ev.nfds == 1
	    && same_file(t.ev.fds[0], fd), "r_taken: then it comes");
	two_drop(&t);
	ok(fdferry_channel_accept(t.a, id) < 0 && errno == ENOENT,
	    "r_taken: once");
	(void)close(fd);
	finish("r_accept: nothing leaks");
}

static void
r_refuse(void)
{
	int held;

	begin(NULL);
	offered(1);
	held = all_fds();
	ok(fdferry_channel_refuse(t.a, id, 17) < 0 && errno == EINVAL,
	    "r_refuse: numbers below 256 are the library's");
	ok(fdferry_channel_refuse(t.a, id, 300) == 0
	    && all_fds() == held - 1, "r_refuse: closed before it is said");
	two_turn(&t);
	ok(raw_get(t.sock[1], &raw, SOON) == REFUSE && raw.id == id
	    && raw.arg == 300, "r_refuse: said, with the reason");
	(void)close(fd);
	finish("r_refuse: nothing leaks");
}

static void
r_cancel(void)
{
	begin(NULL);
	offered(1);
	raw_say(t.sock[1], CANCEL, id, 0);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_WITHDRAWN && t.ev.id == id
	    && t.ev.nfds == 0, "r_cancel: the application is told");
	ok(raw_get(t.sock[1], &raw, SOON) == CANCELLED && raw.id == id,
	    "r_cancel: the sender too");
	ok(fdferry_channel_accept(t.a, id) < 0 && (errno == ENOENT
	    || errno == ECANCELED), "r_cancel: too late to accept");
	(void)close(fd);
	fd = fresh_fd();
	raw_put(t.sock[1], OFFER, 2, NULL, 0, &fd, 1, 0, 1);
	raw_say(t.sock[1], CANCEL, 2, 0);
	ok(two_quiet(&t, t.a),
	    "r_cancel: an offer that nobody saw is never seen");
	ok(raw_get(t.sock[1], &raw, SOON) == CANCELLED && raw.id == 2,
	    "r_cancel: and answered");
	(void)close(fd);
	finish("r_cancel: nothing leaks");
}

static void
r_look(void)
{
	int seen;

	begin(NULL);
	offered(1);
	seen = fdferry_channel_look(t.a, id);
	ok(seen >= 0 && same_file(seen, fd), "r_look: the descriptor");
	raw_say(t.sock[1], CANCEL, id, 0);
	ok(two_quiet(&t, t.a) && raw_get(t.sock[1], &raw, 2) == 0
	    && same_file(seen, fd), "r_cancel_looked: CANCEL has to wait");
	ok(fdferry_channel_accept(t.a, id) == 0
	    && two_event(&t, t.a) == FDFERRY_EVENT_TAKEN
	    && t.ev.fds[0] == seen, "r_cancel_looked: accepting wins");
	two_drop(&t);
	ok(raw_get(t.sock[1], &raw, SOON) == ACCEPT
	    && raw_get(t.sock[1], &raw, 2) == 0,
	    "r_cancel_looked: one answer");
	(void)close(fd);
	offered(2);
	(void)fdferry_channel_look(t.a, id);
	raw_say(t.sock[1], CANCEL, id, 0);
	two_turn(&t);
	ok(fdferry_channel_refuse(t.a, id, 0) == 0 && two_quiet(&t, t.a)
	    && raw_get(t.sock[1], &raw, SOON) == REFUSE
	    && raw_get(t.sock[1], &raw, 2) == 0,
	    "r_cancel_looked: or refusing");
	ok(fdferry_channel_look(t.a, id) < 0 && errno == ENOENT,
	    "r_look: not after the answer");
	(void)close(fd);
	finish("r_look: nothing leaks");
}

static void
r_crossed(void)
{
	begin(NULL);
	offered(1);
	(void)fdferry_channel_accept(t.a, id);
	raw_say(t.sock[1], CANCEL, id, 0);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_TAKEN,
	    "r_crossed: accepted before CANCEL was read");
	two_drop(&t);
	raw_say(t.sock[1], CANCEL, id, 0);
	ok(two_quiet(&t, t.a), "r_crossed: CANCEL after ACCEPT is ignored");
	ok(raw_get(t.sock[1], &raw, SOON) == ACCEPT
	    && raw_get(t.sock[1], &raw, 2) == 0, "r_crossed: one answer");
	(void)close(fd);
	finish("r_crossed: nothing leaks");
}

static void
r_inherit(void)
{
	begin(NULL);
	offered(1);
	(void)close(t.sock[1]);
	t.sock[1] = -1;
	ok(two_event(&t, t.a) == FDFERRY_EVENT_END, "r_inherit: the end");
	ok(fdferry_channel_accept(t.a, id) == 0
	    && two_event(&t, t.a) == FDFERRY_EVENT_TAKEN
	    && same_file(t.ev.fds[0], fd),
	    "r_inherit: what the sender left can be served");
	two_drop(&t);
	(void)close(fd);
	finish("r_inherit: nothing leaks");

	begin(NULL);
	offered(1);
	raw_say(t.sock[1], BYE, 0, 0);
	(void)fdferry_channel_accept(t.a, id);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_TAKEN,
	    "r_inherit: accepted, and the end came first");
	two_drop(&t);
	(void)close(fd);
	finish("r_inherit: nothing leaks after that");

	begin(NULL);
	offered(1);
	raw_say(t.sock[1], 99, 1, 0);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_WITHDRAWN
	    && t.ev.error == EPROTO && t.ev.nfds == 0
	    && fdferry_channel_accept(t.a, id) < 0,
	    "r_inherit: nothing from a peer that broke the protocol");
	(void)close(fd);
	finish("r_inherit: nothing leaks from that");
}

/* ------------------------------------------------ ids ------------------- */

static void
breach(unsigned int type, unsigned long number, const char *name)
{
	int answered = type != CANCEL;

	begin(NULL);
	if (answered) {
		offer(0);
		raw_say(t.sock[1], ACCEPT, id, 0);
		(void)outcome();
	}
	raw_say(t.sock[1], type, number, 0);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_END && t.ev.error == EPROTO,
	    name);
	finish("ids: nothing leaks");
}

static void
not_asked(void)
{
	begin(NULL);
	offer(0);
	raw_say(t.sock[1], CANCELLED, id, 0);
	ok(outcome() == FDFERRY_IN_DOUBT && two_event(&t, t.a)
	    == FDFERRY_EVENT_END && t.ev.error == EPROTO,
	    "ids: CANCELLED that nobody asked for");
	finish("ids: nothing leaks");
}

int
main(void)
{
	chan_need();
	plan(90);
	s_offer();
	s_accepted();
	s_refused();
	s_timeout();
	s_cancelled();
	s_gone();
	s_gone_at_write(SOCK_STREAM, "s_gone: EPIPE, but ACCEPT was queued");
	s_gone_at_write(SOCK_SEQPACKET,
	    "s_gone: seqpacket tells the reset first; ACCEPT counts");
	s_gone_at_write(SOCK_DGRAM, "s_gone: datagrams, drained");
	s_doubt();
	r_offer();
	r_accept();
	r_refuse();
	r_cancel();
	r_look();
	r_crossed();
	r_inherit();
	breach(ACCEPT, 1, "ids: a second answer is a breach");
	breach(ACCEPT, 7, "ids: an answer to nothing is a breach");
	breach(REFUSE, 7, "ids: a refusal of nothing is a breach");
	breach(CANCEL, 1, "ids: CANCEL of nothing is a breach");
	not_asked();
	return tap_bad;
}
