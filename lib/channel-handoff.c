/* SPDX-License-Identifier: 0BSD */
/*
 * channel-handoff.c - offers and answers: who owns the descriptor.
 *
 * The states and transitions are those of t/model/handoff.pml, which proves
 * that no descriptor has two owners and none is lost. Two rules carry it:
 *
 *   - the receiver uses a descriptor only after the kernel has its ACCEPT,
 *     so the sender will read that before any end of file;
 *   - the sender, once it has offered, uses its copy again only after
 *     REFUSE, CANCELLED or the end of a drained connection.
 */
#include "channel.h"

#include <stdlib.h>

/* ------------------------------------------------ the sender ------------ */

/* The offer is with the kernel, whole. */
void
fdferry__handoff_sent(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	fdferry__list_add(&ch->offered, p);
	/* Only the descriptor can come back; of a few their memory will do for
	   the next. */
	p->len = 0;
	if (ch->offered.count > FDFERRY__SPARES
	    || p->room > FDFERRY__SPARE_DATA) {
		free(p->data);
		p->data = NULL;
		p->room = 0;
	}
	if (p->state == FDFERRY__DOUBTED) {
		/* Given up while half of it was sent: say so. */
		fdferry__control(ch, p, FDFERRY__CANCEL);
		return;
	}
	p->state = FDFERRY__WAITING;
	if (p->recall)
		fdferry__handoff_recall(ch, p, p->error);
}

/* An answer to one of our offers. */
static int
handoff_answer(struct fdferry_channel *ch, const struct fdferry__frame *f)
{
	struct fdferry__parcel *p = fdferry__list_find(&ch->offered, f->id);
	int recalled, error;

	if (p == NULL)
		return EPROTO; /* never sent, or answered already */
	recalled =
	    (p->state == FDFERRY__CANCELLING || p->state == FDFERRY__DOUBTED)
	    && !p->controlled;
	if (f->type == FDFERRY__CANCELLED && !recalled)
		return EPROTO; /* we did not ask for it */
	(void)fdferry__list_drop(&ch->offered, p);
	error = p->error;
	if (f->type == FDFERRY__ACCEPT)
		fdferry__handoff_outcome(ch, p, FDFERRY_ACCEPTED, 0, 0);
	else if (f->type == FDFERRY__CANCELLED)
		fdferry__handoff_outcome(ch, p, FDFERRY_REFUSED_BACK, error, 0);
	else
		fdferry__handoff_outcome(ch, p, FDFERRY_REFUSED_BACK,
		    fdferry__reason_errno(f->arg), f->arg);
	return 0;
}

/* ------------------------------------------------ the receiver ---------- */

/* Answer an offer; whatever the answer, the application has spoken. */
static void
handoff_reply(struct fdferry_channel *ch, struct fdferry__parcel *p,
    unsigned int type)
{
	/* Closed before it is said, so that the sender's copy is the last. */
	if (type != FDFERRY__ACCEPT)
		fdferry__parcel_close(ch, p);
	p->state = FDFERRY__ANSWERED;
	fdferry__control(ch, p, type);
}

static void
handoff_withdraw(struct fdferry_channel *ch, struct fdferry__parcel *p,
    int error)
{
	if (p->fetched)
		fdferry__event(ch, p, FDFERRY_EVENT_WITHDRAWN, error, 0);
	else
		fdferry__unevent(ch, p); /* nobody has seen it */
}

/* The sender wants its offer back. */
static int
handoff_cancel(struct fdferry_channel *ch, const struct fdferry__frame *f)
{
	struct fdferry__parcel *p;

	if (f->id > ch->rx.id || (ch->rx.inside && f->id == ch->rx.id))
		return EPROTO; /* never offered */
	p = fdferry__list_find(&ch->offers, f->id);
	if (p == NULL || p->state == FDFERRY__ANSWERED)
		return 0; /* it crossed our answer */
	p->recall = 1;
	if (p->state == FDFERRY__LOOKED)
		return 0; /* the application decides */
	handoff_withdraw(ch, p, 0);
	handoff_reply(ch, p, FDFERRY__CANCELLED);
	return 0;
}

/* An answer of ours is with the kernel; or a CANCEL. */
void
fdferry__handoff_answered(struct fdferry_channel *ch, uint64_t id,
    unsigned int type)
{
	struct fdferry__list *list =
	    type == FDFERRY__CANCEL ? &ch->offered : &ch->offers;
	struct fdferry__parcel *p = fdferry__list_find(list, id);

	/* Ours may have been answered while the CANCEL went out. */
	if (p == NULL || !p->controlled || p->control != type)
		return;
	fdferry__uncontrol(ch, p);
	if (type == FDFERRY__CANCEL)
		return;
	(void)fdferry__list_drop(list, p);
	if (type == FDFERRY__ACCEPT)
		fdferry__event(ch, p, FDFERRY_EVENT_TAKEN, 0, 0);
	else
		fdferry__parcel_put(ch, p);
}

/* The offer `id` that the application may answer, or NULL and errno. */
static struct fdferry__parcel *
handoff_mine(struct fdferry_channel *ch, unsigned long id)
{
	struct fdferry__parcel *p;

	if (fdferry__guard(ch) < 0)
		return NULL;
	for (p = ch->offers.head; p != NULL; p = p->next)
		if ((unsigned long)p->id == id && p->fetched)
			break;
	if (p != NULL && p->state < FDFERRY__ANSWERED)
		return p;
	errno = p != NULL && p->recall ? ECANCELED : ENOENT;
	return NULL;
}

