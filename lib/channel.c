/* SPDX-License-Identifier: 0BSD */
/*
 * channel.c - making, freeing and turning a channel.
 */
#include "channel.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define CHANNEL_BYTES 1048576ul
#define CHANNEL_FDS 256ul
#define CHANNEL_FDS_MOST (1u << 24)
#define CHANNEL_HELD 1024ul
#define CHANNEL_OFFERS 64ul
#define CHANNEL_QUEUE 4194304ul
#define CHANNEL_DOUBT 10000
#define CHANNEL_INFLIGHT 5000
#define UNREAD_MOST 16

/* ------------------------------------------------ making ---------------- */

/* It is not copied: its channels count in it. */
static int
channel_budget(const struct fdferry_channel_budget *from)
{
	struct fdferry_channel_budget known;

	/* What it has today is enough, however it grows. */
	if (from->size
	    < offsetof(struct fdferry_channel_budget, held) + sizeof from->held)
		return EINVAL;
	return fdferry__read_known(from, &known, sizeof known);
}

static int
channel_opts(const struct fdferry_channel_opts *from,
    struct fdferry_channel_opts *o)
{
	struct fdferry_policy policy;
	int error;

	memset(o, 0, sizeof *o);
	if (from == NULL)
		return 0;
	error = fdferry__read_known(from, o, sizeof *o);
	if (error != 0)
		return error;
	if ((o->flags & ~FDFERRY_GIVE) != 0 || o->doubt_ms < 0
	    || o->inflight_ms < 0)
		return EINVAL;
	error = o->budget != NULL ? channel_budget(o->budget) : 0;
	if (error != 0)
		return error;
	/* A policy that no receive would take is told now. */
	return o->policy != NULL ? fdferry__read_policy(o->policy, &policy) : 0;
}

