/* SPDX-License-Identifier: 0BSD */
/*
 * handover.c - give all to a front that takes our place.
 *
 * While it hands over, this front accepts nothing; the kernel keeps what
 * comes. Until the other says `ready' all is ours: if it goes, cannot take
 * the listening sockets, or does nothing for too long, we go on as if nothing
 * had been. From then on all is its own.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control.h"
#include "control-text.h"
#include "front.h"
#include "loop/log.h"
#include "loop/channel-loop.h"
#include "service/service.h"

#define MOVING_MOST 64 /* not answered, at a time */
#define PATIENCE_LEAST_MS 1000
#define PATH_ROOM 4096

static struct {
	struct channel_loop *loop; /* of the front that takes over, or NULL */
	struct connection *moving; /* offered to it */
	long nmoving;
	int answers; /* it has accepted one: it is alive */
	/* it refused a connection: this front serves the rest */
	int refuses;
	int said_done;
	unsigned long listeners; /* the id of that message */
} to;

/* ------------------------------------------------ listeners ------------- */

/* All listening sockets and the locks of their paths, in one message. */
struct parcel {
	char *text;
	size_t len;
	int *fds;
	size_t nfds, nlocks;
};

static void
gather_one(struct parcel *p, int fd, int lock)
{
	p->fds[p->nfds++] = fd;
	if (lock < 0)
		return;
	p->fds[p->nfds++] = lock;
	p->nlocks++;
}

/* A relative path is of no use in another directory: where it is, or "". */
static void
whole_path(const struct listener *l, char *room, size_t size)
{
	struct sockaddr_un un;
	char here[PATH_ROOM];

	memcpy(&un, &l->at.ss, sizeof un);
	room[0] = '\0';
	if (l->ours && un.sun_path[0] != '/'
	    && getcwd(here, sizeof here) != NULL)
		(void)snprintf(room, size, "%s/%s", here, un.sun_path);
}

static void
gather_listener(FILE *f, struct parcel *p, const struct listener *l)
{
	int lock = l->ours ? listen_lock(&l->at) : -1;
	char path[PATH_ROOM + sizeof(struct sockaddr_un)];

	whole_path(l, path, sizeof path);
	field_write(f, "listener");
	field_write(f, l->ours ? "made" : "");
	field_write(f, l->checked ? "checked" : "");
	field_write(f, lock >= 0 ? "lock" : "");
	field_write(f, l->name);
	field_write(f, l->text != NULL ? l->text : "");
	field_write(f, path);
	(void)putc('\n', f);
	gather_one(p, l->fd, lock);
}

static void
gather_orders(FILE *f)
{
	const struct standing *s;

	for (s = orders_standing(); s != NULL; s = s->next) {
		field_write(f, order_words[s->order]);
		field_write(f, s->name);
		field_write(f, s->address);
	}
}

static void
parcel_free(struct parcel *p)
{
	free(p->text);
	free(p->fds);
}

/* 0, or -1: no memory. */
static int
gather(struct parcel *p)
{
	struct listener *l;
	struct addr at;
	char count[32];
	long n = 0;
	int fd = control_socket(&at), lock = listen_lock(&at);
	FILE *f;

	memset(p, 0, sizeof *p);
	for (l = front.listeners; l != NULL; l = l->next)
		l->index = n++;
	p->fds = malloc(((size_t)n * 2 + 2) * sizeof *p->fds);
	f = p->fds != NULL ? open_memstream(&p->text, &p->len) : NULL;
	if (f == NULL) {
		parcel_free(p);
		return -1;
	}
	fputs(CONTROL_LISTENERS, f);
	for (l = front.listeners; l != NULL; l = l->next)
		gather_listener(f, p, l);
	field_write(f, "control");
	field_write(f, lock >= 0 ? "lock" : "");
	(void)snprintf(count, sizeof count, "%ld", n);
	field_write(f, count);
	gather_orders(f);
	(void)putc('\n', f);
	gather_one(p, fd, lock);
	if (fclose(f) == 0)
		return 0;
	parcel_free(p);
	return -1;
}

/* Can the other end take as much? It has said how much. One of 0.1.0 has room
   for 64 locks, and says nothing of those that it leaves behind. */
static int
fits(struct channel_loop *loop, const struct parcel *p)
{
	struct fdferry_channel_stats takes;

	takes.size = sizeof takes;
	return fdferry_channel_count(loop_channel(loop), &takes) == 0
	    && p->nfds <= takes.peer_fds && p->len <= takes.peer_bytes
	    && (p->nlocks <= CONTROL_OLD_LOCKS
		|| takes.peer_fds > CONTROL_OLD_FDS);
}

/* ------------------------------------------------ connections ----------- */

static struct connection *
next_to_move(void)
{
	if (to.refuses)
		return NULL;
	return front.waiting.first != NULL ? front.waiting.first
					   : front.looking.first;
}

/* Offer what is held, one first, then a few at a time, so that one who hangs
   gets no more than that one; then say that this is all. */
