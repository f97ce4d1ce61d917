/* SPDX-License-Identifier: 0BSD */
/*
 * channel-send.c - what waits to be sent is cut into frames and written.
 *
 * Order on the wire: HELLO; answers and rejections, which carry no
 * descriptors and so are never stopped by ETOOMANYREFS; then the messages
 * and offers, one after the other, once the peer's HELLO is here.
 */
#include "channel.h"

#include <string.h>

#define WRITES_MOST 64 /* frames per call of work() */
#define DATA_LEAST 480 /* no record is made smaller than 512 bytes */
#define PAUSE_MOST_MS 16
#define REFS_MOST_MS 64

/* ------------------------------------------------ making frames --------- */

static void
tx_begin(struct fdferry_channel *ch, const struct fdferry__frame *frame)
{
	memset(&ch->tx, 0, sizeof ch->tx);
	ch->tx.type = frame->type;
	ch->tx.id = frame->id;
	ch->tx.headlen = FDFERRY__HEAD;
	fdferry__frame_encode(ch->tx.head, frame);
}

static void
tx_hello(struct fdferry_channel *ch)
{
	struct fdferry__frame frame;

	memset(&frame, 0, sizeof frame);
	frame.type = FDFERRY__HELLO;
	frame.length = FDFERRY__HELLO_LEAST;
	tx_begin(ch, &frame);
	fdferry__hello_encode(ch->tx.head + FDFERRY__HEAD, &ch->mine);
	ch->tx.headlen += FDFERRY__HELLO_LEAST;
}

static void
tx_control(struct fdferry_channel *ch)
{
	struct fdferry__frame frame;
	struct fdferry__rejection *r;
	struct fdferry__parcel *p = ch->control.head;

	memset(&frame, 0, sizeof frame);
	if (p != NULL) {
		frame.type = p->control;
		frame.id = p->id;
		if (p->control == FDFERRY__REFUSE)
			frame.arg = p->reason;
	} else {
		r = &ch->rejections[ch->first_rejection];
		frame.type = r->type;
		frame.id = r->id;
		frame.arg = r->reason;
	}
	tx_begin(ch, &frame);
	ch->tx.rejection = p == NULL;
}

static size_t
tx_least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The next piece of the first parcel in the queue. */
static void
tx_piece(struct fdferry_channel *ch, const struct fdferry__parcel *p)
{
	struct fdferry__frame frame;
	size_t len, nfds;

	memset(&frame, 0, sizeof frame);
	frame.id = p->id;
	if (p->aborting) {
		frame.type = FDFERRY__ABORT;
		tx_begin(ch, &frame);
		return;
	}
	nfds = tx_least(p->nfds - p->fdsent, ch->frame_fds);
	nfds = tx_least(nfds, fdferry_max_fds());
	/* An offer is never cut: it is one frame or fails. */
	len = p->offer ? p->len : tx_least(p->len - p->sent, ch->frame_data);
	frame.type = FDFERRY__MORE;
	if (p->state == FDFERRY__QUEUED) {
		frame.type = p->offer ? FDFERRY__OFFER : FDFERRY__MESSAGE;
		frame.arg = (uint32_t)p->len;
		frame.arg_fds = (uint32_t)p->nfds;
	}
	frame.length = (uint32_t)len;
	frame.fds = (uint32_t)nfds;
	tx_begin(ch, &frame);
	if (len > 0)
		ch->tx.data = p->data + p->sent;
	if (nfds > 0)
		ch->tx.fds = p->fds + p->fdsent;
	ch->tx.datalen = len;
	ch->tx.nfds = nfds;
}

/* May the first parcel be sent now? */
static int
tx_may(const struct fdferry_channel *ch, int64_t now, int64_t *again)
{
	const struct fdferry__parcel *p = ch->out.head;

	if (!ch->hello_got || p == NULL)
		return 0;
	if (p->aborting)
		return 1;
	if (p->state == FDFERRY__QUEUED && fdferry__events_full(ch))
		return 0;
	/* Those in doubt count too: a silent peer gets no more. */
	if (p->offer
	    && (ch->offered.count >= ch->peer.offers
		|| ch->offered.count >= FDFERRY__OFFERED_MOST))
		return 0;
	if (now < ch->refs_until) {
		if (ch->refs_until < *again)
			*again = ch->refs_until;
		return 0;
	}
	return 1;
}

int
fdferry__channel_output(const struct fdferry_channel *ch, int64_t now,
    int64_t *again)
{
	if (now < ch->pause_until) {
		if (ch->pause_until < *again)
			*again = ch->pause_until;
		return 0;
	}
	if (ch->tx.type != 0 || !ch->hello_sent || ch->control.head != NULL
	    || ch->nrejections > 0)
		return 1;
	return tx_may(ch, now, again);
}

