/* SPDX-License-Identifier: 0BSD */
/*
 * front-link.c - our connection to each worker, and passing over it.
 *
 * Workers listen, the front connects, and connects again when one has gone.
 * A message is one NUL byte and one descriptor. Nothing here waits: a worker
 * that does not take a connection now is busy, and is tried again soon.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "log.h"

#define RETRY_FIRST_MS 50
#define RETRY_MOST_MS 2000
#define BUSY_MS 20

static void
retry_in(struct link *l, int ms)
{
	struct timeval in;

	in.tv_sec = ms / 1000;
	in.tv_usec = ms % 1000 * 1000;
	(void)event_add(l->retry, &in);
}

static void
retry_later(struct link *l)
{
	retry_in(l, l->retry_ms);
	l->retry_ms *= 2;
	if (l->retry_ms > RETRY_MOST_MS)
		l->retry_ms = RETRY_MOST_MS;
}

static void
link_down(struct link *l)
{
	event_free(l->event);
	l->event = NULL;
	(void)close(l->fd);
	l->fd = -1;
	l->full = 0;
	log_begin("worker-gone");
	log_text("worker", l->worker->name);
	log_end();
	retry_later(l);
}

/* Workers of the plain wire say nothing: what can be read is the end. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	char bytes[256];
	ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

	(void)what;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK
	    && errno != EINTR))
		link_down(l);
}

/* A non-blocking, close-on-exec Unix socket; the spare makes room for it. */
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

/* Connected to a worker of an allowed user, or -1. */
static int
connected(struct link *l)
{
	int fd = new_socket();

	if (fd < 0)
		return -1;
	/* A full backlog is EAGAIN at once: a slow worker delays nobody. */
	if (connect(fd, (const struct sockaddr *)&l->addr.ss, l->addr.len)
	    < 0) {
		(void)close(fd);
		return -1;
	}
	if (peer_allowed(fd, &front.allowed)) {
		l->refused = 0;
		return fd;
	}
	if (!l->refused) {
		log_begin("worker-refused");
		log_text("worker", l->worker->name);
		log_text("why", "it runs as another user; --allow-uid UID "
		    "would accept it");
		log_end();
	}
	l->refused = 1;
	(void)close(fd);
	return -1;
}

static void
link_up(struct link *l)
{
	int fd = connected(l);

	if (fd < 0) {
		retry_later(l);
		return;
	}
	l->event = event_new(front.base, fd, EV_READ | EV_PERSIST,
	    on_readable, l);
	if (l->event == NULL || event_add(l->event, NULL) < 0) {
		if (l->event != NULL)
			event_free(l->event);
		l->event = NULL;
		(void)close(fd);
		retry_later(l);
		return;
	}
	l->fd = fd;
	l->full = 0;
	l->retry_ms = RETRY_FIRST_MS;
	log_begin("worker-up");
	log_text("worker", l->worker->name);
	log_end();
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	l->full = 0;
	if (l->fd < 0)
		link_up(l);
	if (l->fd >= 0)
		conns_pass_waiting();
}

void
links_init(void)
{
	struct link *l;
	size_t i;

	for (i = 0; i < front.config.nworkers; i++) {
		l = &front.links[i];
		l->fd = -1;
		l->retry_ms = RETRY_FIRST_MS;
		l->retry = evtimer_new(front.base, on_retry, l);
		if (l->retry == NULL)
			die(1, "out of memory");
		link_up(l);
	}
}

/* Did the kernel take it? Marks the link if it did not. */
static int
link_send(struct link *l, int fd)
{
	struct fdferry_result r;

	r.size = sizeof r;
	if (fdferry_send_fd(l->fd, fd, FDFERRY_NONBLOCK, NULL, &r) == 0)
		return 1;
	if (r.error == EAGAIN || r.error == ETOOMANYREFS) {
		/* The limit in flight is the user's, not the socket's: no
		   event tells when it has room, so time does. */
		l->full = 1;
		retry_in(l, BUSY_MS);
	} else
		link_down(l);
	return 0;
}

static struct link *
link_of(const char *name)
{
	size_t i;

	for (i = 0; i < front.config.nworkers; i++)
		if (strcmp(front.links[i].worker->name, name) == 0)
			return &front.links[i];
	return NULL;
}

const char *
links_send(int fd, char *const *names, size_t n, int *busy)
{
	struct link *l;
	size_t i;

	for (i = 0; i < n; i++) {
		l = link_of(names[i]);
		if (l == NULL || l->fd < 0)
			continue;
		if (!l->full && link_send(l, fd))
			return names[i];
		if (l->full)
			*busy = 1;
	}
	return NULL;
}

int
links_usable(void)
{
	size_t i;

	for (i = 0; i < front.config.nworkers; i++)
		if (front.links[i].fd >= 0 && !front.links[i].full)
			return 1;
	return 0;
}
