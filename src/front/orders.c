/* SPDX-License-Identifier: 0BSD */
/*
 * orders.c - what an operator has ordered of workers, by `fdferry ctl'.
 *
 * An order belongs to a name and an address, and stands until another is
 * given: a reload keeps it, also for a worker that was not named meanwhile,
 * and a successor gets it. Another address is another worker, without orders.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"

const char *const order_words[] = { "enable", "drain", "disable" };
const char *const order_states[] = { "enabled", "drained", "disabled" };
#define NORDERS 3

static struct standing *standing;

static struct standing **
find(const char *name, const char *address)
{
	struct standing **at = &standing;

	while (*at != NULL
	    && (strcmp((*at)->name, name) != 0
		|| strcmp((*at)->address, address) != 0))
		at = &(*at)->next;
	return at;
}

static void
forget(struct standing **at)
{
	struct standing *s = *at;

	*at = s->next;
	free(s->name);
	free(s->address);
	free(s);
}

/* The most that it may cost: a few words for a worker. */
static int
add(struct standing **at, const char *name, const char *address)
{
	struct standing *s = calloc(1, sizeof *s);

	if (s == NULL)
		return -1;
	s->name = strdup(name);
	s->address = strdup(address);
	*at = s;
	if (s->name != NULL && s->address != NULL)
		return 0;
	forget(at);
	return -1;
}

enum order
order_of(const char *name, const char *address)
{
	const struct standing *s = *find(name, address);

	return s != NULL ? s->order : ORDER_ENABLE;
}

const struct standing *
orders_standing(void)
{
	return standing;
}

static struct worker_link *
link_of(const char *name)
{
	struct worker_link *l = front.workers;

	while (l != NULL && (l->leaving || strcmp(l->name, name) != 0))
		l = l->next;
	return l;
}

int
orders_set(const char *name, const char *address, enum order order)
{
	struct standing **at = find(name, address);
	struct worker_link *l = link_of(name);

	if (order != ORDER_ENABLE && *at == NULL && add(at, name, address) < 0)
		return -1;
	if (order == ORDER_ENABLE && *at != NULL)
		forget(at);
	else if (*at != NULL)
		(*at)->order = order;
	if (l != NULL && strcmp(l->text, address) == 0)
		worker_link_order(l, order);
	return 0;
}

int
orders_take(const char *line, char *text, size_t room)
{
	size_t n = strcspn(line, " "), i;
	const char *name = line + n + (line[n] == ' ');
	struct worker_link *l = link_of(name);

	for (i = 0; i < NORDERS; i++)
		if (strlen(order_words[i]) == n
		    && strncmp(order_words[i], line, n) == 0)
			break;
	if (i == NORDERS)
		(void)snprintf(text, room, "%.*s: no such order", (int)n, line);
	else if (l == NULL)
		(void)snprintf(text, room, "%s: this front has no such worker",
		    name);
	else if (orders_set(l->name, l->text, (enum order)i) < 0)
		(void)snprintf(text, room, "out of memory");
	else {
		(void)snprintf(text, room, "worker %s: %s outstanding=%ld\n",
		    l->name, order_states[i], l->outstanding);
		return 0;
	}
	return -1;
}
