/* SPDX-License-Identifier: 0BSD */
/*
 * channel-recv.c - bytes and descriptors in, frames out of them, messages
 * out of frames.
 *
 * Kernels glue the bytes of a stream differently, but descriptors come in
 * order, and not later than the first byte they were sent with, which is
 * the first of a header. So they queue up, and each header takes its own.
 * Reading too far is harmless; a descriptor without a header, or a header
 * without its descriptors, is a breach.
 */
#include "channel.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define READS_MOST	32	/* per call of work() */
#define MEMORY_MS	10	/* pause when there is no memory */

enum rx_verdict { RX_DONE, RX_STALL, RX_BREACH };

/* ------------------------------------------------ the descriptor queue -- */

/*
 * A note that descriptors are missing. There is room for it: rx_consume() lets
 * no more stay than one frame's descriptors and a note, and rx_allowed() keeps
 * one entry free.
 */
static void
fifo_note(struct fdferry_channel *ch, int entry)
{
	ch->rx.fifo[ch->rx.nfifo++] = entry;
}

/* `n` entries have just been received behind the others. */
static void
fifo_grown(struct fdferry_channel *ch, size_t n)
{
	struct fdferry__reading *rx = &ch->rx;

	for (; n > 0; n--)
		rx->open += rx->fifo[rx->nfifo++] >= 0;
}

/*
 * Whole frames have taken their entries: those that stay are of one frame. If
 * some of its descriptors were lost, it will be rejected, so the first note
 * stands for all that came after it, however often a peer goes on sending.
 */
static void
fifo_merge(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	size_t i, keep = 0;

	while (keep < rx->nfifo && rx->fifo[keep] > FDFERRY__LOST_TABLE)
		keep++;
	if (keep == rx->nfifo)
		return;
	for (i = ++keep; i < rx->nfifo; i++)
		if (rx->fifo[i] >= 0) {
			fdferry__channel_discard(ch, rx->fifo[i]);
			rx->open--;
		}
	rx->nfifo = keep;
	fdferry__held_count(ch);
}

/*
 * Are the `n` descriptors of a header here? 1; 0 if they never will be; a
 * negative entry if some of them were lost on the way to us.
 */
static int
fifo_has(const struct fdferry_channel *ch, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < ch->rx.nfifo; i++)
		if (ch->rx.fifo[i] <= FDFERRY__LOST_TABLE)
			return ch->rx.fifo[i];
	return i == n;
}

static unsigned int
fifo_reason(int entry)
{
	switch (entry) {
	case FDFERRY__WITHHELD:
	case FDFERRY__LOST_POLICY: return FDFERRY_REASON_POLICY;
	case FDFERRY__LOST_TABLE: return FDFERRY_REASON_TABLE;
	case FDFERRY__LOST_BUSY: return FDFERRY_REASON_BUSY;
	default: return FDFERRY_REASON_LOST;
	}
}

/*
 * Take `n` into `to`, or close them if it is NULL. Returns a reason if not
 * all of them came; those that did are in to[0] to to[*got - 1].
 */
static unsigned int
fifo_take(struct fdferry_channel *ch, size_t n, int *to, size_t *got)
{
	struct fdferry__reading *rx = &ch->rx;
	unsigned int reason = FDFERRY_REASON_NONE;
	size_t i;

	*got = 0;
	for (i = 0; i < n && i < rx->nfifo; i++) {
		rx->open -= rx->fifo[i] >= 0;
		if (rx->fifo[i] < 0)
			reason = fifo_reason(rx->fifo[i]);
		else if (to != NULL)
			to[(*got)++] = rx->fifo[i];
		else
			fdferry__channel_discard(ch, rx->fifo[i]);
		/* This one stands for all the rest of the frame's. */
		if (rx->fifo[i] <= FDFERRY__LOST_TABLE) {
			i++;
			break;
		}
	}
	rx->nfifo -= i;
	memmove(rx->fifo, rx->fifo + i, rx->nfifo * sizeof *rx->fifo);
	return reason;
}

