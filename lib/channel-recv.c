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

#define READS_MOST 32 /* per call of work() */

/* ------------------------------------------------ frames ---------------- */

static enum fdferry__rx_verdict
rx_frame(struct fdferry_channel *ch, const struct fdferry__frame *f,
    const unsigned char *data, int *error)
{
	if (!ch->hello_got) {
		if (f->type != FDFERRY__HELLO)
			return FDFERRY__RX_BREACH;
		*error = fdferry__hello_decode(data, f->length, &ch->peer);
		if (*error != 0)
			return FDFERRY__RX_BREACH;
		ch->hello_got = 1;
		return FDFERRY__RX_DONE;
	}
	switch (f->type) {
	case FDFERRY__MESSAGE:
	case FDFERRY__OFFER: return fdferry__rx_first(ch, f, data);
	case FDFERRY__MORE: return fdferry__rx_more(ch, f, data);
	case FDFERRY__ABORT: return fdferry__rx_abort(ch, f);
	case FDFERRY__REJECT: return fdferry__rx_rejected(ch, f);
	case FDFERRY__BYE:
		fdferry__channel_end(ch, 0, 0);
		return FDFERRY__RX_DONE;
	case FDFERRY__HELLO: return FDFERRY__RX_BREACH;
	default:
		return fdferry__handoff_frame(ch, f) == 0 ? FDFERRY__RX_DONE
							  : FDFERRY__RX_BREACH;
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
	return n == f->fds || fdferry__fifo_has(ch, f->fds) < 0;
}

/* Understand all whole frames. False if reading must stop. */
static int
rx_consume(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	struct fdferry__frame f;
	enum fdferry__rx_verdict verdict;
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
		if (error == 0 && fdferry__fifo_has(ch, f.fds) == 0)
			error = EPROTO;
		/* The bytes that stayed begin with the header whose
		   descriptors were lost: others mean that it is gone. */
		if (rx->lost != 0 && (error != 0 || f.fds == 0))
			error = rx->lost;
		if (error == 0) {
			verdict = rx_frame(ch, &f, at + FDFERRY__HEAD, &error);
			if (verdict == FDFERRY__RX_STALL) {
				rx->stalled = 1;
				return 0;
			}
			if (verdict == FDFERRY__RX_BREACH && error == 0)
				error = EPROTO;
		}
		if (error != 0)
			fdferry__channel_end(ch, error, 1);
		if (ch->over)
			return 0;
		rx->stalled = rx->lost = 0;
		rx->start += FDFERRY__HEAD + f.length;
	}
	fdferry__fifo_merge(ch);
	/* A record is one frame, not part of one or more. And where bytes were
	   lost with their descriptors, it is not the peer who is wrong. */
	if ((!ch->stream && left > 0) || !rx_fds_in_place(ch, left, &f)
	    || (rx->lost != 0 && !fdferry__frame_begins(at, left))) {
		fdferry__channel_end(ch, rx->lost != 0 ? rx->lost : EPROTO, 1);
		return 0;
	}
	if (left > 0)
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

	if (r->refused == 0 && r->surplus == 0
	    && !(r->flags & FDFERRY_TRUNCATED))
		return 0;
	/* Those that were refused, and those that have an entry for it. */
	for (i = rx->nfifo - r->fds; i < rx->nfifo; i++)
		marked += rx->fifo[i] < 0;
	if ((r->flags & FDFERRY_TRUNCATED) && r->error == EMFILE)
		fdferry__fifo_note(ch, FDFERRY__LOST_TABLE);
	else if (r->refused > marked)
		fdferry__fifo_note(ch, FDFERRY__LOST_POLICY);
	else if (r->surplus > 0 && !(r->flags & FDFERRY_TRUNCATED)
	    && room < FDFERRY__FRAME_FDS)
		fdferry__fifo_note(ch, FDFERRY__LOST_BUSY);
	else if ((r->flags & FDFERRY_TRUNCATED) || r->surplus > 0)
		fdferry__fifo_note(ch, FDFERRY__LOST_OTHER);
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
	fdferry__fifo_note(ch, note);
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
		return rx_stayed(ch, error,
		    error == EMFILE ? FDFERRY__LOST_TABLE
				    : FDFERRY__LOST_OTHER);
	case EPERM:
		/* This process may not have one of them: the same. */
		if (FDFERRY_QUIRK_EPERM_LOSES)
			return rx_stayed(ch, error, FDFERRY__LOST_POLICY);
		break;
	case ENOBUFS:
	case ENOMEM:
		ch->memory_until = fdferry__now() + FDFERRY__MEMORY_MS;
		return 0;
	default: break;
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
	may = fdferry__rx_free(ch);
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
							: FDFERRY__BUF)
	    - rx->end;
}

/* One receive. False if there is nothing, or an end. */
static int
rx_fill(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	struct fdferry_opts o, *opts = NULL;
	struct fdferry_result r;
	size_t room = rx_allowed(ch);
	ptrdiff_t n;
	int noted;

	/* What is lost for want of room might be kept once the application
	   has fetched its events. */
	rx->stalled = room < FDFERRY__FRAME_FDS && ch->unfetched_fds > 0;
	if (rx->stalled)
		return 0;

	if (ch->policy != NULL) {
		memset(&o, 0, sizeof o);
		o.size = sizeof o;
		o.policy = ch->policy;
		opts = &o;
	}
	r.size = sizeof r;
	n = fdferry_recv(ch->sock, rx->buf + rx->end, rx_reach(ch, room),
	    rx->fifo + rx->nfifo, room, ch->flags, opts, &r);
	if (n < 0)
		return rx_failed(ch, errno);
	fdferry__fifo_grown(ch, r.fds, r.refused > 0);
	fdferry__held_count(ch);
	/* Bytes that stayed have no descriptors any more. */
	if (rx->lost != 0 && rx->end == 0
	    && (n == 0 || r.fds > 0 || (r.flags & FDFERRY_TRUNCATED)
		|| r.surplus > 0 || r.refused > 0)) {
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
	   on seqpacket this is how the end looks. A stream has an end, also
	   one in the middle of a frame whose descriptors are here. */
	if (n > 0 || (!ch->stream && (rx->nfifo > 0 || !ch->seqpacket)))
		fdferry__channel_end(ch, EPROTO, 1);
	else
		fdferry__channel_end(ch, ECONNRESET, 0);
	return 0;
}

/* Read until there is no more or, with `enough`, until there is an event. */
void
fdferry__channel_read(struct fdferry_channel *ch, int enough)
{
	int i;

	if (ch->memory_until != 0 && fdferry__now() < ch->memory_until)
		return;
	ch->memory_until = 0;
	for (i = 0; i < READS_MOST; i++) {
		/* Whole frames may wait here since reading stopped. */
		if ((ch->rx.end > 0 || ch->rx.nfifo > 0) && !rx_consume(ch))
			return;
		/* What was dropped is told together. */
		if (enough && ch->events.count > ch->dropped.evented)
			break;
		if (!rx_fill(ch))
			return;
	}
	if (i < READS_MOST || rx_consume(ch))
		ch->more = 1;
}