int
fdferry_channel_look(struct fdferry_channel *ch, unsigned long id)
{
	struct fdferry__parcel *p = handoff_mine(ch, id);

	if (p == NULL)
		return -1;
	p->state = FDFERRY__LOOKED;
	return p->fds[0];
}

/* The sender has gone, and with it every copy but this one. */
static void
handoff_inherit(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	(void)fdferry__list_drop(&ch->offers, p);
	fdferry__uncontrol(ch, p);
	p->state = FDFERRY__ANSWERED;
	fdferry__event(ch, p, FDFERRY_EVENT_TAKEN, 0, 0);
}

int
fdferry_channel_accept(struct fdferry_channel *ch, unsigned long id)
{
	struct fdferry__parcel *p = handoff_mine(ch, id);

	if (p == NULL)
		return -1;
	if (ch->over)
		handoff_inherit(ch, p);
	else
		handoff_reply(ch, p, FDFERRY__ACCEPT);
	return 0;
}

int
fdferry_channel_refuse(struct fdferry_channel *ch, unsigned long id,
    unsigned int reason)
{
	struct fdferry__parcel *p;

	if (reason < FDFERRY_REASON_OWN && reason != FDFERRY_REASON_NONE
	    && reason != FDFERRY_REASON_BUSY
	    && reason != FDFERRY_REASON_POLICY) {
		errno = EINVAL;
		return -1;
	}
	p = handoff_mine(ch, id);
	if (p == NULL)
		return -1;
	if (ch->over) {
		(void)fdferry__list_drop(&ch->offers, p);
		fdferry__parcel_close(ch, p);
		fdferry__parcel_put(ch, p);
		return 0;
	}
	p->reason = reason;
	handoff_reply(ch, p, FDFERRY__REFUSE);
	return 0;
}

/* ------------------------------------------------ both ------------------ */

int
fdferry__handoff_frame(struct fdferry_channel *ch,
    const struct fdferry__frame *f)
{
	switch (f->type) {
	case FDFERRY__ACCEPT:
	case FDFERRY__REFUSE:
	case FDFERRY__CANCELLED: return handoff_answer(ch, f);
	case FDFERRY__CANCEL: return handoff_cancel(ch, f);
	default: return EPROTO;
	}
}

/* Its time has come. */
static void
handoff_late(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	p->deadline = FDFERRY__NEVER;
	switch (p->state) {
	case FDFERRY__QUEUED:
	case FDFERRY__SENDING:
		if (!p->recall) {
			fdferry__out_fail(ch, p, ETIMEDOUT, 0);
			break;
		}
		/* It stays where it is: the frame has to be completed. */
		fdferry__handoff_outcome(ch, p, FDFERRY_IN_DOUBT, ETIMEDOUT, 0);
		break;
	case FDFERRY__WAITING: fdferry__handoff_recall(ch, p, ETIMEDOUT); break;
	case FDFERRY__CANCELLING:
		/* It stays listed: an answer may come yet, and until then
		   the peer has one offer less to get. */
		fdferry__handoff_outcome(ch, p, FDFERRY_IN_DOUBT, ETIMEDOUT, 0);
		break;
	default: break;
	}
}

void
fdferry__handoff_time(struct fdferry_channel *ch, int64_t now)
{
	struct fdferry__list *lists[2];
	struct fdferry__parcel *p, *next;
	int i;

	if (now < ch->soonest)
		return;
	ch->soonest = FDFERRY__NEVER;
	lists[0] = &ch->out;
	lists[1] = &ch->offered;
	for (i = 0; i < 2; i++)
		for (p = lists[i]->head; p != NULL; p = next) {
			next = p->next;
			if (p->deadline <= now)
				handoff_late(ch, p);
			else if (p->deadline < ch->soonest)
				ch->soonest = p->deadline;
		}
}

/*
 * The connection is over. A peer that ended cannot answer any more, and did
 * not before: what it did not accept is ours again; what it offered and
 * we accept now is ours, for it gives up its copies when it ends. Of a peer
 * that broke the protocol nothing is known.
 */
void
fdferry__handoff_end(struct fdferry_channel *ch, int error, int broken)
{
	struct fdferry__parcel *p, *next;

	while ((p = ch->offered.head) != NULL) {
		(void)fdferry__list_drop(&ch->offered, p);
		fdferry__handoff_outcome(ch, p,
		    broken ? FDFERRY_IN_DOUBT : FDFERRY_GONE,
		    broken ? error : EPIPE, 0);
	}
	for (p = ch->offers.head; p != NULL; p = next) {
		next = p->next;
		if (!broken && p->state != FDFERRY__ANSWERED)
			continue;
		if (!broken && p->control == FDFERRY__ACCEPT) {
			handoff_inherit(ch, p);
			continue;
		}
		(void)fdferry__list_drop(&ch->offers, p);
		fdferry__uncontrol(ch, p);
		if (p->nfds > 0)
			handoff_withdraw(ch, p, error);
		fdferry__parcel_close(ch, p);
		fdferry__parcel_put(ch, p);
	}
}