/* ------------------------------------------------ rejecting ------------- */

static void
rx_reject(struct fdferry_channel *ch, uint64_t id, int offer,
    unsigned int reason)
{
	struct fdferry__rejection *r;

	if (!ch->write_dead) {
		r = &ch->rejections[(ch->first_rejection + ch->nrejections)
		    % FDFERRY__REJECTIONS];
		ch->nrejections++;
		r->id = id;
		r->type = offer ? FDFERRY__REFUSE : FDFERRY__REJECT;
		r->reason = reason;
	}
	ch->ndropped++;
	ch->stats.dropped++;
	ch->dropped.id = id;
	fdferry__event(ch, &ch->dropped, FDFERRY_EVENT_DROPPED,
	    fdferry__reason_errno(reason), reason);
}

/* How many more may be held? */
static size_t
rx_free(const struct fdferry_channel *ch)
{
	const struct fdferry_channel_budget *b = ch->budget;
	size_t most = ch->mine.held, left;

	left = ch->held < most ? most - ch->held : 0;
	if (b != NULL && (b->held >= b->most || b->most - b->held < left))
		left = b->held >= b->most ? 0 : b->most - b->held;
	return left;
}

/* Would this message be too much? *stall if fetching events will help. */
static unsigned int
rx_admit(const struct fdferry_channel *ch, const struct fdferry__frame *f,
    int *stall)
{
	size_t i, here = 0;

	*stall = 0;
	if (f->arg > ch->mine.bytes)
		return FDFERRY_REASON_BYTES;
	if (f->type == FDFERRY__OFFER
	    && ch->offers.count >= ch->mine.offers)
		return FDFERRY_REASON_BUSY;
	if (f->type == FDFERRY__MESSAGE && f->arg_fds > ch->mine.fds)
		return FDFERRY_REASON_FDS;
	/* Those of it that have come are counted already, also if the frames
	   that they came with have not been looked at yet. */
	for (i = 0; i < f->arg_fds && i < ch->rx.nfifo; i++)
		here += ch->rx.fifo[i] >= 0;
	if (f->arg_fds - here <= rx_free(ch))
		return FDFERRY_REASON_NONE;
	*stall = ch->unfetched_fds > 0;
	return FDFERRY_REASON_BUSY;
}

/* ------------------------------------------------ assembling ------------ */

/* Room for `more` units: what has come is paid for, not what is announced. */
static void *
rx_grow(void *old, size_t have, size_t more, size_t unit, size_t *room)
{
	size_t want = have + more, twice = *room * 2;
	void *grown;

	if (want <= *room)
		return old;
	if (want < twice)
		want = twice;
	grown = realloc(old, want * unit);
	if (grown != NULL)
		*room = want;
	return grown;
}

/* One more frame of the message. Returns a reason to drop all of it. */
static unsigned int
rx_append(struct fdferry_channel *ch, struct fdferry__parcel *p,
    const struct fdferry__frame *f, const unsigned char *data)
{
	unsigned int reason;
	size_t got;
	void *room;

	if (f->length > 0) {
		room = rx_grow(p->data, p->len, f->length, 1, &p->room);
		if (room == NULL)
			return FDFERRY_REASON_MEMORY;
		p->data = room;
		memcpy(p->data + p->len, data, f->length);
		p->len += f->length;
	}
	if (f->fds > 0) {
		room = rx_grow(p->fds, p->nfds, f->fds, sizeof *p->fds,
		    &p->fdroom);
		if (room == NULL)
			return FDFERRY_REASON_MEMORY;
		p->fds = room;
		reason = fifo_take(ch, f->fds, p->fds + p->nfds, &got);
		p->nfds += got;
		return reason;
	}
	return FDFERRY_REASON_NONE;
}

