/* SPDX-License-Identifier: 0BSD */
/* channels.c - messages and hand-offs over a channel. */
#include "../lib/detect.h"
#include <errno.h>
#include <unistd.h>
#include <fdferry.h>
#include "ours.h"
#include "subject.h"

static struct fdferry_channel *sender, *receiver;
static size_t open_ones;	/* sent, and not over for the sender */

void
channel_open(int out, int in)
{
	int i;

	if (out >= 0 && (sender = fdferry_channel_new(out, NULL)) == NULL)
		subject_die("fdferry_channel_new");
	if (in >= 0 && (receiver = fdferry_channel_new(in, NULL)) == NULL)
		subject_die("fdferry_channel_new");
	/* In one thread nobody else answers the greeting. */
	for (i = 0; i < 2 && out >= 0 && in >= 0; i++) {
		(void)fdferry_channel_work(sender);
		(void)fdferry_channel_work(receiver);
	}
}

/* What an event says of what was sent. */
static void
judge(const struct fdferry_event *ev)
{
	if (ev->type == FDFERRY_EVENT_SENT
	    || (ev->type == FDFERRY_EVENT_HANDOFF
	    && ev->outcome == FDFERRY_ACCEPTED)) {
		open_ones--;
		return;
	}
	errno = ev->error;
	subject_die(fdferry_event_name(ev->type));
}

/* As in an event loop: to the kernel, and on. */
static void
started(void)
{
	struct fdferry_event ev = { sizeof ev, 0, 0, 0, 0, 0, 0, NULL, 0, NULL, 0 };

	open_ones++;
	if (fdferry_channel_work(sender) != 0)
		subject_die("fdferry_channel_work");
	while (fdferry_channel_next(sender, &ev) == 1)
		judge(&ev);
}

void
channel_settle(void)
{
	struct fdferry_event ev = { sizeof ev, 0, 0, 0, 0, 0, 0, NULL, 0, NULL, 0 };

	while (open_ones > 0) {
		if (fdferry_channel_wait(sender, &ev, NULL) != 1)
			subject_die("fdferry_channel_wait");
		judge(&ev);
	}
}

static void
queue(const int *fds, size_t n)
{
	if (fdferry_channel_send(sender, "", 1, fds, n, 0, NULL) != 0)
		subject_die("fdferry_channel_send");
}

/* As a program that does one thing at a time: until the kernel has it. */
void
channel_send(const int *fds, size_t n)
{
	queue(fds, n);
	open_ones++;
	channel_settle();
}

void
loop_send(const int *fds, size_t n)
{
	queue(fds, n);
	started();
}

static void
next_event(struct fdferry_event *ev)
{
	if (fdferry_channel_wait(receiver, ev, NULL) != 1)
		subject_die("fdferry_channel_wait");
}

void
channel_recv(size_t n)
{
	struct fdferry_event ev = { sizeof ev, 0, 0, 0, 0, 0, 0, NULL, 0, NULL, 0 };
	size_t i;

	next_event(&ev);
	if (ev.type != FDFERRY_EVENT_MESSAGE || ev.nfds != n)
		subject_die("descriptors of a message");
	for (i = 0; i < n; i++)
		(void)close(ev.fds[i]);
}

void
handoff_send(const int *fds, size_t n)
{
	(void)n;
	if (fdferry_channel_handoff(sender, "", 0, fds[0], 0, NULL, NULL) != 0)
		subject_die("fdferry_channel_handoff");
	started();
}

void
handoff_recv(size_t n)
{
	struct fdferry_event ev = { sizeof ev, 0, 0, 0, 0, 0, 0, NULL, 0, NULL, 0 };

	(void)n;
	/* The next offers may be here before this one's is taken. */
	for (;;) {
		next_event(&ev);
		if (ev.type == FDFERRY_EVENT_TAKEN)
			break;
		if (ev.type != FDFERRY_EVENT_OFFER
		    || fdferry_channel_accept(receiver, ev.id) != 0)
			subject_die(fdferry_event_name(ev.type));
	}
	(void)close(ev.fds[0]);
}
