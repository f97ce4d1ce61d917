/* SPDX-License-Identifier: 0BSD */
/*
 * workers.c - which worker takes a connection; those of a configuration.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"
#include "loop/children.h"
#include "loop/channel-loop.h"

static unsigned long turns;    /* for taking the one least recently used */
static unsigned long searches; /* of pools */

/* ------------------------------------------------ which one ------------- */

static struct worker_link *
link_of(const char *name)
{
	struct worker_link *l;

	for (l = front.workers; l != NULL; l = l->next)
		if (!l->leaving && strcmp(l->name, name) == 0)
			return l;
	return NULL;
}

static const struct pool *
pool_of(const struct config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->npools; i++)
		if (strcmp(config->pools[i].name, name) == 0)
			return &config->pools[i];
	return NULL;
}

static enum passed
pass(struct worker_link *l, struct connection *c,
    const struct recognised *recognised, int *busy)
{
	enum passed passed;

	if (l == NULL || !l->up)
		return PASS_NO;
	if (l->aside || !l->wire->has_room(l)) {
		*busy = 1;
		return PASS_BUSY;
	}
	passed = l->wire->pass(l, c, recognised);
	if (passed == PASS_BUSY)
		*busy = 1;
	if (passed == PASS_DONE || passed == PASS_OFFERED)
		l->last = ++turns;
	return passed;
}

/* Is `a` less loaded than `b`? Those of equal load take turns. */
static int
freer(const struct worker_link *a, const struct worker_link *b)
{
	return a->outstanding != b->outstanding
	    ? a->outstanding < b->outstanding
	    : a->last < b->last;
}

/* The least loaded that was not tried yet in this search. */
static struct worker_link *
freest(const struct pool *pool, unsigned long search)
{
	struct worker_link *l, *best = NULL;
	size_t i;

	for (i = 0; i < pool->nworkers; i++) {
		l = link_of(pool->workers[i]);
		if (l == NULL || l->tried == search || !l->up || l->aside
		    || !l->wire->has_room(l))
			continue;
		if (best == NULL || freer(l, best))
			best = l;
	}
	return best;
}

static struct worker_link *
pass_to_pool(struct connection *c, const struct pool *pool,
    const struct recognised *recognised, enum passed *passed, int *busy)
{
	const unsigned long search = ++searches;
	struct worker_link *l;
	size_t i;

	while ((l = freest(pool, search)) != NULL) {
		*passed = pass(l, c, recognised, busy);
		if (*passed == PASS_DONE || *passed == PASS_OFFERED)
			return l;
		l->tried = search;
	}
	for (i = 0; i < pool->nworkers; i++) {
		l = link_of(pool->workers[i]);
		if (l != NULL && l->up)
			*busy = 1;
	}
	*passed = PASS_NO;
	return NULL;
}

struct worker_link *
workers_pass(struct connection *c, char *const *names, size_t n,
    const struct recognised *recognised, enum passed *passed, int *busy)
{
	const struct pool *pool;
	struct worker_link *l;
	size_t i;

	for (i = 0; i < n; i++) {
		pool = pool_of(&c->rules->config, names[i]);
		if (pool != NULL)
			l = pass_to_pool(c, pool, recognised, passed, busy);
		else {
			l = link_of(names[i]);
			*passed = pass(l, c, recognised, busy);
		}
		if (*passed == PASS_DONE || *passed == PASS_OFFERED)
			return l;
	}
	return NULL;
}

int
workers_usable(void)
{
	struct worker_link *l;

	for (l = front.workers; l != NULL; l = l->next)
		if (l->up && !l->aside && l->wire->has_room(l))
			return 1;
	return 0;
}

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
	l->text = strdup(w->addr);
	l->order = order_of(w->name, w->addr);
	worker_link_init(l);
	if (l->name != NULL && l->text != NULL && l->retry != NULL)
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

static int
wanted(const struct config *config, const struct worker_link *l)
{
	size_t i;

	for (i = 0; i < config->nworkers; i++)
		if (strcmp(config->workers[i].name, l->name) == 0
		    && strcmp(config->workers[i].addr, l->text) == 0)
			return 1;
	return 0;
}

/* Remove the links that another configuration does not name. One that has
   offered connections calls them back first, and is removed when they are
   answered. */
static void
remove_unwanted(const struct config *config)
{
	struct worker_link *l, *next;

	for (l = front.workers; l != NULL; l = next) {
		next = l->next;
		if (l->leaving || wanted(config, l))
			continue;
		l->leaving = 1;
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
		l = link_of(w->name);
		if (l != NULL && strcmp(l->text, w->addr) == 0)
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
	for (l = fresh; l != NULL && l != *end; l = l->next)
		worker_link_up(l);
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
