/* SPDX-License-Identifier: 0BSD */
/* channel-loop.c - a channel in the event loop. */
#include "../../lib/detect.h"

#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "channel-loop.h"

#define TICKS 4	     /* parts of a limit */
#define WATCH_MS 100 /* the kernel would not watch: until it is asked again */

struct channel_loop {
	struct event_base *base;
	struct fdferry_channel *channel;
	struct event *readable, *writable, *timer;
	struct event *kick; /* of loop_kick(); the timer would be lost by it */
	unsigned int watched; /* what of FDFERRY_WANT_ */
	struct timespec due;  /* the timer, if it is pending */
	struct event *tick;   /* of the limit, or NULL */
	loop_late *late;
	long tick_ms;
	int ticks; /* until it is late */
	int *gone; /* told when it is freed, or NULL */
	loop_function *on_event;
	void (*after)(void *);
	void *arg;
	int fd; /* ours to close, or -1 */
	int working, closed;
};

static void
loop_free(struct channel_loop *p)
{
	if (p->readable != NULL)
		event_free(p->readable);
	if (p->writable != NULL)
		event_free(p->writable);
	if (p->timer != NULL)
		event_free(p->timer);
	if (p->kick != NULL)
		event_free(p->kick);
	if (p->tick != NULL)
		event_free(p->tick);
	if (p->gone != NULL)
		*p->gone = 1;
	fdferry_channel_free(p->channel);
	if (p->fd >= 0)
		(void)close(p->fd);
	free(p);
}

/* False: it could not be added (memory, a limit of watches). */
static int
set(struct channel_loop *p, struct event *event, unsigned int bit,
    unsigned int wants)
{
	if ((p->watched & bit) == (wants & bit))
		return 1;
	if ((wants & bit) == 0)
		(void)event_del(event);
	else if (event_add(event, NULL) < 0)
		return 0;
	p->watched ^= bit;
	return 1;
}

/* Early is good enough: the channel has nothing to do then, and says when. So
   the timer is moved only to make it earlier, not for each message. */
static void
wait_for(struct channel_loop *p, long ms)
{
	struct timespec due;
	struct timeval in;

	(void)fdferry_deadline(&due, ms);
	if (event_pending(p->timer, EV_TIMEOUT, NULL)
	    && (p->due.tv_sec < due.tv_sec
		|| (p->due.tv_sec == due.tv_sec
		    && p->due.tv_nsec <= due.tv_nsec)))
		return;
	p->due = due;
	in.tv_sec = ms / 1000;
	in.tv_usec = ms % 1000 * 1000;
	(void)event_add(p->timer, &in);
}

/* Wait for what the channel wants now. */
static void
watch(struct channel_loop *p)
{
	unsigned int wants;
	long ms;
	int all;

	wants = fdferry_channel_wants(p->channel, &ms);
	all = set(p, p->readable, FDFERRY_WANT_READ, wants);
	all &= set(p, p->writable, FDFERRY_WANT_WRITE, wants);
	if (!all && (ms < 0 || ms > WATCH_MS))
		ms = WATCH_MS;
	if (ms >= 0)
		wait_for(p, ms);
}

static void
work(evutil_socket_t fd, short what, void *arg)
{
	struct channel_loop *p = arg;
	struct fdferry_event event;
	void (*after)(void *) = p->after;
	void *after_arg = p->arg;

	(void)fd;
	(void)what;
	p->working = 1;
	(void)fdferry_channel_work(p->channel);
	event.size = sizeof event;
	while (!p->closed && fdferry_channel_next(p->channel, &event) == 1)
		p->on_event(p, &event, p->arg);
	p->working = 0;
	if (p->closed)
		loop_free(p);
	else
		watch(p);
	if (after != NULL)
		after(after_arg);
}

struct channel_loop *
loop_adopt(struct event_base *base, int fd, struct fdferry_channel *channel,
    loop_function *on_event, void (*after)(void *), void *arg)
{
	struct channel_loop *p = calloc(1, sizeof *p);

	if (p == NULL)
		return NULL;
	p->fd = -1;
	p->base = base;
	p->on_event = on_event;
	p->after = after;
	p->arg = arg;
	p->readable = event_new(base, fd, EV_READ | EV_PERSIST, work, p);
	p->writable = event_new(base, fd, EV_WRITE | EV_PERSIST, work, p);
	p->timer = evtimer_new(base, work, p);
	p->kick = event_new(base, -1, 0, work, p);
	if (p->readable == NULL || p->writable == NULL || p->timer == NULL
	    || p->kick == NULL) {
		loop_free(p);
		return NULL;
	}
	p->channel = channel;
	watch(p);
	return p;
}

struct channel_loop *
loop_open(struct event_base *base, int fd,
    const struct fdferry_channel_opts *opts, loop_function *on_event,
    void (*after)(void *), void *arg)
{
	struct fdferry_channel *channel;
	struct channel_loop *p;

	/* It is ours, and not every system has a flag that keeps sendmsg()
	   from waiting. */
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	channel = fdferry_channel_new(fd, opts);
	if (channel == NULL)
		return NULL;
	p = loop_adopt(base, fd, channel, on_event, after, arg);
	if (p == NULL)
		fdferry_channel_free(channel);
	else
		p->fd = fd;
	return p;
}

struct fdferry_channel *
loop_channel(struct channel_loop *p)
{
	return p->channel;
}

void
loop_kick(struct channel_loop *p)
{
	event_active(p->kick, EV_TIMEOUT, 1);
}

void
loop_work(struct channel_loop *p)
{
	work(-1, 0, p);
}

/* ------------------------------------------------ its limit ------------- */

static void
wind(struct channel_loop *p)
{
	struct timeval in;

	in.tv_sec = p->tick_ms / 1000;
	in.tv_usec = p->tick_ms % 1000 * 1000;
	(void)event_add(p->tick, &in);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct channel_loop *p = arg;
	int gone = 0;

	(void)fd;
	(void)what;
	if (--p->ticks > 0) {
		wind(p);
		return;
	}
	p->gone = &gone;
	work(-1, 0, p);
	if (gone)
		return;
	p->gone = NULL;
	if (p->ticks > 0) /* it was alive */
		return;
	p->late(p, p->arg);
}

int
loop_limit(struct channel_loop *p, long ms, loop_late *late)
{
	if (p->tick == NULL)
		p->tick = evtimer_new(p->base, on_tick, p);
	if (p->tick == NULL)
		return -1;
	p->late = late;
	p->tick_ms = (ms + TICKS - 1) / TICKS;
	loop_alive(p);
	return 0;
}

void
loop_alive(struct channel_loop *p)
{
	if (p->tick == NULL)
		return;
	p->ticks = TICKS;
	wind(p);
}

/* ------------------------------------------------ and the rest ---------- */

void
loop_close(struct channel_loop *p)
{
	if (p->working)
		p->closed = 1;
	else
		loop_free(p);
}

int
loop_say(struct channel_loop *p, const char *text, size_t len)
{
	if (fdferry_channel_send(p->channel, text, len, NULL, 0, 0, NULL) < 0)
		return -1;
	loop_kick(p);
	return 0;
}
