/* SPDX-License-Identifier: 0BSD */
/*
 * wire-exec.c - programs that the front starts itself, one a connection,
 * with the connection on descriptors 0 and 1 (inetd's way).
 */
#include "../../lib/detect.h"

#include <signal.h>

#include "front.h"
#include "loop/children.h"

static struct event *on_child_event;

static void
ended(void *owner, pid_t pid, int status)
{
	struct link *l = owner;

	(void)pid;
	(void)status;
	if (l != NULL)
		l->outstanding--;
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	programs_reap(ended);
	conns_pass_waiting();
}

static int
up(struct link *l)
{
	(void)l;
	if (on_child_event != NULL)
		return 0;
	on_child_event = evsignal_new(front.base, SIGCHLD, on_child, NULL);
	if (on_child_event == NULL || event_add(on_child_event, NULL) < 0)
		die(1, "out of memory");
	return 0;
}

/* Its programs run on; nobody counts them for it any more. */
static void
down(struct link *l)
{
	programs_disown(l);
}

/* What cannot be started now is held, and the loop goes on meanwhile. */
static enum passed
pass(struct link *l, struct conn *c, const struct seen *seen)
{
	char text[4096];

	conn_decided_text(c, seen, text, sizeof text);
	if (program_start(l->command, c->fd, text, l, NULL) < 0) {
		link_aside(l);
		return PASS_BUSY;
	}
	l->outstanding++;
	return PASS_DONE;
}

static int
has_room(const struct link *l)
{
	(void)l;
	return programs_running() < front.most_children;
}

const struct wire wire_exec = { "exec", up, down, pass, has_room };
