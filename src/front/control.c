/* SPDX-License-Identifier: 0BSD */
/*
 * control.c - the control socket of a front: who asks there, and its
 * status. handover.c hands all over.
 *
 * Nobody keeps a place here for nothing: who asks nothing for a while is let
 * go, at once if another wants the place.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "control-text.h"
#include "front.h"
#include "loop/log.h"
#include "loop/channel-loop.h"
#include "service/service.h"

#define CLIENTS_MOST 16
#define BUSY_MOST 16		/* beyond them, told that they are too many */
#define PAUSE_MS 100
#define IDLE_MS 10000
#define IDLE_LEAST_MS 1000	/* then another may have the place */

struct client {
	struct client *next;
	struct pump *pump;
	struct timespec heard;	/* when it last asked or took an answer */
	int busy;		/* it has no place, and is told so */
};

static struct {
	int fd;			/* -1: none */
	struct addr at;
	struct event *event;
	struct event *resume;	/* accepting again after a pause */
	struct client *clients;
	long n, nbusy;
} control = { -1, { { 0 }, 0 }, NULL, NULL, NULL, 0, 0 };

/* ------------------------------------------------ clients --------------- */

static void
client_end(struct client *c, const char *why)
{
	struct client **at = &control.clients;
	int took_over = handover_is(c->pump);

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->busy)
		control.nbusy--;
	else
		control.n--;
	pump_close(c->pump);
	if (took_over)
		handover_over(why);
	free(c);
}

static void
on_late(struct pump *p, void *arg)
{
	(void)p;
	client_end(arg, "the other front is silent");
}

static void
heard(struct client *c)
{
	(void)clock_gettime(CLOCK_MONOTONIC, &c->heard);
	pump_alive(c->pump);
}

static int
is(const struct fdferry_event *event, const char *text)
{
	return event->len == strlen(text)
	    && memcmp(event->data, text, event->len) == 0;
}

static void
answer_status(struct client *c, int json)
{
	size_t len;
	char *text = status_text(json, &len);

	if (text == NULL || pump_say(c->pump, text, len) < 0)
		(void)pump_say(c->pump, "error no memory", 15);
	free(text);
}

static void
answer(struct client *c, const struct fdferry_event *event)
{
	static const char unknown[] =
	    "error expected status, status json or takeover 1";
	static const char busy[] =
	    "error busy: too many ask this front at a time, try again later";

	if (c->busy)
		(void)pump_say(c->pump, busy, sizeof busy - 1);
	else if (is(event, CONTROL_TAKEOVER)) {
		if (handover_begin(c->pump) == 0)
			(void)pump_limit(c->pump, handover_patience(),
			    on_late);
	} else if (is(event, "status") || is(event, "status json"))
		answer_status(c, is(event, "status json"));
	else if (!handover_is(c->pump) || !is(event, CONTROL_READY)
	    || handover_ready() < 0)
		(void)pump_say(c->pump, unknown, sizeof unknown - 1);
}

static void
on_event(struct pump *p, const struct fdferry_event *event, void *arg)
{
	struct client *c = arg;
	const char *why = NULL;
	size_t i;

	for (i = 0; i < event->nfds; i++)
		(void)close(event->fds[i]);
	/* Of one that takes over only what it must do is life. */
	if (!handover_is(p) && !c->busy && event->type != FDFERRY_EVENT_END)
		heard(c);
	if (event->type == FDFERRY_EVENT_END)
		why = "the other front has ended";
	else if (event->type == FDFERRY_EVENT_OFFER)
		(void)fdferry_channel_refuse(pump_channel(p), event->id,
		    FDFERRY_REASON_POLICY);
	else if (event->type == FDFERRY_EVENT_MESSAGE)
		answer(c, event);
	else if (handover_is(p))
		why = handover_event(event);
	if (why != NULL)
		client_end(c, why);
}

/* A place among the clients: the one that was silent for longest makes room,
   but not before it had the time to ask. */
