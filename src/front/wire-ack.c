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

#include "front.h"
#include "loop/channel-loop.h"

/* ------------------------------------------------ what is offered ------- */

static void
remember(struct link *l, struct conn *c)
{
	c->link = l;
	c->onext = l->offered;
	l->offered = c;
	l->outstanding++;
}

/* Off the list of what is offered; NULL: no such. */
static struct conn *
forget(struct link *l, unsigned long id)
{
	struct conn **at = &l->offered, *c;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->onext;
	c = *at;
	if (c == NULL)
		return NULL;
	*at = c->onext;
	l->outstanding--;
	return c;
}

/* It is ours again: why, and where to now. */
static void
refused(struct link *l, struct conn *c, const struct fdferry_event *event)
{
	if (event->error == ETIMEDOUT)
		count_refusal(l, "timeout");
	else if (event->error == ECANCELED)
		count_refusal(l, "called-back");
	else if (event->reason == FDFERRY_REASON_BUSY)
		count_refusal(l, "busy");
	else
		count_refusal(l, "refused");
	link_aside(l);
	conn_back(c);
}

static void
outcome(struct link *l, const struct fdferry_event *event)
{
	struct conn *c = forget(l, event->id);

	if (c == NULL)
		return;
	switch (event->outcome) {
	case FDFERRY_ACCEPTED:
		conn_taken(c);
		break;
	case FDFERRY_IN_DOUBT:
		conn_doubt(c);
		break;
	case FDFERRY_REFUSED_BACK:
		refused(l, c, event);
		break;
	default:			/* the worker went first */
		count_refusal(l, "gone");
		conn_back(c);
	}
}

/* ------------------------------------------------ the channel ----------- */

static void
on_event(struct pump *p, const struct fdferry_event *event, void *arg)
{
	struct link *l = arg;
	size_t i;

	switch (event->type) {
	case FDFERRY_EVENT_HANDOFF:
		outcome(l, event);
		break;
	case FDFERRY_EVENT_OFFER:	/* the wrong way round */
		(void)fdferry_channel_refuse(pump_channel(p), event->id,
		    FDFERRY_REASON_POLICY);
		break;
	case FDFERRY_EVENT_MESSAGE:
		for (i = 0; i < event->nfds; i++)
			(void)close(event->fds[i]);
		break;
	case FDFERRY_EVENT_END:
		link_lost(l);
		break;
	}
}

static void
after(void *arg)
{
	struct link *l = arg;

	if (l->leaving && l->offered == NULL)
		link_left(l);
	conns_pass_waiting();
}

/* What was not answered when the channel is freed is in doubt. */
static void
down(struct link *l)
{
	struct conn *c;

	pump_close(l->pump);
	l->pump = NULL;
	while ((c = l->offered) != NULL) {
		(void)forget(l, c->id);
		conn_doubt(c);
	}
}

static int
up(struct link *l)
{
	struct fdferry_channel_opts opts;
	int fd = link_socket(l);

	if (fd < 0)
		return -1;
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.most_fds = FDFERRY_NONE;	/* we take nothing */
	opts.doubt_ms = front.ack_ms;
	l->pump = pump_open(front.base, fd, &opts, on_event, after, l);
	if (l->pump != NULL)
		return 0;
	(void)close(fd);
	return -1;
}

static enum passed
pass(struct link *l, struct conn *c, const struct seen *seen)
{
	struct timespec until;
	char text[4096];

	conn_decided_text(c, seen, text, sizeof text);
	(void)fdferry_deadline(&until, front.ack_ms);
	if (fdferry_channel_handoff(pump_channel(l->pump), text, strlen(text),
	    c->fd, 0, &until, &c->id) < 0) {
		if (errno == EPIPE)
			return PASS_NO;	/* its end comes as an event */
		link_aside(l);
		return PASS_BUSY;
	}
	remember(l, c);
	pump_kick(l->pump);
	return PASS_OFFERED;
}

static int
has_room(const struct link *l)
{
	return l->outstanding < front.most_outstanding;
}

const struct wire wire_ack = { "ack", up, down, pass, has_room };
