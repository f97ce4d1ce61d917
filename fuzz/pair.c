/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/pair.c - two channels, one at each end of a made-up wire, and the two
 * applications that call them: the input says who does what, and where bytes
 * stop and descriptors are lost between them.
 *
 * fuzz/channel.c has a peer that says anything; here both ends speak the wire
 * rightly, so what they tell each other can be checked: every message is
 * delivered whole and in order or its sender is told, every hand-off has one
 * owner in the end, whatever is lost, called back, late or freed.
 *
 * The input: PAIR_HEAD bytes, limits and policy of each end, and the wire.
 * Then calls, a byte each with the bytes of its arguments: pair_step().
 * Descriptors are numbers of a table in here: a second close() of one aborts,
 * and so does one that is left at the end.
 */
#ifdef PAIR_SMALL
# define FDFERRY__FRAME_FDS	7
# define FDFERRY__FIFO		16
# define FDFERRY__EVENTS_MOST	6
# define FDFERRY__REJECTIONS	4
#endif
#include "../lib/backend.h"

#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"
#include "table.h"

static const char *
pair_feature(const char *name)
{
	return strcmp(name, "backend") == 0 ? "cmsg" : "0";
}

#define dup table_dup
#define close table_close
#define fdferry_close table_close_all
#define fdferry_feature_get pair_feature
#include "../t/fakewire.h"
#include "books.h"
#undef dup
#undef close

/* ------------------------------------------------ two applications ------ */

#define SENDS_MOST	48	/* messages and hand-offs of one end */
#define FILES_MOST	24	/* descriptors of one */
#define BYTES_MOST	700

/* What became of it at the end that sent it, and at the other. */
struct sent {
	unsigned long id;
	size_t len, nfds;
	unsigned int first;	/* number of its first open file */
	int fds[FILES_MOST];	/* borrowed: closed when it is over */
	unsigned char offer, given, over, told, rejected, back;
	unsigned char arrived, taken;
};

struct end {
	struct fdferry_channel *ch;
	struct fdferry_channel_budget budget;
	struct fdferry_policy policy;
	struct sent sent[SENDS_MOST];
	size_t nsent;
	unsigned long offers[80];	/* of the other, to be answered */
	size_t noffers;
	unsigned long last;	/* id of the last message that came */
	int ended, error;	/* END was fetched */
	int killed;
};

static struct end ends[2];
static unsigned int files;	/* open files so far */

static const uint8_t *input;
static size_t input_left;

static unsigned int
take(void)
{
	if (input_left == 0)
		return 0;
	input_left--;
	return *input++;
}

static struct sent *
sent_find(struct end *e, unsigned long id)
{
	size_t i;

	for (i = 0; i < e->nsent; i++)
		if (e->sent[i].id == id)
			return &e->sent[i];
	return NULL;
}

static unsigned char
sent_byte(const struct sent *s, size_t i)
{
	return (unsigned char)(s->first * 7 + s->len + i * 13);
}

/* The sender has its word: what it lent it may close. */
static void
sent_over(struct sent *s)
{
	must(!s->over);
	s->over = 1;
	if (!s->given)
		table_close_all(s->fds, s->nfds);
}

static void
do_send(struct end *e, int offer)
{
	unsigned int what = take(), size = take(), i;
	unsigned char data[BYTES_MOST];
	struct sent *s = &e->sent[e->nsent];
	struct timespec when;
	int rc, fds[FILES_MOST];

	if (e->nsent == SENDS_MOST
	    || wires[e - ends].nrecords > 2000)
		return;
	memset(s, 0, sizeof *s);
	s->offer = offer != 0;
	s->given = what & 1;
	s->first = files + 1;
	s->len = size * (what & 2 ? 2 : 0) + (size & 7);
	s->nfds = offer ? 1 : (what >> 3) % FILES_MOST;
	for (i = 0; i < s->nfds; i++)
		s->fds[i] = fds[i] = table_open(++files);
	for (i = 0; i < s->len; i++)
		data[i] = sent_byte(s, i);
	(void)fake_deadline(&when, (long)(size % 40));
	rc = offer ? fdferry_channel_handoff(e->ch, data, s->len, fds[0],
	    s->given ? FDFERRY_GIVE : 0, what & 4 ? &when : NULL, &s->id)
	    : fdferry_channel_send(e->ch, data, s->len, fds, s->nfds,
	    s->given ? FDFERRY_GIVE : 0, &s->id);
	if (rc == 0) {
		e->nsent++;
		return;
	}
	must(errno == EAGAIN || errno == EMSGSIZE || errno == E2BIG
	    || errno == EPIPE);
	table_close_all(s->fds, s->nfds);	/* nothing was given */
}