/* The frame's bytes and descriptors go to the message, or nowhere. */
static void
rx_piece(struct fdferry_channel *ch, const struct fdferry__frame *f,
    const unsigned char *data, unsigned int reason)
{
	struct fdferry__reading *rx = &ch->rx;
	struct fdferry__parcel *p = rx->parcel;
	size_t nfifo = rx->nfifo, got;
	int offer = f->type == FDFERRY__OFFER;

	if (p != NULL && reason == FDFERRY_REASON_NONE)
		reason = rx_append(ch, p, f, data);
	if (f->fds > 0 && rx->nfifo == nfifo)
		(void)fifo_take(ch, f->fds, NULL, &got);
	rx->bytes_left -= f->length;
	rx->fds_left -= f->fds;
	rx->inside = rx->bytes_left > 0 || rx->fds_left > 0;
	if (reason != FDFERRY_REASON_NONE || !rx->inside)
		rx->parcel = NULL;
	fdferry__held_count(ch);
	if (reason != FDFERRY_REASON_NONE) {
		if (p != NULL)
			fdferry__parcel_put(ch, p);
		rx_reject(ch, f->id, offer, reason);
		return;
	}
	if (p == NULL || rx->inside)
		return;
	if (offer)
		fdferry__list_add(&ch->offers, p);
	fdferry__event(ch, p, offer ? FDFERRY_EVENT_OFFER
	    : FDFERRY_EVENT_MESSAGE, 0, 0);
}

static enum rx_verdict
rx_first(struct fdferry_channel *ch, const struct fdferry__frame *f,
    const unsigned char *data)
{
	struct fdferry__reading *rx = &ch->rx;
	struct fdferry__parcel *p;
	unsigned int reason;
	int stall;

	if (rx->inside || f->id <= rx->id)
		return RX_BREACH;
	reason = rx_admit(ch, f, &stall);
	if (stall || fdferry__events_full(ch)
	    || ch->nrejections >= FDFERRY__REJECTIONS)
		return RX_STALL;
	rx->id = f->id;
	rx->bytes_left = f->arg;
	rx->fds_left = f->arg_fds;
	if (reason == FDFERRY_REASON_NONE) {
		p = fdferry__parcel_new(0, 0);
		rx->parcel = p;
		if (p == NULL)
			reason = FDFERRY_REASON_MEMORY;
		else {
			p->id = f->id;
			p->state = FDFERRY__OFFERED;
			p->owned = p->incoming = 1;
			p->offer = f->type == FDFERRY__OFFER;
			p->reserved = f->arg_fds;
			ch->held += p->reserved;
			if (ch->budget != NULL)
				ch->budget->held += p->reserved;
		}
	}
	rx_piece(ch, f, data, reason);
	return RX_DONE;
}

static enum rx_verdict
rx_more(struct fdferry_channel *ch, const struct fdferry__frame *f,
    const unsigned char *data)
{
	struct fdferry__reading *rx = &ch->rx;

	if (!rx->inside || f->id != rx->id || f->length > rx->bytes_left
	    || f->fds > rx->fds_left)
		return RX_BREACH;
	/* Only a message that is still wanted can be rejected now. */
	if (rx->parcel != NULL && ch->nrejections >= FDFERRY__REJECTIONS)
		return RX_STALL;
	rx_piece(ch, f, data, FDFERRY_REASON_NONE);
	return RX_DONE;
}

static enum rx_verdict
rx_abort(struct fdferry_channel *ch, const struct fdferry__frame *f)
{
	struct fdferry__reading *rx = &ch->rx;

	if (!rx->inside || f->id != rx->id)
		return RX_BREACH;
	rx->inside = 0;
	if (rx->parcel != NULL)
		fdferry__parcel_put(ch, rx->parcel);
	rx->parcel = NULL;
	fdferry__held_count(ch);
	return RX_DONE;
}

/* Was FAILED, or REJECTED, said of this message already? */
static int
rx_was_aborted(const struct fdferry_channel *ch, uint64_t id)
{
	size_t i;

	for (i = 0; i < FDFERRY__ABORTED; i++)
		if (ch->aborted[i] == id)
			return 1;
	return 0;
}

