/* SPDX-License-Identifier: 0BSD */
/*
 * front-exec.c - programs that the front starts itself, one a connection,
 * with the connection on descriptors 0 and 1 (inetd's way).
 */
#include "../lib/detect.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front.h"
#include "log.h"
#include "program.h"

static struct event *on_child_event;
static struct { pid_t pid; struct link *link; } *children;
static long nchildren, room;

static void
ended(pid_t pid)
{
	long i;

	for (i = 0; i < nchildren; i++) {
		if (children[i].pid != pid)
			continue;
		if (children[i].link != NULL)
			children[i].link->outstanding--;
		children[i] = children[--nchildren];
		return;
	}
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	pid_t pid;

	(void)sig;
	(void)what;
	(void)arg;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		ended(pid);
	conns_pass_waiting();
}

static int
up(struct link *l)
{
	(void)l;
	if (on_child_event != NULL)
		return 0;
	children = calloc((size_t)front.most_children, sizeof *children);
	on_child_event = evsignal_new(front.base, SIGCHLD, on_child, NULL);
	if (children == NULL || on_child_event == NULL
	    || event_add(on_child_event, NULL) < 0)
		die(1, "out of memory");
	room = front.most_children;
	return 0;
}

/* Its programs run on; nobody counts them for it any more. */
static void
down(struct link *l)
{
	long i;

	for (i = 0; i < nchildren; i++)
		if (children[i].link == l)
			children[i].link = NULL;
}

static enum passed
pass(struct link *l, struct conn *c, const struct seen *seen)
{
	char text[4096];
	pid_t pid;

	conn_decided_text(c, seen, text, sizeof text);
	pid = program_start(l->command, c->fd, text, NULL);
	if (pid < 0) {
		link_aside(l);
		return PASS_BUSY;
	}
	children[nchildren].pid = pid;
	children[nchildren++].link = l;
	l->outstanding++;
	return PASS_DONE;
}

static int
has_room(const struct link *l)
{
	(void)l;
	return nchildren < room;
}

const struct wire wire_exec = { "exec", up, down, pass, has_room };