/* ------------------------------------------------ events ---------------- */

/* A message or a hand-off of the other end: whole, and what was sent. */
static struct sent *
arrived(struct end *e, const struct fdferry_event *ev, size_t nfds)
{
	struct end *other = &ends[1 - (e - ends)];
	struct sent *s = sent_find(other, ev->id);
	const unsigned char *data = ev->data;
	size_t i;

	must(s != NULL && ev->len == s->len && ev->nfds == nfds);
	for (i = 0; i < ev->len; i++)
		must(data[i] == sent_byte(s, i));
	for (i = 0; i < ev->nfds; i++)
		must(table_what(ev->fds[i]) == s->first + i);
	return s;
}

static void
answered(struct end *e, unsigned long id)
{
	size_t i;

	for (i = 0; i < e->noffers && e->offers[i] != id; i++)
		continue;
	must(i < e->noffers);
	e->offers[i] = e->offers[--e->noffers];
}

/* Of what this end has sent. */
static void
own_event(struct end *e, const struct fdferry_event *ev)
{
	struct sent *s = sent_find(e, ev->id);
	size_t i;

	must(s != NULL && s->offer == (ev->type == FDFERRY_EVENT_HANDOFF));
	/* REJECTED may follow SENT, and nothing else follows anything. */
	if (ev->type != FDFERRY_EVENT_REJECTED || !s->over)
		sent_over(s);
	must(!s->rejected);
	s->back = ev->type == FDFERRY_EVENT_FAILED
	    || (ev->type == FDFERRY_EVENT_HANDOFF
	    && (ev->outcome == FDFERRY_REFUSED_BACK
	    || ev->outcome == FDFERRY_GONE));
	s->rejected = ev->type == FDFERRY_EVENT_REJECTED;
	if (ev->type == FDFERRY_EVENT_HANDOFF) {
		must(ev->outcome != FDFERRY_OUTCOME_NONE);
		s->told = (unsigned char)ev->outcome;
		/* What was given comes back, or is the other's. */
		must(ev->nfds == (size_t)(s->given && s->back));
	}
	for (i = 0; i < ev->nfds; i++)
		must(s->given && table_what(ev->fds[i]) == s->first + i);
	/* Never both: it was delivered, and it was not. */
	must(!s->arrived || !(s->back || s->rejected) || s->offer);
	must(!s->taken || !s->back);
}

static void
on_event(struct end *e, const struct fdferry_event *ev)
{
	struct sent *s;
	size_t i;

	switch (ev->type) {
	case FDFERRY_EVENT_MESSAGE:
		s = sent_find(&ends[1 - (e - ends)], ev->id);
		must(s != NULL && !s->offer && !s->arrived);
		s = arrived(e, ev, s->nfds);
		must(ev->id > e->last && !s->back && !s->rejected);
		e->last = ev->id;
		s->arrived = 1;
		break;
	case FDFERRY_EVENT_OFFER:
		s = arrived(e, ev, 0);
		must(s->offer && !s->arrived && ev->id > e->last);
		e->last = ev->id;
		s->arrived = 1;
		must(e->noffers < sizeof e->offers / sizeof e->offers[0]);
		e->offers[e->noffers++] = ev->id;
		break;
	case FDFERRY_EVENT_TAKEN:
		s = arrived(e, ev, 1);
		must(s->offer && !s->taken && !s->back);
		s->taken = 1;
		break;
	case FDFERRY_EVENT_WITHDRAWN:
		for (i = 0; i < e->noffers; i++)
			if (e->offers[i] == ev->id) {
				answered(e, ev->id);
				break;
			}
		break;
	case FDFERRY_EVENT_SENT:
	case FDFERRY_EVENT_FAILED:
	case FDFERRY_EVENT_REJECTED:
	case FDFERRY_EVENT_HANDOFF: own_event(e, ev); break;
	case FDFERRY_EVENT_DROPPED: must(ev->count > 0); break;
	case FDFERRY_EVENT_END:
		must(!e->ended);
		/* Nobody here breaks the protocol. */
		must(ev->error != EPROTO && ev->error != EPROTONOSUPPORT);
		e->ended = 1;
		e->error = ev->error;
		break;
	default: abort();
	}
	for (i = 0; i < ev->nfds; i++)
		(void)table_close(ev->fds[i]);
}