static uint32_t
channel_limit(unsigned long value, unsigned long standard)
{
	if (value == FDFERRY_NONE)
		return 0;
	if (value == 0)
		value = standard;
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void
channel_limits(struct fdferry_channel *ch, const struct fdferry_channel_opts *o)
{
	uint32_t least;

	ch->mine.bytes = channel_limit(o->most_bytes, CHANNEL_BYTES);
	ch->mine.fds = channel_limit(o->most_fds, CHANNEL_FDS);
	/* A list of them must fit a 32-bit address space. */
	if (ch->mine.fds > CHANNEL_FDS_MOST)
		ch->mine.fds = CHANNEL_FDS_MOST;
	ch->mine.offers = channel_limit(o->most_offers, CHANNEL_OFFERS);
	ch->mine.held = channel_limit(o->most_held, CHANNEL_HELD);
	/* Offers that wait for an answer must not stop messages. */
	least = ch->mine.fds;
	if (o->most_held == 0 && ch->mine.offers <= UINT32_MAX - least)
		least += ch->mine.offers;
	if (ch->mine.held < least)
		ch->mine.held = least;
	ch->queue_most = o->queue_bytes > 0 ? o->queue_bytes : CHANNEL_QUEUE;
	ch->doubt_ms = o->doubt_ms > 0 ? o->doubt_ms : CHANNEL_DOUBT;
	/* It is added to the time: LONG_MAX is for ever. */
	if (ch->doubt_ms > FDFERRY__NEVER / 2)
		ch->doubt_ms = FDFERRY__NEVER / 2;
	ch->inflight_ms =
	    o->inflight_ms > 0 ? o->inflight_ms : CHANNEL_INFLIGHT;
	ch->budget = o->budget;
	ch->policy = o->policy;
	ch->give_sock = (o->flags & FDFERRY_GIVE) != 0;
}

/*
 * Where no flag keeps a send from waiting: O_NONBLOCK on a socket that is
 * ours; else small records, since poll() promises no room for large ones.
 */
static void
channel_never_waits(struct fdferry_channel *ch)
{
	if (!FDFERRY_QUIRK_SEND_WAITS)
		return;
	if (ch->give_sock)
		(void)fdferry__nonblock(ch->sock);
	else if (!ch->stream && !fdferry__is_nonblocking(ch->sock))
		ch->frame_data = FDFERRY__SMALL_DATA;
}

struct fdferry_channel *
fdferry_channel_new(int sock, const struct fdferry_channel_opts *opts)
{
	struct fdferry_channel *ch;
	struct fdferry_channel_opts o;
	int type, error = channel_opts(opts, &o);

	if (error == 0 && strcmp(fdferry_feature_get("backend"), "none") == 0)
		error = ENOTSUP;
	if (error != 0) {
		errno = error;
		return NULL;
	}
	type = fdferry__backend_type(sock);
	if (type < 0)
		return NULL;
	ch = calloc(1, sizeof *ch);
	if (ch == NULL || fdferry__settle(ch) < 0) {
		free(ch);
		errno = ENOMEM;
		return NULL;
	}
	ch->sock = sock;
	/* Asked once, not for every message. */
	ch->flags = FDFERRY_NONBLOCK;
	if (!fdferry__is_foreign(sock))
		ch->flags |= FDFERRY_UNIX;
	ch->stream = fdferry__is_stream(type);
	ch->seqpacket = fdferry__is_seqpacket(type);
	channel_limits(ch, &o);
	ch->end.fixed = ch->dropped.fixed = 1;
	ch->end.state = ch->dropped.state = FDFERRY__OVER;
	ch->next_id = 1;
	ch->soonest = FDFERRY__NEVER;
	ch->rx.whole = FDFERRY__HEAD;
	ch->frame_data = FDFERRY__FRAME_DATA;
	ch->frame_fds = FDFERRY__FRAME_FDS;
	channel_never_waits(ch);
	return ch;
}

/* ------------------------------------------------ freeing --------------- */

/* Empty one list for good; descriptors are closed by the last owner. */
static void
channel_clear(struct fdferry_channel *ch, struct fdferry__list *list)
{
	struct fdferry__parcel *p;

	while ((p = list->head) != NULL) {
		(void)fdferry__list_drop(list, p);
		fdferry__unevent(ch, p);
		fdferry__uncontrol(ch, p);
		fdferry__parcel_put(ch, p);
	}
}

/* Say good-bye, if the kernel takes it at once and whole. */
static void
channel_bye(struct fdferry_channel *ch)
{
	struct fdferry__frame frame;
	unsigned char head[FDFERRY__HEAD];
	struct fdferry_result r;
	struct iovec iov;

	if (ch->over || ch->write_dead || !ch->hello_sent
	    || (ch->tx.type != 0 && ch->tx.begun))
		return;
	memset(&frame, 0, sizeof frame);
	frame.type = FDFERRY__BYE;
	fdferry__frame_encode(head, &frame);
	iov.iov_base = head;
	iov.iov_len = sizeof head;
	r.size = sizeof r;
	(void)fdferry_sendv(ch->sock, &iov, 1, NULL, 0, ch->flags, NULL, &r);
}

void
fdferry_channel_free(struct fdferry_channel *ch)
{
	struct fdferry__parcel *p;
	int saved = errno;

	if (ch == NULL)
		return;
	if (fdferry__is_ours(ch))
		channel_bye(ch);
	else
		ch->inherited = 1;
	p = ch->current;
	ch->current = NULL;
	if (p != NULL)
		fdferry__parcel_put(ch, p);
	fdferry__channel_forget(ch);
	channel_clear(ch, &ch->out);
	channel_clear(ch, &ch->offered);
	channel_clear(ch, &ch->offers);
	while ((p = ch->events.head) != NULL) {
		fdferry__unevent(ch, p);
		fdferry__parcel_put(ch, p);
	}
	while ((p = ch->spare) != NULL) {
		ch->spare = p->next;
		fdferry__parcel_free(p);
	}
	fdferry__unsettle(ch);
	if (ch->give_sock)
		fdferry_close(&ch->sock, 1);
	free(ch);
	errno = saved;
}

/* ------------------------------------------------ turning --------------- */

int
fdferry_channel_fd(const struct fdferry_channel *ch)
{
	return fdferry__guard(ch) < 0 ? -1 : ch->sock;
}

/* The time, or 0 if nothing waits for any. */
static int64_t
channel_clock(const struct fdferry_channel *ch)
{
	if (ch->soonest == FDFERRY__NEVER
	    && (ch->pause_until | ch->refs_until | ch->memory_until) == 0)
		return 0;
	return fdferry__now();
}

static void
channel_work(struct fdferry_channel *ch, int64_t now, int enough)
{
	ch->more = ch->unread = 0;
	/* An answer that is here already comes before the time limit. */
	fdferry__channel_read(ch, enough);
	if (!ch->over)
		fdferry__handoff_time(ch, now);
	if (!ch->over)
		fdferry__channel_write(ch, now);
	/* The kernel takes no more: what came before that still counts. */
	if (!ch->over && ch->write_dead)
		fdferry__channel_read(ch, 0);
}

int
fdferry_channel_work(struct fdferry_channel *ch)
{
	if (fdferry__guard(ch) < 0)
		return -1;
	if (!ch->over)
		channel_work(ch, channel_clock(ch), 0);
	return 0;
}

/*
 * For one who takes one event and comes back: what has to be written goes
 * first, for a message of ours is then over without a look at what the peer
 * says, which would find nothing most times. But time limits want that look,
 * and a peer must not wait for ever for one who only sends.
 */
void
fdferry__channel_turn(struct fdferry_channel *ch)
{
	int64_t now = channel_clock(ch);

	if (now < ch->soonest && ch->unread < UNREAD_MOST) {
		fdferry__channel_write(ch, now);
		if (ch->events.head != NULL && !ch->write_dead) {
			ch->unread++;
			ch->more = 1;
			return;
		}
	}
	if (!ch->over)
		channel_work(ch, now, 1);
}

unsigned int
fdferry_channel_wants(const struct fdferry_channel *ch, long *timeout_ms)
{
	int64_t now, again = FDFERRY__NEVER;
	unsigned int wants = 0;

	if (timeout_ms != NULL)
		*timeout_ms = -1;
	if (fdferry__guard(ch) < 0 || ch->over)
		return 0;
	now = channel_clock(ch);
	if (ch->memory_until != 0)
		again = ch->memory_until;
	else if (!ch->rx.stalled)
		wants |= FDFERRY_WANT_READ;
	if (!ch->write_dead && fdferry__channel_output(ch, now, &again))
		wants |= FDFERRY_WANT_WRITE;
	if (ch->soonest < again)
		again = ch->soonest;
	if (ch->more)
		again = now;
	if (timeout_ms != NULL && again != FDFERRY__NEVER)
		*timeout_ms = again <= now  ? 0
		    : again - now > INT_MAX ? INT_MAX
					    : (long)(again - now);
	return wants;
}

/* ------------------------------------------------ events for the caller - */

static void
event_fill(const struct fdferry__parcel *p, unsigned long count,
    struct fdferry_event *e)
{
	e->type = p->event;
	e->outcome = p->outcome;
	e->error = p->error;
	e->reason = p->reason;
	e->id = (unsigned long)p->id;
	e->count = count;
	switch (p->event) {
	case FDFERRY_EVENT_MESSAGE:
	case FDFERRY_EVENT_OFFER:
	case FDFERRY_EVENT_TAKEN:
		e->data = p->len > 0 ? (const void *)p->data : "";
		e->len = p->len;
		break;
	default: break;
	}
	if (p->owned && p->event != FDFERRY_EVENT_OFFER) {
		e->fds = p->fds;
		e->nfds = p->nfds;
	}
}

/* The caller has it: its descriptors are the caller's. */
static void
event_fetched(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	p->fetched = 1;
	if (p->event == FDFERRY_EVENT_OFFER)
		return;
	if (p->owned)
		p->nfds = 0;
	fdferry__parcel_unhold(ch, p);
	if (p == &ch->dropped)
		ch->ndropped = 0;
}

int
fdferry_channel_next(struct fdferry_channel *ch, struct fdferry_event *event)
{
	struct fdferry__parcel *p, *last;
	struct fdferry_event other, *e = &other;
	const size_t own = sizeof event->size;

	if (fdferry__guard(ch) < 0)
		return -1;
	if (!fdferry__can_write(event)) {
		errno = EINVAL;
		return -1;
	}
	if (event->size == sizeof *event)
		e = event;
	last = ch->current;
	ch->current = NULL;
	if (last != NULL)
		fdferry__parcel_put(ch, last);
	memset((char *)e + own, 0, sizeof *e - own);
	p = ch->events.head;
	if (p != NULL) {
		fdferry__unevent(ch, p);
		event_fill(p, (unsigned long)ch->ndropped, e);
		if (p != &ch->dropped)
			e->count = 0;
		ch->current = p;
		event_fetched(ch, p);
		/* There may be room again for what was read already. */
		if (ch->rx.stalled && !ch->over)
			ch->more = 1;
	}
	if (e != event)
		fdferry__write_known(event, e, sizeof *e);
	return p != NULL;
}

int
fdferry_channel_count(const struct fdferry_channel *ch,
    struct fdferry_channel_stats *stats)
{
	struct fdferry_channel_stats s;

	if (fdferry__guard(ch) < 0)
		return -1;
	if (!fdferry__can_write(stats)) {
		errno = EINVAL;
		return -1;
	}
	s = ch->stats;
	s.queued = (unsigned long)ch->out.count;
	s.unanswered = (unsigned long)ch->offered.count;
	s.offers = (unsigned long)ch->offers.count;
	s.held = (unsigned long)ch->held;
	s.peer_bytes = ch->peer.bytes;
	s.peer_fds = ch->peer.fds;
	s.peer_offers = ch->peer.offers;
	fdferry__write_known(stats, &s, sizeof s);
	return 0;
}
