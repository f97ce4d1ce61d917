/* SPDX-License-Identifier: 0BSD */
/* table.h - memory that is freed as a whole, and a hash table in it. */
#ifndef TABLE_H
#define TABLE_H 1

#include <stddef.h>

struct chunk;

/* All zero is an empty one. */
struct arena {
	struct chunk *chunks;
	char *at;
	size_t left;
	size_t next; /* bytes of the next chunk */
};

/* Zeroed, for any object; NULL: no memory. */
void *arena_get(struct arena *, size_t n);
void arena_free(struct arena *);

struct node;

/* Nodes of an index in the order of their first rules. */
struct hit {
	struct hit *next;
	struct node *node;
};
struct hits {
	struct hit *first, *last;
};

/* At the end. Returns 0, or -1 without memory. */
int hits_add(struct arena *, struct hits *, struct node *);

/* What belongs to some bytes of an owner. */
struct entry {
	struct entry *next;
	unsigned long hash;
	unsigned int owner;
	unsigned int id; /* its own, as an owner */
	size_t len;
	const char *text; /* the caller's, who keeps it */
	const void *value;
	struct node *node;
	struct hits here;
	int stars; /* patterns.h */
};

/* All zero is an empty one. It lives in the arena, but for `buckets`. */
struct table {
	struct arena *arena;
	struct entry **buckets;
	size_t nbuckets, n;
	unsigned int ids; /* owners so far */
};

struct entry *table_find(const struct table *, unsigned int owner,
    const char *text, size_t len);
/* The entry of this text, a new one if `value` of it is NULL and all else
   zero; NULL: no memory. */
struct entry *
table_add(struct table *, unsigned int owner, const char *text, size_t len);
void table_free(struct table *); /* not the arena */

#endif
