/* SPDX-License-Identifier: 0BSD */
/*
 * workers.c - the workers of a configuration.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "seats.h"
#include "loop/log.h"
#include "loop/children.h"
#include "loop/channel-loop.h"

/* ------------------------------------------------ from the configuration  */

static int
read_address(const struct worker *w, const char *text, struct worker_link *l,
    char *err, size_t errlen)
{
	char why[512];

	if (l->wire == &wire_exec) {
		l->command = program_words(text);
		if (l->command != NULL)
			return 0;
		(void)snprintf(err, errlen,
		    "%s: worker %s=%s: expected a "
		    "program behind exec:",
		    w->where, w->name, w->addr);
		return -1;
	}
	if (addr_parse(text, &l->addr, 0, why, sizeof why) < 0)
		(void)snprintf(err, errlen, "%s: worker %s: %s", w->where,
		    w->name, why);
	else if (!addr_is_unix(&l->addr))
		(void)snprintf(err, errlen,
		    "%s: worker %s=%s: descriptors "
		    "pass over Unix sockets only: use unix:PATH",
		    w->where, w->name, w->addr);
	else
		return 0;
	return -1;
}

/* ack:ADDR, exec:PROGRAM, or a plain ADDR: a worker of the configuration as
   a link. 0, or -1 with a text. */
static int
link_read(const struct worker *w, struct worker_link *l, char *err,
    size_t errlen)
{
	static const struct wire *const wires[] = { &wire_ack, &wire_exec };
	const char *text = w->addr;
	size_t i, n;

	memset(l, 0, sizeof *l);
	l->fd = -1;
	l->wire = &wire_plain;
	for (i = 0; i < sizeof wires / sizeof wires[0]; i++) {
		n = strlen(wires[i]->name);
		if (strncmp(text, wires[i]->name, n) == 0 && text[n] == ':') {
			l->wire = wires[i];
			text += n + 1;
			break;
		}
	}
	return read_address(w, text, l, err, errlen);
}

int
workers_check(const struct config *config, char *err, size_t errlen)
{
	const struct worker *w;
	struct worker_link l;
	size_t i;
	int status = 0;

	for (i = 0; i < config->nworkers && status == 0; i++) {
		w = &config->workers[i];
		if (link_read(w, &l, err, errlen) < 0)
			return 2;
		if (l.command == NULL)
			continue;
		status = program_find(l.command[0]);
		if (status != 0)
			(void)snprintf(err, errlen, "%s: worker %s: %s: %s",
			    w->where, w->name, l.command[0],
			    program_why(status));
		program_free(l.command);
	}
	return status;
}

static struct worker_link *
link_new(const struct worker *w, char *err, size_t errlen)
{
	struct worker_link *l = malloc(sizeof *l);

	if (l == NULL) {
		(void)snprintf(err, errlen, "out of memory");
		return NULL;
	}
	if (link_read(w, l, err, errlen) < 0) {
		free(l);
		return NULL;
	}
	l->name = strdup(w->name);
	l->tally = tally_of(TALLY_WORKERS, w->name);
	l->text = strdup(w->addr);
	l->order = order_of(w->name, w->addr);
	worker_link_init(l);
	if (l->name != NULL && l->text != NULL && l->retry != NULL
	    && seat_of(w->name) != NULL)
		return l;
	(void)snprintf(err, errlen, "out of memory");
	worker_link_free(l);
	return NULL;
}

static void
link_recall(struct worker_link *l)
{
	(void)fdferry_channel_cancel(loop_channel(l->loop), 0);
	loop_kick(l->loop);
}

/* That of the same name and address, if there is one. */
static struct worker_link *
link_of(const struct worker *w)
{
	const struct seat *seat = seat_find(w->name);
	struct worker_link *l = seat != NULL ? seat->link : NULL;

	return l != NULL && strcmp(l->text, w->addr) == 0 ? l : NULL;
}

/* Remove the links that another configuration does not name. One that has
   offered connections calls them back first, and is removed when they are
   answered. */
static void
remove_unwanted(const struct config *config)
{
	struct worker_link *l, *next;
	size_t i;

	for (l = front.workers; l != NULL; l = l->next)
		l->wanted = 0;
	for (i = 0; i < config->nworkers; i++)
		if ((l = link_of(&config->workers[i])) != NULL)
			l->wanted = 1;
	for (l = front.workers; l != NULL; l = next) {
		next = l->next;
		if (l->leaving || l->wanted)
			continue;
		l->leaving = 1;
		seat_give(l->seat, NULL);
		if (l->offered != NULL)
			link_recall(l);
		else
			worker_link_left(l);
	}
}

/* All the new ones are made first, so that a failure changes nothing. */
int
workers_take(const struct config *config, char *err, size_t errlen)
{
	struct worker_link *fresh = NULL, **end = &fresh, *l;
	const struct worker *w;
	size_t i;

	for (i = 0; i < config->nworkers; i++) {
		w = &config->workers[i];
		if (link_of(w) != NULL)
			continue;
		*end = link_new(w, err, errlen);
		if (*end == NULL) {
			while ((l = fresh) != NULL) {
				fresh = l->next;
				worker_link_free(l);
			}
			return -1;
		}
		(*end)->next = NULL;
		end = &(*end)->next;
	}
	remove_unwanted(config);
	*end = front.workers;
	front.workers = fresh;
	for (l = fresh; l != NULL && l != *end; l = l->next) {
		seat_give(seat_of(l->name), l);
		worker_link_up(l);
	}
	outcomes.changed();
	return 0;
}

void
workers_end(void)
{
	struct worker_link *l;

	while ((l = front.workers) != NULL) {
		front.workers = l->next;
		worker_link_free(l);
	}
}
