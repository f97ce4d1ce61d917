/* SPDX-License-Identifier: 0BSD */
/* listeners.c - where connections come in, and when they may not. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"

#define PAUSE_MS 100
/* Of accept, to empty the queue of a socket: more than the longest queue that
   systems make has, of 65535; bounded, since more may come all the time. */
#define QUEUE_ROUNDS (65536 / ACCEPTS_MOST + 1)

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	front.on_client(arg);
}

int
listener_given(const char *text)
{
	char *end;
	long n;

	if (strncmp(text, "fd:", 3) != 0)
		return -1;
	errno = 0;
	n = strtol(text + 3, &end, 10);
	return text[3] >= '0' && text[3] <= '9' && *end == '\0' && errno == 0
		&& n <= INT_MAX && n != 1 && n != 2
	    ? (int)n
	    : LISTENER_BAD;
}

struct listener *
listener_of_number(int n)
{
	struct listener *l;

	for (l = front.listeners; l != NULL; l = l->next)
		if (l->given == n)
			return l;
	return NULL;
}

static void
set_flags(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* `text` is how the configuration calls it; NULL: it came from outside. */
struct listener *
listener_add(int fd, const char *name, const char *text)
{
	struct listener *l = calloc(1, sizeof *l), **end = &front.listeners;
	socklen_t len = sizeof l->at.ss;

	if (l == NULL || (text != NULL && (l->text = strdup(text)) == NULL))
		die(1, "out of memory");
	l->fd = fd;
	l->index = -1;
	l->given = text != NULL ? listener_given(text) : -1;
	l->users = 1;
	(void)snprintf(l->name, sizeof l->name, "%s", name);
	set_flags(fd);
	if (getsockname(fd, (struct sockaddr *)&l->at.ss, &len) == 0)
		l->at.len = len;
	while (*end != NULL)
		end = &(*end)->next;
	*end = l;
	return l;
}

static void
log_listener(const struct listener *l)
{
	char text[512];

	(void)fdferry_addr_text((const struct sockaddr *)&l->at.ss, l->at.len,
	    text, sizeof text);
	log_begin("listening");
	log_text("address", text);
	if (l->name[0] != '\0')
		log_text("name", l->name);
	log_end();
}

void
log_path(const char *event, const struct addr *at, const char *why)
{
	char text[512];

	(void)fdferry_addr_text((const struct sockaddr *)&at->ss, at->len, text,
	    sizeof text);
	log_begin(event);
	log_text("address", text);
	if (why != NULL)
		log_text("why", why);
	log_end();
}

/* The kernel would not watch one (memory, a limit of watches): it is tried
   again; the others are watched meanwhile. */
static void
watch_later(void)
{
	struct timeval in = interval(PAUSE_MS);

	front.paused = 1;
	(void)event_add(front.resume, &in);
}

void
listener_watch(struct listener *l)
{
	if (l->event == NULL)
		l->event = event_new(front.base, l->fd, EV_READ | EV_PERSIST,
		    on_accept, l);
	if (l->event == NULL)
		die(1, "out of memory");
	if (!front.paused && !front.yielded && event_add(l->event, NULL) < 0)
		watch_later();
	log_listener(l);
	if (l->stray)
		log_path("path-left", &l->at,
		    "it is not in this directory, or its lock is gone: "
		    "nobody will remove it");
}

void
listener_drop(struct listener *l)
{
	if (--l->users > 0)
		return;
	free(l->text);
	free(l);
}

/* Stop watching the socket, and take it off the list. */
static void
unwatch(struct listener *l)
{
	struct listener **at = &front.listeners;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	l->index = -1;
	if (l->event != NULL)
		event_free(l->event);
	l->event = NULL;
}

void
listener_close(struct listener *l)
{
	unwatch(l);
	if (l->ours)
		unlisten(&l->at);
	(void)close(l->fd);
	l->fd = -1;
	listener_drop(l);
}

/* Is somebody in the queue of the socket? */
static int
is_queued(const struct listener *l)
{
	struct pollfd p;

	p.fd = l->fd;
	p.events = POLLIN;
	p.revents = 0;
	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

/* Those who have connected already are ours: to close the socket would reset
   them. At the limit of connections they are lost. Returns whether the listener
   is still there: a socket that turns out to be dead is closed meanwhile. */
static int
accept_queued(struct listener *l)
{
	int i, is_there;

	l->users++;
	for (i = 0; i < QUEUE_ROUNDS && l->event != NULL && !front.paused
	     && !front.yielded && is_queued(l);
	     i++) {
		l->batch = ACCEPTS_MOST;
		front.on_client(l);
	}
	is_there = l->fd >= 0;
	listener_drop(l);
	return is_there;
}

void
listener_finish(struct listener *l)
{
	if (accept_queued(l))
		listener_close(l);
}

/* The path is made again, by another socket: this one has no name left. */
static void
listener_repair(struct listener *l)
{
	char why[1024];
	int fd = listen_again(&l->at, &front.sockets, why, sizeof why);

	if (fd < 0) {
		log_path("path-lost", &l->at, why);
		return;
	}
	if (!accept_queued(l)) {
		(void)close(fd);
		return;
	}
	event_free(l->event);
	(void)close(l->fd);
	l->fd = fd;
	set_flags(fd);
	l->event = NULL;
	log_path("path-made-again", &l->at, NULL);
	listener_watch(l);
}

void
listeners_repair(void)
{
	struct listener *l, *next;

	for (l = front.listeners; l != NULL; l = next) {
		next = l->next;
		if (l->ours && l->event != NULL && listen_lost(&l->at))
			listener_repair(l);
	}
}

void
listener_leave(struct listener *l)
{
	unwatch(l);
	if (l->ours)
		listen_forget(&l->at);
	(void)close(l->fd);
	listener_drop(l);
}

void
listeners_pause(void)
{
	struct listener *l;

	for (l = front.listeners; l != NULL; l = l->next)
		if (l->event != NULL)
			(void)event_del(l->event);
}

void
listeners_resume(void)
{
	struct listener *l;

	for (l = front.listeners; l != NULL; l = l->next)
		if (l->event != NULL && event_add(l->event, NULL) < 0)
			watch_later();
}

void
accept_pause(void)
{
	struct timeval in = interval(PAUSE_MS);

	front.paused = 1;
	listeners_pause();
	(void)event_add(front.resume, &in);
}

/* Accept again after a pause, or because a connection has ended. */
void
accept_again(void)
{
	if (front.draining && conns_held() == 0) {
		(void)event_base_loopbreak(front.base);
		return;
	}
	if (!front.paused || front.draining || front.yielded
	    || conns_held() >= front.most)
		return;
	front.paused = 0;
	(void)event_del(front.resume);
	listeners_resume();
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct timeval in = interval(PAUSE_MS);

	(void)fd;
	(void)what;
	(void)arg;
	accept_again();
	if (front.paused && !front.draining)
		(void)event_add(front.resume, &in);
}

void
listeners_init(void)
{
	front.resume = evtimer_new(front.base, on_resume, NULL);
	if (front.resume == NULL)
		die(1, "out of memory");
}
