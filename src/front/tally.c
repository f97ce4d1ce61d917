/* SPDX-License-Identifier: 0BSD */
/* tally.c - counts by name. */
#include "../../lib/detect.h"

#include <stdlib.h>

#include "front.h"

static struct {
	struct names names;
	struct tally *first;
} all[NTALLIES];

struct tally *
tally_of(enum tally_kind kind, const char *name)
{
	struct tally *t =
	    (struct tally *)(void *)names_find(&all[kind].names, name);

	if (t != NULL)
		return t;
	t = calloc(1, sizeof *t);
	if (t == NULL || names_add(&all[kind].names, &t->name, name) < 0) {
		free(t);
		return NULL;
	}
	t->next = all[kind].first;
	all[kind].first = t;
	return t;
}

const struct tally *
tallies(enum tally_kind kind)
{
	return all[kind].first;
}
