/* SPDX-License-Identifier: 0BSD */
/*
 * channel-outcome.c - how what we send ends: the last word on a hand-off,
 * and messages that leave the queue without having been delivered.
 */
#include "channel.h"

/* ------------------------------------------------ hand-offs ------------- */

/* From now on there is a limit to waiting. */
void
fdferry__handoff_patience(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	p->deadline = fdferry__now() + ch->doubt_ms;
	if (p->deadline < ch->soonest)
		ch->soonest = p->deadline;
}

/* Ask for it back. `error` is what the outcome will say if that works. */
void
fdferry__handoff_recall(struct fdferry_channel *ch, struct fdferry__parcel *p,
    int error)
{
	p->state = FDFERRY__CANCELLING;
	p->error = error;
	fdferry__handoff_patience(ch, p);
	fdferry__control(ch, p, FDFERRY__CANCEL);
}

/* The last word on one of our hand-offs. */
void
fdferry__handoff_outcome(struct fdferry_channel *ch, struct fdferry__parcel *p,
    int outcome, int error, unsigned int reason)
{
	int ours = outcome == FDFERRY_REFUSED_BACK || outcome == FDFERRY_GONE;

	/* A CANCEL that has not left yet is pointless now. */
	fdferry__uncontrol(ch, p);
	if (p->state == FDFERRY__DOUBTED) {
		/* The application was told IN_DOUBT; what came of the offer
		   in the end is not told, so it can be freed. */
		fdferry__parcel_put(ch, p);
		return;
	}
	if (!ours) {
		if (p->owned)
			fdferry_close(p->fds, p->nfds);
		p->nfds = 0;
	}
	p->state =
	    outcome == FDFERRY_IN_DOUBT ? FDFERRY__DOUBTED : FDFERRY__OVER;
	p->outcome = outcome;
	switch (outcome) {
	case FDFERRY_ACCEPTED: ch->stats.accepted++; break;
	case FDFERRY_REFUSED_BACK: ch->stats.refused++; break;
	case FDFERRY_GONE: ch->stats.gone++; break;
	default: ch->stats.in_doubt++; break;
	}
	fdferry__event(ch, p, FDFERRY_EVENT_HANDOFF, error, reason);
}

/* ------------------------------------------------ the queue ------------- */

void
fdferry__out_leave(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	if (fdferry__list_drop(&ch->out, p))
		ch->queued -= p->cost;
}

/* It was not delivered and will not be: give everything back. */
void
fdferry__out_back(struct fdferry_channel *ch, struct fdferry__parcel *p,
    int error, unsigned int reason)
{
	int event = reason != 0 ? FDFERRY_EVENT_REJECTED : FDFERRY_EVENT_FAILED;

	fdferry__out_leave(ch, p);
	if (!p->offer)
		fdferry__event(ch, p, event, error, reason);
	else
		fdferry__handoff_outcome(ch, p,
		    ch->write_dead ? FDFERRY_GONE : FDFERRY_REFUSED_BACK, error,
		    reason);
}

/* Fail what is in the queue; if part of it has left, ABORT comes first. */
void
fdferry__out_fail(struct fdferry_channel *ch, struct fdferry__parcel *p,
    int error, unsigned int reason)
{
	if (p->state == FDFERRY__QUEUED) {
		fdferry__out_back(ch, p, error, reason);
		return;
	}
	/* The first cause counts; but the peer's word is told, for the rest
	   may have left already, and then there is no ABORT. */
	if (p->aborting
	    && (reason == FDFERRY_REASON_NONE
		|| p->reason != FDFERRY_REASON_NONE))
		return;
	p->error = error;
	p->reason = reason;
	if (!p->offer) {
		p->aborting = 1;
		return;
	}
	/* An offer is one frame: it has to be called back when it is there.
	   Should it never get there, that has a limit too. */
	if (!p->recall)
		fdferry__handoff_patience(ch, p);
	p->recall = 1;
}

/* Nothing more can be sent. The peer cannot have what was not whole. */
void
fdferry__out_end(struct fdferry_channel *ch, int error)
{
	ch->tx.type = 0;
	while (ch->out.head != NULL)
		fdferry__out_back(ch, ch->out.head, error, 0);
}