/* Is there anything that might be written? */
static int
tx_any(const struct fdferry_channel *ch)
{
	return ch->out.head != NULL || ch->control.head != NULL
	    || ch->nrejections > 0 || !ch->hello_sent;
}

/* Choose what to write. False if there is nothing. */
static int
tx_next(struct fdferry_channel *ch, int64_t now)
{
	struct fdferry__parcel *p;
	unsigned int reason;
	int64_t again = FDFERRY__NEVER;

	if (!ch->hello_sent) {
		tx_hello(ch);
		return 1;
	}
	if (ch->control.head != NULL || ch->nrejections > 0) {
		tx_control(ch);
		return 1;
	}
	while (ch->hello_got && (p = ch->out.head) != NULL
	    && p->state == FDFERRY__QUEUED && !fdferry__events_full(ch)) {
		reason = fdferry__out_fits(ch, p->offer, p->len, p->nfds);
		if (reason == FDFERRY_REASON_NONE)
			break;
		fdferry__out_back(ch, p, fdferry__reason_errno(reason), 0);
	}
	if (!tx_may(ch, now, &again))
		return 0;
	tx_piece(ch, ch->out.head);
	return 1;
}

/* ------------------------------------------------ writing --------------- */

/* All of a piece is with the kernel. */
static void
tx_piece_sent(struct fdferry_channel *ch)
{
	struct fdferry__parcel *p = ch->out.head;

	p->sent += ch->tx.datalen;
	p->fdsent += ch->tx.nfds;
	if (p->sent < p->len || p->fdsent < p->nfds)
		return;
	/* Rejected while its last piece was half-sent. */
	if (p->aborting && p->reason != FDFERRY_REASON_NONE) {
		fdferry__out_back(ch, p, p->error, p->reason);
		return;
	}
	fdferry__out_leave(ch, p);
	if (p->offer) {
		fdferry__handoff_sent(ch, p);
		return;
	}
	/* Not before the last piece: until then all can be given back. */
	if (p->owned)
		fdferry_close(p->fds, p->nfds);
	p->nfds = 0;
	fdferry__event(ch, p, FDFERRY_EVENT_SENT, 0, 0);
}

static void
tx_sent(struct fdferry_channel *ch)
{
	unsigned int type = ch->tx.type;
	struct fdferry__parcel *p;

	switch (type) {
	case FDFERRY__HELLO: ch->hello_sent = 1; break;
	case FDFERRY__MESSAGE:
	case FDFERRY__OFFER:
	case FDFERRY__MORE: tx_piece_sent(ch); break;
	case FDFERRY__ABORT:
		p = ch->out.head;
		ch->aborted[ch->naborted++ % FDFERRY__ABORTED] = p->id;
		fdferry__out_back(ch, p, p->error, p->reason);
		break;
	default:
		if (!ch->tx.rejection) {
			fdferry__handoff_answered(ch, ch->tx.id, type);
			break;
		}
		ch->first_rejection =
		    (ch->first_rejection + 1) % FDFERRY__REJECTIONS;
		ch->nrejections--;
		break;
	}
	ch->tx.type = 0;
	if (ch->rx.stalled && ch->nrejections < FDFERRY__REJECTIONS / 2)
		ch->more = 1;
}

static int
tx_is_piece(const struct fdferry_channel *ch)
{
	return ch->tx.type == FDFERRY__MESSAGE || ch->tx.type == FDFERRY__OFFER
	    || ch->tx.type == FDFERRY__MORE;
}

static int
tx_gone(int error)
{
	return error == EPIPE || error == ECONNRESET || error == ECONNREFUSED
	    || error == ENOTCONN || error == ENOENT;
}

/* poll() may call a full socket writable: then pauses, growing. */
static void
tx_pause(struct fdferry_channel *ch, int least)
{
	int ms;

	if (ch->rounds < least)
		ch->rounds = least;
	ms = ch->rounds > 4 ? PAUSE_MOST_MS : 1 << ch->rounds >> 1;
	if (ch->rounds < 5) /* a peer may be silent for years */
		ch->rounds++;
	ch->pause_until = ms > 0 ? fdferry__now() + ms : 0;
}

/* Smaller frames, if that can help. Systems differ in what a record holds. */
static int
tx_shrink(struct fdferry_channel *ch)
{
	int can = 0;

	if (ch->tx.type != FDFERRY__OFFER && ch->tx.datalen > DATA_LEAST) {
		ch->frame_data = ch->tx.datalen / 2 > DATA_LEAST
		    ? ch->tx.datalen / 2
		    : DATA_LEAST;
		can = 1;
	}
	if (ch->tx.nfds > 1) {
		ch->frame_fds = ch->tx.nfds / 2;
		can = 1;
	}
	return can;
}

