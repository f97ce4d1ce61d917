/* SPDX-License-Identifier: 0BSD */
/*
 * t/82-order.c - what a front finds without a walk over all: the least of many,
 * things by their name, and how many connections an address has.
 */
#include "../src/front/heap.c"
#include "../src/front/names.c"
#include "../src/front/per-source.c"

#include "tap.h"

#define MANY 1000

static unsigned long state = 1;

static unsigned long
number(unsigned long most)
{
	state = (state * 1103515245u + 12345u) & 0x7fffffff;
	return (state >> 8) % most;
}

/* ------------------------------------------------ the least of many ----- */

static struct heap_entry entries[MANY];
static struct heap heap;

static const struct heap_entry *
least(void)
{
	const struct heap_entry *found = NULL;
	int i;

	for (i = 0; i < MANY; i++)
		if (entries[i].at > 0 && (found == NULL
		    || before(&entries[i], found)))
			found = &entries[i];
	return found;
}

/* Each knows its place, and none is before the one above it. */
static int
whole(void)
{
	size_t i;

	for (i = 0; i < heap.n; i++)
		if (heap.items[i]->at != i + 1 || (i > 0
		    && before(heap.items[i], heap.items[(i - 1) / 2])))
			return 0;
	return 1;
}

static void
test_heap(void)
{
	struct heap_entry *e;
	long i, bad = 0, in = 0;

	is(0, heap_room(&heap, MANY), "there is memory");
	for (i = 0; i < 20000; i++) {
		e = &entries[number(MANY)];
		if (number(3) == 0)
			heap_take(&heap, e);
		else {
			e->key = number(40);
			e->then = number(40);
			heap_put(&heap, e);
		}
		if (i % 16 == 0 && heap.n > 0)
			bad += !whole() || before(least(), heap.items[0]);
	}
	for (i = 0; i < MANY; i++)
		in += entries[i].at > 0;
	is(0, bad, "the least is first, whatever comes, changes and goes");
	is(in, (long)heap.n, "none is lost");
	while (heap.n > 0) {
		e = heap.items[0];
		bad += e != least() && before(least(), e);
		heap_take(&heap, e);
		bad += e->at != 0;
	}
	is(0, bad, "they leave in order");
	heap_take(&heap, e);
	is(0, (long)heap.n, "one that is not in is not taken out");
	heap_free(&heap);
}

/* ------------------------------------------------ by name --------------- */

struct thing {
	struct name name;
	long n;
};

static long freed;

static void
end(struct name *name)
{
	free(name);
	freed++;
}

static void
test_names(void)
{
	struct names all;
	struct thing *t;
	char text[32];
	long i, bad = 0, longest = 0, n;
	struct name *one;

	memset(&all, 0, sizeof all);
	ok(names_find(&all, "x") == NULL, "nothing is there");
	for (i = 0; i < 20000; i++) {
		t = calloc(1, sizeof *t);
		if (t == NULL)
			bail("no memory");
		t->n = i;
		(void)sprintf(text, "worker-%ld", i);
		bad += names_add(&all, &t->name, text) < 0;
	}
	for (i = 0; i < 20000; i++) {
		(void)sprintf(text, "worker-%ld", i);
		t = (struct thing *)(void *)names_find(&all, text);
		bad += t == NULL || t->n != i;
	}
	is(0, bad, "20,000 names are found");
	for (i = 0; i < (long)all.room; i++) {
		for (n = 0, one = all.buckets[i]; one != NULL; one = one->chain)
			n++;
		if (n > longest)
			longest = n;
	}
	ok(longest < 12, "in short chains");
	ok(names_find(&all, "worker-20000") == NULL, "no other is");
	names_free(&all, end);
	is(20000, freed, "and all are freed");
}

/* ------------------------------------------------ sources --------------- */

static struct sockaddr *
address(unsigned long n)
{
	static union {
		struct sockaddr sa;
		struct sockaddr_in6 in6;
	} at;

	memset(&at, 0, sizeof at);
	at.in6.sin6_family = AF_INET6;
	at.in6.sin6_addr.s6_addr[0] = 0x20;
	at.in6.sin6_addr.s6_addr[5] = (unsigned char)(n >> 16);
	at.in6.sin6_addr.s6_addr[6] = (unsigned char)(n >> 8);
	at.in6.sin6_addr.s6_addr[7] = (unsigned char)n;
	at.in6.sin6_addr.s6_addr[15] = 1; /* in the /64 */
	return &at.sa;
}

static void
test_sources(void)
{
	struct source *one;
	unsigned long i;
	long bad = 0, longest = 0, n;

	for (i = 0; i < 100000; i++)
		bad += per_source_add(address(i)) != 1;
	for (i = 0; i < 100000; i++)
		bad += per_source_add(address(i)) != 2;
	is(0, bad, "100,000 networks, each counted by itself");
	for (i = 0; i < sources.room; i++) {
		for (n = 0, one = sources.buckets[i]; one != NULL; one = one->next)
			n++;
		if (n > longest)
			longest = n;
	}
	ok(longest < 16, "in short chains");
	for (i = 0; i < 200000; i++)
		per_source_remove(address(i % 100000));
	is(0, (long)sources.n, "none is left");
	is(1, per_source_add(address(7)), "and counting begins again");
	per_source_remove(address(7));
	per_source_remove(address(7));
	is(0, (long)sources.n, "one that is not there is not removed");
}

int
main(void)
{
	plan(15);
	test_heap();
	test_names();
	test_sources();
	return tap_bad;
}
