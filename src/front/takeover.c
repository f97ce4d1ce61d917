/* SPDX-License-Identifier: 0BSD */
/*
 * takeover.c - take all over from the front at a control socket:
 * first its listening sockets, and we accept from then on; then what it
 * holds; then it ends. No connection is refused meanwhile, since each
 * listening socket is open in one of us all the time.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control-text.h"
#include "front.h"
#include "loop/log.h"
#include "loop/channel-loop.h"
#include "service/service.h"

#define TAKE_MS 10000

static struct {
	struct fdferry_channel *channel;	/* until the loop runs */
	struct pump *pump;
	struct listener **listeners;	/* by their number */
	long n;
	struct listener *orphan;	/* of connections whose own has gone */
	int fd;
	int control, control_lock;
	struct addr at;
	int done;
} old = { NULL, NULL, NULL, 0, NULL, -1, -1, -1, { { 0 }, 0 }, 0 };

static struct listener *
no_listener(void)
{
	if (old.orphan != NULL)
		return old.orphan;
	old.orphan = calloc(1, sizeof *old.orphan);
	if (old.orphan == NULL)
		die(1, "out of memory");
	old.orphan->fd = -1;
	old.orphan->users = 1;		/* for ever */
	return old.orphan;
}

/* ------------------------------------------------ listeners ------------- */

static void
adopt_path(struct listener *l, int lock)
{
	l->made = 1;
	if (listen_adopt(&l->at, lock) < 0)
		(void)close(lock);
}

/* One line, with its descriptors at *fds; how many they were. */
static size_t
adopt_line(char *line, const int *fds, size_t n)
{
	struct listener *l;
	const char *kind, *made, *checked, *lock, *name, *text;

	kind = field_read(&line);
	if (kind != NULL && strcmp(kind, "control") == 0 && n > 0) {
		lock = field_read(&line);
		old.control = fds[0];
		old.control_lock = lock != NULL && *lock != '\0' && n > 1
		    ? fds[1] : -1;
		return old.control_lock >= 0 ? 2 : 1;
	}
	made = field_read(&line);
	checked = field_read(&line);
	lock = field_read(&line);
	name = field_read(&line);
	text = field_read(&line);
	if (text == NULL || n < (*lock != '\0' ? 2u : 1u))
		die(1, "--takeover: the other front speaks another language");
	l = listener_add(fds[0], name, *text != '\0' ? text : NULL);
	l->checked = *checked != '\0';
	if (*made != '\0' && *lock != '\0')
		adopt_path(l, fds[1]);
	old.listeners = xrealloc(old.listeners, (size_t)old.n + 1,
	    sizeof *old.listeners);
	old.listeners[old.n++] = l;
	return *lock != '\0' ? 2 : 1;
}

static void
adopt_listeners(const struct fdferry_event *event)
{
	const size_t head = strlen(CONTROL_LISTENERS);
	char *text = xrealloc(NULL, event->len + 1, 1), *line, *end;
	size_t used = 0;

	memcpy(text, event->data, event->len);
	text[event->len] = '\0';
	for (line = text + head; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			break;
		*end = '\0';
		used += adopt_line(line, event->fds + used,
		    event->nfds - used);
	}
	free(text);
}

/* ------------------------------------------------ before the loop ------- */

static int
begins(const struct fdferry_event *event, const char *text)
{
	return event->len >= strlen(text)
	    && memcmp(event->data, text, strlen(text)) == 0;
}

/* The answer to what we ask first. */
static void
await_listeners(const char *at)
{
	struct fdferry_event event;
	struct timespec until;

	(void)fdferry_deadline(&until, TAKE_MS);
	event.size = sizeof event;
	do {
		if (fdferry_channel_wait(old.channel, &event, &until) < 0)
			die(1, "--takeover %s: no answer: %s", at,
			    strerror(errno));
		if (event.type == FDFERRY_EVENT_END)
			die(1, "--takeover %s: the front there has ended", at);
	} while (event.type != FDFERRY_EVENT_MESSAGE);
	if (begins(&event, "error "))
		die(1, "--takeover %s: %.*s", at, (int)event.len - 6,
		    (const char *)event.data + 6);
	if (!begins(&event, CONTROL_LISTENERS))
		die(1, "--takeover %s: that is no front's control socket", at);
	adopt_listeners(&event);
}

void
takeover_begin(const char *text)
{
	static const struct uidlist nobody;
	struct fdferry_channel_opts opts;
	char err[512];
	int fd;

	control_arg("--takeover", text, &old.at);
	fd = connect_to(&old.at, TAKE_MS, err, sizeof err);
	if (fd < 0)
		die(1, "--takeover %s: %s", text, err);
	old.fd = fd;
	if (!peer_allowed(fd, &nobody))
		die(1, "--takeover %s: the front there runs as another user",
		    text);
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.flags = FDFERRY_GIVE;
	old.channel = fdferry_channel_new(fd, &opts);
	if (old.channel == NULL || fdferry_channel_send(old.channel,
	    CONTROL_TAKEOVER, strlen(CONTROL_TAKEOVER), NULL, 0, 0, NULL) < 0)
		die(1, "--takeover %s: %s", text, strerror(errno));
	await_listeners(text);
}

int
takeover_control(struct addr *at)
{
	int fd = old.control;

	if (fd < 0)
		return -1;
	*at = old.at;
	if (old.control_lock >= 0 && listen_adopt(at, old.control_lock) < 0)
		(void)close(old.control_lock);
	old.control = -1;
	return fd;
}

/* ------------------------------------------------ in the loop ----------- */

static void
adopt_connection(const struct fdferry_event *event)
{
	struct listener *l;
	char text[64], *line = text;
	const char *number, *age;
	long n;

	(void)snprintf(text, sizeof text, "%.*s",
	    event->len < 60 ? (int)event->len : 60,
	    (const char *)event->data);
	(void)field_read(&line);
	number = field_read(&line);
	age = field_read(&line);
	n = number != NULL ? strtol(number, NULL, 10) : -1;
	l = n >= 0 && n < old.n ? old.listeners[n] : no_listener();
	conns_adopt(event->fds[0], l, age != NULL ? strtol(age, NULL, 10) : 0);
}

static void
end(void)
{
	if (old.pump != NULL)
		pump_close(old.pump);
	old.pump = NULL;
	log_begin(old.done ? "taken-over" : "takeover-cut-short");
	log_end();
}

static void
on_event(struct pump *p, const struct fdferry_event *event, void *arg)
{
	(void)arg;
	switch (event->type) {
	case FDFERRY_EVENT_OFFER:
		(void)fdferry_channel_accept(pump_channel(p), event->id);
		pump_kick(p);
		break;
	case FDFERRY_EVENT_TAKEN:
		adopt_connection(event);
		break;
	case FDFERRY_EVENT_MESSAGE:
		if (!begins(event, CONTROL_DONE))
			break;
		old.done = 1;
		(void)pump_say(p, CONTROL_READY, strlen(CONTROL_READY));
		break;
	case FDFERRY_EVENT_END:
		end();
		break;
	}
}

void
takeover_run(void)
{
	if (old.channel == NULL)
		return;
	old.pump = pump_adopt(front.base, old.fd, old.channel, on_event, NULL, NULL);
	if (old.pump == NULL)
		die(1, "out of memory");
	old.channel = NULL;
	pump_kick(old.pump);
}