static void
move_on(void)
{
	const long most = to.answers ? MOVING_MOST : 1;
	struct timespec until;
	struct connection *conn;
	char text[64];

	while (to.nmoving < most && (conn = next_to_move()) != NULL) {
		(void)snprintf(text, sizeof text, "conn\t%ld\t%ld\t",
		    conn->listener->index, ms_since(&conn->accepted));
		(void)fdferry_deadline(&until, front.ack_ms);
		if (fdferry_channel_handoff(loop_channel(to.loop), text,
			strlen(text), conn->fd, 0, &until, &conn->id)
		    < 0)
			break;
		conn_offered(conn);
		conn->onext = to.moving;
		to.moving = conn;
		to.nmoving++;
	}
	if (to.nmoving == 0 && next_to_move() == NULL && !to.said_done) {
		to.said_done = 1;
		(void)loop_say(to.loop, CONTROL_DONE, strlen(CONTROL_DONE));
		loop_alive(to.loop);
	}
	loop_kick(to.loop);
}

static struct connection *
moved(unsigned long id)
{
	struct connection **at = &to.moving, *conn;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->onext;
	conn = *at;
	if (conn == NULL)
		return NULL;
	*at = conn->onext;
	to.nmoving--;
	return conn;
}

static const char *
outcome(const struct fdferry_event *event)
{
	struct connection *conn = moved(event->id);

	if (conn == NULL)
		return NULL;
	if (event->outcome == FDFERRY_IN_DOUBT) {
		conn_doubt(conn);
		return "the other front is silent";
	}
	loop_alive(to.loop);
	if (event->outcome == FDFERRY_ACCEPTED) {
		to.answers = 1;
		conn_moved(conn);
	} else {
		/* The other front refused this connection; offering it once
		   more would be refused too. */
		to.refuses = 1;
		conn_again(conn);
	}
	move_on();
	return NULL;
}

/* ------------------------------------------------ from its begin -------- */

int
handover_is(const struct channel_loop *p)
{
	return p != NULL && to.loop == p;
}

long
handover_patience(void)
{
	return front.ack_ms > PATIENCE_LEAST_MS / 2 ? front.ack_ms * 2
						    : PATIENCE_LEAST_MS;
}

static int
refuse(struct channel_loop *loop, const char *why)
{
	(void)loop_say(loop, why, strlen(why));
	return -1;
}

static int
send_listeners(struct channel_loop *loop, unsigned long *id)
{
	struct parcel p;
	char why[256];
	int bad;

	if (gather(&p) < 0)
		return refuse(loop, "error no memory");
	if (!fits(loop, &p)) {
		(void)snprintf(why, sizeof why,
		    "error too many listening "
		    "sockets: %lu descriptors with their locks, more than "
		    "this front takes",
		    (unsigned long)p.nfds);
		parcel_free(&p);
		return refuse(loop, why);
	}
	bad = fdferry_channel_send(loop_channel(loop), p.text, p.len, p.fds,
		  p.nfds, 0, id)
	    < 0;
	parcel_free(&p);
	if (!bad)
		return 0;
	(void)snprintf(why, sizeof why, "error %s", strerror(errno));
	return refuse(loop, why);
}

int
handover_begin(struct channel_loop *loop)
{
	unsigned long id;

	if (front.draining)
		return refuse(loop, "error this front ends already");
	if (front.yielded)
		return refuse(loop, "error another front takes over already");
	if (send_listeners(loop, &id) < 0)
		return -1;
	memset(&to, 0, sizeof to);
	to.listeners = id;
	to.loop = loop;
	front.yielded = 1;
	listeners_pause();
	log_begin("handing-over");
	log_number("held", (unsigned long long)conns_held());
	log_end();
	move_on();
	return 0;
}

const char *
handover_event(const struct fdferry_event *event)
{
	switch (event->type) {
	case FDFERRY_EVENT_HANDOFF: return outcome(event);
	case FDFERRY_EVENT_SENT: /* of an answer it is no life */
		if (event->id == to.listeners)
			loop_alive(to.loop);
		return NULL;
	case FDFERRY_EVENT_FAILED:
	case FDFERRY_EVENT_REJECTED: return strerror(event->error);
	default: return NULL;
	}
}

/* It listens now, and has our connections: what is offered to workers, and
   what it refused, we see through, then we end. */
int
handover_ready(void)
{
	if (!to.said_done || front.draining)
		return -1;
	log_begin("handed-over");
	log_end();
	while (front.listeners != NULL)
		listener_leave(front.listeners);
	control_close();
	front.draining = 1;
	(void)loop_say(to.loop, CONTROL_OVER, strlen(CONTROL_OVER));
	/* Write it now: this front may end before the loop comes round
	   again. */
	(void)fdferry_channel_work(loop_channel(to.loop));
	front_settled();
	accept_again();
	return 0;
}

/* The channel to the front that took over has been closed, before it said
   ready or after. */
void
handover_over(const char *why)
{
	struct connection *conn;

	while ((conn = to.moving) != NULL) {
		to.moving = conn->onext;
		to.nmoving--;
		/* Nobody will tell any more. */
		conn_doubt(conn);
	}
	to.loop = NULL;
	if (front.draining)
		return;
	front.yielded = 0;
	log_begin("handing-over-failed");
	log_text("why", why);
	log_end();
	/* The other may have said that it is the service now. */
	notify("READY=1\nMAINPID=%ld", (long)getpid());
	if (!front.paused)
		listeners_resume();
	accept_again();
	front_settled();
}

/* We are to end this moment. One that has shown life gets what it has not
   been given; else all is ours to remove. */
void
handover_force(void)
{
	if (to.loop == NULL || front.draining)
		return;
	loop_work(to.loop);
	if (to.loop == NULL || front.draining || !to.answers)
		return;
	to.said_done = 1;
	(void)handover_ready();
}
