/* SPDX-License-Identifier: 0BSD */
/* rules.c - a configuration: adding to it line by line, and freeing it. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "private.h"

/* A copy of the line without its comment; messages begin with its place. */
static int
begin(struct complaint *c, const struct place *place, const char *text,
    char **line, char **where)
{
	size_t n = strlen(text);

	c->where = NULL;
	*line = NULL;
	*where = place_text(place);
	if (*where == NULL)
		return out_of_memory(c);
	c->where = *where;
	if (n > CONFIG_LINE_MOST)
		return complain(c,
		    "the line is too long: expected at most %d "
		    "bytes",
		    CONFIG_LINE_MOST);
	*line = malloc(n + 1);
	if (*line == NULL)
		return out_of_memory(c);
	memcpy(*line, text, n + 1);
	return 0;
}

static void
cut_comment(char *line)
{
	line[without_comment(line, strlen(line))] = '\0';
}

static int
is_option(const struct place *place)
{
	return place->line == 0;
}

static void
forget_index(struct config *config)
{
	index_free(config->index);
	config->index = NULL;
}

static struct complaint
complaint_to(char *err, size_t errlen)
{
	struct complaint c;

	c.err = err;
	c.errlen = errlen;
	c.where = NULL;
	return c;
}

/*
 * What one kind of line adds. `line` is its own copy; with `literal` it came
 * from an option, where an address is taken as it is. Who keeps *where sets
 * it to NULL. On failure nothing is half added.
 */
typedef int adder(struct config *config, char *line, int literal, char **where,
    const struct complaint *c);

static int
add(struct config *config, const char *text, const struct place *place,
    char *err, size_t errlen, adder *what)
{
	struct complaint c = complaint_to(err, errlen);
	char *line, *where;
	int bad = begin(&c, place, text, &line, &where);

	forget_index(config);
	if (line != NULL)
		bad = what(config, line, is_option(place), &where, &c);
	free(line);
	free(where);
	return bad;
}

static int
add_listen(struct config *config, char *line, int literal, char **where,
    const struct complaint *c)
{
	struct listen *more, one;

	more = grow(config->listens, config->nlistens, sizeof *more);
	if (more == NULL)
		return out_of_memory(c);
	config->listens = more;
	if (parse_address(line, literal, &one.addr, c) < 0)
		return -1;
	one.where = *where;
	*where = NULL;
	more[config->nlistens++] = one;
	return 0;
}

static int
add_worker(struct config *config, char *line, int literal, char **where,
    const struct complaint *c)
{
	struct worker *more, one;

	more = grow(config->workers, config->nworkers, sizeof *more);
	if (more == NULL)
		return out_of_memory(c);
	config->workers = more;
	if (parse_worker(line, literal, &one, c) < 0)
		return -1;
	one.where = *where;
	*where = NULL;
	more[config->nworkers++] = one;
	return 0;
}

static int
add_pool(struct config *config, char *line, int literal, char **where,
    const struct complaint *c)
{
	struct pool *more, one;

	(void)literal;
	cut_comment(line);
	more = grow(config->pools, config->npools, sizeof *more);
	if (more == NULL)
		return out_of_memory(c);
	config->pools = more;
	if (parse_pool(line, &one, c) < 0)
		return -1;
	one.where = *where;
	*where = NULL;
	more[config->npools++] = one;
	config->nstaying += (size_t)one.stay;
	return 0;
}

static int
add_rule(struct config *config, char *line, int literal, char **where,
    const struct complaint *c)
{
	struct rule *more, one;

	(void)literal;
	cut_comment(line);
	more = grow(config->rules, config->nrules, sizeof *more);
	if (more == NULL)
		return out_of_memory(c);
	config->rules = more;
	if (parse_rule(line, &one, c) < 0)
		return -1;
	one.where = *where;
	*where = NULL;
	more[config->nrules++] = one;
	return 0;
}

static int
add_default(struct config *config, char *line, int literal, char **where,
    const struct complaint *c)
{
	(void)literal;
	cut_comment(line);
	if (config->default_where != NULL)
		return complain(c,
		    "a second default (the first: %s): "
		    "expected one, as in default a, b",
		    config->default_where);
	if (parse_names(line, &config->defaults, &config->ndefaults,
		&config->default_refuse, c)
	    < 0)
		return -1;
	config->default_where = *where;
	*where = NULL;
	return 0;
}

static int
add_proxy_from(struct config *config, char *line, int literal, char **where,
    const struct complaint *c)
{
	const size_t before = config->nproxies;

	(void)literal;
	(void)where;
	cut_comment(line);
	if (parse_networks(line, config, c) == 0)
		return 0;
	config->nproxies = before;
	return -1;
}

int
config_listen(struct config *config, const char *text,
    const struct place *place, char *err, size_t errlen)
{
	return add(config, text, place, err, errlen, add_listen);
}

int
config_worker(struct config *config, const char *text,
    const struct place *place, char *err, size_t errlen)
{
	return add(config, text, place, err, errlen, add_worker);
}

int
config_pool(struct config *config, const char *text, const struct place *place,
    char *err, size_t errlen)
{
	return add(config, text, place, err, errlen, add_pool);
}

int
config_rule(struct config *config, const char *text, const struct place *place,
    char *err, size_t errlen)
{
	return add(config, text, place, err, errlen, add_rule);
}

int
config_default(struct config *config, const char *text,
    const struct place *place, char *err, size_t errlen)
{
	return add(config, text, place, err, errlen, add_default);
}

int
config_proxy_from(struct config *config, const char *text,
    const struct place *place, char *err, size_t errlen)
{
	return add(config, text, place, err, errlen, add_proxy_from);
}

void
config_cut(struct config *config, const struct config *before)
{
	forget_index(config);
	while (config->nlistens > before->nlistens) {
		free(config->listens[--config->nlistens].addr);
		free(config->listens[config->nlistens].where);
	}
	while (config->nworkers > before->nworkers)
		free_worker(&config->workers[--config->nworkers]);
	while (config->npools > before->npools)
		free_pool(&config->pools[--config->npools]);
	config->nstaying = before->nstaying;
	while (config->nrules > before->nrules)
		free_rule(&config->rules[--config->nrules]);
	if (config->default_where != before->default_where) {
		free_names(config->defaults, config->ndefaults);
		free(config->default_where);
		config->defaults = NULL;
		config->default_where = NULL;
		config->ndefaults = 0;
		config->default_refuse = 0;
	}
	config->nproxies = before->nproxies;
}

void
config_free(struct config *config)
{
	static const struct config nothing;

	config_cut(config, &nothing);
	free(config->listens);
	free(config->workers);
	free(config->pools);
	free(config->rules);
	free(config->proxies);
	*config = nothing;
}
