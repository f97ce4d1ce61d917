/* SPDX-License-Identifier: 0BSD */
/*
 * wire-ack.c - fronts that are answered: connections are offered over a
 * channel, and accepted when their program runs.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loop/children.h"
#include "loop/channel-loop.h"
#include "worker.h"

/* What is refused because its program cannot be started, see fdferry(1). */
#define REASON_START FDFERRY_REASON_OWN

/* An offer whose program waits to be started, or is being started. */
struct offer {
	struct offer *next;
	struct source *source; /* NULL: its front has gone */
	struct event *status;  /* of the program */
	unsigned long id;
	char *about;
};

static void
offer_free(struct offer *o)
{
	struct offer **at;

	if (o->source != NULL) {
		at = &o->source->offers;
		while (*at != o)
			at = &(*at)->next;
		*at = o->next;
	}
	if (o->status != NULL) {
		(void)close(event_get_fd(o->status));
		event_free(o->status);
	}
	free(o->about);
	free(o);
}

static void
gone(struct source *s)
{
	struct offer *o, *next;

	for (o = s->offers; o != NULL; o = next) {
		next = o->next;
		o->source = NULL;
		if (o->status == NULL) /* else its program will tell */
			offer_free(o);
	}
	loop_close(s->loop);
}

static int
idle(const struct source *s)
{
	long ms;

	return s->loop != NULL && s->offers == NULL
	    && !(fdferry_channel_wants(loop_channel(s->loop), &ms)
		& FDFERRY_WANT_WRITE);
}

static void
refuse(struct offer *o, unsigned int reason)
{
	struct channel_loop *loop = o->source != NULL ? o->source->loop : NULL;

	if (loop != NULL) {
		(void)fdferry_channel_refuse(loop_channel(loop), o->id, reason);
		loop_kick(loop);
	}
	offer_free(o);
}

/* End of file: the program runs, and the connection is ours. Else errno. */
static void
on_started(evutil_socket_t fd, short what, void *arg)
{
	struct offer *o = arg;
	int error = 0;
	ssize_t n;

	(void)what;
	do
		n = read(fd, &error, sizeof error);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0 || o->source == NULL) {
		refuse(o, REASON_START);
		return;
	}
	(void)fdferry_channel_accept(loop_channel(o->source->loop), o->id);
	loop_kick(o->source->loop);
	offer_free(o);
}

static void
start_offer(struct offer *o)
{
	struct fdferry_channel *channel = loop_channel(o->source->loop);
	int status, fd = fdferry_channel_look(channel, o->id);

	if (fd < 0) { /* taken back meanwhile */
		offer_free(o);
		return;
	}
	if (child_start(worker.command, fd, o->about, NULL, &status) < 0) {
		warn("starting %s: %s", worker.command[0], strerror(errno));
		refuse(o, FDFERRY_REASON_BUSY);
		return;
	}
	o->status =
	    event_new(worker.base, status, EV_READ | EV_PERSIST, on_started, o);
	if (o->status == NULL)
		die(1, "out of memory");
	if (event_add(o->status, NULL) == 0)
		return;
	/* The kernel would not watch it: wait here until the program runs. */
	(void)fcntl(status, F_SETFL, 0);
	on_started(status, EV_READ, o);
}

/* The oldest of each front. */
void
ack_start(void)
{
	struct source *s;
	struct offer *o, *next;

	for (s = worker.sources; s != NULL; s = s->next)
		for (o = s->offers; o != NULL; o = next) {
			next = o->next;
			if (worker_full())
				return;
			if (o->status == NULL)
				start_offer(o);
		}
}

static void
on_offer(struct source *s, const struct fdferry_event *event)
{
	struct offer *o = calloc(1, sizeof *o), **end = &s->offers;

	if (o == NULL || (o->about = malloc(event->len + 1)) == NULL) {
		free(o);
		(void)fdferry_channel_refuse(loop_channel(s->loop), event->id,
		    FDFERRY_REASON_BUSY);
		return;
	}
	memcpy(o->about, event->data, event->len);
	o->about[event->len] = '\0';
	o->source = s;
	o->id = event->id;
	while (*end != NULL)
		end = &(*end)->next;
	*end = o;
	if (worker.draining)
		refuse(o, FDFERRY_REASON_BUSY);
}

static struct offer *
offer_of(struct source *s, unsigned long id)
{
	struct offer *o = s->offers;

	while (o != NULL && o->id != id)
		o = o->next;
	return o;
}

static void
on_event(struct channel_loop *p, const struct fdferry_event *event, void *arg)
{
	struct source *s = arg;
	struct offer *o;
	size_t i;

	(void)p;
	switch (event->type) {
	case FDFERRY_EVENT_OFFER: on_offer(s, event); break;
	case FDFERRY_EVENT_WITHDRAWN:
		o = offer_of(s, event->id);
		if (o != NULL && o->status == NULL)
			offer_free(o);
		break;
	case FDFERRY_EVENT_TAKEN: /* its program has it */
	case FDFERRY_EVENT_MESSAGE:
		for (i = 0; i < event->nfds; i++)
			(void)close(event->fds[i]);
		break;
	case FDFERRY_EVENT_END:
		if (event->error != 0 && event->error != ECONNRESET)
			warn("front: %s (does it speak the wire ack?)",
			    strerror(event->error));
		source_gone(s);
		break;
	}
}

static void
after(void *arg)
{
	(void)arg;
	ack_start();
	worker_finish();
}

int
ack_open(struct source *s)
{
	struct fdferry_channel_opts opts;

	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.most_bytes = 65536;
	s->gone = gone;
	s->idle = idle;
	s->loop = loop_open(worker.base, s->fd, &opts, on_event, after, s);
	return s->loop != NULL ? 0 : -1;
}

/* Offers that were not begun go back; those begun are seen through. */
void
ack_drain(struct source *s)
{
	struct offer *o, *next;

	for (o = s->offers; o != NULL; o = next) {
		next = o->next;
		if (o->status == NULL)
			refuse(o, FDFERRY_REASON_BUSY);
	}
}
