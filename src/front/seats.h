/* SPDX-License-Identifier: 0BSD */
/*
 * seats.h - who takes a connection: workers and pools by name, and the routes
 * that rules have to them.
 */
#ifndef SEATS_H
#define SEATS_H 1

#include "front.h"

/* ------------------------------------------------ workers and pools ----- */

/*
 * seats.c: a name that workers have, one after the other as configurations
 * come and go; kept for as long as we run. And a pool of one configuration.
 * Those that can take a connection are in order, so that finding the least
 * busy one costs the same however many there are.
 */
struct seat {
	struct name name;
	struct worker_link *link; /* NULL: no worker has this name now */
	struct member *members;	  /* its places in pools */
	struct waitlist waiting;
};

struct member {
	struct heap_entry ready; /* by what is outstanding, then by turns */
	struct seat *seat;
	struct group *group;
	struct member *next; /* of the seat */
	int up;
};

struct group {
	struct name name;
	struct member *members;
	size_t n;
	struct heap ready[2]; /* of its own room; of room that all share */
	int up;
	int shared; /* members that share their room */
	struct waitlist waiting;
};

/* A worker or a pool. */
struct target {
	struct seat *seat; /* or */
	struct group *group;
};

/* NULL: no memory. */
struct seat *seat_of(const char *name);
struct seat *seat_find(const char *name); /* NULL: there is none */
struct group *group_of(struct names *all, const struct pool *);
void groups_free(struct names *all);
/* From now on this is the worker of its name; NULL: there is none. */
void seat_give(struct seat *, struct worker_link *);
/* It went up or down, took one or ended one: where it stands in its pools. */
void seat_changed(struct worker_link *);
int worker_has_room(const struct worker_link *);
/* Its link if it took the connection, or NULL; *busy if it will take one
   soon. */
struct worker_link *target_pass(const struct target *, struct connection *,
    const struct recognised *, enum passed *, int *busy);
/* Is one of it up? And do some share their room? */
int target_up(const struct target *);
int target_shares(const struct target *);

/*
 * routes.c: a rule of one configuration, or its default: where it sends
 * connections, and those of them that wait.
 */
struct ticket {
	struct ticket *prev, *next;
	struct waitlist *at; /* NULL: in none */
	struct route *route;
};

struct route {
	struct heap_entry oldest; /* of those that wait, by age */
	struct rules *rules;
	struct target *targets;
	size_t ntargets;
	struct tally *tally;
	struct connection *first, *end; /* that wait, oldest first */
	struct connection *unwatched;	/* of these, the first; or NULL */
	struct ticket *tickets;
	size_t ntickets;
	int asks; /* in how far it is on the lists of workers */
};

/* Of the rule of this connection; NULL: no memory. */
struct route *route_of(const struct connection *);
struct route *route_default(struct rules *);
/* Pass to one of its workers or pools: the link, or NULL. */
struct worker_link *route_pass(const struct route *, struct connection *,
    const struct recognised *, enum passed *, int *busy);
/* Why does a connection of this rule wait? */
void route_why(const struct connection *, char *text, size_t room);
/* Be asked when one of its workers has room; none waits: be not asked. */
void route_ask(struct route *);
void route_ask_again(struct route *);
void ticket_last(struct ticket *); /* on its list */

#endif