/* ------------------------------------------------ calls ----------------- */

/* Nothing is queued but what was sent or came, and each once. */
#define EVENTS (FDFERRY__EVENTS_MOST + SENDS_MOST + 70)

static void
pair_watch(int sock, const int *fds, size_t room)
{
	books_receive(ends[sock].ch, fds, room, EVENTS);
}

static void
do_work(struct end *e)
{
	must(fdferry_channel_work(e->ch) == 0);
	books(e->ch, EVENTS);
}

static int
do_next(struct end *e)
{
	struct fdferry_event ev;

	ev.size = sizeof ev;
	if (fdferry_channel_next(e->ch, &ev) == 0)
		return 0;
	on_event(e, &ev);
	books(e->ch, EVENTS);
	return 1;
}

/* Answer one of the offers of the other, or look at it. */
static void
do_answer(struct end *e, unsigned int how)
{
	static const unsigned int reasons[] = { FDFERRY_REASON_NONE,
		FDFERRY_REASON_BUSY, FDFERRY_REASON_POLICY, 300 };
	unsigned long id;
	int rc;

	if (e->noffers == 0)
		return;
	id = e->offers[(how >> 2) % e->noffers];
	if ((how & 3) == 0) {
		rc = fdferry_channel_look(e->ch, id);
		must(rc < 0 || table_what(rc) == sent_find(
		    &ends[1 - (e - ends)], id)->first);
	} else if ((how & 3) == 1)
		rc = fdferry_channel_refuse(e->ch, id, reasons[how >> 4 & 3]);
	else
		rc = fdferry_channel_accept(e->ch, id);
	/* It was called back, and the event of that is on its way. */
	must(rc >= 0 || errno == ENOENT || errno == ECANCELED);
	if ((how & 3) != 0)
		answered(e, id);
	books(e->ch, EVENTS);
}

static void
do_cancel(struct end *e, unsigned int which)
{
	unsigned long id = 0;

	if (which != 0 && e->nsent > 0)
		id = e->sent[which % e->nsent].id;
	must(fdferry_channel_cancel(e->ch, id) == 0 || errno == ENOENT);
	books(e->ch, EVENTS);
}

/* It ends: in order, or killed in the middle of anything. */
static void
do_end(struct end *e, int killed)
{
	struct wire *w = &wires[e - ends];
	size_t i;

	if (e->ch == NULL)
		return;
	if (killed)
		w->fail_all = EPIPE;
	w->fail_all_after = 0;
	e->killed = killed;
	fdferry_channel_free(e->ch);
	e->ch = NULL;
	must(e->budget.held == 0);
	/* Datagrams have no end of file. */
	w->closed = wire_type != SOCK_DGRAM;
	wires[1 - (e - ends)].deaf = 1;
	/* What was not over is lost to it; what was lent is the caller's. */
	for (i = 0; i < e->nsent; i++)
		if (!e->sent[i].over)
			sent_over(&e->sent[i]);
}

/* ------------------------------------------------ the wire -------------- */

