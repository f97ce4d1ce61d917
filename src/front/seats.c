/* SPDX-License-Identifier: 0BSD */
/*
 * seats.c - which worker takes a connection: workers by name, and pools, of
 * which the least busy worker takes it.
 *
 * A pool has those of its workers in order that can take a connection now; a
 * worker is moved when that changes, not looked at when somebody comes. Backups
 * are in an order of their own, which counts while no other worker is up.
 */
#include "../../lib/detect.h"

#include <stdlib.h>

#include "seats.h"

static struct names seats;
static unsigned long turns; /* for taking the one least recently used */

/* ------------------------------------------------ where one stands ------ */

int
worker_has_room(const struct worker_link *l)
{
	return l->up && !l->aside && l->wire->has_room(l);
}

/* Among those of its pool. Room that is shared is asked for when one is
   sought: it would be all of them that come and go. */
static void
place(struct member *m, const struct worker_link *l)
{
	struct heap *ready = &m->group->ready[m->backup][l->wire->shared];

	/* Those who wait have other workers now. */
	if (m->group->stay && m->up != l->up && front.waiting.n > 0)
		outcomes.changed();
	m->group->up[m->backup] += l->up - m->up;
	m->up = l->up;
	if (!l->up || l->aside || !(l->wire->shared || l->wire->has_room(l))) {
		heap_take(ready, &m->ready);
		return;
	}
	m->ready.key = (unsigned long long)l->outstanding;
	m->ready.then = l->last;
	heap_put(ready, &m->ready);
}

void
seat_changed(struct worker_link *l)
{
	struct member *m;

	if (l->seat == NULL)
		return;
	for (m = l->seat->members; m != NULL; m = m->next)
		place(m, l);
}

static void
leave(struct member *m, const struct worker_link *l)
{
	heap_take(&m->group->ready[m->backup][l->wire->shared], &m->ready);
	m->group->shared -= l->wire->shared;
	m->group->up[m->backup] -= m->up;
	m->up = 0;
}

static void
enter(struct member *m, const struct worker_link *l)
{
	m->group->shared += l->wire->shared;
	place(m, l);
}

void
seat_give(struct seat *seat, struct worker_link *l)
{
	struct member *m;

	for (m = seat->members; m != NULL; m = m->next) {
		if (seat->link != NULL)
			leave(m, seat->link);
		if (l != NULL)
			enter(m, l);
	}
	if (seat->link != NULL)
		seat->link->seat = NULL;
	seat->link = l;
	if (l != NULL)
		l->seat = seat;
}

/* ------------------------------------------------ by name --------------- */

struct seat *
seat_find(const char *name)
{
	return (struct seat *)(void *)names_find(&seats, name);
}

struct seat *
seat_of(const char *name)
{
	struct seat *seat = seat_find(name);

	if (seat != NULL)
		return seat;
	seat = calloc(1, sizeof *seat);
	if (seat != NULL && names_add(&seats, &seat->name, name) == 0)
		return seat;
	free(seat);
	return NULL;
}

static void
group_free(struct name *name)
{
	struct group *g = (struct group *)(void *)name;
	struct member **at;
	size_t i;

	for (i = 0; i < g->n; i++) {
		at = &g->members[i].seat->members;
		while (*at != &g->members[i])
			at = &(*at)->next;
		*at = g->members[i].next;
	}
	for (i = 0; i < 4; i++)
		heap_free(&g->ready[i / 2][i % 2]);
	free(g->members);
	free(g);
}

void
groups_free(struct names *all)
{
	names_free(all, group_free);
}

/* -1: no memory. */
static int
add_members(struct group *g, char *const *names, size_t n, int backup)
{
	struct member *m;
	struct seat *seat;
	size_t i;

	if (heap_room(&g->ready[backup][0], n) < 0
	    || heap_room(&g->ready[backup][1], n) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		seat = seat_of(names[i]);
		if (seat == NULL)
			return -1;
		m = &g->members[g->n++];
		m->seat = seat;
		m->group = g;
		m->backup = backup;
		m->id = stay_id(names[i]);
		m->next = seat->members;
		seat->members = m;
		if (seat->link != NULL)
			enter(m, seat->link);
	}
	return 0;
}

