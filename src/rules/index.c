/* SPDX-License-Identifier: 0BSD */
/* index.c - make an index of rules, see index.h. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "index.h"

static const enum key level_keys[NLEVELS] = { KEY_LISTENER, KEY_FROM, KEY_TO,
	KEY_SNI, KEY_HOST };

int
index_level(const struct term *term)
{
	int l = 0;

	if (term->negated)
		return NLEVELS;
	while (l < NLEVELS && level_keys[l] != term->key)
		l++;
	return l;
}

/* The term of the first level from `l` on. */
static const struct term *
next_term(const struct rule *rule, int *l)
{
	const struct term *first = NULL;
	int level, best = NLEVELS;
	size_t i;

	for (i = 0; i < rule->nterms; i++) {
		level = index_level(&rule->terms[i]);
		if (level >= *l && level < best) {
			best = level;
			first = &rule->terms[i];
		}
	}
	*l = best;
	return first;
}

/* -------------------------------------------------- same terms ---------- */

static size_t
signed_size(const struct term *term)
{
	size_t n = 2, i;

	for (i = 0; i < term->nvalues; i++)
		n += sizeof term->values[i].len + term->values[i].len;
	return n;
}

/* Bytes that are equal only if terms are. */
static char *
sign(char *to, const struct term *term)
{
	size_t i;

	*to++ = (char)term->key;
	*to++ = (char)term->negated;
	for (i = 0; i < term->nvalues; i++) {
		memcpy(to, &term->values[i].len, sizeof term->values[i].len);
		to += sizeof term->values[i].len;
		memcpy(to, term->values[i].text, term->values[i].len);
		to += term->values[i].len;
	}
	return to;
}

/* The entry of a whole term at a level; NULL: no memory. */
static struct entry *
term_entry(struct rule_index *x, const struct level *level,
    const struct term *term)
{
	const size_t n = signed_size(term);
	char *text;

	if (term->nvalues == 1)
		return table_add(&x->table, level->terms, term->values[0].text,
		    term->values[0].len);
	text = arena_get(&x->arena, n);
	if (text == NULL)
		return NULL;
	(void)sign(text, term);
	return table_add(&x->table, level->lists, text, n);
}

/* -------------------------------------------------- values -------------- */

static int
add_text(struct rule_index *x, struct level *level, const char *text,
    size_t len, struct node *node)
{
	struct entry *e = table_add(&x->table, level->values, text, len);

	return e != NULL ? hits_add(&x->arena, &e->here, node) : -1;
}

static int
add_net(struct rule_index *x, struct level *level, const struct net *net,
    struct node *node)
{
	static const unsigned int kinds[] = { NET_V4, NET_V6 };
	unsigned char key[PREFIX_KEY];
	struct prefix *p;
	unsigned int bits;
	size_t i;

	if (net->kinds == NET_UNIX)
		return add_text(x, level, net->path, net->pathlen, node);
	for (i = 0; i < 2; i++) {
		if ((net->kinds & kinds[i]) == 0)
			continue;
		bits = prefix_key(net, kinds[i], net->port, key);
		p = prefix_add(&x->arena, &level->nets, key, bits);
		if (p == NULL || hits_add(&x->arena, &p->here, node) < 0)
			return -1;
	}
	return 0;
}

static int
add_values(struct rule_index *x, struct level *level, const struct term *term,
    struct node *node)
{
	const struct value *v;
	size_t i;
	int bad = 0;

	for (i = 0; i < term->nvalues && bad == 0; i++) {
		v = &term->values[i];
		if (term->key == KEY_LISTENER)
			bad = add_text(x, level, v->text, v->len, node);
		else if (term->key == KEY_SNI || term->key == KEY_HOST)
			bad = patterns_add(&x->table, level->values,
			    &level->stars, v, node);
		else
			bad = add_net(x, level, &v->net, node);
	}
	return bad;
}

/* -------------------------------------------------- nodes --------------- */

static struct node *
make_node(struct rule_index *x, size_t number)
{
	struct node *node = arena_get(&x->arena, sizeof *node);

	if (node != NULL) {
		node->first = number;
		node->id = ++x->table.ids;
	}
	return node;
}

