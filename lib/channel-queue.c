/* SPDX-License-Identifier: 0BSD */
/*
 * channel-queue.c - messages and hand-offs into the queue, and out of it
 * without having been delivered.
 */
#include "channel.h"

#include <string.h>
#include <time.h>

/* ------------------------------------------------ queueing -------------- */

static size_t
out_cost(size_t len, size_t nfds)
{
	return len + nfds * sizeof (int) + sizeof (struct fdferry__parcel);
}

int
fdferry__id_is_offer(uint64_t id)
{
	return (id & 1) == 0;
}

/* More than this peer takes? FDFERRY_REASON_NONE if not, or not known. */
unsigned int
fdferry__out_fits(const struct fdferry_channel *ch, int offer,
    size_t len, size_t nfds)
{
	if (!ch->hello_got)
		return FDFERRY_REASON_NONE;
	if (len > ch->peer.bytes)
		return FDFERRY_REASON_BYTES;
	if (offer ? ch->peer.offers == 0 : nfds > ch->peer.fds)
		return FDFERRY_REASON_FDS;
	return FDFERRY_REASON_NONE;
}

static int
out_check(const struct fdferry_channel *ch, int offer, const void *data,
    size_t len, const int *fds, size_t nfds, unsigned int flags)
{
	size_t i, cost;
	unsigned int reason;

	if ((flags & ~FDFERRY_GIVE) != 0 || (len > 0 && data == NULL)
	    || (nfds > 0 && fds == NULL))
		return EINVAL;
	if (len > UINT32_MAX || (offer && len > FDFERRY_HANDOFF_DATA))
		return EMSGSIZE;
	if (nfds > UINT32_MAX / sizeof (int))
		return E2BIG;
	for (i = 0; i < nfds; i++)
		if (fds[i] < 0)
			return EBADF;
	if (ch->write_dead)
		return EPIPE;
	reason = fdferry__out_fits(ch, offer, len, nfds);
	if (reason != FDFERRY_REASON_NONE)
		return fdferry__reason_errno(reason);
	cost = out_cost(len, nfds);
	if (ch->queued > 0 && (ch->queued > ch->queue_most
	    || cost > ch->queue_most - ch->queued))
		return EAGAIN;
	return 0;
}

static int
out_queue(struct fdferry_channel *ch, int offer, const void *data,
    size_t len, const int *fds, size_t nfds, unsigned int flags,
    const struct timespec *deadline, unsigned long *id)
{
	struct fdferry__parcel *p;
	int error;

	if (fdferry__guard(ch) < 0)
		return -1;
	error = out_check(ch, offer, data, len, fds, nfds, flags);
	if (error != 0) {
		errno = error;
		return -1;
	}
	p = fdferry__parcel_new(len, nfds);
	if (p == NULL) {
		errno = ENOMEM;
		return -1;
	}
	if (len > 0)
		memcpy(p->data, data, len);
	if (nfds > 0)
		memcpy(p->fds, fds, nfds * sizeof *fds);
	p->len = len;
	p->nfds = nfds;
	p->offer = offer != 0;
	p->owned = (flags & FDFERRY_GIVE) != 0;
	p->state = FDFERRY__QUEUED;
	p->deadline = fdferry__ms(deadline);
	if (p->deadline < ch->soonest)
		ch->soonest = p->deadline;
	/* 0 means "all", also where only the low half fits a long. */
	if (fdferry__id_is_offer(ch->next_id) != p->offer)
		ch->next_id++;
	if ((ch->next_id & 0xffffffff) == 0)
		ch->next_id += 2;
	p->id = ch->next_id++;
	p->cost = out_cost(len, nfds);
	ch->queued += p->cost;
	fdferry__list_add(&ch->out, p);
	if (id != NULL)
		*id = (unsigned long)p->id;
	return 0;
}

int
fdferry_channel_send(struct fdferry_channel *ch, const void *data,
    size_t len, const int *fds, size_t nfds, unsigned int flags,
    unsigned long *id)
{
	return out_queue(ch, 0, data, len, fds, nfds, flags, NULL, id);
}

int
fdferry_channel_handoff(struct fdferry_channel *ch, const void *data,
    size_t len, int fd, unsigned int flags, const struct timespec *deadline,
    unsigned long *id)
{
	if (deadline != NULL
	    && (deadline->tv_nsec < 0 || deadline->tv_nsec > 999999999)) {
		errno = EINVAL;
		return -1;
	}
	return out_queue(ch, 1, data, len, &fd, 1, flags, deadline, id);
}

/* ------------------------------------------------ leaving the queue ----- */

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
	int event = reason != 0 ? FDFERRY_EVENT_REJECTED
	    : FDFERRY_EVENT_FAILED;

	fdferry__out_leave(ch, p);
	if (!p->offer)
		fdferry__event(ch, p, event, error, reason);
	else
		fdferry__handoff_outcome(ch, p, ch->write_dead
		    ? FDFERRY_GONE : FDFERRY_REFUSED_BACK, error, reason);
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
	if (p->aborting)
		return;			/* the first cause counts */
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

static int
cancel_one(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	if (p->state <= FDFERRY__SENDING)
		fdferry__out_fail(ch, p, ECANCELED, 0);
	else if (p->state == FDFERRY__WAITING)
		fdferry__handoff_recall(ch, p, ECANCELED);
	else
		return p->state == FDFERRY__CANCELLING;
	return 1;
}

int
fdferry_channel_cancel(struct fdferry_channel *ch, unsigned long id)
{
	struct fdferry__list *lists[2];
	struct fdferry__parcel *p, *next;
	int i, found = 0;

	if (fdferry__guard(ch) < 0)
		return -1;
	lists[0] = &ch->out;
	lists[1] = &ch->offered;
	for (i = 0; i < 2; i++)
		for (p = lists[i]->head; p != NULL; p = next) {
			next = p->next;
			if (id == 0 || (unsigned long)p->id == id)
				found |= cancel_one(ch, p);
		}
	if (found || id == 0)
		return 0;
	errno = ENOENT;
	return -1;
}
