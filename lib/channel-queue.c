/* SPDX-License-Identifier: 0BSD */
/*
 * channel-queue.c - messages and hand-offs into the queue, and called back.
 */
#include "channel.h"

#include <string.h>
#include <time.h>

/* ------------------------------------------------ queueing -------------- */

static size_t
out_cost(size_t len, size_t nfds)
{
	return len + nfds * sizeof(int) + sizeof(struct fdferry__parcel);
}

int
fdferry__id_is_offer(uint64_t id)
{
	return (id & 1) == 0;
}

/* More than this peer takes? FDFERRY_REASON_NONE if not, or not known. */
unsigned int
fdferry__out_fits(const struct fdferry_channel *ch, int offer, size_t len,
    size_t nfds)
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
	size_t cost;
	unsigned int reason;

	if ((flags & ~FDFERRY_GIVE) != 0 || (len > 0 && data == NULL)
	    || (nfds > 0 && fds == NULL))
		return EINVAL;
	if (len > UINT32_MAX || (offer && len > FDFERRY_HANDOFF_DATA))
		return EMSGSIZE;
	if (nfds > UINT32_MAX / sizeof(int))
		return E2BIG;
	if (fdferry__any_negative(fds, nfds))
		return EBADF;
	if (ch->write_dead)
		return EPIPE;
	reason = fdferry__out_fits(ch, offer, len, nfds);
	if (reason != FDFERRY_REASON_NONE)
		return fdferry__reason_errno(reason);
	cost = out_cost(len, nfds);
	if (ch->queued > 0
	    && (ch->queued > ch->queue_most
		|| cost > ch->queue_most - ch->queued))
		return EAGAIN;
	return 0;
}

static int
out_queue(struct fdferry_channel *ch, int offer, const void *data, size_t len,
    const int *fds, size_t nfds, unsigned int flags,
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
	p = fdferry__parcel_new(ch, len, nfds);
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
fdferry_channel_send(struct fdferry_channel *ch, const void *data, size_t len,
    const int *fds, size_t nfds, unsigned int flags, unsigned long *id)
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

/* ------------------------------------------------ calling back ---------- */

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
