/* SPDX-License-Identifier: 0BSD */
/* names.c - things that are found by their name, however many there are. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "order.h"

static size_t
hash_of(const char *text)
{
	unsigned long hash = 2166136261u;

	for (; *text != '\0'; text++)
		hash = ((hash ^ (unsigned char)*text) * 16777619u) & 0xffffffff;
	return hash ^ hash >> 15;
}

static struct name **
bucket_of(const struct names *all, const char *text)
{
	return &all->buckets[hash_of(text) & (all->room - 1)];
}

struct name *
names_find(const struct names *all, const char *text)
{
	struct name *one;

	if (all->room == 0)
		return NULL;
	for (one = *bucket_of(all, text); one != NULL; one = one->chain)
		if (strcmp(one->text, text) == 0)
			return one;
	return NULL;
}

/* Twice as many buckets. Without memory the chains get longer. */
static void
grow(struct names *all)
{
	struct names more;
	struct name *one, **to;
	size_t i;

	more.room = all->room > 0 ? 2 * all->room : 16;
	more.buckets = calloc(more.room, sizeof *more.buckets);
	if (more.buckets == NULL)
		return;
	for (i = 0; i < all->room; i++)
		while ((one = all->buckets[i]) != NULL) {
			all->buckets[i] = one->chain;
			to = bucket_of(&more, one->text);
			one->chain = *to;
			*to = one;
		}
	free(all->buckets);
	all->buckets = more.buckets;
	all->room = more.room;
}

int
names_add(struct names *all, struct name *one, const char *text)
{
	struct name **to;

	if (all->n >= all->room)
		grow(all);
	one->text = all->room > 0 ? strdup(text) : NULL;
	if (one->text == NULL)
		return -1;
	to = bucket_of(all, text);
	one->chain = *to;
	*to = one;
	all->n++;
	return 0;
}

void
names_free(struct names *all, void (*end)(struct name *))
{
	struct name *one;
	size_t i;

	for (i = 0; i < all->room; i++)
		while ((one = all->buckets[i]) != NULL) {
			all->buckets[i] = one->chain;
			free(one->text);
			end(one);
		}
	free(all->buckets);
	all->buckets = NULL;
	all->n = all->room = 0;
}
