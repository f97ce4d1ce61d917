/* SPDX-License-Identifier: 0BSD */
/* heap.c - the least of many by two numbers, which change. */
#include "../../lib/detect.h"

#include <stdlib.h>

#include "order.h"

static int
before(const struct heap_entry *a, const struct heap_entry *b)
{
	return a->key != b->key ? a->key < b->key : a->then < b->then;
}

static void
set(struct heap *h, size_t i, struct heap_entry *e)
{
	h->items[i] = e;
	e->at = i + 1;
}

/* `e` belongs at `i`, or above, or below. */
static void
settle(struct heap *h, size_t i, struct heap_entry *e)
{
	size_t next;

	while (i > 0 && before(e, h->items[(i - 1) / 2])) {
		set(h, i, h->items[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (; (next = 2 * i + 1) < h->n; i = next) {
		if (next + 1 < h->n
		    && before(h->items[next + 1], h->items[next]))
			next++;
		if (!before(h->items[next], e))
			break;
		set(h, i, h->items[next]);
	}
	set(h, i, e);
}

int
heap_room(struct heap *h, size_t n)
{
	struct heap_entry **more;
	size_t room = h->room > 0 ? h->room : 16;

	while (room < n)
		room *= 2;
	if (room == h->room)
		return 0;
	more = realloc(h->items, room * sizeof *more);
	if (more == NULL)
		return -1;
	h->items = more;
	h->room = room;
	return 0;
}

void
heap_put(struct heap *h, struct heap_entry *e)
{
	settle(h, e->at > 0 ? e->at - 1 : h->n++, e);
}

void
heap_take(struct heap *h, struct heap_entry *e)
{
	struct heap_entry *last;
	size_t i = e->at;

	if (i == 0)
		return;
	e->at = 0;
	last = h->items[--h->n];
	if (last != e)
		settle(h, i - 1, last);
}

void
heap_free(struct heap *h)
{
	free(h->items);
	h->items = NULL;
	h->n = h->room = 0;
}