/* What happens on the way from `e` to the other. */
static void
do_fault(struct end *e, unsigned int what)
{
	static const size_t bytes[] = { 0, 1, 2, 7, 31, 32, 33, 65 };
	static const size_t slots[] = { SIZE_MAX, 0, 1, 3 };
	struct wire *w = &wires[e - ends];
	unsigned int n = what >> 4;

	switch (what & 15) {
	case 0: w->send_most = bytes[n & 7]; break;
	case 1: w->recv_most = bytes[n & 7]; break;
	case 2: w->slots = slots[n & 3]; break;
	case 3: w->withheld = slots[n & 3]; break;
	case 4: w->lose = n & 3; w->lose_error = n & 4 ? EMFILE : EMSGSIZE; break;
	case 5: w->send_stop = w->len + take(); break;
	case 6: w->recv_stop = w->taken + take(); break;
	case 7: w->fail = n & 1 ? EMSGSIZE : ETOOMANYREFS; w->fail_times = 1; break;
	case 8: w->fail = ETOOMANYREFS; w->fail_times = (int)n * 4; break;
	case 9: w->recv_fail = n & 1 ? ENOBUFS : EAGAIN; break;
	/* A kernel whose receive fails when the table is full. */
	case 10:
		if (w->fds_taken < w->nfds
		    && w->fds[w->fds_taken].at == w->taken) {
			w->recv_fail = EMFILE;
			w->recv_gone = n & 1;
		}
		break;
	case 11: wire_limit = n + 1; break;
	case 12: w->fds_most = n & 7; break;
	case 13: w->size_most = n & 3 ? 600 * (n & 3) : 0; break;
	case 14:
		/* Nothing stops any more. */
		w->send_most = w->recv_most = w->lose = 0;
		w->slots = w->withheld = SIZE_MAX;
		w->recv_fail = w->fail_times = 0;
		break;
	default: wire_ms += n * n; break;
	}
}

static void
pair_step(void)
{
	unsigned int op = take();
	struct end *e = &ends[op & 1];

	if (e->ch == NULL)
		e = &ends[1 - (op & 1)];
	if (e->ch == NULL)
		return;
	switch (op >> 1 & 15) {
	case 0: do_send(e, 0); break;
	case 1: do_send(e, 1); break;
	case 2: do_answer(e, take()); break;
	case 3: do_cancel(e, take()); break;
	case 4:
	case 5: do_fault(e, take()); break;
	case 6: (void)do_next(e); break;
	case 7:
		while (do_next(e))
			continue;
		break;
	case 8: wire_ms += op >> 5; break;
	/* Rarely: it is the end of much. */
	case 9:
		if (op >> 5 == 7)
			do_end(e, (int)(take() & 1));
		break;
	default:
		do_work(e);
		if (op >> 5 & 1)
			(void)do_next(e);
		break;
	}
}

/* ------------------------------------------------ the end of it all ----- */

/*
 * Nothing stops any more, and each end only does what its channel asks for:
 * work() when it wants that and can, all events, an answer to each offer, and
 * free() after its end.
 */
static int
settle_one(struct end *e, int turn)
{
	struct wire *in = &wires[1 - (e - ends)];
	unsigned int wants;
	long timeout;
	int moved = 0;

	if (e->ch == NULL)
		return 0;
	wants = fdferry_channel_wants(e->ch, &timeout);
	if (timeout == 0 || (wants & FDFERRY_WANT_WRITE)
	    || ((wants & FDFERRY_WANT_READ)
	    && (in->taken < in->len || in->closed))) {
		do_work(e);
		moved = 1;
	} else if (timeout > 0)
		wire_ms += timeout;	/* it asked to be called then */
	while (do_next(e))
		moved = 1;
	while (e->noffers > 0) {
		do_answer(e, turn & 1 ? 2 : 1);
		moved = 1;
	}
	/* After the end it frees its channel: then the other is told. */
	if (e->ended && !moved) {
		do_end(e, 0);
		moved = 1;
	}
	return moved;
}

static void
settle(void)
{
	int i, turn, quiet = 0;

	for (i = 0; i < 2; i++) {
		struct wire *w = &wires[i];

		w->send_most = w->recv_most = w->lose = 0;
		w->size_most = w->fds_most = 0;
		w->send_stop = w->recv_stop = w->slots = w->withheld = SIZE_MAX;
		w->recv_fail = w->fail_times = 0;
	}
	for (turn = 0; turn < 3000 && quiet < 8; turn++)
		quiet = settle_one(&ends[turn & 1], turn >> 1) ? 0 : quiet + 1;
	must(quiet == 8);
}

