/* SPDX-License-Identifier: 0BSD */
/*
 * wire-plain.c - workers of the plain wire: a message is one NUL byte and
 * one descriptor. They answer nothing, so what the kernel has taken is
 * not accepted.
 */
#include "../../lib/detect.h"

#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"
#include "net/plain.h"

/* What can be read is the end. Descriptors beside other bytes are closed:
   a plain recv() would leave them open here on some systems. */
static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct fdferry_result r;
	char bytes[256];
	ptrdiff_t n;

	(void)what;
	r.size = sizeof r;
	n = fdferry_recv(fd, bytes, sizeof bytes, NULL, 0, FDFERRY_NONBLOCK,
	    NULL, &r);
	if (n < 0 ? r.error != EAGAIN && r.error != EINTR
	    : (r.flags & FDFERRY_EOF) != 0)
		link_lost(arg);
}

/* Once, however many such workers there are. */
static void
log_caveat(void)
{
	static int said;

	if (said || plain_caveat() == NULL)
		return;
	said = 1;
	log_begin("plain-wire-may-lose");
	log_text("why", plain_caveat());
	log_end();
}

static int
up(struct link *l)
{
	log_caveat();
	l->fd = link_socket(l);
	if (l->fd < 0)
		return -1;
	l->event = event_new(front.base, l->fd, EV_READ | EV_PERSIST,
	    on_readable, l);
	if (l->event != NULL && event_add(l->event, NULL) == 0)
		return 0;
	if (l->event != NULL)
		event_free(l->event);
	l->event = NULL;
	(void)close(l->fd);
	l->fd = -1;
	return -1;
}

static void
down(struct link *l)
{
	event_free(l->event);
	l->event = NULL;
	(void)close(l->fd);
	l->fd = -1;
}

static enum passed
pass(struct link *l, struct conn *c, const struct seen *seen)
{
	struct fdferry_result r;

	(void)seen;
	r.size = sizeof r;
	if (fdferry_send_fd(l->fd, c->fd, FDFERRY_NONBLOCK, NULL, &r) == 0)
		return PASS_DONE;
	/* The limit in flight is the user's, not the socket's: no event tells
	   when it has room, so time does. */
	if (r.error == EAGAIN || r.error == ETOOMANYREFS) {
		link_aside(l);
		return PASS_BUSY;
	}
	link_lost(l);
	return PASS_NO;
}

static int
has_room(const struct link *l)
{
	(void)l;
	return 1;
}

const struct wire wire_plain = { "", up, down, pass, has_room };