/* The peer did not take a message of ours. */
static enum rx_verdict
rx_rejected(struct fdferry_channel *ch, const struct fdferry__frame *f)
{
	struct fdferry__parcel *p = ch->out.head;
	int error = fdferry__reason_errno(f->arg);

	/* They come in order, and only for what has begun. */
	if (f->id > ch->begun_id || f->id <= ch->rejected_id
	    || fdferry__id_is_offer(f->id))
		return RX_BREACH;
	if (p != NULL && p->id == f->id && p->state == FDFERRY__SENDING)
		fdferry__out_fail(ch, p, error, f->arg != 0 ? f->arg
		    : FDFERRY_REASON_LOST);
	else if (!rx_was_aborted(ch, f->id)) {
		if (fdferry__events_full(ch))
			return RX_STALL;
		p = fdferry__parcel_new(0, 0);
		if (p == NULL) {
			ch->memory_until = fdferry__now() + MEMORY_MS;
			return RX_STALL;
		}
		p->id = f->id;
		p->state = FDFERRY__OVER;
		fdferry__event(ch, p, FDFERRY_EVENT_REJECTED, error, f->arg);
	}
	ch->rejected_id = f->id;
	return RX_DONE;
}

/* ------------------------------------------------ frames ---------------- */

static enum rx_verdict
rx_frame(struct fdferry_channel *ch, const struct fdferry__frame *f,
    const unsigned char *data, int *error)
{
	if (!ch->hello_got) {
		if (f->type != FDFERRY__HELLO)
			return RX_BREACH;
		*error = fdferry__hello_decode(data, f->length, &ch->peer);
		if (*error != 0)
			return RX_BREACH;
		ch->hello_got = 1;
		return RX_DONE;
	}
	switch (f->type) {
	case FDFERRY__MESSAGE:
	case FDFERRY__OFFER:
		return rx_first(ch, f, data);
	case FDFERRY__MORE:
		return rx_more(ch, f, data);
	case FDFERRY__ABORT:
		return rx_abort(ch, f);
	case FDFERRY__REJECT:
		return rx_rejected(ch, f);
	case FDFERRY__BYE:
		fdferry__channel_end(ch, 0, 0);
		return RX_DONE;
	case FDFERRY__HELLO:
		return RX_BREACH;
	default:
		return fdferry__handoff_frame(ch, f) == 0 ? RX_DONE
		    : RX_BREACH;
	}
}

/* May `left` bytes of a frame be here with these descriptors? */
static int
rx_fds_in_place(const struct fdferry_channel *ch, size_t left,
    const struct fdferry__frame *f)
{
	size_t n = ch->rx.nfifo;

	/* A receive that failed left a note, and its bytes may come. */
	if (left == 0 && ch->rx.lost != 0)
		return n == 1;
	if (left == 0 && !ch->rx.early)
		return n == 0;
	if (left < FDFERRY__HEAD)
		return n <= FDFERRY__FRAME_FDS + 1;
	return n == f->fds || fifo_has(ch, f->fds) < 0;
}

