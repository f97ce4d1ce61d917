/* SPDX-License-Identifier: 0BSD */
/*
 * wire-exec.c - programs that the front starts itself, one a connection,
 * with the connection on descriptors 0 and 1 (inetd's way).
 */
#include "../../lib/detect.h"

#include <signal.h>
#include <sys/wait.h>

#include "seats.h"
#include "loop/children.h"
#include "loop/log.h"

static struct event *on_child_event;

static void
ended(void *owner, pid_t pid, int status)
{
	struct worker_link *l = owner;

	if (l != NULL) {
		l->outstanding--;
		seat_changed(l);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	log_begin("program-failed");
	if (l != NULL)
		log_text("worker", l->name);
	log_number("pid", (unsigned long long)pid);
	if (WIFSIGNALED(status))
		log_number("signal", (unsigned long long)WTERMSIG(status));
	else
		log_number("status", (unsigned long long)WEXITSTATUS(status));
	log_end();
}

static int
room(void)
{
	return children_running() < front.most_children;
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	children_reap(ended);
	outcomes.shared_room(room);
}

static int
up(struct worker_link *l)
{
	(void)l;
	if (on_child_event != NULL)
		return 0;
	on_child_event = evsignal_new(front.base, SIGCHLD, on_child, NULL);
	if (on_child_event != NULL && event_add(on_child_event, NULL) == 0)
		return 0;
	if (on_child_event != NULL)
		event_free(on_child_event);
	on_child_event = NULL;
	return -1; /* tried again */
}

/* The programs of this worker run on; when they end, no worker is told. */
static void
down(struct worker_link *l)
{
	children_disown(l);
}

/* A program that cannot be started now is started later; the connection is
   held meanwhile, and the loop goes on. */
static enum passed
pass(struct worker_link *l, struct connection *c,
    const struct recognised *recognised)
{
	char text[4096];

	(void)conn_decided_text(c, recognised, text, sizeof text);
	if (child_start(l->command, c->fd, text, l, NULL) < 0) {
		worker_link_aside(l);
		return PASS_BUSY;
	}
	l->outstanding++;
	return PASS_DONE;
}

static int
has_room(const struct worker_link *l)
{
	(void)l;
	return room();
}

const struct wire wire_exec = { "exec", up, down, pass, has_room, COUNT_STARTED,
	1 };
