/* SPDX-License-Identifier: 0BSD */
/*
 * wire-plain.c - fronts of the plain wire: each message is one NUL byte and
 * one descriptor, and nothing is answered.
 */
#include "../../lib/detect.h"

#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "loop/children.h"
#include "net/plain.h"
#include "worker.h"

#define FORK_TRIES 10	  /* of 100 ms each */
#define MESSAGES_MOST 256 /* of one front, before others have their turn */

void
plain_watch(void)
{
	struct source *s;

	for (s = worker.sources; s != NULL; s = s->next) {
		if (s->event == NULL)
			continue;
		if (worker_full())
			(void)event_del(s->event);
		else if (event_add(s->event, NULL) < 0)
			worker_watch_later();
	}
}

/* It has nowhere else to go: try for a while. */
static void
start_plain(int fd)
{
	static const struct timespec pause = { 0, 100000000 };
	int tries = 0;

	while (child_start(worker.command, fd, NULL, NULL, NULL) < 0) {
		if (errno != EAGAIN || ++tries > FORK_TRIES) {
			warn("fork: %s: a connection was closed",
			    strerror(errno));
			break;
		}
		(void)nanosleep(&pause, NULL);
		children_reap(worker_ended);
	}
	(void)fdferry_close(&fd, 1);
}

/* Data beside a descriptor is one mistake of the front, and not one for each
   byte: a line when the first of it is over, and one for all the rest. */
static void
tell_skipped(struct source *s, int end)
{
	if (s->skipped == 0 || (s->skips && !end))
		return;
	warn("skipped %lu%s bytes that came without a descriptor", s->skipped,
	    s->skips ? " more" : "");
	s->skipped = 0;
	s->skips = 1;
}

/* What one message brought: a descriptor, a byte without one, or the loss of
   one. */
static void
take(struct source *s, int fd, const struct fdferry_result *got)
{
	if (fd < 0 && got->error == EBADMSG
	    && !(got->flags & FDFERRY_TRUNCATED)) {
		s->skipped++;
		return;
	}
	if (fd < 0 || (got->flags & FDFERRY_TRUNCATED))
		warn("a connection was lost on its way: %s",
		    strerror(got->error));
	if (fd < 0)
		return;
	tell_skipped(s, 0);
	start_plain(fd);
}

void
plain_receive(struct source *s)
{
	struct fdferry_result got;
	int fd, i;

	got.size = sizeof got;
	for (i = 0; i < MESSAGES_MOST && !worker_full(); i++) {
		fd = plain_recv(s->fd, FDFERRY_NONBLOCK, NULL, &got);
		if (fd >= 0 || got.bytes > 0) {
			take(s, fd, &got);
			continue;
		}
		tell_skipped(s, 0);
		if (got.error == EAGAIN && !s->last)
			return;
		if (got.error != EAGAIN && !(got.flags & FDFERRY_EOF))
			warn("front: %s", strerror(got.error));
		source_gone(s);
		return;
	}
	/* Where nothing more can come, nothing would wake us. */
	if (s->last && i == MESSAGES_MOST)
		event_active(s->event, EV_READ, 1);
}

static void
on_message(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	plain_receive(arg);
	plain_watch();
	worker_finish();
}

static void
gone(struct source *s)
{
	tell_skipped(s, 1);
	(void)close(s->fd);
}

int
plain_open(struct source *s)
{
	s->gone = gone;
	s->event =
	    event_new(worker.base, s->fd, EV_READ | EV_PERSIST, on_message, s);
	return s->event != NULL ? 0 : -1;
}

/* ------------------------------------------------ the end --------------- */

/* Its socket is ours alone, so shutdown() is right here. */
void
plain_drain(struct source *s)
{
	(void)shutdown(s->fd, SHUT_WR);
}

/* Refuse what a front sends from now on. BSDs and macOS would throw away
   what is queued, with the descriptors; there it ends with the last drain. */
#if defined __linux__
static void
refuse_more(int fd)
{
	(void)shutdown(fd, SHUT_RD);
}
#else
static void
refuse_more(int fd)
{
	(void)fd;
}
#endif

void
plain_last(struct source *s)
{
	s->last = 1;
	refuse_more(s->fd);
}