struct group *
group_of(struct names *all, const struct pool *pool)
{
	struct group *g = (struct group *)(void *)names_find(all, pool->name);

	if (g != NULL)
		return g;
	g = calloc(1, sizeof *g);
	if (g == NULL)
		return NULL;
	g->stay = pool->stay;
	g->members =
	    calloc(pool->nworkers + pool->nbackups, sizeof *g->members);
	if (g->members != NULL
	    && add_members(g, pool->workers, pool->nworkers, 0) == 0
	    && add_members(g, pool->backups, pool->nbackups, 1) == 0
	    && names_add(all, &g->name, pool->name) == 0)
		return g;
	group_free(&g->name);
	return NULL;
}

/* ------------------------------------------------ which one ------------- */

static enum passed
pass(struct worker_link *l, struct connection *c,
    const struct recognised *recognised, int *busy)
{
	enum passed passed;

	if (l == NULL || !l->up)
		return PASS_NO;
	if (!worker_has_room(l)) {
		*busy = 1;
		return PASS_BUSY;
	}
	passed = l->wire->pass(l, c, recognised);
	if (passed == PASS_BUSY)
		*busy = 1;
	if (passed == PASS_DONE)
		worker_took(l);
	if (passed == PASS_DONE || passed == PASS_OFFERED)
		l->last = ++turns;
	seat_changed(l);
	return passed;
}

static struct worker_link *
first_of(const struct heap *ready)
{
	const struct member *m;

	if (ready->n == 0)
		return NULL;
	m = (const struct member *)(const void *)ready->items[0];
	return m->seat->link;
}

/* The least busy that has room; of equals, the one not used for longest. */
static struct worker_link *
freest(const struct group *g)
{
	const struct heap *ready = g->ready[g->up[0] == 0];
	struct worker_link *own = first_of(&ready[0]);
	struct worker_link *other = first_of(&ready[1]);

	if (other == NULL || !other->wire->has_room(other))
		return own;
	if (own == NULL || other->outstanding < own->outstanding
	    || (other->outstanding == own->outstanding
		&& other->last < own->last))
		return other;
	return own;
}

/* The worker of this client, if the pool stays with addresses; else, and for
   those that have none, the one that is least busy. */
static struct worker_link *
suited(const struct group *g, const struct connection *c,
    const struct recognised *recognised)
{
	const struct member *home =
	    g->stay ? stay_home(g, c, recognised) : NULL;

	return home != NULL ? home->seat->link : freest(g);
}

/* One that does not take it is not ready any more, unless it is about to
   end; or it is busy, and the client's own. */
static struct worker_link *
pass_to_group(const struct group *g, struct connection *c,
    const struct recognised *recognised, enum passed *passed, int *busy)
{
	struct worker_link *l, *before = NULL;

	while ((l = suited(g, c, recognised)) != NULL && l != before) {
		*passed = pass(l, c, recognised, busy);
		if (*passed == PASS_DONE || *passed == PASS_OFFERED)
			return l;
		before = l;
	}
	*passed = PASS_NO;
	return NULL;
}

int
target_up(const struct target *t)
{
	if (t->group != NULL)
		return t->group->up[0] + t->group->up[1] > 0;
	return t->seat->link != NULL && t->seat->link->up;
}

int
target_shares(const struct target *t)
{
	if (t->group != NULL)
		return t->group->shared > 0;
	return t->seat->link != NULL && t->seat->link->wire->shared;
}

struct worker_link *
target_pass(const struct target *t, struct connection *c,
    const struct recognised *recognised, enum passed *passed, int *busy)
{
	struct worker_link *l;

	if (t->group == NULL) {
		l = t->seat->link;
		*passed = pass(l, c, recognised, busy);
		return *passed == PASS_DONE || *passed == PASS_OFFERED ? l
								       : NULL;
	}
	l = pass_to_group(t->group, c, recognised, passed, busy);
	if (l == NULL && target_up(t))
		*busy = 1;
	return l;
}
