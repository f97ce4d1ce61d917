/* SPDX-License-Identifier: 0BSD */
/*
 * wire-plain.c - workers of the plain wire: a message is one NUL byte and
 * one descriptor. They answer nothing, so what the kernel has taken is
 * not accepted; and when we leave, they may still have it to read.
 */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"
#include "net/plain.h"

/* ------------------------------------------------ leaving --------------- */

/* A socket whose write side this front has shut. What is queued on it belongs
   to the worker, which may still read it. */
struct parting {
	struct parting *next;
	struct event *event;
	char *worker;
	struct timespec since;
	int fd;
};

static struct parting *partings;

static void
parting_end(struct parting *p, int in_time)
{
	struct parting **at = &partings;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (!in_time) {
		log_begin("worker-unfinished");
		log_text("worker", p->worker);
		log_end();
	}
	event_free(p->event);
	(void)close(p->fd);
	free(p->worker);
	free(p);
}

static void
parting_wait(struct parting *p)
{
	long left = LINGER_MS - ms_since(&p->since);
	struct timeval in = interval(left);

	if (left <= 0 || event_add(p->event, &in) < 0)
		parting_end(p, 0);
}

static void
on_parting(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	if (linger_over(fd))
		parting_end(arg, 1);
	else
		parting_wait(arg);
}

/* Close the socket when the worker has ended its side; at once if there is no
   memory to wait with. */
static void
part(const struct worker_link *l)
{
	struct parting *p = calloc(1, sizeof *p);

	if (p == NULL || (p->worker = strdup(l->name)) == NULL
	    || (p->event = event_new(front.base, l->fd, EV_READ, on_parting, p))
		== NULL) {
		if (p != NULL)
			free(p->worker);
		free(p);
		(void)close(l->fd);
		return;
	}
	p->fd = l->fd;
	(void)fdferry_deadline(&p->since, 0);
	p->next = partings;
	partings = p;
	parting_wait(p);
}

/* After the loop: wait for all of these workers at the same time, so no longer
   than for one. */
void
plain_end(void)
{
	while (partings != NULL)
		parting_end(partings,
		    linger_wait(partings->fd,
			(int)(LINGER_MS - ms_since(&partings->since))));
}

/* ------------------------------------------------ links ----------------- */

/* What can be read is the end. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	if (linger_over(fd))
		worker_link_lost(arg);
}

/* Once, however many such workers there are. */
static void
log_caveat(void)
{
	static int said;

	if (said || plain_caveat() == NULL)
		return;
	said = 1;
	log_begin("plain-wire-may-lose");
	log_text("why", plain_caveat());
	log_end();
}

static int
up(struct worker_link *l)
{
	log_caveat();
	l->fd = worker_link_socket(l);
	if (l->fd < 0)
		return -1;
	l->event =
	    event_new(front.base, l->fd, EV_READ | EV_PERSIST, on_readable, l);
	l->used = 0;
	if (l->event != NULL && event_add(l->event, NULL) == 0)
		return 0;
	if (l->event != NULL)
		event_free(l->event);
	l->event = NULL;
	(void)close(l->fd);
	l->fd = -1;
	return -1;
}

static void
down(struct worker_link *l)
{
	event_free(l->event);
	l->event = NULL;
	if (!l->used || linger_begin(l->fd) < 0 || linger_over(l->fd))
		(void)close(l->fd);
	else
		part(l);
	l->fd = -1;
}

static enum passed
pass(struct worker_link *l, struct connection *c,
    const struct recognised *recognised)
{
	struct fdferry_result r;

	(void)recognised;
	r.size = sizeof r;
	if (fdferry_send_fd(l->fd, c->fd, FDFERRY_NONBLOCK | FDFERRY_UNIX, NULL,
		&r)
	    == 0) {
		l->used = 1;
		return PASS_DONE;
	}
	/* The limit in flight is the user's, not the socket's: no event tells
	   when it has room, so time does. */
	if (r.error == EAGAIN || r.error == ETOOMANYREFS) {
		worker_link_aside(l);
		return PASS_BUSY;
	}
	worker_link_lost(l);
	return PASS_NO;
}

static int
has_room(const struct worker_link *l)
{
	(void)l;
	return 1;
}

const struct wire wire_plain = { "", up, down, pass, has_room, COUNT_DELIVERED,
	0 };
