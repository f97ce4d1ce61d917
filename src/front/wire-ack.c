/* SPDX-License-Identifier: 0BSD */
/*
 * wire-ack.c - workers that acknowledge: hand-offs over a channel.
 *
 * The front keeps its copy until the worker has answered, and gives the
 * connection to nobody else before that. Beside each goes what is known of
 * it, see fdferry-wire(5).
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "seats.h"
#include "loop/channel-loop.h"

/* ------------------------------------------------ what is offered ------- */

static void
remember(struct worker_link *l, struct connection *c)
{
	c->link = l;
	c->onext = NULL;
	if (l->offered == NULL)
		l->offered = c;
	else
		l->offered_last->onext = c;
	l->offered_last = c;
	l->outstanding++;
}

/* Off the list of what is offered; NULL: no such. Mostly it is the oldest. */
static struct connection *
forget(struct worker_link *l, unsigned long id)
{
	struct connection *before = NULL, *c = l->offered;

	for (; c != NULL && c->id != id; c = c->onext)
		before = c;
	if (c == NULL)
		return NULL;
	if (before == NULL)
		l->offered = c->onext;
	else
		before->onext = c->onext;
	if (l->offered_last == c)
		l->offered_last = before;
	l->outstanding--;
	return c;
}

/* The worker gave the connection back: count why, and place it again. */
static void
refused(struct worker_link *l, struct connection *c,
    const struct fdferry_event *event)
{
	if (event->error == ETIMEDOUT)
		count_refusal(l, "timeout");
	else if (event->error == ECANCELED)
		count_refusal(l, "called-back");
	else if (event->reason == FDFERRY_REASON_BUSY)
		count_refusal(l, "busy");
	else
		count_refusal(l, "refused");
	worker_link_aside(l);
	outcomes.back(c);
}

/* It takes no more of ours, and may yet answer what it has: after() ends the
   link when that is done, which the time limits of the offers bound. */
static void
deaf(struct worker_link *l)
{
	l->deaf = 1;
	l->up = 0;
	seat_changed(l);
	outcomes.changed();
}

static void
outcome(struct worker_link *l, const struct fdferry_event *event)
{
	struct connection *c = forget(l, event->id);

	if (c == NULL)
		return;
	switch (event->outcome) {
	case FDFERRY_ACCEPTED:
		worker_took(l);
		outcomes.taken(c);
		break;
	case FDFERRY_IN_DOUBT:
		l->doubted = 1;
		outcomes.doubt(c);
		break;
	case FDFERRY_REFUSED_BACK: refused(l, c, event); break;
	default: /* the worker went first, or reads no more */
		deaf(l);
		count_refusal(l, "gone");
		outcomes.back(c);
	}
}

/* ------------------------------------------------ the channel ----------- */

static void
on_event(struct channel_loop *p, const struct fdferry_event *event, void *arg)
{
	struct worker_link *l = arg;
	size_t i;

	switch (event->type) {
	case FDFERRY_EVENT_HANDOFF: outcome(l, event); break;
	case FDFERRY_EVENT_OFFER: /* the wrong way round */
		(void)fdferry_channel_refuse(loop_channel(p), event->id,
		    FDFERRY_REASON_POLICY);
		break;
	case FDFERRY_EVENT_MESSAGE:
		for (i = 0; i < event->nfds; i++)
			(void)close(event->fds[i]);
		break;
	case FDFERRY_EVENT_END: worker_link_lost(l); break;
	}
}

static void
after(void *arg)
{
	struct worker_link *l = arg;

	if (l->leaving && l->offered == NULL) {
		worker_link_left(l);
		return;
	}
	if (l->order == ORDER_DISABLE && l->offered == NULL)
		worker_link_rest(l);
	if (l->deaf && l->offered == NULL)
		worker_link_lost(l);
	seat_changed(l);
	outcomes.room(l);
}

/* What was not answered when the channel is freed is in doubt. */
static void
down(struct worker_link *l)
{
	struct connection *c;

	loop_close(l->loop);
	l->loop = NULL;
	while ((c = l->offered) != NULL) {
		(void)forget(l, c->id);
		outcomes.doubt(c);
	}
}

static int
up(struct worker_link *l)
{
	struct fdferry_channel_opts opts;
	int fd = worker_link_socket(l);

	if (fd < 0)
		return -1;
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.most_fds = FDFERRY_NONE; /* we take nothing */
	opts.doubt_ms = front.ack_ms;
	l->doubted = l->deaf = 0;
	l->loop = loop_open(front.base, fd, &opts, on_event, after, l);
	if (l->loop != NULL)
		return 0;
	(void)close(fd);
	return -1;
}

static enum passed
pass(struct worker_link *l, struct connection *c,
    const struct recognised *recognised)
{
	struct timespec until;
	char text[4096];
	size_t n;
	int error;

	n = conn_decided_text(c, recognised, text, sizeof text);
	(void)fdferry_deadline(&until, front.ack_ms);
	if (fdferry_channel_handoff(loop_channel(l->loop), text, n, c->fd, 0,
		&until, &c->id)
	    < 0) {
		error = errno;
		if (error == EPIPE) {
			deaf(l);
			loop_kick(l->loop);
			return PASS_NO;
		}
		worker_link_aside(l);
		return PASS_BUSY;
	}
	c->offered_ms = ms_between(&c->since, &until) - front.ack_ms;
	remember(l, c);
	loop_kick(l->loop);
	return PASS_OFFERED;
}

/* Connections in doubt count as outstanding until the worker answers: a worker
   that is silent for ever is not given more and more of them. Those the
   channel knows of. */
static int
has_room(const struct worker_link *l)
{
	struct fdferry_channel_stats s;

	if (!l->doubted || l->outstanding >= front.most_outstanding)
		return l->outstanding < front.most_outstanding;
	s.size = sizeof s;
	return l->loop != NULL
	    && fdferry_channel_count(loop_channel(l->loop), &s) == 0
	    && s.queued + s.unanswered < (unsigned long)front.most_outstanding;
}

const struct wire wire_ack = { "ack", up, down, pass, has_room,
	COUNT_ACKNOWLEDGED, 0 };
