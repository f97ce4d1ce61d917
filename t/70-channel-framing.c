/* SPDX-License-Identifier: 0BSD */
/*
 * t/70-channel-framing.c - messages arrive whole wherever writes and reads
 * stop, and however the kernel glues bytes; what the layer below says is
 * understood. The message layer is a fake: fakewire.h.
 */
#include "fakepair.h"

#include <fcntl.h>
#include <stdio.h>

#define FILES 4

static int files[FILES];
static unsigned char blob[20000];
static char text[200];

static int
is_message(const void *data, size_t len, size_t nfds)
{
	size_t i;
	int good = t.ev.len == len && t.ev.nfds == nfds
	    && (len == 0 || memcmp(t.ev.data, data, len) == 0);

	for (i = 0; i < t.ev.nfds; i++)
		good &= same_file(t.ev.fds[i], files[i % FILES]);
	two_drop(&t);
	return good;
}

/*
 * A conversation with every type of frame, short enough to be cut at each
 * byte. 1 if all of it came as it was sent.
 */
static int
conversation(void)
{
	unsigned long id;

	(void)fdferry_channel_send(t.a, "abc", 3, files, 2, 0, NULL);
	(void)fdferry_channel_send(t.a, NULL, 0, files, 1, 0, NULL);
	(void)fdferry_channel_send(t.a, "0123456789", 10, NULL, 0, 0, NULL);
	(void)fdferry_channel_handoff(t.a, "hi", 2, files[0], 0, NULL, &id);
	(void)fdferry_channel_send(t.a, "z", 1, files, 4, 0, NULL);
	if (!await(t.b, FDFERRY_EVENT_MESSAGE) || !is_message("abc", 3, 2)
	    || !await(t.b, FDFERRY_EVENT_MESSAGE) || !is_message("", 0, 1)
	    || !await(t.b, FDFERRY_EVENT_MESSAGE)
	    || !is_message("0123456789", 10, 0)
	    || !await(t.b, FDFERRY_EVENT_OFFER) || t.ev.id != id
	    || fdferry_channel_accept(t.b, id) < 0)
		return 0;
	(void)fdferry_channel_send(t.b, "back", 4, files, 3, 0, NULL);
	if (!await(t.b, FDFERRY_EVENT_MESSAGE) || !is_message("z", 1, 4)
	    || !await(t.b, FDFERRY_EVENT_TAKEN) || !is_message("hi", 2, 1)
	    || !await(t.b, FDFERRY_EVENT_SENT)
	    || !await(t.a, FDFERRY_EVENT_SENT)
	    || !await(t.a, FDFERRY_EVENT_SENT)
	    || !await(t.a, FDFERRY_EVENT_SENT))
		return 0;
	/* ACCEPT comes somewhere between the others. */
	while (fdferry_channel_next(t.a, &t.ev) != 1
	    || t.ev.type != FDFERRY_EVENT_MESSAGE) {
		if (t.ev.type == FDFERRY_EVENT_END)
			return 0;
		(void)fdferry_channel_work(t.a);
		(void)fdferry_channel_work(t.b);
		wire_ms++;
	}
	return is_message("back", 4, 3);
}

/* The same with writes, reads or both stopped once, at each byte. */
static void
every_offset(enum glue glue, const char *name)
{
	size_t at, total, good[3] = { 0, 0, 0 };
	int way, before = all_fds();

	wire_glue = glue;
	begin(NULL, NULL);
	(void)conversation();
	total = wires[0].len;
	finish();
	for (way = 0; way < 3; way++)
		for (at = 1; at < total; at++) {
			wire_glue = glue;
			begin(NULL, NULL);
			if (way != 1)
				wires[0].send_stop = wires[1].send_stop = at;
			if (way != 0)
				wires[0].recv_stop = wires[1].recv_stop = at;
			good[way] += (size_t)conversation();
			finish();
		}
	(void)snprintf(text, sizeof text,
	    "%s: a write stops at each of %lu bytes", name,
	    (unsigned long)total);
	ok(total > 200 && good[0] == total - 1, text);
	(void)snprintf(text, sizeof text, "%s: a read stops there", name);
	ok(good[1] == total - 1, text);
	(void)snprintf(text, sizeof text, "%s: both do", name);
	ok(good[2] == total - 1, text);
	(void)snprintf(text, sizeof text, "%s: nothing leaks", name);
	ok(all_fds() == before, text);
}

