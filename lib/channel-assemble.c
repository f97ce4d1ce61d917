/* SPDX-License-Identifier: 0BSD */
/*
 * channel-assemble.c - frames become messages and offers, or are rejected.
 */
#include "channel.h"

#include <stdlib.h>
#include <string.h>

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
size_t
fdferry__rx_free(const struct fdferry_channel *ch)
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
	size_t here;

	*stall = 0;
	if (f->arg > ch->mine.bytes)
		return FDFERRY_REASON_BYTES;
	if (f->type == FDFERRY__OFFER && ch->offers.count >= ch->mine.offers)
		return FDFERRY_REASON_BUSY;
	if (f->type == FDFERRY__MESSAGE && f->arg_fds > ch->mine.fds)
		return FDFERRY_REASON_FDS;
	/* Those of it that have come are counted already, also if the frames
	   that they came with have not been looked at yet. */
	here = fdferry__fifo_open(ch, f->arg_fds);
	if (f->arg_fds - here <= fdferry__rx_free(ch))
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
		reason = fdferry__fifo_take(ch, f->fds, p->fds + p->nfds, &got);
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
		(void)fdferry__fifo_take(ch, f->fds, NULL, &got);
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
	fdferry__event(ch, p,
	    offer ? FDFERRY_EVENT_OFFER : FDFERRY_EVENT_MESSAGE, 0, 0);
}

enum fdferry__rx_verdict
fdferry__rx_first(struct fdferry_channel *ch, const struct fdferry__frame *f,
    const unsigned char *data)
{
	struct fdferry__reading *rx = &ch->rx;
	struct fdferry__parcel *p;
	unsigned int reason;
	int stall;

	if (rx->inside || f->id <= rx->id)
		return FDFERRY__RX_BREACH;
	reason = rx_admit(ch, f, &stall);
	if (stall || fdferry__events_full(ch)
	    || ch->nrejections >= FDFERRY__REJECTIONS)
		return FDFERRY__RX_STALL;
	rx->id = f->id;
	rx->bytes_left = f->arg;
	rx->fds_left = f->arg_fds;
	if (reason == FDFERRY_REASON_NONE) {
		p = fdferry__parcel_new(ch, 0, 0);
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
	return FDFERRY__RX_DONE;
}

enum fdferry__rx_verdict
fdferry__rx_more(struct fdferry_channel *ch, const struct fdferry__frame *f,
    const unsigned char *data)
{
	struct fdferry__reading *rx = &ch->rx;

	if (!rx->inside || f->id != rx->id || f->length > rx->bytes_left
	    || f->fds > rx->fds_left)
		return FDFERRY__RX_BREACH;
	/* Only a message that is still wanted can be rejected now. */
	if (rx->parcel != NULL && ch->nrejections >= FDFERRY__REJECTIONS)
		return FDFERRY__RX_STALL;
	rx_piece(ch, f, data, FDFERRY_REASON_NONE);
	return FDFERRY__RX_DONE;
}

enum fdferry__rx_verdict
fdferry__rx_abort(struct fdferry_channel *ch, const struct fdferry__frame *f)
{
	struct fdferry__reading *rx = &ch->rx;

	if (!rx->inside || f->id != rx->id)
		return FDFERRY__RX_BREACH;
	rx->inside = 0;
	if (rx->parcel != NULL)
		fdferry__parcel_put(ch, rx->parcel);
	rx->parcel = NULL;
	fdferry__held_count(ch);
	return FDFERRY__RX_DONE;
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
enum fdferry__rx_verdict
fdferry__rx_rejected(struct fdferry_channel *ch, const struct fdferry__frame *f)
{
	struct fdferry__parcel *p = ch->out.head;
	int error = fdferry__reason_errno(f->arg);

	/* They come in order, and only for what has begun. */
	if (f->id > ch->begun_id || f->id <= ch->rejected_id
	    || fdferry__id_is_offer(f->id))
		return FDFERRY__RX_BREACH;
	if (p != NULL && p->id == f->id && p->state == FDFERRY__SENDING)
		fdferry__out_fail(ch, p, error,
		    f->arg != 0 ? f->arg : FDFERRY_REASON_LOST);
	else if (!rx_was_aborted(ch, f->id)) {
		if (fdferry__events_full(ch))
			return FDFERRY__RX_STALL;
		p = fdferry__parcel_new(ch, 0, 0);
		if (p == NULL) {
			ch->memory_until = fdferry__now() + FDFERRY__MEMORY_MS;
			return FDFERRY__RX_STALL;
		}
		p->id = f->id;
		p->state = FDFERRY__OVER;
		fdferry__event(ch, p, FDFERRY_EVENT_REJECTED, error, f->arg);
	}
	ch->rejected_id = f->id;
	return FDFERRY__RX_DONE;
}
