/* SPDX-License-Identifier: 0BSD */
/*
 * channel-parcel.c - time, lists, parcels, and the events made of them.
 */
#include "channel.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------ time ------------------ */

int64_t
fdferry__now(void)
{
	struct timespec now;

	if (fdferry_deadline(&now, 0) < 0)
		return 0;
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A deadline in the same milliseconds, rounded up. */
int64_t
fdferry__ms(const struct timespec *when)
{
	int64_t seconds;

	if (when == NULL)
		return FDFERRY__NEVER;
	seconds = when->tv_sec;
	if (seconds > INT64_MAX / 1000 - 1)
		return FDFERRY__NEVER;
	if (seconds < 0)
		return 0;
	return seconds * 1000 + (when->tv_nsec + 999999) / 1000000;
}

/* ------------------------------------------------ lists ----------------- */

void
fdferry__list_add(struct fdferry__list *list, struct fdferry__parcel *p)
{
	p->next = NULL;
	p->listed = 1;
	if (list->tail != NULL)
		list->tail->next = p;
	else
		list->head = p;
	list->tail = p;
	list->count++;
}

int
fdferry__list_drop(struct fdferry__list *list, struct fdferry__parcel *p)
{
	struct fdferry__parcel **at, *last = NULL;

	for (at = &list->head; *at != NULL && *at != p; at = &(*at)->next)
		last = *at;
	if (*at == NULL)
		return 0;
	*at = p->next;
	if (list->tail == p)
		list->tail = last;
	p->listed = 0;
	list->count--;
	return 1;
}

struct fdferry__parcel *
fdferry__list_find(const struct fdferry__list *list, uint64_t id)
{
	struct fdferry__parcel *p;

	for (p = list->head; p != NULL && p->id != id; p = p->next)
		continue;
	return p;
}

/* ------------------------------------------------ parcels --------------- */

void
fdferry__parcel_free(struct fdferry__parcel *p)
{
	free(p->data);
	free(p->fds);
	free(p);
}

/* A new one, which may have room already. */
static struct fdferry__parcel *
parcel_blank(struct fdferry_channel *ch)
{
	const size_t stays = offsetof(struct fdferry__parcel, next);
	struct fdferry__parcel *p = ch->spare;

	if (p == NULL)
		return calloc(1, sizeof *p);
	ch->spare = p->next;
	ch->nspare--;
	memset((char *)p + stays, 0, sizeof *p - stays);
	return p;
}

/* Room for `want` units where nothing is, or has to stay. */
static void *
parcel_room(void *old, size_t *room, size_t want, size_t unit)
{
	if (want <= *room)
		return old;
	free(old);
	old = malloc(want * unit);
	*room = old != NULL ? want : 0;
	return old;
}

struct fdferry__parcel *
fdferry__parcel_new(struct fdferry_channel *ch, size_t len, size_t nfds)
{
	struct fdferry__parcel *p = parcel_blank(ch);

	if (p == NULL)
		return NULL;
	p->deadline = FDFERRY__NEVER;
	p->data = parcel_room(p->data, &p->room, len, 1);
	p->fds = parcel_room(p->fds, &p->fdroom, nfds, sizeof *p->fds);
	if (p->room < len || p->fdroom < nfds) {
		fdferry__parcel_free(p);
		return NULL;
	}
	return p;
}

/* It is not held any longer: handed over or closed. */
void
fdferry__parcel_unhold(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	ch->held -= p->reserved;
	if (ch->budget != NULL)
		ch->budget->held -= p->reserved;
	p->reserved = 0;
}

/*
 * Close a received descriptor. A linger time that its sender set must not
 * stop us; but a child's copy is never the last, and the option is shared.
 */
void
fdferry__channel_discard(const struct fdferry_channel *ch, int fd)
{
	if (ch->inherited)
		fdferry_close(&fd, 1);
	else
		fdferry__discard(fd);
}

/* Close the descriptors that are the channel's, and hold none. */
void
fdferry__parcel_close(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	size_t i;

	if (p->owned && p->incoming)
		for (i = 0; i < p->nfds; i++)
			fdferry__channel_discard(ch, p->fds[i]);
	else if (p->owned)
		fdferry_close(p->fds, p->nfds);
	p->nfds = 0;
	fdferry__parcel_unhold(ch, p);
}

/* If no queue has it, keep its memory for the next, or free it. */
void
fdferry__parcel_put(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	if (p->listed || p->evented || p->controlled || p->fixed
	    || p == ch->current)
		return;
	if (p->nfds > 0 || p->reserved > 0)
		fdferry__parcel_close(ch, p);
	if (ch->nspare >= FDFERRY__SPARES || p->room > FDFERRY__SPARE_DATA
	    || p->fdroom > FDFERRY__FRAME_FDS) {
		fdferry__parcel_free(p);
		return;
	}
	p->next = ch->spare;
	ch->spare = p;
	ch->nspare++;
}

/* ------------------------------------------------ events ---------------- */

/* Does this event hand over bytes and descriptors that count? */
static int
event_is_message(const struct fdferry__parcel *p)
{
	return p->event == FDFERRY_EVENT_MESSAGE;
}

void
fdferry__event(struct fdferry_channel *ch, struct fdferry__parcel *p, int event,
    int error, unsigned int reason)
{
	struct fdferry__list *list = &ch->events;

	p->event = event;
	p->error = error;
	p->reason = reason;
	if (p->evented)
		return;
	p->evented = 1;
	p->enext = NULL;
	if (list->tail != NULL)
		list->tail->enext = p;
	else
		list->head = p;
	list->tail = p;
	list->count++;
	if (event_is_message(p)) {
		ch->unfetched_fds += p->reserved;
		ch->unfetched_bytes += p->len;
	}
}

void
fdferry__unevent(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	struct fdferry__list *list = &ch->events;
	struct fdferry__parcel **at, *last = NULL;

	if (!p->evented)
		return;
	for (at = &list->head; *at != p; at = &(*at)->enext)
		last = *at;
	*at = p->enext;
	if (list->tail == p)
		list->tail = last;
	p->evented = 0;
	list->count--;
	if (event_is_message(p)) {
		ch->unfetched_fds -= p->reserved;
		ch->unfetched_bytes -= p->len;
	}
}

int
fdferry__events_full(const struct fdferry_channel *ch)
{
	return ch->events.count >= FDFERRY__EVENTS_MOST
	    || (ch->unfetched_bytes > 0
		&& ch->unfetched_bytes >= ch->mine.bytes);
}

void
fdferry__control(struct fdferry_channel *ch, struct fdferry__parcel *p,
    unsigned int type)
{
	struct fdferry__list *list = &ch->control;

	p->control = type;
	p->controlled = 1;
	p->cnext = NULL;
	if (list->tail != NULL)
		list->tail->cnext = p;
	else
		list->head = p;
	list->tail = p;
}

void
fdferry__uncontrol(struct fdferry_channel *ch, struct fdferry__parcel *p)
{
	struct fdferry__list *list = &ch->control;
	struct fdferry__parcel **at, *last = NULL;

	if (!p->controlled)
		return;
	for (at = &list->head; *at != p; at = &(*at)->cnext)
		last = *at;
	*at = p->cnext;
	if (list->tail == p)
		list->tail = last;
	p->controlled = 0;
}

int
fdferry__reason_errno(unsigned int reason)
{
	switch (reason) {
	case FDFERRY_REASON_BYTES: return EMSGSIZE;
	case FDFERRY_REASON_FDS: return E2BIG;
	case FDFERRY_REASON_BUSY: return EAGAIN;
	case FDFERRY_REASON_MEMORY: return ENOMEM;
	case FDFERRY_REASON_TABLE: return EMFILE;
	case FDFERRY_REASON_POLICY: return EACCES;
	case FDFERRY_REASON_LOST: return EMSGSIZE;
	default: return 0;
	}
}

/* ------------------------------------------------ held ------------------ */

/* Descriptors that will come, or have, for the message that is being read. */
size_t
fdferry__expected(const struct fdferry_channel *ch)
{
	return ch->rx.parcel != NULL ? ch->rx.fds_left : 0;
}

/*
 * Count what waits in the queue as held, but for what the message that is
 * being read has reserved already. To be called after each change of either.
 */
void
fdferry__held_count(struct fdferry_channel *ch)
{
	struct fdferry__reading *rx = &ch->rx;
	size_t expected = fdferry__expected(ch);
	size_t held = rx->open > expected ? rx->open - expected : 0;

	ch->held = ch->held - rx->held + held;
	if (ch->budget != NULL)
		ch->budget->held = ch->budget->held - rx->held + held;
	rx->held = held;
}