/* Understand all whole frames. False if reading must stop. */
static int
rx_consume(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	struct fdferry__frame f;
	enum rx_verdict verdict;
	const unsigned char *at;
	size_t left;
	int error;

	memset(&f, 0, sizeof f);
	for (;;) {
		left = rx->end - rx->start;
		at = rx->buf + rx->start;
		if (left < FDFERRY__HEAD)
			break;
		error = fdferry__frame_decode(at, &f);
		if (error == 0 && left < FDFERRY__HEAD + f.length)
			break;
		if (error == 0 && fifo_has(ch, f.fds) == 0)
			error = EPROTO;
		/* The bytes that stayed begin with the header whose
		   descriptors were lost: others mean that it is gone. */
		if (rx->lost != 0 && (error != 0 || f.fds == 0))
			error = rx->lost;
		if (error == 0) {
			verdict = rx_frame(ch, &f, at + FDFERRY__HEAD,
			    &error);
			if (verdict == RX_STALL) {
				rx->stalled = 1;
				return 0;
			}
			if (verdict == RX_BREACH && error == 0)
				error = EPROTO;
		}
		if (error != 0)
			fdferry__channel_end(ch, error, 1);
		if (ch->over)
			return 0;
		rx->stalled = rx->lost = 0;
		rx->start += FDFERRY__HEAD + f.length;
	}
	fifo_merge(ch);
	/* A record is one frame, not part of one or more. */
	if ((!ch->stream && left > 0) || !rx_fds_in_place(ch, left, &f)) {
		fdferry__channel_end(ch, EPROTO, 1);
		return 0;
	}
	memmove(rx->buf, at, left);
	rx->start = 0;
	rx->end = left;
	rx->whole = FDFERRY__HEAD + (left < FDFERRY__HEAD ? 0 : f.length);
	return 1;
}

/* ------------------------------------------------ reading --------------- */

/*
 * The kernel, or this library, closed or kept back descriptors that belong
 * here. With less room than the kernel can fill, it was what we may hold.
 */
static int
rx_note_losses(struct fdferry_channel *ch, const struct fdferry_result *r,
    size_t room)
{
	const struct fdferry__reading *rx = &ch->rx;
	size_t i, marked = 0;

	/* Those that were refused, and those that have an entry for it. */
	for (i = rx->nfifo - r->fds; i < rx->nfifo; i++)
		marked += rx->fifo[i] < 0;
	if ((r->flags & FDFERRY_TRUNCATED) && r->error == EMFILE)
		fifo_note(ch, FDFERRY__LOST_TABLE);
	else if (r->refused > marked)
		fifo_note(ch, FDFERRY__LOST_POLICY);
	else if (r->surplus > 0 && !(r->flags & FDFERRY_TRUNCATED)
	    && room < FDFERRY__FRAME_FDS)
		fifo_note(ch, FDFERRY__LOST_BUSY);
	else if ((r->flags & FDFERRY_TRUNCATED) || r->surplus > 0)
		fifo_note(ch, FDFERRY__LOST_OTHER);
	else
		return 0;
	return 1;
}

/*
 * Descriptors of a message were lost, and its bytes may have stayed. Returns
 * true to read them at once, so that they meet the note of it.
 */
static int
rx_stayed(struct fdferry_channel *ch, int error, int note)
{
	struct fdferry__reading *rx = &ch->rx;

	if (rx->lost != 0 || rx->nfifo > 0 || rx->end > 0) {
		fdferry__channel_end(ch, rx->lost != 0 ? rx->lost : error, 1);
		return 0;
	}
	rx->lost = error;
	fifo_note(ch, note);
	return 1;
}

/* recv failed. Returns true to try again. */
static int
rx_failed(struct fdferry_channel *ch, int error)
{
	struct fdferry__reading *rx = &ch->rx;

	switch (error) {
	case EAGAIN:
		/* What stays is there at once: so the bytes are gone. */
		if (rx->lost != 0 && rx->end == 0)
			break;
		/* After a reset nothing can come that is not here. */
		if (rx->reset)
			fdferry__channel_end(ch, ECONNRESET, 0);
		return 0;
	case ECONNRESET:
	case ECONNREFUSED:
	case EPIPE:
	case ENOTCONN:
		/* Some kernels tell this before what is queued is read. */
		if (rx->reset++ < 2)
			return 1;
		if (rx->lost != 0)
			break;
		fdferry__channel_end(ch, ECONNRESET, 0);
		return 0;
	case EMFILE:
	case EMSGSIZE:
		/* The table was full: this kernel closed them all. Some keep
		   the bytes, which then are the next, from a header on. */
		return rx_stayed(ch, error, error == EMFILE
		    ? FDFERRY__LOST_TABLE : FDFERRY__LOST_OTHER);
	case EPERM:
		/* This process may not have one of them: the same. */
		if (FDFERRY_QUIRK_EPERM_LOSES)
			return rx_stayed(ch, error, FDFERRY__LOST_POLICY);
		break;
	case ENOBUFS:
	case ENOMEM:
		ch->memory_until = fdferry__now() + MEMORY_MS;
		return 0;
	default:
		break;
	}
	fdferry__channel_end(ch, rx->lost != 0 ? rx->lost : error, 1);
	return 0;
}

