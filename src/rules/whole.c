/* SPDX-License-Identifier: 0BSD */
/* whole.c - a configuration as a whole: names, and the index of its rules. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "whole.h"

/* -------------------------------------------------- names --------------- */

/* Workers and pools, and rules, each have names of their own. */
enum owner { WORKERS, POOLS, RULES };

/* The entry of a name; NULL: no memory. Its value is NULL, or where it was
   given before. */
static struct entry *
entry_of(struct whole *w, enum owner owner, const char *name)
{
	return table_add(&w->names, owner, name, strlen(name));
}

static int
is_name(const struct whole *w, enum owner owner, const char *name)
{
	return table_find(&w->names, owner, name, strlen(name)) != NULL;
}

/* Note a name that stands at `where`; it must be new. */
static int
new_name(struct whole *w, enum owner owner, const char *name, const char *where,
    struct complaint *c)
{
	static const char *const kinds[] = { "worker", "pool", "rule" };
	struct entry *e = entry_of(w, owner, name);

	c->where = where;
	if (e == NULL)
		return out_of_memory(c);
	if (e->value != NULL)
		return complain(c,
		    "%s \"%s\" is there already (%s): expected another name",
		    kinds[owner], name, (const char *)e->value);
	e->value = where;
	return 0;
}

/* "a, b and 7 more" */
static void
list_workers(const struct config *config, int pools, char *out, size_t room)
{
	size_t i, used = 0, n = config->nworkers + (pools ? config->npools : 0);
	const char *name;

	out[0] = '\0';
	for (i = 0; i < n; i++) {
		name = i < config->nworkers
		    ? config->workers[i].name
		    : config->pools[i - config->nworkers].name;
		if (used + strlen(name) + 32 > room)
			break;
		used += (size_t)snprintf(out + used, room - used, "%s%s",
		    i > 0 ? ", " : "", name);
	}
	if (i < n)
		(void)snprintf(out + used, room - used, " and %lu more",
		    (unsigned long)(n - i));
}

static int
check_list(const struct whole *w, char *const *names, size_t n, int pools,
    const char *rule, const struct complaint *c)
{
	char known[200];
	size_t i;

	for (i = 0; i < n; i++) {
		if (is_name(w, WORKERS, names[i])
		    || (pools && is_name(w, POOLS, names[i])))
			continue;
		list_workers(w->config, pools, known, sizeof known);
		return complain(c,
		    "%s: unknown worker \"%s\": expected one of %s", rule,
		    names[i], known);
	}
	return 0;
}

/* -------------------------------------------------- parts --------------- */

/* Each checks the element w->at of its part. */

static int
check_worker(struct whole *w, struct complaint *c)
{
	const struct worker *worker = &w->config->workers[w->at];

	return new_name(w, WORKERS, worker->name, worker->where, c);
}

static int
check_pool(struct whole *w, struct complaint *c)
{
	const struct pool *pool = &w->config->pools[w->at];

	if (new_name(w, POOLS, pool->name, pool->where, c) < 0)
		return -1;
	if (is_name(w, WORKERS, pool->name))
		return complain(c,
		    "pool \"%s\": a worker has this name: expected another "
		    "one",
		    pool->name);
	return check_list(w, pool->workers, pool->nworkers, 0, pool->name, c);
}

static int
check_one_rule(struct whole *w, struct complaint *c)
{
	const struct rule *rule = &w->config->rules[w->at];

	if (new_name(w, RULES, rule->name, rule->where, c) < 0
	    || check_list(w, rule->workers, rule->nworkers, 1, rule->name, c)
		< 0
	    || check_rule(w->config, rule, c) < 0)
		return -1;
	if (rule_looks(w->config, rule))
		w->looks = 1;
	return index_add(w->index, w->at) < 0 ? out_of_memory(c) : 0;
}

static int
check_default(struct whole *w, struct complaint *c)
{
	const struct config *config = w->config;

	c->where = NULL;
	if (config->default_where == NULL)
		return complain(c,
		    "no default: default WORKER is needed, for connections "
		    "that no rule matches");
	c->where = config->default_where;
	return check_list(w, config->defaults, config->ndefaults, 1, "default",
	    c);
}

/* -------------------------------------------------- all of it ----------- */

int
whole_begin(struct whole *w, struct config *config, char *err, size_t errlen)
{
	struct complaint c;

	memset(w, 0, sizeof *w);
	c.err = err;
	c.errlen = errlen;
	c.where = NULL;
	w->names.arena = &w->arena;
	w->config = config;
	if (config->nworkers == 0)
		return complain(&c, "no worker: worker NAME=ADDR is needed");
	w->index = index_new(config);
	return w->index != NULL ? 0 : out_of_memory(&c);
}

int
whole_some(struct whole *w, size_t most, char *err, size_t errlen)
{
	const struct config *config = w->config;
	const struct {
		size_t n;
		int (*check)(struct whole *, struct complaint *);
	} parts[] = { { config->nworkers, check_worker },
		{ config->npools, check_pool },
		{ config->nrules, check_one_rule }, { 1, check_default } };
	struct complaint c;

	c.err = err;
	c.errlen = errlen;
	for (; w->part < sizeof parts / sizeof parts[0]; w->part++, w->at = 0)
		for (; w->at < parts[w->part].n; w->at++) {
			if (most-- == 0)
				return 1;
			if (parts[w->part].check(w, &c) < 0)
				return -1;
		}
	w->config->index = w->index;
	w->config->looks = w->looks;
	w->index = NULL;
	return 0;
}

void
whole_end(struct whole *w)
{
	index_free(w->index);
	table_free(&w->names);
	arena_free(&w->arena);
}

int
config_check(struct config *config, char *err, size_t errlen)
{
	struct whole w;
	int bad;

	index_free(config->index);
	config->index = NULL;
	bad = whole_begin(&w, config, err, errlen);
	if (bad == 0)
		bad = whole_some(&w, (size_t)-1, err, errlen);
	whole_end(&w);
	return bad;
}