static struct level *
level_of(struct rule_index *x, struct node *node, int l, size_t number)
{
	struct level *level = node->levels[l];

	if (level != NULL)
		return level;
	level = node->levels[l] = arena_get(&x->arena, sizeof *level);
	if (level != NULL) {
		level->first = number;
		level->values = ++x->table.ids;
		level->terms = ++x->table.ids;
		level->lists = ++x->table.ids;
	}
	return level;
}

/* Is a leaf with the same remaining terms there already? Then it answers for
   this rule, too. Returns -1 without memory. */
static int
known_leaf(struct rule_index *x, struct node *node, const struct rule *rule)
{
	struct entry *e;
	char *text, *end;
	size_t n = 0, i;

	for (i = 0; i < rule->nterms; i++)
		if (index_level(&rule->terms[i]) == NLEVELS)
			n += signed_size(&rule->terms[i]);
	if (n == 0) {
		node->closed = 1;
		return 0;
	}
	text = end = arena_get(&x->arena, n);
	if (text == NULL)
		return -1;
	for (i = 0; i < rule->nterms; i++)
		if (index_level(&rule->terms[i]) == NLEVELS)
			end = sign(end, &rule->terms[i]);
	e = table_add(&x->table, node->id, text, n);
	if (e == NULL)
		return -1;
	if (e->value != NULL)
		return 1;
	e->value = rule;
	return 0;
}

static int
add_leaf(struct rule_index *x, struct node *node, size_t number)
{
	int known = known_leaf(x, node, &x->config->rules[number]);
	struct leaf *leaf;

	if (known != 0)
		return known < 0 ? -1 : 0;
	leaf = arena_get(&x->arena, sizeof *leaf);
	if (leaf == NULL)
		return -1;
	leaf->rule = number;
	if (node->last != NULL)
		node->last->next = leaf;
	else
		node->leaves = leaf;
	node->last = leaf;
	return 0;
}

/* Add to the node at *at, which is made if it is not there; terms of levels
   before `l` are behind. */
static int
add_to(struct rule_index *x, struct node **at, int l, size_t number)
{
	const struct term *term = next_term(&x->config->rules[number], &l);
	struct level *level;
	struct entry *e;

	if (*at == NULL && (*at = make_node(x, number)) == NULL)
		return -1;
	if ((*at)->closed)
		return 0;
	if (term == NULL)
		return add_leaf(x, *at, number);
	level = level_of(x, *at, l, number);
	e = level != NULL ? term_entry(x, level, term) : NULL;
	if (e == NULL)
		return -1;
	if (e->node == NULL
	    && ((e->node = make_node(x, number)) == NULL
		|| add_values(x, level, term, e->node) < 0))
		return -1;
	if (add_to(x, &e->node, l + 1, number) < 0)
		return -1;
	return l == LEVEL_SNI || l == LEVEL_HOST
	    ? add_to(x, &level->unknown, l + 1, number)
	    : 0;
}

int
index_add(struct rule_index *x, size_t number)
{
	const struct rule *rule = &x->config->rules[number];
	size_t i;

	for (i = 0; i < rule->nterms; i++)
		if (rule->terms[i].key == KEY_LISTENER
		    && rule->terms[i].negated)
			x->odd = 1;
	return add_to(x, &x->root, 0, number);
}

/* -------------------------------------------------- all of it ----------- */

static int
add_proxies(struct rule_index *x)
{
	const struct net *net;
	unsigned char key[PREFIX_KEY];
	struct prefix *p;
	unsigned int bits;
	size_t i;

	for (i = 0; i < x->config->nproxies; i++) {
		net = &x->config->proxies[i];
		if (net->kinds == NET_UNIX) {
			x->proxy_unix = 1;
			continue;
		}
		bits = prefix_key(net, net->kinds, 0, key);
		p = prefix_add(&x->arena, &x->proxies, key, bits);
		if (p == NULL)
			return -1;
		p->marked = 1;
	}
	return 0;
}

struct rule_index *
index_new(const struct config *config)
{
	struct rule_index *x = malloc(sizeof *x);

	if (x == NULL)
		return NULL;
	memset(x, 0, sizeof *x);
	x->config = config;
	x->table.arena = &x->arena;
	if (add_proxies(x) == 0)
		return x;
	index_free(x);
	return NULL;
}

void
index_free(struct rule_index *x)
{
	if (x == NULL)
		return;
	table_free(&x->table);
	arena_free(&x->arena);
	free(x);
}
