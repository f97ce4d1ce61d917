/* SPDX-License-Identifier: 0BSD */
/*
 * index.h - the first rule that a connection matches, without a walk over all.
 *
 * An index is a tree of nodes. A node holds rules; those with a term of an
 * indexed key stand behind the values of that key, in nodes of their own, one
 * for each different list of values; the others, whose indexed terms are all
 * behind, are its leaves. A search goes to the nodes whose values the
 * connection has, or may still come to have, asks the leaves for the rest of
 * their terms, and keeps the lowest number: so the order of rules decides, as
 * in a walk.
 */
#ifndef INDEX_H
#define INDEX_H 1

#include "patterns.h"
#include "prefix.h"
#include "private.h"
#include "table.h"

/* In this order, so that what is known first is asked first. */
enum { LEVEL_LISTENER, LEVEL_FROM, LEVEL_TO, LEVEL_SNI, LEVEL_HOST, NLEVELS };

/* Rules of a node that have a term of one key. */
struct level {
	size_t first;	     /* rule */
	unsigned int values; /* owner of single values, and of labels */
	unsigned int terms;  /* owner of whole terms of one value */
	unsigned int lists;  /* owner of whole terms of several */
	int stars;	     /* what labels there are beside names */
	struct prefix *nets;
	struct node *unknown; /* of names: all of them, without this term */
};

struct leaf {
	struct leaf *next;
	size_t rule;
};

struct node {
	size_t first;	 /* rule */
	unsigned int id; /* owner of the remaining terms of leaves */
	int closed;	 /* a leaf has none: rules behind it never match */
	struct leaf *leaves, *last;
	struct level *levels[NLEVELS];
};

struct rule_index {
	const struct config *config;
	struct arena arena;
	struct table table;
	struct node *root;
	struct prefix *proxies;
	int proxy_unix;
	int odd; /* a rule has listener!=; index-find.c */
};

/* An index of no rules yet; NULL: no memory. */
struct rule_index *index_new(const struct config *);
/* Add the rule of this number, which is higher than those before. Returns 0,
   or -1 without memory. */
int index_add(struct rule_index *, size_t number);
void index_free(struct rule_index *);

/* Level of a term: NLEVELS if it is not indexed. */
int index_level(const struct term *);

/* index-find.c: as first_rule() of match.c. */
enum answer index_find(const struct rule_index *, const struct term_input *,
    int final, size_t *number);
int index_believes(const struct rule_index *, const struct net *peer);

#endif
