/* SPDX-License-Identifier: 0BSD */
/* patterns.c - patterns of host names in a table. */
#include "../../lib/detect.h"

#include <string.h>

#include "patterns.h"

/* Where the last label of a name of `len` bytes begins. */
static size_t
last_label(const char *name, size_t len)
{
	while (len > 0 && name[len - 1] != '.')
		len--;
	return len;
}

static int
stars_of(const char *label, size_t len)
{
	if (label[0] != '*')
		return 0;
	return len == 1 ? STARS_ONE : STARS_DEEP;
}

int
patterns_add(struct table *t, unsigned int owner, int *stars,
    const struct value *v, struct node *node)
{
	size_t len = v->len, at;
	struct entry *e;

	do {
		at =
		    v->none || v->text[0] == '[' ? 0 : last_label(v->text, len);
		*stars |= stars_of(v->text + at, len - at);
		e = table_add(t, owner, v->text + at, len - at);
		if (e == NULL)
			return -1;
		owner = e->id;
		stars = &e->stars;
		len = at > 0 ? at - 1 : 0;
	} while (at > 0);
	return hits_add(t->arena, &e->here, node);
}

void
patterns_find(const struct table *t, unsigned int owner, int stars,
    const char *name, size_t len, patterns_visit *visit, void *arg)
{
	const size_t at = last_label(name, len);
	const struct entry *e[2] = { NULL, NULL };
	int i;

	if (stars & STARS_DEEP)
		visit(arg, &table_find(t, owner, "**", 2)->here);
	if (stars & STARS_ONE)
		e[0] = table_find(t, owner, "*", 1);
	e[1] = table_find(t, owner, name + at, len - at);
	for (i = 0; i < 2; i++) {
		if (e[i] == NULL)
			continue;
		if (at == 0)
			visit(arg, &e[i]->here);
		else
			patterns_find(t, e[i]->id, e[i]->stars, name, at - 1,
			    visit, arg);
	}
}