static int
has_place(void)
{
	struct client *c, *oldest = NULL;

	if (control.n < CLIENTS_MOST)
		return 1;
	for (c = control.clients; c != NULL; c = c->next)
		if (!c->busy && !handover_is(c->pump) && (oldest == NULL
		    || ms_since(&c->heard) > ms_since(&oldest->heard)))
			oldest = c;
	if (oldest == NULL || ms_since(&oldest->heard) < IDLE_LEAST_MS)
		return 0;
	client_end(oldest, "");
	return 1;
}

static void
welcome(int fd, int busy)
{
	struct fdferry_channel_opts opts;
	struct client *c;

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.most_bytes = 4096;
	opts.most_fds = FDFERRY_NONE;
	opts.doubt_ms = front.ack_ms;
	c = calloc(1, sizeof *c);
	if (c != NULL)
		c->pump = pump_open(front.base, fd, &opts, on_event, NULL, c);
	if (c == NULL || c->pump == NULL) {
		free(c);
		(void)close(fd);
		return;
	}
	c->busy = busy;
	c->next = control.clients;
	control.clients = c;
	if (busy)
		control.nbusy++;
	else
		control.n++;
	(void)clock_gettime(CLOCK_MONOTONIC, &c->heard);
	if (pump_limit(c->pump, busy ? IDLE_LEAST_MS : IDLE_MS, on_late) < 0)
		client_end(c, "");
}

/* The owner of the front, or root: nobody that --allow-uid names. */
static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	static const struct uidlist nobody;
	struct timeval in = interval(PAUSE_MS);
	int fd = accept(sock, NULL, NULL);

	(void)what;
	(void)arg;
	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
	    || errno == ENOMEM)) {
		/* Do not spin on one who waits. */
		(void)event_del(control.event);
		(void)event_add(control.resume, &in);
	}
	if (fd < 0)
		return;
	if (!peer_allowed(fd, &nobody))
		(void)close(fd);
	else if (has_place())
		welcome(fd, 0);
	else if (control.nbusy < BUSY_MOST)
		welcome(fd, 1);
	else
		(void)close(fd);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	(void)event_add(control.event, NULL);
}

/* ------------------------------------------------ the socket ------------ */

/* `fd` listens at `at` already. */
void
control_watch(int fd, const struct addr *at)
{
	control.fd = fd;
	control.at = *at;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	control.event = event_new(front.base, fd, EV_READ | EV_PERSIST,
	    on_accept, NULL);
	control.resume = evtimer_new(front.base, on_resume, NULL);
	if (control.event == NULL || control.resume == NULL
	    || event_add(control.event, NULL) < 0)
		die(1, "cannot watch the control socket");
}

void
control_arg(const char *option, const char *text, struct addr *at)
{
	char err[1024];

	if (addr_names_unix(text) && addr_parse(text, at, 1, err, sizeof err)
	    < 0)
		usage_error("%s %s", option, err);
	if (!addr_names_unix(text) || addr_is_abstract(at))
		usage_error("%s %s: expected the path of a front's control "
		    "socket", option, text);
}

int
control_socket(struct addr *at)
{
	*at = control.at;
	return control.fd;
}

int
control_open(const char *text, struct addr *at)
{
	char err[512];
	int fd;

	control_arg("--control", text, at);
	fd = listen_on(at, &front.sockets, err, sizeof err);
	if (fd < 0)
		die(1, "%s", err);
	return fd;
}

void
control_close(void)
{
	if (control.fd < 0)
		return;
	event_free(control.event);
	event_free(control.resume);
	if (front.yielded)		/* its path is the other's now */
		listen_forget(&control.at);
	else
		unlisten(&control.at);
	(void)close(control.fd);
	control.fd = -1;
}

void
control_end(void)
{
	while (control.clients != NULL)
		client_end(control.clients, "this front ends");
	control_close();
}