/* Never more than so many bytes at a time. */
static void
every_size(enum glue glue, const char *name)
{
	size_t size, good = 0, n = 0;

	for (size = 1; size < 70; size += size < 5 ? 1 : 7) {
		wire_glue = glue;
		begin(NULL, NULL);
		wires[0].send_most = wires[1].send_most = size;
		wires[0].recv_most = wires[1].recv_most = size + size / 2;
		good += (size_t)conversation();
		n++;
		finish();
	}
	(void)snprintf(text, sizeof text,
	    "%s: in pieces of one byte and more", name);
	ok(good == n, text);
}

static void
long_data(void)
{
	static const size_t most[] = { 0, 1000, 16384, 16383 };
	size_t i, good = 0;

	for (i = 0; i < 4; i++) {
		begin(NULL, NULL);
		wires[0].send_most = most[i];
		wires[0].recv_most = most[3 - i];
		(void)fdferry_channel_send(t.a, blob, sizeof blob, files, 4,
		    0, NULL);
		good += await(t.b, FDFERRY_EVENT_MESSAGE)
		    && is_message(blob, sizeof blob, 4);
		finish();
	}
	ok(good == 4, "data longer than a frame, in pieces of any size");
}

/* ACCEPT leaves in part, and the receiver dies. */
static void
accept_cut(void)
{
	size_t cut, taken = 0, outcomes = 0;
	int fd, before = all_fds();
	unsigned long id;

	for (cut = 0; cut <= 32; cut++) {
		begin(NULL, NULL);
		fd = fresh_fd();
		(void)fdferry_channel_handoff(t.a, NULL, 0, fd, FDFERRY_GIVE,
		    NULL, &id);
		(void)await(t.b, FDFERRY_EVENT_OFFER);
		wires[1].send_stop = wires[1].len + cut;
		(void)fdferry_channel_accept(t.b, id);
		(void)fdferry_channel_work(t.b);
		if (fdferry_channel_next(t.b, &t.ev) == 1
		    && t.ev.type == FDFERRY_EVENT_TAKEN) {
			taken += cut == 32;
			two_drop(&t);
		} else
			taken += cut < 32;
		wires[1].closed = wires[0].deaf = 1;
		if (await(t.a, FDFERRY_EVENT_HANDOFF))
			outcomes += t.ev.outcome == (cut < 32 ? FDFERRY_GONE
			    : FDFERRY_ACCEPTED);
		two_drop(&t);
		finish();
	}
	ok(taken == 33,
	    "the descriptor comes only when all of ACCEPT is with the kernel");
	ok(outcomes == 33,
	    "a receiver that dies within ACCEPT has not accepted");
	ok(all_fds() == before, "then nothing leaks");
}

