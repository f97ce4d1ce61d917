/* SPDX-License-Identifier: 0BSD */
/*
 * routes.c - configurations in use, and where each of their rules sends
 * connections: names are looked up once.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seats.h"

/* In how far a route is on the lists of those that it waits for. */
enum asks { ASKS_NOBODY, ASKS_ITS_OWN, ASKS_DEFAULTS };

/* ------------------------------------------------ made ------------------ */

static const struct pool *
pool_of(const struct config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->npools; i++)
		if (strcmp(config->pools[i].name, name) == 0)
			return &config->pools[i];
	return NULL;
}

/* -1: no memory. */
static int
find_target(struct rules *r, const char *name, struct target *t)
{
	const struct pool *pool = pool_of(&r->config, name);

	if (pool != NULL)
		t->group = group_of(&r->groups, pool);
	else
		t->seat = seat_of(name);
	return t->group != NULL || t->seat != NULL ? 0 : -1;
}

static void
route_free(struct route *route)
{
	size_t i;

	if (route == NULL)
		return;
	for (i = 0; route->homes != NULL && i < route->staying->n; i++) {
		front.nroutes -= route->homes[i] != NULL;
		route_free(route->homes[i]);
	}
	free(route->homes);
	free(route->targets);
	free(route->tickets);
	free(route);
}

static struct route *
route_new(struct rules *r, char *const *names, size_t n, const char *name)
{
	struct route *route = calloc(1, sizeof *route);
	size_t i;

	if (route == NULL || heap_room(&front.waits, front.nroutes + 1) < 0
	    || heap_room(&front.woken, front.nroutes + 1) < 0)
		goto no_memory;
	route->rules = r;
	/* Its own, the default's, and those that share their room. */
	route->ntickets = n + r->config.ndefaults + 1;
	route->targets = calloc(n + 1, sizeof *route->targets);
	route->tickets = calloc(route->ntickets, sizeof *route->tickets);
	if (route->targets == NULL || route->tickets == NULL)
		goto no_memory;
	for (i = 0; i < n; i++) {
		if (find_target(r, names[i], &route->targets[i]) < 0)
			goto no_memory;
		if (route->staying == NULL && route->targets[i].group != NULL
		    && route->targets[i].group->stay)
			route->staying = route->targets[i].group;
	}
	route->ntargets = n;
	for (i = 0; i < route->ntickets; i++)
		route->tickets[i].route = route;
	route->tally = tally_of(TALLY_RULES, name);
	front.nroutes++;
	return route;
no_memory:
	route_free(route);
	return NULL;
}

static struct route **
place_of(struct rules *r, size_t i)
{
	if (r->routes == NULL)
		r->routes = calloc(r->config.nrules + 1, sizeof *r->routes);
	return r->routes != NULL ? &r->routes[i] : NULL;
}

struct route *
route_default(struct rules *r)
{
	struct route **at = place_of(r, r->config.nrules);

	if (at != NULL && *at == NULL)
		*at = route_new(r, r->config.defaults, r->config.ndefaults,
		    "default");
	return at != NULL ? *at : NULL;
}

struct route *
route_of(const struct connection *c)
{
	const struct rule *rule = c->rule;
	struct rules *r = c->rules;
	struct route **at;

	if (rule == NULL)
		return route_default(r);
	at = place_of(r, (size_t)(rule - r->config.rules));
	if (at != NULL && *at == NULL)
		*at = route_new(r, rule->workers, rule->nworkers, rule->name);
	return at != NULL ? *at : NULL;
}

/*
 * Where clients stay with workers, who waits for one worker must not be behind
 * those who wait for another: there is a queue for each.
 */
struct route *
route_home(struct route *route, const struct connection *c,
    const struct recognised *recognised)
{
	struct route *rule = route->rule != NULL ? route->rule : route, *home;
	struct group *g = rule->staying;
	struct member *m = g != NULL ? stay_home(g, c, recognised) : NULL;
	size_t i;

	if (m == NULL)
		return rule;
	i = (size_t)(m - g->members);
	if (rule->homes == NULL)
		rule->homes = calloc(g->n, sizeof(struct route *));
	if (rule->homes == NULL)
		return rule;
	if (rule->homes[i] == NULL) {
		home = c->rule != NULL
		    ? route_new(c->rules, c->rule->workers, c->rule->nworkers,
			c->rule->name)
		    : route_new(c->rules, c->rules->config.defaults,
			c->rules->config.ndefaults, "default");
		if (home == NULL)
			return rule;
		home->rule = rule;
		home->home = m->seat;
		rule->homes[i] = home;
	}
	return rule->homes[i];
}

/* ------------------------------------------------ in use ---------------- */