/* Both have said all: what one was told is what the other knows. */
static void
agree(struct end *e, const struct end *other)
{
	int alive = e->ch != NULL && !e->ended && other->ch != NULL
	    && !other->ended;
	size_t i;

	if (alive)
		must(wires[e - ends].taken == wires[e - ends].len
		    && e->ch->out.count == 0 && e->ch->offers.count == 0
		    && e->ch->held == 0 && !e->ch->rx.stalled);
	for (i = 0; i < e->nsent; i++) {
		const struct sent *s = &e->sent[i];

		must(!s->back || (!s->taken && (s->offer || !s->arrived)));
		must(s->told != FDFERRY_ACCEPTED || s->taken
		    || other->ch == NULL || other->ended);
		must(!s->taken || s->told == FDFERRY_ACCEPTED
		    || s->told == FDFERRY_IN_DOUBT || e->ch == NULL);
		if (e->ch == NULL)
			continue;
		/* Each has had its last word; but over datagrams only sending
		   shows that the other has gone. */
		must(s->over || (wire_type == SOCK_DGRAM && other->ch == NULL
		    && !e->ended));
		if (alive && !s->offer)
			must(s->arrived || s->back || s->rejected);
	}
}

static void
end_new(struct end *e, unsigned int limits, unsigned int more)
{
	static const unsigned long held[] = { 0, 1, 2, 5, 8, 20, 260, 3 };
	static const unsigned long fds[] = { 0, 1, 4, 300 };
	static const unsigned long most[] = { 300, 3, 9, 1 };
	static const size_t data[] = { FDFERRY__FRAME_DATA, 40, 97, 480 };
	static const unsigned long nobody = 0;
	struct fdferry_channel_opts o;

	memset(e, 0, sizeof *e);
	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	o.most_held = held[limits & 7];
	o.most_fds = fds[limits >> 3 & 3];
	o.most_offers = limits >> 5 & 1 ? 2 : 0;
	o.most_bytes = 400 + 400 * (more >> 6);
	o.queue_bytes = more & 1 ? 1500 : 0;
	o.doubt_ms = 50;
	o.inflight_ms = 100;
	e->budget.size = sizeof e->budget;
	e->budget.most = most[limits >> 6];
	o.budget = &e->budget;
	e->policy.size = sizeof e->policy;
	switch (more >> 1 & 7) {
	case 1:
		e->policy.uids = &nobody;
		e->policy.nuids = 1;
		break;
	case 2: e->policy.most = 3; break;
	case 3: e->policy.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_PIPE); break;
	default: break;
	}
	o.policy = &e->policy;
	e->ch = fdferry_channel_new((int)(e - ends), &o);
	must(e->ch != NULL);
	e->ch->frame_data = data[more >> 4 & 3];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t types[] = { SOCK_STREAM, SOCK_SEQPACKET,
		SOCK_DGRAM, SOCK_STREAM };
	unsigned int head[5], i;
	int steps;

	input = data;
	input_left = size;
	for (i = 0; i < 5; i++)
		head[i] = take();
	wire_reset();
	wire_watch = NULL;
	must(table_count() == 0);
	table.top = TABLE_FIRST;
	table.nunused = 0;
	files = 0;
	wire_type = types[head[0] & 3];
	wire_glue = head[0] & 4 ? GLUE_BSD : GLUE_LINUX;
	end_new(&ends[0], head[1], head[2]);
	end_new(&ends[1], head[3], head[4]);
	wire_watch = pair_watch;
	for (steps = 0; input_left > 0 && steps < 400; steps++)
		pair_step();
	settle();
	agree(&ends[0], &ends[1]);
	agree(&ends[1], &ends[0]);
	do_end(&ends[0], (int)(head[0] >> 3 & 1));
	settle();
	agree(&ends[1], &ends[0]);
	do_end(&ends[1], 0);
	wire_reset();
	must(table_count() == 0);
	return 0;
}
