/* SPDX-License-Identifier: 0BSD */
/*
 * control.c - who asks at the control socket (control-socket.c), is told the
 * status, and gives orders. handover.c hands all over.
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

#include "control.h"
#include "control-text.h"
#include "front.h"
#include "loop/log.h"
#include "loop/channel-loop.h"
#include "service/service.h"

#define CLIENTS_MOST 16
#define BUSY_MOST 16 /* beyond them, told that they are too many */
#define IDLE_MS 10000
#define IDLE_LEAST_MS 1000 /* then another may have the place */

struct client {
	struct client *next;
	struct channel_loop *loop;
	struct timespec heard; /* when it last asked or took an answer */
	int busy;	       /* it has no place, and is told so */
};

static struct {
	struct client *clients;
	long n, nbusy;
} control;

/* ------------------------------------------------ clients --------------- */

static void
client_end(struct client *c, const char *why)
{
	struct client **at = &control.clients;
	int took_over = handover_is(c->loop);

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	if (c->busy)
		control.nbusy--;
	else
		control.n--;
	loop_close(c->loop);
	if (took_over)
		handover_over(why);
	free(c);
}

static void
on_late(struct channel_loop *p, void *arg)
{
	(void)p;
	client_end(arg, "the other front is silent");
}

static void
heard(struct client *c)
{
	(void)fdferry_deadline(&c->heard, 0);
	loop_alive(c->loop);
}

static int
is(const struct fdferry_event *event, const char *text)
{
	return event->len == strlen(text)
	    && memcmp(event->data, text, event->len) == 0;
}

static int
begins(const struct fdferry_event *event, const char *text)
{
	return event->len >= strlen(text)
	    && memcmp(event->data, text, strlen(text)) == 0;
}

/* Text in memory, which is freed. */
static void
answer_text(struct client *c, char *text, size_t len)
{
	if (text == NULL || loop_say(c->loop, text, len) < 0)
		(void)loop_say(c->loop, "error no memory", 15);
	free(text);
}

/* Returns false if it does not ask for text. */
static int
answer_question(struct client *c, const struct fdferry_event *event)
{
	char *text;
	size_t len = 0;

	if (is(event, CONTROL_STATUS))
		text = status_text(0, &len);
	else if (is(event, CONTROL_STATUS " json"))
		text = status_text(1, &len);
	else if (is(event, CONTROL_STATUS " prometheus"))
		text = status_prometheus(&len);
	else if (is(event, CONTROL_LIST))
		text = held_text(0, &len);
	else if (is(event, CONTROL_LIST " json"))
		text = held_text(1, &len);
	else
		return 0;
	answer_text(c, text, len);
	return 1;
}

/* Who ordered what, and whether it was done. */
static void
log_order(struct client *c, const char *order, const char *why)
{
	struct fdferry_peercred peer;

	log_begin(why == NULL ? "ordered" : "order-refused");
	log_text("order", order);
	peer.size = sizeof peer;
	if (fdferry_peer(fdferry_channel_fd(loop_channel(c->loop)), &peer)
	    == 0) {
		if (peer.known & FDFERRY_PEER_UID)
			log_number("uid", peer.uid);
		if (peer.known & FDFERRY_PEER_PID)
			log_number("pid", (unsigned long long)peer.pid);
	}
	if (why != NULL)
		log_text("why", why);
	log_end();
}

static void
answer_order(struct client *c, const struct fdferry_event *event)
{
	const size_t head = strlen(CONTROL_ORDER);
	char order[256], text[512] = "error ";
	const size_t error = strlen(text);
	int rc;

	(void)snprintf(order, sizeof order, "%.*s", (int)(event->len - head),
	    (const char *)event->data + head);
	if (front.yielded) {
		(void)snprintf(text + error, sizeof text - error,
		    "another front takes over");
		rc = -1;
	} else
		rc = orders_take(order, text + error, sizeof text - error);
	log_order(c, order, rc < 0 ? text + error : NULL);
	(void)loop_say(c->loop, rc < 0 ? text : text + error,
	    strlen(rc < 0 ? text : text + error));
}

static void
answer(struct client *c, const struct fdferry_event *event)
{
	static const char unknown[] =
	    "error expected status, list, order or takeover 1";
	static const char busy[] =
	    "error busy: too many ask this front at a time, try again later";

	if (c->busy)
		(void)loop_say(c->loop, busy, sizeof busy - 1);
	else if (is(event, CONTROL_TAKEOVER)) {
		if (handover_begin(c->loop) == 0)
			(void)loop_limit(c->loop, handover_patience(), on_late);
	} else if (answer_question(c, event))
		return;
	else if (begins(event, CONTROL_ORDER))
		answer_order(c, event);
	else if (!handover_is(c->loop) || !is(event, CONTROL_READY)
	    || handover_ready() < 0)
		(void)loop_say(c->loop, unknown, sizeof unknown - 1);
}

static void
on_event(struct channel_loop *p, const struct fdferry_event *event, void *arg)
{
	struct client *c = arg;
	const char *why = NULL;
	size_t i;

	for (i = 0; i < event->nfds; i++)
		(void)close(event->fds[i]);
	/* A front that takes over must take what it was offered: other
	   messages do not show that it is alive. */
	if (!handover_is(p) && !c->busy && event->type != FDFERRY_EVENT_END)
		heard(c);
	if (event->type == FDFERRY_EVENT_END)
		why = "the other front has ended";
	else if (event->type == FDFERRY_EVENT_OFFER)
		(void)fdferry_channel_refuse(loop_channel(p), event->id,
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
		if (!c->busy && !handover_is(c->loop)
		    && (oldest == NULL
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

	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.most_bytes = 4096;
	opts.most_fds = FDFERRY_NONE;
	opts.doubt_ms = front.ack_ms;
	c = calloc(1, sizeof *c);
	if (c != NULL)
		c->loop = loop_open(front.base, fd, &opts, on_event, NULL, c);
	if (c == NULL || c->loop == NULL) {
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
	(void)fdferry_deadline(&c->heard, 0);
	if (loop_limit(c->loop, busy ? IDLE_LEAST_MS : IDLE_MS, on_late) < 0)
		client_end(c, "");
}

/* The owner of the front, or root: nobody that --allow-uid names. */
static void
on_client(int fd)
{
	static const struct uidlist nobody;

	if (!peer_allowed(fd, &nobody))
		(void)close(fd);
	else if (has_place())
		welcome(fd, 0);
	else if (control.nbusy < BUSY_MOST)
		welcome(fd, 1);
	else
		(void)close(fd);
}

void
control_init(void)
{
	control_on_client = on_client;
}

void
control_end(void)
{
	while (control.clients != NULL)
		client_end(control.clients, "this front ends");
	control_close();
}