/*
 * How many descriptors may the next receive bring? Those that the message
 * being read has reserved and what else may be held, but never more than the
 * queue has entries, of which one is kept for a note that some are missing.
 */
static size_t
rx_allowed(const struct fdferry_channel *ch)
{
	const struct fdferry__reading *rx = &ch->rx;
	size_t expected = fdferry__expected(ch), room = FDFERRY__FIFO - 1, may;

	room = rx->nfifo < room ? room - rx->nfifo : 0;
	may = rx_free(ch);
	if (expected > rx->open)
		may = may < room ? may + (expected - rx->open) : room;
	return may < room ? may : room;
}

/*
 * How many bytes? With room for fewer descriptors than a frame can have, those
 * of the frame that is being read: the next one's come with its first byte,
 * and the application may have made room for them by then.
 */
static size_t
rx_reach(const struct fdferry_channel *ch, size_t room)
{
	const struct fdferry__reading *rx = &ch->rx;

	return (ch->stream && room < FDFERRY__FRAME_FDS ? rx->whole
	    : sizeof rx->buf) - rx->end;
}

/* One receive. False if there is nothing, or an end. */
static int
rx_fill(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	struct fdferry_opts o;
	struct fdferry_result r;
	size_t room = rx_allowed(ch);
	ptrdiff_t n;
	int early = rx->early, noted;

	/* What is lost for want of room might be kept once the application
	   has fetched its events. */
	rx->stalled = room < FDFERRY__FRAME_FDS && ch->unfetched_fds > 0;
	if (rx->stalled)
		return 0;

	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	o.policy = ch->policy;
	r.size = sizeof r;
	n = fdferry_recv(ch->sock, rx->buf + rx->end, rx_reach(ch, room),
	    rx->fifo + rx->nfifo, room, FDFERRY_NONBLOCK, &o, &r);
	if (n < 0)
		return rx_failed(ch, errno);
	fifo_grown(ch, r.fds);
	fdferry__held_count(ch);
	/* Bytes that stayed have no descriptors any more. */
	if (rx->lost != 0 && rx->end == 0 && (n == 0 || r.fds > 0
	    || (r.flags & FDFERRY_TRUNCATED) || r.surplus > 0)) {
		fdferry__channel_end(ch, rx->lost, 1);
		return 0;
	}
	noted = rx_note_losses(ch, &r, room);
	/* Over STREAMS the bytes may come later. */
	rx->early = ch->stream && n == 0 && (r.fds > 0 || noted);
	if (rx->early)
		return 1;
	if (n > 0 && !(r.flags & FDFERRY_DATA_TRUNCATED)) {
		rx->end += (size_t)n;
		return 1;
	}
	/* Nobody who speaks this sends descriptors or records without data;
	   on seqpacket this is how the end looks. */
	if (n > 0 || (rx->nfifo > 0 && !early) || (!ch->stream && !ch->seqpacket))
		fdferry__channel_end(ch, EPROTO, 1);
	else
		fdferry__channel_end(ch, ECONNRESET, 0);
	return 0;
}

void
fdferry__channel_read(struct fdferry_channel *ch)
{
	int i;

	if (ch->memory_until != 0 && fdferry__now() < ch->memory_until)
		return;
	ch->memory_until = 0;
	for (i = 0; i < READS_MOST; i++) {
		/* Whole frames may wait here since reading stopped. */
		if (!rx_consume(ch) || !rx_fill(ch))
			return;
	}
	if (rx_consume(ch))
		ch->more = 1;
}