void
rules_hold(struct rules *r)
{
	r->users++;
}

static void
rules_free(struct rules *r)
{
	size_t i;

	for (i = 0; r->routes != NULL && i <= r->config.nrules; i++) {
		front.nroutes -= r->routes[i] != NULL;
		route_free(r->routes[i]);
	}
	free(r->routes);
	groups_free(&r->groups);
	config_free(&r->config);
	free(r);
}

/* Lists that are walked now may be in them. */
static struct rules *dropped;
static int walks;

/* None of its connections waits any more: they are users. */
void
rules_drop(struct rules *r)
{
	if (--r->users > 0)
		return;
	if (walks == 0) {
		rules_free(r);
		return;
	}
	r->next = dropped;
	dropped = r;
}

void
rules_walk(int begins)
{
	struct rules *r;

	walks += begins ? 1 : -1;
	while (walks == 0 && (r = dropped) != NULL) {
		dropped = r->next;
		rules_free(r);
	}
}

struct worker_link *
route_pass(const struct route *route, struct connection *c,
    const struct recognised *recognised, enum passed *passed, int *busy)
{
	struct worker_link *l;
	size_t i;

	for (i = 0; i < route->ntargets; i++) {
		l = target_pass(&route->targets[i], c, recognised, passed,
		    busy);
		if (l != NULL)
			return l;
	}
	return NULL;
}

/* ------------------------------------------------ who waits ------------- */

static void
ticket_drop(struct ticket *t)
{
	struct waitlist *list = t->at;

	t->at = NULL;
	if (list == NULL)
		return;
	if (t->prev != NULL)
		t->prev->next = t->next;
	else
		list->first = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	else
		list->last = t->prev;
	list->n--;
}

static void
ticket_add(struct ticket *t, struct waitlist *list)
{
	ticket_drop(t);
	t->at = list;
	t->next = NULL;
	t->prev = list->last;
	if (list->last != NULL)
		list->last->next = t;
	else
		list->first = t;
	list->last = t;
	list->n++;
}

static struct ticket *
add_all(struct ticket *next, const struct route *of, int *shares)
{
	const struct target *t;
	size_t i;

	for (i = 0; i < of->ntargets; i++) {
		t = &of->targets[i];
		ticket_add(next++,
		    t->group == NULL ? &t->seat->waiting
			: of->home != NULL && t->group == of->staying
			? &of->home->waiting
			: &t->group->waiting);
		*shares |= target_shares(t);
	}
	return next;
}

/* Whose room is of use? The default's, if all others have gone. */
static enum asks
wanted(const struct route *route)
{
	size_t i;

	if (route->first == NULL)
		return ASKS_NOBODY;
	if (front.overflow != OVERFLOW_DEFAULT)
		for (i = 0; i < route->ntargets; i++)
			if (target_up(&route->targets[i]))
				return ASKS_ITS_OWN;
	return ASKS_DEFAULTS;
}

void
route_ask(struct route *route)
{
	const struct route *others;
	struct ticket *next = route->tickets;
	int asks = (int)wanted(route), shares = 0;
	size_t i;

	if (asks == route->asks)
		return;
	for (i = 0; i < route->ntickets; i++)
		ticket_drop(&route->tickets[i]);
	route->asks = asks;
	if (asks == ASKS_NOBODY)
		return;
	next = add_all(next, route, &shares);
	others = asks == ASKS_DEFAULTS ? route_default(route->rules) : route;
	if (others != NULL && others != route)
		next = add_all(next, others, &shares);
	if (shares)
		ticket_add(next, &front.shared);
}

void
route_ask_again(struct route *route)
{
	route->asks = -1;
	route_ask(route);
}

void
ticket_last(struct ticket *t)
{
	if (t->at != NULL)
		ticket_add(t, t->at);
}

/* ------------------------------------------------ why ------------------- */

static void
link_why(const struct seat *seat, char *text, size_t room)
{
	const struct worker_link *l = seat->link;
	const char *why = "gone";

	if (l == NULL)
		why = "no such worker";
	else if (l->up)
		why = "busy";
	else if (l->error != 0)
		why = worker_link_why(l);
	(void)snprintf(text, room, "%s: %s", seat->name.text, why);
}

/* Of the first of its workers. */
void
route_why(const struct connection *c, char *text, size_t room)
{
	const struct route *route = c->route;

	text[0] = '\0';
	if (route == NULL || route->ntargets == 0)
		return;
	if (route->targets[0].group == NULL)
		link_why(route->targets[0].seat, text, room);
	else
		(void)snprintf(text, room, "%s: %s",
		    route->targets[0].group->name.text,
		    target_up(&route->targets[0]) ? "busy" : "gone");
}
