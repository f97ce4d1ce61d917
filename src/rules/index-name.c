/* SPDX-License-Identifier: 0BSD */
/*
 * index-name.c - patterns of host names in an index: label by label, from the
 * end, each an entry whose owner is the label behind it.
 */
#include "../../lib/detect.h"

#include <string.h>

#include "index.h"

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
index_add_name(struct rule_index *x, struct level *level, const struct value *v,
    struct node *node)
{
	unsigned int owner = level->values;
	int *stars = &level->stars;
	size_t len = v->len, at;
	struct entry *e;

	do {
		at =
		    v->none || v->text[0] == '[' ? 0 : last_label(v->text, len);
		*stars |= stars_of(v->text + at, len - at);
		e = table_add(&x->table, owner, v->text + at, len - at);
		if (e == NULL)
			return -1;
		owner = e->id;
		stars = &e->stars;
		len = at > 0 ? at - 1 : 0;
	} while (at > 0);
	return index_add_hit(x, &e->here, node);
}

static void
go_on(struct search *s, const struct entry *e, const char *name, size_t len,
    enum answer path)
{
	if (e == NULL)
		return;
	if (len == 0)
		index_visit(s, &e->here, path);
	else
		index_names(s, e->id, e->stars, name, len - 1, path);
}

void
index_names(struct search *s, unsigned int owner, int stars, const char *name,
    size_t len, enum answer path)
{
	const struct table *t = &s->index->table;
	const size_t at = last_label(name, len);

	if (stars & STARS_DEEP)
		index_visit(s, &table_find(t, owner, "**", 2)->here, path);
	if (stars & STARS_ONE)
		go_on(s, table_find(t, owner, "*", 1), name, at, path);
	go_on(s, table_find(t, owner, name + at, len - at), name, at, path);
}
