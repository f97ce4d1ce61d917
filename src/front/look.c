/* SPDX-License-Identifier: 0BSD */
/*
 * look.c - look at the first bytes of a connection until rules can decide.
 *
 * A look is recv(MSG_PEEK | MSG_DONTWAIT): no byte is taken, O_NONBLOCK stays
 * clear (it would travel with the description), shutdown() is never called.
 * After a look that decides nothing we wait for *more* bytes: by an edge
 * where the loop has edge triggers, else by growing pauses. A level trigger
 * would report the bytes that are still there for ever.
 */
#include "../../lib/detect.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#if FDFERRY_HAVE_KQUEUE
# include <sys/event.h>
# include <sys/time.h>
#endif

#include "front.h"
#include "seats.h"

#define BACKOFF_FIRST_MS 5
#define BACKOFF_MOST_MS 500

/*
 * Has the client finished, behind the bytes that are queued? Then no more
 * will come. Where the system does not tell, the time to look ends it.
 */
#ifdef POLLRDHUP
static int
finished(int fd)
{
	struct pollfd p;

	p.fd = fd;
	p.events = POLLRDHUP;
	return poll(&p, 1, 0) == 1
	    && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}
#elif FDFERRY_HAVE_KQUEUE
static int
finished(int fd)
{
	static const struct timespec now = { 0, 0 };
	struct kevent ask, answer;
	int kq = kqueue(), n;

	if (kq < 0)
		return 0;
	EV_SET(&ask, fd, EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0, 0);
	n = kevent(kq, &ask, 1, &answer, 1, &now);
	(void)close(kq);
	return n == 1 && (answer.flags & EV_EOF) != 0;
}
#else
static int
finished(int fd)
{
	(void)fd;
	return 0;
}
#endif

static int
looks(struct rules *r)
{
	if (r->looks == 0)
		r->looks = 1 + (config_looks(&r->config) != 0);
	return r->looks - 1;
}

/* Why this is the last look, if it is: `last`, or what it found. */
static enum look_end
look_ended(const struct connection *c, ssize_t n, enum look_end last)
{
	if (n == 0)
		return LOOK_END;
	if (n > 0 && (size_t)n >= front.look_size)
		return LOOK_SIZE;
	/* The first look does not ask whether the client has finished: mostly
	   it decides anyway, and the call is saved. */
	if (last == LOOK_ON && c->looked && finished(c->fd))
		return LOOK_END;
	return last;
}

/* A client that is gone before its first byte has a rule as one that ends
   there: a health check may be a reset. */
static void
gone(struct connection *c, struct decide_input *given)
{
	struct recognised recognised;

	given->ended = LOOK_END;
	if (!c->sent)
		(void)config_decide(&c->rules->config, given, &c->rule,
		    &recognised);
	if (c->rule != NULL)
		c->route = route_of(c);
	conn_drop(c, COUNT_GONE, NULL);
}

/* Not decided yet: by the rules of now, whose workers are there. */
static void
renew(struct connection *c)
{
	struct rules *before = c->rules;

	if (before == front.rules)
		return;
	c->rules = front.rules;
	rules_hold(c->rules);
	rules_drop(before);
}

/* Returns whether `c` is still to be looked at; if not, it may be gone. */
int
conn_look(struct connection *c, enum look_end last)
{
	struct decide_input given;
	struct recognised recognised;
	const struct rule *rule = NULL;
	ssize_t n = -1; /* no rule wants bytes: none are asked for */

	memset(&recognised, 0, sizeof recognised);
	renew(c);
	if (looks(c->rules))
		n = conn_peek(c->fd, front.look_buffer, front.look_size);
	memset(&given, 0, sizeof given);
	given.peer = &c->peer.sa;
	given.peerlen = c->peerlen;
	given.local = conn_local(c, &given.locallen);
	given.listener = c->listener->name;
	given.data = front.look_buffer;
	given.n = n > 0 ? (size_t)n : 0;
	if (n == -2) {
		gone(c, &given);
		return 0;
	}
	given.ended = look_ended(c, n, last);
	if (looks(c->rules))
		c->looked = 1;
	if (n > 0)
		c->sent = 1;
	if (!config_decide(&c->rules->config, &given, &rule, &recognised))
		return 1;
	conn_decided(c, rule, &recognised);
	return 0;
}

/* Without edge triggers: look again after a pause, which doubles each time. */
static void
look_again_later(struct connection *c)
{
	struct timeval in = interval((long)c->backoff_ms);

	c->backoff_ms *= 2;
	if (c->backoff_ms > BACKOFF_MOST_MS)
		c->backoff_ms = BACKOFF_MOST_MS;
	if (event_add(c->event, &in) < 0)
		(void)conn_look(c, LOOK_ROOM);
}

static void
on_bytes(evutil_socket_t fd, short what, void *arg)
{
	struct connection *c = arg;

	(void)fd;
	(void)what;
	if (conn_look(c, LOOK_ON) && !front.edges)
		look_again_later(c);
}

void
conn_wait_for_bytes(struct connection *c)
{
	if (front.edges)
		c->event = event_new(front.base, c->fd,
		    EV_READ | EV_ET | EV_PERSIST, on_bytes, c);
	else
		c->event = evtimer_new(front.base, on_bytes, c);
	if (c->event == NULL
	    || (front.edges && event_add(c->event, NULL) < 0)) {
		(void)conn_look(c, LOOK_ROOM);
		return;
	}
	conns_watch_oldest(&front.looking, c, front.end_look, front.look_ms);
	c->backoff_ms = BACKOFF_FIRST_MS;
	if (!front.edges)
		look_again_later(c);
}

void
conn_again(struct connection *c)
{
	if (c->route != NULL) {
		conn_back(c);
		return;
	}
	conn_unlist(c);
	conn_enlist(c, LOOKING);
	if (conn_look(c, LOOK_ON))
		conn_wait_for_bytes(c);
}

static void
on_end_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	while (front.looking.first != NULL
	    && ms_since(&front.looking.first->since) >= front.look_ms)
		(void)conn_look(front.looking.first, LOOK_TIME);
	conns_watch_oldest(&front.looking, NULL, front.end_look, front.look_ms);
}

void
look_init(void)
{
	front.end_look = evtimer_new(front.base, on_end_look, NULL);
	front.look_buffer = malloc(front.look_size);
	if (front.end_look == NULL || front.look_buffer == NULL)
		die(1, "out of memory");
}
