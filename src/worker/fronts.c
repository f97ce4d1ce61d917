/* SPDX-License-Identifier: 0BSD */
/*
 * fronts.c - the fronts that are connected, and what their wires need to know
 * of the whole.
 */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loop/children.h"
#include "worker.h"

struct worker worker;

int
worker_full(void)
{
	return children_running() >= worker.most;
}

void
worker_ended(void *owner, pid_t pid, int status)
{
	(void)owner;
	if (WIFSIGNALED(status))
		warn("%s (pid %ld) was ended by signal %d", worker.command[0],
		    (long)pid, WTERMSIG(status));
	else if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		warn("%s (pid %ld) ended with status %d", worker.command[0],
		    (long)pid, WEXITSTATUS(status));
}

void
source_gone(struct source *s)
{
	struct source **at = &worker.sources;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	if (s->event != NULL)
		event_free(s->event);
	s->gone(s);
	free(s);
}

void
worker_finish(void)
{
	struct source *s, *next;

	for (s = worker.sources; worker.draining && s != NULL; s = next) {
		next = s->next;
		if (s->idle != NULL && s->idle(s))
			source_gone(s);
	}
	if (worker.draining && worker.sources == NULL
	    && children_running() == 0)
		(void)event_base_loopbreak(worker.base);
}
