/* SPDX-License-Identifier: 0BSD */
/*
 * control.c - the control socket of a front: its status, and handing
 * all over to a front that takes its place.
 *
 * While it hands over it accepts nothing; the kernel keeps what comes. If
 * the other end goes before it is ready, or is silent for too long, it goes
 * on as if nothing had been.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control-text.h"
#include "front.h"
#include "loop/log.h"
#include "loop/channel-loop.h"
#include "service/service.h"

#define CLIENTS_MOST 16
#define PAUSE_MS 100
#define MOVING_MOST 64		/* not answered, at a time */

struct client {
	struct client *next;
	struct pump *pump;
	struct conn *moving;	/* offered to it */
	long nmoving;
	int taking;		/* it takes over */
	int said_done;
};

static struct {
	int fd;			/* -1: none */
	struct addr at;
	struct event *event;
	struct event *resume;	/* accepting again after a pause */
	struct client *clients;
	long n;
} control = { -1, { { 0 }, 0 }, NULL, NULL, NULL, 0 };

/* ------------------------------------------------ handing over ---------- */

static void
write_listener(FILE *f, const struct listener *l, int lock)
{
	field_write(f, "listener");
	field_write(f, l->made ? "made" : "");
	field_write(f, l->checked ? "checked" : "");
	field_write(f, lock >= 0 ? "lock" : "");
	field_write(f, l->name);
	field_write(f, l->text != NULL ? l->text : "");
	(void)putc('\n', f);
}

/* All listening sockets in one message, with the locks of their paths. */
static int
send_listeners(struct client *c)
{
	struct listener *l;
	char *text = NULL;
	int fds[200], lock, bad;
	size_t len, n = 0;
	long index = 0;
	FILE *f = open_memstream(&text, &len);

	if (f == NULL)
		return -1;
	fputs(CONTROL_LISTENERS, f);
	for (l = front.listeners; l != NULL && n < 196; l = l->next) {
		l->index = index++;
		lock = l->made ? listen_lock(&l->at) : -1;
		write_listener(f, l, lock);
		fds[n++] = l->fd;
		if (lock >= 0)
			fds[n++] = lock;
	}
	lock = listen_lock(&control.at);
	field_write(f, "control");
	field_write(f, lock >= 0 ? "lock" : "");
	(void)putc('\n', f);
	fds[n++] = control.fd;
	if (lock >= 0)
		fds[n++] = lock;
	bad = fclose(f) != 0 || fdferry_channel_send(pump_channel(c->pump),
	    text, len, fds, n, 0, NULL) < 0;
	free(text);
	return bad ? -1 : 0;
}

static struct conn *
next_to_move(void)
{
	return front.waiting.first != NULL ? front.waiting.first
	    : front.looking.first;
}

/* Offer what is held, a few at a time; then say that this is all. */
static void
move_on(struct client *c)
{
	struct timespec until;
	struct conn *conn;
	char text[64];

	while (c->nmoving < MOVING_MOST && (conn = next_to_move()) != NULL) {
		(void)snprintf(text, sizeof text, "conn\t%ld\t%ld\t",
		    conn->listener->index, ms_since(&conn->accepted));
		(void)fdferry_deadline(&until, front.ack_ms);
		if (fdferry_channel_handoff(pump_channel(c->pump), text,
		    strlen(text), conn->fd, 0, &until, &conn->id) < 0)
			break;
		conn_offered(conn);
		conn->onext = c->moving;
		c->moving = conn;
		c->nmoving++;
	}
	if (c->nmoving == 0 && next_to_move() == NULL && !c->said_done) {
		c->said_done = 1;
		(void)pump_say(c->pump, CONTROL_DONE, strlen(CONTROL_DONE));
	}
	pump_kick(c->pump);
}

static struct conn *
moved(struct client *c, unsigned long id)
{
	struct conn **at = &c->moving, *conn;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->onext;
	conn = *at;
	if (conn == NULL)
		return NULL;
	*at = conn->onext;
	c->nmoving--;
	return conn;
}

static void client_end(struct client *c, const char *why);

