/* SPDX-License-Identifier: 0BSD */
/* table.c - memory that is freed as a whole, and a hash table in it. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

#define CHUNK_FIRST 1024
#define CHUNK_MOST ((size_t)1 << 20)

/* -------------------------------------------------- arena --------------- */

union aligned {
	long long number;
	long double real;
	void *pointer;
};

struct chunk {
	struct chunk *next;
	union aligned begin[1];
};

static int
more_memory(struct arena *a, size_t n)
{
	const size_t head = offsetof(struct chunk, begin);
	size_t size = a->next > 0 ? a->next : CHUNK_FIRST;
	struct chunk *chunk;

	a->next = size < CHUNK_MOST ? 2 * size : size;
	if (size < n)
		size = n;
	chunk = malloc(head + size);
	if (chunk == NULL)
		return -1;
	memset(chunk, 0, head + size);
	chunk->next = a->chunks;
	a->chunks = chunk;
	a->at = (char *)chunk + head;
	a->left = size;
	return 0;
}

void *
arena_get(struct arena *a, size_t n)
{
	void *got;

	if (n > (size_t)-1 / 2)
		return NULL;
	n = (n + sizeof(union aligned) - 1) / sizeof(union aligned)
	    * sizeof(union aligned);
	if (n > a->left && more_memory(a, n) < 0)
		return NULL;
	got = a->at;
	a->at += n;
	a->left -= n;
	return got;
}

void
arena_free(struct arena *a)
{
	static const struct arena nothing;
	struct chunk *chunk;

	while ((chunk = a->chunks) != NULL) {
		a->chunks = chunk->next;
		free(chunk);
	}
	*a = nothing;
}

int
hits_add(struct arena *a, struct hits *hits, struct node *node)
{
	struct hit *hit = arena_get(a, sizeof *hit);

	if (hit == NULL)
		return -1;
	hit->node = node;
	if (hits->last != NULL)
		hits->last->next = hit;
	else
		hits->first = hit;
	hits->last = hit;
	return 0;
}

/* -------------------------------------------------- table --------------- */

/* FNV-1a. Who writes the configuration chooses what is in a table, not who
   connects. */
static unsigned long
hash_of(unsigned int owner, const char *text, size_t len)
{
	unsigned long h = 2166136261UL ^ owner;
	size_t i;

	h = h * 16777619UL & 0xffffffffUL;
	for (i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 16777619UL & 0xffffffffUL;
	return h ^ h >> 15;
}

static struct entry *
find(const struct table *t, unsigned long hash, unsigned int owner,
    const char *text, size_t len)
{
	struct entry *e;

	if (t->n == 0)
		return NULL;
	for (e = t->buckets[hash & (t->nbuckets - 1)]; e != NULL; e = e->next)
		if (e->hash == hash && e->owner == owner && e->len == len
		    && memcmp(e->text, text, len) == 0)
			return e;
	return NULL;
}

struct entry *
table_find(const struct table *t, unsigned int owner, const char *text,
    size_t len)
{
	return find(t, hash_of(owner, text, len), owner, text, len);
}

/* At most one entry for each bucket, on average. */
static int
make_room(struct table *t)
{
	const size_t room = t->nbuckets > 0 ? 2 * t->nbuckets : 16;
	struct entry **more, *e, *next;
	size_t i;

	if (t->n < t->nbuckets)
		return 0;
	more = malloc(room * sizeof *more);
	if (more == NULL)
		return -1;
	memset(more, 0, room * sizeof *more);
	for (i = 0; i < t->nbuckets; i++)
		for (e = t->buckets[i]; e != NULL; e = next) {
			next = e->next;
			e->next = more[e->hash & (room - 1)];
			more[e->hash & (room - 1)] = e;
		}
	free(t->buckets);
	t->buckets = more;
	t->nbuckets = room;
	return 0;
}

struct entry *
table_add(struct table *t, unsigned int owner, const char *text, size_t len)
{
	const unsigned long hash = hash_of(owner, text, len);
	struct entry *e = find(t, hash, owner, text, len);

	if (e != NULL)
		return e;
	if (make_room(t) < 0 || (e = arena_get(t->arena, sizeof *e)) == NULL)
		return NULL;
	e->hash = hash;
	e->owner = owner;
	e->id = ++t->ids;
	e->text = text;
	e->len = len;
	e->next = t->buckets[hash & (t->nbuckets - 1)];
	t->buckets[hash & (t->nbuckets - 1)] = e;
	t->n++;
	return e;
}

void
table_free(struct table *t)
{
	free(t->buckets);
	memset(t, 0, sizeof *t);
}
