/* SPDX-License-Identifier: 0BSD */
/* parse-rule.c - a rule: what stands where. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "private.h"

/* -------------------------------------------------- terms --------------- */

static void
free_term(struct term *term)
{
	while (term->nvalues > 0)
		free(term->values[--term->nvalues].text);
	free(term->values);
}

/* One value; returns where it ends, NULL with a message. */
static const char *
read_value(const char *at, struct term *term, const struct complaint *c)
{
	const char *key = key_names[term->key], *why, *end;
	const char *is = term->negated ? "!=" : "=";
	char q[QUOTE_ROOM];
	struct value *v, *more;

	more = grow(term->values, term->nvalues, sizeof *more);
	if (more == NULL) {
		(void)out_of_memory(c);
		return NULL;
	}
	term->values = more;
	v = &more[term->nvalues];
	memset(v, 0, sizeof *v);
	end = read_word(at, ",", &v->text, &v->len, &why);
	if (end == NULL) {
		if (why != NULL)
			(void)complain(c, "%s%s%s: %s", key, is,
			    quote(q, at, strlen(at)), why);
		else
			(void)out_of_memory(c);
		return NULL;
	}
	if (end == at) {
		(void)complain(c, "%s%s has no value%s", key, is,
		    term->nvalues == 0
			? ": expected one behind the =, without a blank"
			: " behind the comma: expected one, without a blank");
		free(v->text);
		return NULL;
	}
	quote(q, v->text, v->len);
	term->nvalues++; /* now part of what is freed */
	why = key_value(term->key, v);
	if (v->text == NULL)
		(void)out_of_memory(c);
	else if (why != NULL)
		(void)complain(c, "%s%s%s %s", key, is, q, why);
	return why == NULL ? end : NULL;
}

static const char *
read_values(const char *at, struct term *term, const struct complaint *c)
{
	while ((at = read_value(at, term, c)) != NULL && *at == ',') {
		if (key_is_switch(term->key)) {
			(void)complain(c,
			    "%s= has two values: expected yes "
			    "or no",
			    key_names[term->key]);
			return NULL;
		}
		at++;
	}
	return at;
}

static int
bad_key(const char *at, size_t n, const struct complaint *c)
{
	char q[QUOTE_ROOM];

	if (at[n] != '=' && strncmp(at + n, "!=", 2) != 0)
		return complain(c,
		    "%s: expected key=value or key!=value without blanks, or "
		    "-> WORKER",
		    quote(q, at, n));
	return complain(c,
	    "unknown key %s: expected from, to, listener, "
	    "proxy, tls, sni, alpn, method, host, path, http2 or bytes",
	    quote(q, at, n));
}

/* key=value,value or key!=value,value; returns where it ends, NULL with a
   message. */
static const char *
read_term(const char *at, struct rule *rule, const struct complaint *c)
{
	size_t n = strcspn(at, "!= \t"), i;
	enum key key = key_find(at, n);
	const int negated = at[n] == '!';
	const char *const is = negated ? "!=" : "=";
	struct term *t;

	if (key == NKEYS || at[n + (size_t)negated] != '=') {
		(void)bad_key(at, n, c);
		return NULL;
	}
	for (i = 0; i < rule->nterms; i++)
		if (rule->terms[i].key == key
		    && rule->terms[i].negated == negated) {
			(void)complain(c,
			    "%s%s stands twice: join the values "
			    "with a comma, as in %s%sa,b",
			    key_names[key], is, key_names[key], is);
			return NULL;
		}
	if (negated && key_is_switch(key)) {
		(void)complain(c, "%s!=: expected %s=yes or %s=no",
		    key_names[key], key_names[key], key_names[key]);
		return NULL;
	}
	t = grow(rule->terms, rule->nterms, sizeof *t);
	if (t == NULL) {
		(void)out_of_memory(c);
		return NULL;
	}
	rule->terms = t;
	t += rule->nterms++;
	memset(t, 0, sizeof *t);
	t->key = key;
	t->negated = negated;
	return read_values(at + n + strlen(is), t, c);
}

/* -------------------------------------------------- rules --------------- */

static int
reserved(const char *name)
{
	return strcmp(name, "listen") == 0 || strcmp(name, "worker") == 0
	    || strcmp(name, "pool") == 0 || strcmp(name, "default") == 0
	    || strcmp(name, "proxy-from") == 0;
}

/* "NAME:"; returns what is behind it, NULL with a message. */
static const char *
read_rule_name(const char *at, struct rule *rule, const struct complaint *c)
{
	char q[QUOTE_ROOM];
	size_t n;

	if (*at == '\0') {
		(void)complain(c,
		    "the rule is empty: expected "
		    "NAME: key=value -> WORKER");
		return NULL;
	}
	n = name_span(at);
	if (*skip_blanks(at + n) != ':') {
		(void)complain(c, "%s: expected NAME: key=value -> WORKER",
		    quote(q, at, strlen(at)));
		return NULL;
	}
	if (read_name(at, "a rule's name", c) == 0)
		return NULL;
	rule->name = copy_text(at, n);
	if (rule->name == NULL) {
		(void)out_of_memory(c);
		return NULL;
	}
	if (reserved(rule->name)) {
		(void)complain(c,
		    "a rule's name cannot be %s: expected "
		    "another, listen, worker, pool, default and proxy-from "
		    "begin other lines",
		    rule->name);
		return NULL;
	}
	return skip_blanks(at + n) + 1;
}

/* log=none; returns where it ends, NULL with a message. */
static const char *
read_log(const char *at, struct rule *rule, const struct complaint *c)
{
	const char *value = at + strlen("log=");
	size_t n = strcspn(value, " \t");
	char q[QUOTE_ROOM];

	if (n == 4 && memcmp(value, "none", 4) == 0) {
		rule->unlogged = 1;
		return value + n;
	}
	(void)complain(c,
	    "log=%s is unknown: expected log=none, or nothing for a line for "
	    "each connection",
	    quote(q, value, n));
	return NULL;
}

static int
read_rule(const char *at, struct rule *rule, const struct complaint *outer)
{
	char where[512];
	struct complaint c = *outer;

	at = read_rule_name(at, rule, outer);
	if (at == NULL)
		return -1;
	/* From here on messages name the rule, too. */
	(void)snprintf(where, sizeof where, "%s: %s", c.where, rule->name);
	c.where = where;
	for (at = skip_blanks(at); strncmp(at, "->", 2) != 0;
	     at = skip_blanks(at)) {
		if (*at == '\0')
			return complain(&c,
			    "no worker: expected -> WORKER "
			    "behind the terms");
		at = strncmp(at, "log=", 4) == 0 ? read_log(at, rule, &c)
						 : read_term(at, rule, &c);
		if (at == NULL)
			return -1;
	}
	if (rule->nterms == 0)
		return complain(&c,
		    "no term: expected key=value before the "
		    "->; workers for all other connections are the default");
	return parse_names(at + 2, &rule->workers, &rule->nworkers,
	    &rule->refuse, &c);
}

int
parse_rule(const char *text, struct rule *rule, const struct complaint *c)
{
	memset(rule, 0, sizeof *rule);
	if (read_rule(skip_blanks(text), rule, c) == 0)
		return 0;
	free_rule(rule);
	return -1;
}

void
free_rule(struct rule *rule)
{
	while (rule->nterms > 0)
		free_term(&rule->terms[--rule->nterms]);
	free(rule->terms);
	free_names(rule->workers, rule->nworkers);
	free(rule->name);
	free(rule->where);
}