static void
outcome(struct client *c, const struct fdferry_event *event)
{
	struct conn *conn = moved(c, event->id);

	if (conn == NULL)
		return;
	if (event->outcome == FDFERRY_IN_DOUBT) {
		conn_doubt(conn);
		client_end(c, "the other front is silent");
		return;
	}
	if (event->outcome == FDFERRY_ACCEPTED)
		conn_moved(conn);
	else
		conn_again(conn);
	move_on(c);
}

/* Asked to: stop accepting, give away what we have. */
static void
hand_over(struct client *c)
{
	static const char busy[] = "error another front takes over already";

	if (front.yielded || front.draining) {
		(void)pump_say(c->pump, busy, sizeof busy - 1);
		return;
	}
	front.yielded = 1;
	c->taking = 1;
	listeners_pause();
	log_begin("handing-over");
	log_number("held", (unsigned long long)conns_held());
	log_end();
	if (send_listeners(c) < 0) {
		(void)pump_say(c->pump, "error no memory", 15);
		return;
	}
	move_on(c);
}

/* It listens now, and has our connections: what is offered to workers we
   see through, then we end. */
static void
ready(struct client *c)
{
	log_begin("handed-over");
	log_end();
	c->taking = 0;
	while (front.listeners != NULL)
		listener_leave(front.listeners);
	control_close();
	front.draining = 1;
	conns_accept_again();
}

/* It went before it was ready. */
static void
go_on(struct client *c, const char *why)
{
	struct conn *conn;

	while ((conn = c->moving) != NULL) {
		c->moving = conn->onext;
		c->nmoving--;
		/* The channel is about to be freed: nobody will tell. */
		conn_doubt(conn);
	}
	if (!c->taking || front.draining)
		return;
	front.yielded = 0;
	log_begin("handing-over-failed");
	log_text("why", why);
	log_end();
	if (!front.paused)
		listeners_resume();
	conns_accept_again();
}

/* ------------------------------------------------ clients --------------- */

static void
client_end(struct client *c, const char *why)
{
	struct client **at = &control.clients;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	control.n--;
	pump_close(c->pump);
	go_on(c, why);
	free(c);
}

static int
is(const struct fdferry_event *event, const char *text)
{
	return event->len == strlen(text)
	    && memcmp(event->data, text, event->len) == 0;
}

static void
answer(struct client *c, const struct fdferry_event *event)
{
	static const char unknown[] =
	    "error expected status, status json or takeover 1";
	size_t len;
	char *text;

	if (is(event, CONTROL_TAKEOVER)) {
		hand_over(c);
		return;
	}
	if (is(event, CONTROL_READY) && c->taking && c->said_done) {
		ready(c);
		return;
	}
	if (!is(event, "status") && !is(event, "status json")) {
		(void)pump_say(c->pump, unknown, sizeof unknown - 1);
		return;
	}
	text = status_text(is(event, "status json"), &len);
	if (text == NULL || pump_say(c->pump, text, len) < 0)
		(void)pump_say(c->pump, "error no memory", 15);
	free(text);
}

static void
on_event(struct pump *p, const struct fdferry_event *event, void *arg)
{
	struct client *c = arg;
	size_t i;

	switch (event->type) {
	case FDFERRY_EVENT_MESSAGE:
		for (i = 0; i < event->nfds; i++)
			(void)close(event->fds[i]);
		answer(c, event);
		break;
	case FDFERRY_EVENT_HANDOFF:
		outcome(c, event);
		break;
	case FDFERRY_EVENT_OFFER:
		(void)fdferry_channel_refuse(pump_channel(p), event->id,
		    FDFERRY_REASON_POLICY);
		break;
	case FDFERRY_EVENT_END:
		client_end(c, "the other front has ended");
		break;
	}
}

static void
welcome(int fd)
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
		c->pump = pump_open(front.base, fd, &opts, on_event, NULL, c);
	if (c == NULL || c->pump == NULL) {
		free(c);
		(void)close(fd);
		return;
	}
	c->next = control.clients;
	control.clients = c;
	control.n++;
}

/* The owner of the front, or root: nobody that --allow-uid names. */
static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	static const struct uidlist nobody;
	struct timeval in = interval(PAUSE_MS);
	int fd = accept_from(sock);

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
	if (control.n < CLIENTS_MOST && peer_allowed(fd, &nobody))
		welcome(fd);
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
	if (front.yielded)		/* its path is another's now */
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