/* Half of an offer leaves, and then the kernel takes no more. */
static void
offer_stuck(int forever)
{
	struct fdferry_channel_opts o = chan_opts();
	struct timespec when;
	unsigned long id;
	int fd, before = all_fds();

	o.doubt_ms = 50;
	begin(&o, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	fd = fresh_fd();
	(void)fake_deadline(&when, 20);
	(void)fdferry_channel_handoff(t.a, "meta", 4, fd, FDFERRY_GIVE, &when,
	    &id);
	wires[0].send_stop = wires[0].len + 20;
	(void)fdferry_channel_work(t.a);
	wires[0].fail_all = EAGAIN;
	if (!forever) {
		wire_ms += 30;
		(void)fdferry_channel_work(t.a);
		wires[0].fail_all = 0;
		ok(await(t.a, FDFERRY_EVENT_HANDOFF)
		    && t.ev.outcome == FDFERRY_REFUSED_BACK
		    && t.ev.error == ETIMEDOUT && t.ev.nfds == 1,
		    "an offer stuck in the middle: completed, called back");
		two_drop(&t);
	} else {
		ok(await(t.a, FDFERRY_EVENT_HANDOFF)
		    && t.ev.outcome == FDFERRY_IN_DOUBT && t.ev.nfds == 0
		    && fcntl(fd, F_GETFD) < 0,
		    "stuck for ever: in doubt, the copy is closed");
		wires[0].fail_all = 0;
	}
	(void)fdferry_channel_send(t.a, "z", 1, files, 1, 0, NULL);
	ok(await(t.b, FDFERRY_EVENT_MESSAGE) && is_message("z", 1, 1)
	    && await(t.a, FDFERRY_EVENT_SENT), "then the channel goes on");
	(void)fdferry_channel_work(t.b);
	(void)fdferry_channel_work(t.a);
	ok(t.a->offered.count == 0 && t.b->offers.count == 0,
	    "and the offer is forgotten on both sides");
	finish();
	ok(all_fds() == before, "stuck: nothing leaks");
}

/* It is given up half-sent; its rest goes, and the answer comes before the
   CANCEL that is due. */
static void
offer_answered_late(void)
{
	struct fdferry_channel_opts o = chan_opts();
	struct timespec when;
	unsigned long id;
	size_t len;
	int before = all_fds();

	o.doubt_ms = 50;
	begin(&o, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	(void)fake_deadline(&when, 20);
	(void)fdferry_channel_handoff(t.a, "meta", 4, fresh_fd(),
	    FDFERRY_GIVE, &when, &id);
	len = wires[0].len;
	wires[0].send_stop = len + 20;
	(void)fdferry_channel_work(t.a);
	wires[0].fail_all = EAGAIN;
	(void)await(t.a, FDFERRY_EVENT_HANDOFF);
	wires[0].fail_all = 0;
	wires[0].send_stop = len + 36;
	wire_ms += 20;
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	ok(t.ev.outcome == FDFERRY_IN_DOUBT
	    && fdferry_channel_next(t.b, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_OFFER
	    && fdferry_channel_accept(t.b, id) == 0
	    && fdferry_channel_work(t.b) == 0
	    && fdferry_channel_next(t.b, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_TAKEN,
	    "in doubt, whole at last, and accepted");
	two_drop(&t);
	wire_ms += 20;
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.a);
	ok(wires[0].len <= len + 36 + 32 && t.a->offered.count == 0,
	    "CANCEL is not repeated for what was answered");
	finish();
	ok(all_fds() == before, "answered late: nothing leaks");
}

/* The answer comes, and the peer ends, between our read and our write. */
static void
epipe_drains(void)
{
	unsigned long id;

	begin(NULL, NULL);
	(void)fdferry_channel_handoff(t.a, NULL, 0, files[0], 0, NULL, &id);
	(void)await(t.b, FDFERRY_EVENT_OFFER);
	(void)fdferry_channel_accept(t.b, id);
	(void)fdferry_channel_work(t.b);
	wires[1].recv_stop = wires[1].taken;
	wires[1].closed = wires[0].deaf = 1;
	(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.a);
	ok(await(t.a, FDFERRY_EVENT_FAILED) && t.ev.error == EPIPE
	    && await(t.a, FDFERRY_EVENT_HANDOFF)
	    && t.ev.outcome == FDFERRY_ACCEPTED,
	    "EPIPE is believed after the queue is drained");
	finish();
}

/* ------------------------------------------------ what sending says ----- */

static void
too_many_refs(void)
{
	struct fdferry_channel_opts o = chan_opts();
	unsigned long id;
	long timeout;
	int fds[300], i, before;

	for (i = 0; i < 300; i++)
		fds[i] = fresh_fd();
	before = all_fds();
	o.most_fds = 1000;
	o.inflight_ms = 500;
	begin(&o, &o);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wires[0].fail = ETOOMANYREFS;
	wires[0].fail_times = 3;
	(void)fdferry_channel_send(t.a, "x", 1, fds, 2, 0, NULL);
	(void)fdferry_channel_work(t.a);
	ok((fdferry_channel_wants(t.a, &timeout) & FDFERRY_WANT_WRITE) == 0
	    && timeout > 0 && timeout < 100,
	    "ETOOMANYREFS: a pause, not a poll that cannot see it");
	ok(await(t.b, FDFERRY_EVENT_MESSAGE) && t.ev.nfds == 2,
	    "ETOOMANYREFS: tried again, it goes");
	two_drop(&t);
	(void)await(t.a, FDFERRY_EVENT_SENT);

	/* The first piece goes, the second never: both sides as before. */
	wires[0].fail_times = 0;
	(void)fdferry_channel_send(t.a, "y", 1, fds, 300, FDFERRY_GIVE, &id);
	wires[0].send_stop = wires[0].len + 33;
	(void)fdferry_channel_work(t.a);
	wires[0].fail_times = INT_MAX;
	(void)fdferry_channel_work(t.b);
	ok(await(t.a, FDFERRY_EVENT_FAILED) && t.ev.id == id
	    && t.ev.error == ETOOMANYREFS && t.ev.nfds == 300
	    && t.ev.fds[299] == fds[299],
	    "ETOOMANYREFS for long: all is given back");
	wires[0].fail_times = 0;
	(void)fdferry_channel_send(t.a, "z", 1, files, 1, 0, NULL);
	ok(await(t.b, FDFERRY_EVENT_MESSAGE) && is_message("z", 1, 1),
	    "the receiver dropped the part it had; the channel goes on");
	finish();
	ok(all_fds() == before, "ETOOMANYREFS: nothing leaks");
	fdferry_close(fds, 300);
}

/* Each message has the patience that was promised, whatever became of those
   before. */
static void
patience_anew(void)
{
	struct fdferry_channel_opts o = chan_opts();
	unsigned long id;

	o.inflight_ms = 500;
	begin(&o, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wires[0].fail = ETOOMANYREFS;
	wires[0].fail_times = 1;
	(void)fdferry_channel_send(t.a, "x", 1, files, 1, 0, &id);
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_cancel(t.a, id);
	(void)await(t.a, FDFERRY_EVENT_FAILED);
	wire_ms += 1000;
	wires[0].fail_times = 1;
	(void)fdferry_channel_send(t.a, "y", 1, files, 1, 0, NULL);
	ok(await(t.b, FDFERRY_EVENT_MESSAGE) && is_message("y", 1, 1),
	    "ETOOMANYREFS: patience begins with each message");
	finish();
}

/* The peer rejects a message whose last frame is half-sent. */
static void
rejected_at_last(void)
{
	unsigned long id;
	int fd, before = all_fds();

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	fd = fresh_fd();
	(void)fdferry_channel_send(t.a, blob, sizeof blob, &fd, 1,
	    FDFERRY_GIVE, &id);
	wires[0].lose = 1;
	wires[0].lose_error = EMFILE;
	wires[0].send_stop = wires[0].len + 16384 + 100;
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	(void)fdferry_channel_work(t.a);
	ok(await(t.a, FDFERRY_EVENT_REJECTED) && t.ev.id == id
	    && t.ev.error == EMFILE && t.ev.nfds == 1 && t.ev.fds[0] == fd,
	    "rejected within the last frame: told, and given back");
	two_drop(&t);
	ok(!await(t.a, FDFERRY_EVENT_SENT), "and not called sent");
	finish();
	ok(all_fds() == before, "rejected within the last frame: no leak");
}

/* REJECT and the ABORT of the same message cross. */
static void
rejected_too_late(void)
{
	unsigned long id;

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	(void)fdferry_channel_send(t.a, blob, sizeof blob, files, 1, 0, &id);
	wires[0].send_stop = wires[0].len + 16384;
	wires[0].lose = 1;
	wires[0].lose_error = EMFILE;
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	/* REJECT is on its way, but we have not seen it yet. */
	wires[1].recv_stop = wires[1].taken;
	(void)fdferry_channel_cancel(t.a, id);
	ok(wires[1].len > wires[1].taken
	    && (fdferry_channel_work(t.a), 1)
	    && fdferry_channel_next(t.a, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_FAILED
	    && t.ev.error == ECANCELED, "cancelled, while REJECT is coming");
	ok(!await(t.a, FDFERRY_EVENT_REJECTED) && t.ev.type == 0,
	    "then it is not rejected as well");
	finish();
}

/* Rejections that nobody reads, and then the peer is gone. */
static void
rejections_stuck(void)
{
	struct fdferry_channel_opts o = chan_opts();
	int i;

	o.most_bytes = 1;
	begin(&o, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	t.b->peer.bytes = 100;		/* it does not care */
	wires[0].fail_all = EAGAIN;
	for (i = 0; i < FDFERRY__REJECTIONS + 100; i++) {
		(void)fdferry_channel_send(t.b, "xy", 2, NULL, 0, 0, NULL);
		(void)fdferry_channel_work(t.b);
		(void)fdferry_channel_next(t.b, &t.ev);
		(void)fdferry_channel_work(t.a);
	}
	ok(t.a->nrejections == FDFERRY__REJECTIONS && t.a->rx.stalled,
	    "as many rejections as we keep: reading stops");
	wires[0].fail_all = 0;
	wires[0].deaf = wires[1].deaf = wires[1].closed = 1;
	while (await(t.a, FDFERRY_EVENT_DROPPED))
		continue;
	ok(t.ev.type == FDFERRY_EVENT_END && t.ev.error == ECONNRESET,
	    "nobody will read them: the end is noticed all the same");
	finish();
}

/* "For ever", in milliseconds. */
static void
endless_doubt(void)
{
	struct fdferry_channel_opts o = chan_opts();
	unsigned long id;

	o.doubt_ms = o.inflight_ms = LONG_MAX;
	begin(&o, NULL);
	(void)fdferry_channel_handoff(t.a, NULL, 0, files[0], 0, NULL, &id);
	(void)await(t.b, FDFERRY_EVENT_OFFER);
	(void)fdferry_channel_look(t.b, id);
	(void)fdferry_channel_cancel(t.a, id);
	ok(!await(t.a, FDFERRY_EVENT_HANDOFF), "doubt_ms: as long as a long");
	(void)fdferry_channel_accept(t.b, id);
	ok(await(t.a, FDFERRY_EVENT_HANDOFF)
	    && t.ev.outcome == FDFERRY_ACCEPTED,
	    "doubt_ms: and then the answer");
	(void)await(t.b, FDFERRY_EVENT_TAKEN);
	two_drop(&t);
	finish();
}

/* An answer is not stopped by descriptors that cannot be sent. */
static void
answers_pass(void)
{
	unsigned long id;

	begin(NULL, NULL);
	(void)fdferry_channel_handoff(t.b, NULL, 0, files[0], 0, NULL, &id);
	(void)await(t.a, FDFERRY_EVENT_OFFER);
	wires[0].fail = ETOOMANYREFS;
	wires[0].fail_times = INT_MAX;
	(void)fdferry_channel_send(t.a, "x", 1, files, 2, 0, NULL);
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_accept(t.a, id);
	/* At once: no time passes. */
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	ok(fdferry_channel_next(t.b, &t.ev) == 1
	    && t.ev.type == FDFERRY_EVENT_HANDOFF
	    && t.ev.outcome == FDFERRY_ACCEPTED,
	    "ACCEPT overtakes a message that waits for ETOOMANYREFS to end");
	ok(await(t.a, FDFERRY_EVENT_TAKEN), "and its descriptor comes");
	two_drop(&t);
	finish();
}

static void
one_error(int error, const char *name)
{
	unsigned long id;
	int fd = fresh_fd(), good;

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wires[0].fail = error;
	wires[0].fail_times = 1;
	(void)fdferry_channel_send(t.a, "x", 1, &fd, 1, FDFERRY_GIVE, &id);
	(void)fdferry_channel_send(t.a, "next", 4, files, 1, 0, NULL);
	good = await(t.a, FDFERRY_EVENT_FAILED) && t.ev.id == id
	    && t.ev.error == error && t.ev.nfds == 1 && t.ev.fds[0] == fd;
	two_drop(&t);
	ok(good && await(t.b, FDFERRY_EVENT_MESSAGE)
	    && is_message("next", 4, 1), name);
	finish();
}

/* Systems where one message holds fewer, known at once or found out. */
static void
fewer_fds(size_t most, size_t limit, const char *name)
{
	struct fdferry_channel_opts o = chan_opts();
	int fds[600], i;

	for (i = 0; i < 600; i++)
		fds[i] = files[i % FILES];
	o.most_fds = 600;
	begin(NULL, &o);
	wire_max = most;
	wire_limit = limit;
	(void)fdferry_channel_send(t.a, "x", 1, fds, 600, 0, NULL);
	ok(await(t.b, FDFERRY_EVENT_MESSAGE) && is_message("x", 1, 600),
	    name);
	finish();
}

/* Where a long has 32 bits, an id must not look like "all". */
static void
long_ids(void)
{
	unsigned long id[2];

	begin(NULL, NULL);
	t.a->next_id = 0xffffffff;
	(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, &id[0]);
	(void)fdferry_channel_send(t.a, "y", 1, NULL, 0, 0, &id[1]);
	ok((id[0] & 0xffffffff) == 0xffffffff && (id[1] & 0xffffffff) == 1
	    && await(t.b, FDFERRY_EVENT_MESSAGE) && t.ev.id == id[0]
	    && await(t.b, FDFERRY_EVENT_MESSAGE) && t.ev.id == id[1],
	    "ids above 32 bits");
	finish();
}

static void
back_pressure(int error, const char *name)
{
	long timeout = -1;
	unsigned int wants;

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wires[0].fail = error;
	wires[0].fail_times = 5;
	(void)fdferry_channel_send(t.a, "x", 1, files, 1, 0, NULL);
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.a);
	wants = fdferry_channel_wants(t.a, &timeout);
	/* poll() may call this socket writable: then a pause is due. */
	ok((wants & FDFERRY_WANT_WRITE) == 0 && timeout > 0
	    && await(t.b, FDFERRY_EVENT_MESSAGE) && is_message("x", 1, 1),
	    name);
	finish();
}

static void
small_records(void)
{
	unsigned long id;

	wire_type = SOCK_DGRAM;
	begin(NULL, NULL);
	wires[0].size_most = 2048;
	wires[0].fds_most = 20;
	(void)fdferry_channel_send(t.a, blob, sizeof blob, files, 4, 0, NULL);
	ok(await(t.b, FDFERRY_EVENT_MESSAGE)
	    && is_message(blob, sizeof blob, 4),
	    "EMSGSIZE: records are made smaller");
	(void)fdferry_channel_handoff(t.a, blob, 4000, files[0], 0, NULL,
	    &id);
	(void)await(t.a, FDFERRY_EVENT_SENT);
	ok(await(t.a, FDFERRY_EVENT_HANDOFF)
	    && t.ev.outcome == FDFERRY_REFUSED_BACK
	    && t.ev.error == EMSGSIZE,
	    "EMSGSIZE: an offer cannot be cut, and is back");
	finish();
}

/* ------------------------------------------------ what receiving says --- */

static void
losses(size_t lose, int error, unsigned int reason, const char *name)
{
	unsigned long id;
	int before = all_fds(), good;

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	(void)fdferry_channel_send(t.a, "x", 1, files, 3, 0, &id);
	(void)fdferry_channel_work(t.a);
	if (lose > 0) {
		wires[0].lose = lose;
		wires[0].lose_error = error;
	} else
		wires[0].recv_fail = error;
	good = await(t.b, FDFERRY_EVENT_DROPPED) && t.ev.id == id
	    && t.ev.reason == reason && t.ev.count == 1;
	good &= await(t.a, FDFERRY_EVENT_SENT)
	    && await(t.a, FDFERRY_EVENT_REJECTED) && t.ev.id == id
	    && t.ev.reason == reason;
	(void)fdferry_channel_send(t.a, "next", 4, files, 2, 0, NULL);
	ok(good && await(t.b, FDFERRY_EVENT_MESSAGE)
	    && is_message("next", 4, 2) && (finish(), all_fds() == before),
	    name);
}

/*
 * Where a full table makes the receive fail, its bytes can stay or go. If
 * they stay, only that message is lost.
 */
static void
loss_in_step(int type, const char *name)
{
	unsigned long id;
	int before = all_fds(), good;

	wire_type = type;
	wire_glue = GLUE_BSD;
	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	(void)fdferry_channel_send(t.a, "x", 1, files, 3, 0, &id);
	(void)fdferry_channel_send(t.a, "next", 4, files, 2, 0, NULL);
	(void)fdferry_channel_work(t.a);
	wires[0].recv_fail = EMFILE;
	good = await(t.b, FDFERRY_EVENT_DROPPED) && t.ev.id == id
	    && t.ev.reason == FDFERRY_REASON_TABLE;
	ok(good && await(t.b, FDFERRY_EVENT_MESSAGE)
	    && is_message("next", 4, 2) && (finish(), all_fds() == before),
	    name);
}

/*
 * If they went, nobody knows how many, and with `fds` >= 0 something else
 * follows. Nothing that comes then is believed, and the end says why; an
 * offer of ours may have been answered in what was lost.
 */
static void
loss_out_of_step(int type, int most, int fails, int fds, const char *name)
{
	unsigned long id;
	int before = all_fds(), good;

	wire_type = type;
	wire_glue = GLUE_BSD;
	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	(void)fdferry_channel_handoff(t.b, NULL, 0, files[0], 0, NULL, &id);
	(void)await(t.a, FDFERRY_EVENT_OFFER);
	(void)fdferry_channel_send(t.a, blob, 500, files, 3, 0, NULL);
	if (fds >= 0)
		(void)fdferry_channel_send(t.a, blob, 400, files,
		    (size_t)fds, 0, NULL);
	(void)fdferry_channel_work(t.a);
	wires[0].recv_gone = fails == 1;
	wires[0].recv_most = (size_t)most;
	wires[0].recv_fail = EMFILE;
	wires[0].recv_fails = fails;
	good = await(t.b, FDFERRY_EVENT_HANDOFF) && t.ev.id == id
	    && t.ev.outcome == FDFERRY_IN_DOUBT
	    && await(t.b, FDFERRY_EVENT_END) && t.ev.error == EMFILE
	    && !await(t.b, FDFERRY_EVENT_NONE);
	finish();
	ok(good && all_fds() == before, name);
}

/*
 * The same, where what follows can be read only up to a header, is shorter
 * than one, or has descriptors that the policy refuses.
 */
static void
loss_then(size_t len, size_t next, int fds, int refused, const char *name)
{
	static const unsigned long nobody = 0;
	struct fdferry_channel_opts o = chan_opts();
	struct fdferry_policy policy;
	unsigned long id;
	int before = all_fds(), good;

	memset(&policy, 0, sizeof policy);
	policy.size = sizeof policy;
	policy.uids = &nobody;
	policy.nuids = 1;
	if (refused)
		o.policy = &policy;
	wire_glue = GLUE_BSD;
	begin(NULL, &o);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	(void)fdferry_channel_handoff(t.b, NULL, 0, files[0], 0, NULL, &id);
	(void)await(t.a, FDFERRY_EVENT_OFFER);
	(void)fdferry_channel_send(t.a, blob, len, files, 3, 0, NULL);
	if (next > 0)
		(void)fdferry_channel_send(t.a, blob, next, files, (size_t)fds,
		    0, NULL);
	(void)fdferry_channel_work(t.a);
	wires[0].recv_gone = 1;
	wires[0].recv_most = 32;
	wires[0].recv_fail = EMFILE;
	good = await(t.b, FDFERRY_EVENT_HANDOFF) && t.ev.id == id
	    && t.ev.outcome == FDFERRY_IN_DOUBT
	    && await(t.b, FDFERRY_EVENT_END) && t.ev.error == EMFILE;
	finish();
	ok(good && all_fds() == before, name);
}

/* The peer dies in the middle of a frame whose descriptors are here. */
static void
end_within(void)
{
	int before = all_fds(), good = 1;
	unsigned long id;
	size_t cut;

	for (cut = 1; cut < 40; cut++) {
		begin(NULL, NULL);
		(void)await(t.b, FDFERRY_EVENT_NONE);
		(void)fdferry_channel_handoff(t.b, NULL, 0, files[0], 0, NULL,
		    &id);
		(void)await(t.a, FDFERRY_EVENT_OFFER);
		(void)fdferry_channel_send(t.a, blob, 8, files, 3, 0, NULL);
		wires[0].send_stop = wires[0].len + cut;
		(void)fdferry_channel_work(t.a);
		wires[0].closed = 1;
		wires[0].fail_all = EPIPE;
		good &= await(t.b, FDFERRY_EVENT_HANDOFF) && t.ev.id == id
		    && t.ev.outcome == FDFERRY_GONE
		    && await(t.b, FDFERRY_EVENT_END)
		    && t.ev.error == ECONNRESET;
		finish();
	}
	ok(good && all_fds() == before,
	    "an end at any byte of a frame with descriptors is an end");
}

/* STREAMS: a descriptor goes before its bytes, which may have to wait. */
static void
split(void)
{
	int before = all_fds(), good;
	unsigned long id;

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wire_glue = GLUE_BSD;
	wires[0].split = wires[1].split = 1;
	wire_max = 1;
	good = conversation();
	finish();
	ok(good && all_fds() == before, "STREAMS: every type of frame");

	begin(NULL, NULL);
	(void)await(t.b, FDFERRY_EVENT_NONE);
	wire_glue = GLUE_BSD;
	wires[0].split = 1;
	(void)fdferry_channel_send(t.a, "x", 1, files, 1, 0, NULL);
	wires[0].fail_all = EAGAIN;
	wires[0].fail_all_after = 1;
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	(void)fdferry_channel_work(t.a);
	good = wires[0].nfds == 1 && wires[0].fds_taken == 1
	    && fdferry_channel_next(t.b, &t.ev) == 0;
	wires[0].fail_all = 0;
	ok(good && await(t.b, FDFERRY_EVENT_MESSAGE)
	    && is_message("x", 1, 1), "STREAMS: the bytes are late");
	(void)await(t.a, FDFERRY_EVENT_SENT);
	/* And never: the sender died. */
	(void)fdferry_channel_handoff(t.b, NULL, 0, files[0], 0, NULL, &id);
	(void)fdferry_channel_send(t.a, "x", 1, files, 1, 0, NULL);
	wires[0].fail_all = EAGAIN;
	wires[0].fail_all_after = 1;
	(void)fdferry_channel_work(t.a);
	wires[0].closed = 1;
	good = await(t.b, FDFERRY_EVENT_HANDOFF)
	    && t.ev.outcome == FDFERRY_GONE
	    && await(t.b, FDFERRY_EVENT_END) && t.ev.error == ECONNRESET;
	finish();
	ok(good && all_fds() == before, "STREAMS: the bytes never come");
}

static void
short_of_memory(void)
{
	long timeout = -1;

	begin(NULL, NULL);
	(void)fdferry_channel_send(t.a, "x", 1, files, 1, 0, NULL);
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	(void)fdferry_channel_work(t.a);
	wires[0].recv_fail = ENOMEM;
	(void)fdferry_channel_work(t.b);
	ok((fdferry_channel_wants(t.b, &timeout) & FDFERRY_WANT_READ) == 0
	    && timeout > 0 && await(t.b, FDFERRY_EVENT_MESSAGE)
	    && is_message("x", 1, 1), "ENOMEM from recv: a pause, then on");
	finish();
}

int
main(void)
{
	int i, before;

	chan_need();
	plan(75);
	before = all_fds();
	tap_alarm(240);	/* an emulator is slow with so many */
	for (i = 0; i < FILES; i++)
		files[i] = fresh_fd();
	for (i = 0; i < (int)sizeof blob; i++)
		blob[i] = (unsigned char)(i * 7 + i / 256);
	wire_reset();
	every_offset(GLUE_LINUX, "glue before");
	every_offset(GLUE_BSD, "glue behind");
	every_size(GLUE_LINUX, "glue before");
	every_size(GLUE_BSD, "glue behind");
	long_data();
	accept_cut();
	offer_stuck(0);
	offer_stuck(1);
	offer_answered_late();
	epipe_drains();
	too_many_refs();
	patience_anew();
	rejected_at_last();
	rejected_too_late();
	rejections_stuck();
	endless_doubt();
	answers_pass();
	one_error(EINVAL, "EINVAL: only the message fails, and is back");
	one_error(EBADF, "EBADF: likewise");
	one_error(EPERM, "EPERM: likewise");
	fewer_fds(127, 127, "127 descriptors in a frame");
	fewer_fds(253, 252, "EINVAL: one fewer than was thought");
	long_ids();
	back_pressure(EAGAIN, "EAGAIN is back-pressure");
	back_pressure(ENOBUFS, "ENOBUFS is back-pressure");
	small_records();
	losses(1, EMFILE, FDFERRY_REASON_TABLE,
	    "table full: one of three lost, rejected whole");
	losses(3, EMFILE, FDFERRY_REASON_TABLE,
	    "table full: all lost");
	losses(2, EMSGSIZE, FDFERRY_REASON_LOST, "cut off: rejected whole");
	losses(0, EMFILE, FDFERRY_REASON_TABLE,
	    "table full: the call fails and the data come later");
	loss_in_step(SOCK_STREAM, "the call fails, the data stay: in step");
	loss_in_step(SOCK_DGRAM, "the record stays: in step");
	loss_out_of_step(SOCK_STREAM, 0, 1, -1,
	    "the call fails and the data are gone: END tells");
	loss_out_of_step(SOCK_STREAM, 532, 1, 0,
	    "gone, and a message without descriptors follows");
	loss_out_of_step(SOCK_STREAM, 0, 1, 2,
	    "gone, and a message with descriptors follows");
	loss_out_of_step(SOCK_STREAM, 40, 1, -1,
	    "gone, but the middle of the frame follows");
	loss_out_of_step(SOCK_STREAM, 0, 2, -1, "the call fails again");
	loss_out_of_step(SOCK_DGRAM, 0, 1, -1, "the record is gone");
	loss_out_of_step(SOCK_SEQPACKET, 0, 1, 2,
	    "the record is gone, another follows");
	loss_then(7, 0, 0, 0, "gone but for less than a header");
	loss_then(0, 400, 0, 0, "gone, and the header that follows is alone");
	loss_then(0, 400, 2, 1, "gone, and what follows is refused");
	end_within();
	split();
	short_of_memory();
	fdferry_close(files, FILES);
	ok(all_fds() == before, "nothing leaks in all of it");
	return tap_bad;
}
