/* SPDX-License-Identifier: 0BSD */
/*
 * worker-link.c - the link to a worker: up, down, set aside, and when to try
 * again. Nothing here waits.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "seats.h"
#include "loop/channel-loop.h"
#include "loop/children.h"
#include "loop/log.h"

#define RETRY_MOST_MS 2000

/* A path may deny us, also one where nobody listens. */
const char *
worker_link_why(const struct worker_link *l)
{
	static char text[200];

	if (l->error == WORKER_USER)
		return "it runs as another user";
	if (l->error != EACCES)
		return strerror(l->error);
	(void)snprintf(text, sizeof text,
	    "%s: refused by the permissions of the path", strerror(EACCES));
	return text;
}

/* Why it is not reached: once, until that changes. */
static void
unreachable(struct worker_link *l, int error)
{
	if (l->error == error)
		return;
	l->error = error;
	log_begin("worker-unreachable");
	log_text("worker", l->name);
	log_text("address", l->text);
	log_text("why", worker_link_why(l));
	log_end();
}

static void
log_link(const struct worker_link *l, const char *event)
{
	log_begin(event);
	log_text("worker", l->name);
	log_end();
}

static void
retry_in(struct worker_link *l, int ms)
{
	struct timeval in = interval(ms);

	(void)event_add(l->retry, &in);
}

/* After `ms`, and after twice as long the next time. */
static void
retry_after(struct worker_link *l, int *ms)
{
	retry_in(l, *ms);
	*ms = *ms < RETRY_MOST_MS / 2 ? *ms * 2 : RETRY_MOST_MS;
}

static void
retry_later(struct worker_link *l)
{
	retry_after(l, &l->retry_ms);
}

/* One that is disabled has no link; a program of our own needs none. */
static int
may_link(const struct worker_link *l)
{
	return l->order != ORDER_DISABLE || l->command != NULL;
}

void
worker_link_up(struct worker_link *l)
{
	if (!may_link(l))
		return;
	if (l->wire->up(l) < 0) {
		retry_later(l);
		return;
	}
	l->linked = 1;
	l->up = l->order == ORDER_ENABLE;
	l->aside = 0;
	l->error = 0;
	l->busy_ms = RETRY_FIRST_MS;
	(void)fdferry_deadline(&l->up_since, 0);
	seat_changed(l);
	log_link(l, "worker-up");
}

/* False: it had ended before. */
static int
end_link(struct worker_link *l)
{
	if (!l->linked)
		return 0;
	l->linked = l->up = 0;
	l->aside = 0;
	seat_changed(l);
	l->wire->down(l);
	log_link(l, "worker-gone");
	return 1;
}

void
worker_link_lost(struct worker_link *l)
{
	if (!end_link(l))
		return;
	if (ms_since(&l->up_since) >= RETRY_MOST_MS)
		l->retry_ms = RETRY_FIRST_MS;
	retry_later(l);
	outcomes.changed();
}

/* Nothing of ours is there any more: end the link, until it is wanted. */
void
worker_link_rest(struct worker_link *l)
{
	if (end_link(l))
		(void)event_del(l->retry);
}

/* Those who wait for this one may now go to others, or to this one. */
void
worker_link_order(struct worker_link *l, enum order order)
{
	l->order = order;
	l->up = l->linked && !l->deaf && order == ORDER_ENABLE;
	seat_changed(l);
	if (!may_link(l) && l->offered != NULL) {
		(void)fdferry_channel_cancel(loop_channel(l->loop), 0);
		loop_kick(l->loop);
	} else if (!may_link(l))
		worker_link_rest(l);
	else if (!l->linked) {
		l->retry_ms = RETRY_FIRST_MS;
		worker_link_up(l);
	}
	if (l->up)
		outcomes.room(l);
	else
		outcomes.changed();
}

void
worker_link_aside(struct worker_link *l)
{
	if (!l->up || l->aside)
		return;
	l->aside = 1;
	seat_changed(l);
	retry_after(l, &l->busy_ms);
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct worker_link *l = arg;

	(void)fd;
	(void)what;
	l->aside = 0;
	if (!l->linked)
		worker_link_up(l);
	if (!l->up)
		return;
	seat_changed(l);
	outcomes.room(l);
}

/* A non-blocking, close-on-exec Unix socket. If no descriptor is free, the
   spare one is given up for it. */
static int
new_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE)
	    && front.spare >= 0) {
		(void)close(front.spare);
		front.spare = -1;
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
	}
	if (fd < 0)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

int
worker_link_socket(struct worker_link *l)
{
	int fd = new_socket();

	/* A full backlog is EAGAIN at once: a slow worker delays nobody. */
	if (fd < 0
	    || connect(fd, (const struct sockaddr *)&l->addr.ss, l->addr.len)
		< 0) {
		unreachable(l, errno);
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	if (peer_allowed(fd, &front.allowed))
		return fd;
	if (l->error != WORKER_USER) {
		log_begin("worker-refused");
		log_text("worker", l->name);
		log_text("why",
		    "it runs as another user; --allow-uid UID "
		    "would accept it");
		log_end();
	}
	l->error = WORKER_USER;
	(void)close(fd);
	return -1;
}

void
worker_link_free(struct worker_link *l)
{
	if (l->linked) {
		l->linked = l->up = 0;
		l->wire->down(l);
	}
	if (l->seat != NULL)
		seat_give(l->seat, NULL);
	if (l->retry != NULL)
		event_free(l->retry);
	program_free(l->command);
	free(l->name);
	free(l->text);
	free(l);
}

void
worker_link_left(struct worker_link *l)
{
	struct worker_link **at = &front.workers;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	worker_link_free(l);
}

void
worker_link_init(struct worker_link *l)
{
	l->retry_ms = RETRY_FIRST_MS;
	l->retry = evtimer_new(front.base, on_retry, l);
}
