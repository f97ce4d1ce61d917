/* SPDX-License-Identifier: 0BSD */
/*
 * index-find.c - search an index, see index.h.
 *
 * `path` is what the terms behind a node answer: yes, or more if one of them is
 * not known yet. Without `final`, what is sought is the first rule that is not
 * no. With it, the first that is yes, so that a path that is not yes leads
 * nowhere.
 */
#include "../../lib/detect.h"

#include <string.h>

#include "index.h"

/* A search, and where it is. */
struct search {
	const struct rule_index *index;
	const struct term_input *in;
	int final;
	size_t best;	    /* the rule found so far */
	enum answer answer; /* of it */
};

static void go_to(struct search *s, const struct node *node, enum answer path);

static void
found(struct search *s, size_t rule, enum answer answer)
{
	s->best = rule;
	s->answer = answer;
}

static void
visit(struct search *s, const struct hits *hits, enum answer path)
{
	const struct hit *h;

	for (h = hits->first; h != NULL && h->node->first < s->best;
	     h = h->next)
		go_to(s, h->node, path);
}

static void
try_text(struct search *s, const struct level *level, const char *text,
    size_t len, enum answer path)
{
	const struct entry *e =
	    table_find(&s->index->table, level->values, text, len);

	if (e != NULL)
		visit(s, &e->here, path);
}

/* -------------------------------------------------- addresses ----------- */

static void
try_port(struct search *s, const struct level *level, const struct net *net,
    unsigned int port, enum answer path)
{
	unsigned char key[PREFIX_KEY];
	unsigned int bits = prefix_key(net, net->kinds, port, key);
	const struct prefix *p;

	for (p = prefix_first(level->nets, key, bits); p != NULL;
	     p = prefix_next(p, key, bits))
		visit(s, &p->here, path);
}

static void
try_net(struct search *s, const struct level *level, const struct net *net,
    enum answer path)
{
	if (net->kinds == NET_UNIX) {
		try_text(s, level, "", 0, path);
		if (net->pathlen > 0)
			try_text(s, level, net->path, net->pathlen, path);
	} else if (net->kinds != NET_NONE) {
		try_port(s, level, net, 0, path);
		if (net->port != 0)
			try_port(s, level, net, net->port, path);
	}
}

/* -------------------------------------------------- names --------------- */

struct named {
	struct search *search;
	enum answer path;
};

static void
visit_named(void *arg, const struct hits *hits)
{
	const struct named *named = arg;

	visit(named->search, hits, named->path);
}

static void
try_name(struct search *s, const struct level *level, enum name_state state,
    const char *name, enum answer nameless, enum answer path)
{
	struct named named;

	if (state == NAME_MORE) {
		if (!s->final && level->unknown != NULL)
			go_to(s, level->unknown, ANSWER_MORE);
		return;
	}
	if (nameless == ANSWER_YES)
		try_text(s, level, NAME_NO_NAME, strlen(NAME_NO_NAME), path);
	if (state == NAME_NONE || (state == NAME_SEEN && s->final))
		return;
	if (state == NAME_SEEN)
		path = ANSWER_MORE;
	named.search = s;
	named.path = path;
	if (name[0] == '[')
		try_text(s, level, name, strlen(name), path);
	else
		patterns_find(&s->index->table, level->values, level->stars,
		    name, strlen(name), visit_named, &named);
}

/* -------------------------------------------------- nodes --------------- */

/* While a PROXY header may still come, only the listener's name is known:
   terms of all other levels and of leaves are more. */
static void
try_level(struct search *s, const struct level *level, int l, enum answer path)
{
	const struct term_input *in = s->in;

	if (l == LEVEL_LISTENER) {
		if (in->listener != NULL)
			try_text(s, level, in->listener, strlen(in->listener),
			    path);
	} else if (in->header.is == ANSWER_MORE) {
		if (!s->final)
			found(s, level->first, ANSWER_MORE);
	} else if (l == LEVEL_FROM)
		try_net(s, level, &in->peer, path);
	else if (l == LEVEL_TO)
		try_net(s, level, &in->local, path);
	else if (in->header.malformed)
		return;
	else if (l == LEVEL_SNI)
		try_name(s, level, in->hello.name_state, in->hello.name,
		    in->hello.nameless, path);
	else
		try_name(s, level, in->request.name_state, in->request.name,
		    in->request.nameless, path);
}

/* The terms of a leaf that no level has asked. */
static enum answer
leaf_answer(const struct rule *rule, const struct term_input *in,
    enum answer path)
{
	enum answer one;
	size_t i;

	for (i = 0; i < rule->nterms; i++) {
		if (index_level(&rule->terms[i]) < NLEVELS)
			continue;
		one = term_answer(&rule->terms[i], in);
		if (one == ANSWER_NO)
			return one;
		if (one == ANSWER_MORE)
			path = one;
	}
	return path;
}

static void
go_to(struct search *s, const struct node *node, enum answer path)
{
	const struct leaf *leaf;
	enum answer answer;
	int l;

	if (node->first >= s->best)
		return;
	for (leaf = node->leaves; leaf != NULL && leaf->rule < s->best;
	     leaf = leaf->next) {
		answer = leaf_answer(&s->index->config->rules[leaf->rule],
		    s->in, path);
		if (answer == ANSWER_YES
		    || (answer == ANSWER_MORE && !s->final))
			found(s, leaf->rule, answer);
	}
	for (l = 0; l < NLEVELS; l++)
		if (node->levels[l] != NULL && node->levels[l]->first < s->best)
			try_level(s, node->levels[l], l, path);
}

enum answer
index_find(const struct rule_index *x, const struct term_input *in, int final,
    size_t *number)
{
	struct search s;

	/* Then the listener's name does not stand at a level of its own. */
	if (x->odd && in->header.is == ANSWER_MORE && !final)
		return first_rule(x->config, in, final, number);
	s.index = x;
	s.in = in;
	s.final = final;
	s.best = x->config->nrules;
	s.answer = ANSWER_NO;
	if (x->root != NULL)
		go_to(&s, x->root, ANSWER_YES);
	*number = s.best;
	return s.answer;
}

int
index_believes(const struct rule_index *x, const struct net *peer)
{
	unsigned char key[PREFIX_KEY];
	const struct prefix *p;
	unsigned int bits;

	if (peer->kinds == NET_UNIX)
		return x->proxy_unix;
	if (peer->kinds == NET_NONE || x->proxies == NULL)
		return 0;
	bits = prefix_key(peer, peer->kinds, 0, key);
	for (p = prefix_first(x->proxies, key, bits); p != NULL;
	     p = prefix_next(p, key, bits))
		if (p->marked)
			return 1;
	return 0;
}