/* Too many descriptors are in flight: polling cannot see when that ends. */
static void
tx_too_many(struct fdferry_channel *ch)
{
	struct fdferry__parcel *p = ch->out.head;
	int64_t now = fdferry__now();
	int ms;

	/* The one before may have been cancelled while it waited. */
	if (ch->refs_rounds == 0 || ch->refs_id != p->id) {
		ch->refs_rounds = 0;
		ch->refs_id = p->id;
		ch->refs_since = now;
	}
	if (now - ch->refs_since >= ch->inflight_ms) {
		ch->refs_rounds = 0;
		fdferry__out_fail(ch, p, ETOOMANYREFS, 0);
		return;
	}
	ms = ch->refs_rounds > 5 ? REFS_MOST_MS : 1 << ch->refs_rounds;
	if (ch->refs_rounds < 6)
		ch->refs_rounds++;
	ch->refs_until = now + ms;
}

/* Not a byte of this frame was taken. Returns true to go on writing. */
static int
tx_not_begun(struct fdferry_channel *ch, int error)
{
	int piece = tx_is_piece(ch);
	size_t nfds = ch->tx.nfds;

	/* Another frame may be more urgent next time. */
	if (error == EMSGSIZE && piece && tx_shrink(ch))
		error = 0;
	if (error == EINVAL && piece && nfds > fdferry_max_fds())
		error = 0;
	ch->tx.type = 0;
	if (error == 0)
		return 1;
	if (error == EAGAIN || error == ENOBUFS || error == ENOMEM) {
		tx_pause(ch, error == EAGAIN ? 0 : 1);
		return 0;
	}
	if (!piece) {
		fdferry__channel_end(ch, error, 1);
		return 0;
	}
	if (error == ETOOMANYREFS)
		tx_too_many(ch);
	else
		fdferry__out_fail(ch, ch->out.head, error, 0);
	return 1;
}

/* The kernel takes nothing now. Returns true to go on. */
static FDFERRY__RARE int
tx_failed(struct fdferry_channel *ch, int error)
{
	if (tx_gone(error)) {
		ch->write_dead = 1;
		/* Reading must not wait for them to leave. */
		ch->nrejections = 0;
		/* Datagrams have no end of file: drain, then end. */
		if (!ch->stream && !ch->seqpacket)
			ch->rx.reset = 1;
		fdferry__out_end(ch, EPIPE);
		return 0;
	}
	if (!ch->tx.begun)
		return tx_not_begun(ch, error);
	if (error == EAGAIN || error == ENOBUFS || error == ENOMEM)
		tx_pause(ch, error == EAGAIN ? 0 : 1);
	else
		fdferry__channel_end(ch, error, 1);
	return 0;
}

/* Write what the kernel takes of the frame. Returns true to go on. */
static int
tx_write(struct fdferry_channel *ch)
{
	struct fdferry__writing *tx = &ch->tx;
	struct fdferry_result r;
	struct iovec iov[2];
	size_t skip = tx->sent > tx->headlen ? tx->headlen : tx->sent;
	ptrdiff_t n;

	iov[0].iov_base = tx->head + skip;
	iov[0].iov_len = tx->headlen - skip;
	skip = tx->sent - skip;
	memset(&iov[1], 0, sizeof iov[1]);
	if (tx->datalen > 0) {
		memcpy(&iov[1].iov_base, &tx->data, sizeof tx->data);
		iov[1].iov_base = (char *)iov[1].iov_base + skip;
		iov[1].iov_len = tx->datalen - skip;
	}
	r.size = sizeof r;
	n = fdferry_sendv(ch->sock, iov, tx->datalen > 0 ? 2 : 1,
	    tx->begun ? NULL : tx->fds, tx->begun ? 0 : tx->nfds, ch->flags,
	    NULL, &r);
	if (n < 0)
		return tx_failed(ch, errno);
	ch->rounds = 0;
	if (!tx->begun && tx_is_piece(ch)) {
		ch->out.head->state = FDFERRY__SENDING;
		ch->begun_id = tx->id;
		if (tx->nfds > 0)
			ch->refs_rounds = 0;
		ch->refs_until = 0;
	}
	/* Over STREAMS the descriptor can go without a byte. */
	tx->begun = 1;
	tx->sent += (size_t)n;
	if (tx->sent == tx->headlen + tx->datalen)
		tx_sent(ch);
	return 1;
}

static FDFERRY__RARE void
tx_frames(struct fdferry_channel *ch, int64_t now)
{
	int i;

	for (i = 0; i < WRITES_MOST; i++) {
		if (ch->over || ch->write_dead)
			return;
		if (ch->tx.type == 0 && (!tx_any(ch) || !tx_next(ch, now)))
			return;
		if (!tx_write(ch))
			return;
	}
	ch->more = 1;
}

/* Asked at every turn, and most times there is nothing to do. */
void
fdferry__channel_write(struct fdferry_channel *ch, int64_t now)
{
	if (now < ch->pause_until)
		return;
	ch->pause_until = 0;
	if (ch->tx.type != 0 || tx_any(ch))
		tx_frames(ch, now);
}
