/* SPDX-License-Identifier: 0BSD */
/*
 * order.h - finding one of many without a walk over all: by its name (names.c),
 * or because it is the least (heap.c).
 */
#ifndef ORDER_H
#define ORDER_H 1

#include <stddef.h>

/* -------------------------------------------------- heap.c -------------- */

/* First in what is ordered: by `key`, and of equal ones by `then`. */
struct heap_entry {
	unsigned long long key, then;
	size_t at; /* 1 + its place; 0: in no heap */
};

struct heap {
	struct heap_entry **items; /* the first is the least */
	size_t n, room;
};

/* Make room for n entries in all: 0, or -1 without memory. */
int heap_room(struct heap *, size_t n);
/* In, where there is room; or to where its new keys belong. */
void heap_put(struct heap *, struct heap_entry *);
/* Out, if it is in. */
void heap_take(struct heap *, struct heap_entry *);
void heap_free(struct heap *);

/* -------------------------------------------------- names.c ------------- */

/* First in what has a name. */
struct name {
	struct name *chain;
	char *text;
};

struct names {
	struct name **buckets;
	size_t n, room;
};

/* NULL: none has it. */
struct name *names_find(const struct names *, const char *text);
/* One that is not there yet; -1 without memory. */
int names_add(struct names *, struct name *, const char *text);
/* `end` frees each, but not its text. */
void names_free(struct names *, void (*end)(struct name *));

#endif
