/* SPDX-License-Identifier: 0BSD */
/* listeners.c - where connections come in, and when they may not. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"
#include "service/service.h"

#define PAUSE_MS 100

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	front.on_client(arg);
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
	l->users = 1;
	(void)snprintf(l->name, sizeof l->name, "%s", name);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
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
listener_watch(struct listener *l)
{
	if (l->event == NULL)
		l->event = event_new(front.base, l->fd, EV_READ | EV_PERSIST,
		    on_accept, l);
	if (l->event == NULL)
		die(1, "out of memory");
	if (!front.paused && !front.yielded)
		(void)event_add(l->event, NULL);
	log_listener(l);
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
	listener_drop(l);
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
		if (l->event != NULL)
			(void)event_add(l->event, NULL);
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

/* Those of a service manager. */
void
listeners_inherit(void)
{
	struct fdferry_info info;
	int i, n = inherited_fds();

	for (i = 0; i < n; i++) {
		info.size = sizeof info;
		if (fdferry_describe(3 + i, &info) < 0 || info.listening == 0
		    || info.type != SOCK_STREAM)
			die(2,
			    "LISTEN_FDS=%d: descriptor %d is not a "
			    "listening stream socket",
			    n, 3 + i);
		(void)listener_add(3 + i, inherited_name(i), NULL);
	}
}

static int
is_open(const char *text)
{
	struct listener *l;

	for (l = front.listeners; l != NULL; l = l->next)
		if (l->text != NULL && strcmp(l->text, text) == 0)
			return 1;
	return 0;
}

/* The address of a line, or -1 with a text. */
static int
read_address(const struct listen *at, struct addr *addr, char *err,
    size_t errlen)
{
	char why[1024];

	if (addr_parse(at->addr, addr, 1, why, sizeof why) == 0
	    && abstract_check(addr, at->addr, &front.allowed, why, sizeof why)
		== 0)
		return 0;
	(void)snprintf(err, errlen, "%s: %s", at->where, why);
	return -1;
}

int
listeners_check(const struct config *config, char *err, size_t errlen)
{
	struct addr addr;
	size_t i;

	for (i = 0; i < config->nlistens; i++)
		if (read_address(&config->listens[i], &addr, err, errlen) < 0)
			return -1;
	return 0;
}

static int
open_one(const struct listen *at, char *err, size_t errlen)
{
	struct listener *l;
	struct addr addr;
	char why[1024];
	int fd;

	if (read_address(at, &addr, err, errlen) < 0)
		return -1;
	fd = listen_on(&addr, &front.sockets, why, sizeof why);
	if (fd < 0) {
		(void)snprintf(err, errlen, "%s: %s", at->where, why);
		return -1;
	}
	l = listener_add(fd, "", at->addr);
	l->ours = addr_is_unix(&addr) && !addr_is_abstract(&addr);
	l->checked = addr_is_abstract(&addr);
	if (l->ours)
		l->at = addr;
	return 0;
}

/* Open those that are not open yet; on failure none of them. */
int
listeners_open(const struct config *config, char *err, size_t errlen)
{
	struct listener *l, *next, *last;
	size_t i;

	for (last = front.listeners; last != NULL && last->next != NULL;)
		last = last->next;
	for (i = 0; i < config->nlistens; i++) {
		if (is_open(config->listens[i].addr)
		    || open_one(&config->listens[i], err, errlen) == 0)
			continue;
		for (l = last != NULL ? last->next : front.listeners; l != NULL;
		     l = next) {
			next = l->next;
			listener_close(l);
		}
		return -1;
	}
	return 0;
}

/* Close those that the configuration no longer names. */
void
listeners_keep(const struct config *config)
{
	struct listener *l, *next;
	size_t i;

	for (l = front.listeners; l != NULL; l = next) {
		next = l->next;
		for (i = 0; l->text != NULL && i < config->nlistens; i++)
			if (strcmp(l->text, config->listens[i].addr) == 0)
				break;
		if (l->text != NULL && i == config->nlistens)
			listener_close(l);
		else if (l->event == NULL)
			listener_watch(l);
	}
}
