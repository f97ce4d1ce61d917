/* SPDX-License-Identifier: 0BSD */
/* parse.c - one line of the configuration: what stands where. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "private.h"

#define NAME_LENGTH_MOST 64
#define REFUSE_IS \
 " cannot be named refuse: -> refuse is there always, and closes the " \
 "connection"

/* -------------------------------------------------- names --------------- */

/* The name at `at`: its length, or 0 with a message. */
static size_t
read_name(const char *at, const char *what, const struct complaint *c)
{
	char q[QUOTE_ROOM];
	size_t n = name_span(at), word = strcspn(at, " \t,:=");

	if (word == 0)
		(void)complain(c,
		    "%s is missing: expected letters, digits, "
		    "'-', '_' and '.'",
		    what);
	else if (n < word)
		(void)complain(c,
		    "%s %s: expected letters, digits, '-', '_' "
		    "and '.'",
		    what, quote(q, at, word));
	else if (n > NAME_LENGTH_MOST)
		(void)complain(c,
		    "%s %s is too long: expected at most %d "
		    "characters",
		    what, quote(q, at, n), NAME_LENGTH_MOST);
	else if (*at == '-' || *at == '.')
		(void)complain(c, "%s %s: expected a letter or digit first",
		    what, quote(q, at, n));
	else
		return n;
	return 0;
}

static int
is_refuse(const char *name, size_t len)
{
	return len == 6 && memcmp(name, "refuse", 6) == 0;
}

static char *
copy(const char *text, size_t n)
{
	char *new = malloc(n + 1);

	if (new != NULL) {
		memcpy(new, text, n);
		new[n] = '\0';
	}
	return new;
}

static int
add_name(const char *text, size_t len, char ***names, size_t *n,
    const struct complaint *c)
{
	char q[QUOTE_ROOM], **more, *name;
	size_t i;

	for (i = 0; i < *n; i++)
		if (strlen((*names)[i]) == len
		    && memcmp((*names)[i], text, len) == 0)
			return complain(c,
			    "worker %s stands twice: expected "
			    "each once",
			    quote(q, text, len));
	more = grow(*names, *n, sizeof *more);
	if (more == NULL)
		return out_of_memory(c);
	*names = more;
	name = copy(text, len);
	if (name == NULL)
		return out_of_memory(c);
	more[(*n)++] = name;
	return 0;
}

/* `refuse` takes all that comes to it, so it stands last. */
static int
add_refuse(int last, int *refuse, const struct complaint *c)
{
	if (refuse == NULL)
		return complain(c,
		    "refuse is no worker: expected workers only");
	if (!last)
		return complain(c,
		    "workers behind refuse never get a connection: expected "
		    "it last");
	*refuse = 1;
	return 0;
}

int
parse_names(const char *at, char ***names, size_t *n, int *refuse,
    const struct complaint *c)
{
	char q[QUOTE_ROOM];
	const char *end;
	size_t len;

	for (;;) {
		at = skip_blanks(at);
		len = read_name(at, "a worker's name", c);
		end = skip_blanks(at + len);
		if (len == 0
		    || (is_refuse(at, len) ? add_refuse(*end != ',', refuse, c)
					   : add_name(at, len, names, n, c))
			< 0)
			break;
		at = end;
		if (*at == '\0')
			return 0;
		if (*at++ != ',') {
			(void)complain(c,
			    "%s behind a worker's name: expected "
			    "a comma and another one, or the end",
			    quote(q, at - 1, strlen(at - 1)));
			break;
		}
	}
	free_names(*names, *n);
	*names = NULL;
	*n = 0;
	if (refuse != NULL)
		*refuse = 0;
	return -1;
}

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
	const char *is = term->not ? "!=" : "=";
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
	const int not = at[n] == '!';
	const char *const is = not ? "!=" : "=";
	struct term *t;

	if (key == NKEYS || at[n + (size_t) not ] != '=') {
		(void)bad_key(at, n, c);
		return NULL;
	}
	for (i = 0; i < rule->nterms; i++)
		if (rule->terms[i].key == key && rule->terms[i].not == not ) {
			(void)complain(c,
			    "%s%s stands twice: join the values "
			    "with a comma, as in %s%sa,b",
			    key_names[key], is, key_names[key], is);
			return NULL;
		}
	if (not &&key_is_switch(key)) {
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
	t->not = not ;
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
	rule->name = copy(at, n);
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

/* -------------------------------------------------- addresses ----------- */

int
parse_address(const char *text, int literal, char **addr,
    const struct complaint *c)
{
	char q[QUOTE_ROOM];
	const char *end, *why;
	size_t len;

	if (!literal)
		text = skip_blanks(text);
	if (*text == '\0')
		return complain(c,
		    "an address is missing: expected one such "
		    "as 127.0.0.1:80, [::1]:80, unix:PATH or @NAME");
	if (literal) {
		*addr = copy(text, strlen(text));
		return *addr != NULL ? 0 : out_of_memory(c);
	}
	end = read_word(text, "", addr, &len, &why);
	if (end == NULL)
		return why != NULL
		    ? complain(c, "%s: %s", quote(q, text, strlen(text)), why)
		    : out_of_memory(c);
	if (*skip_blanks(end) != '\0')
		why = "more than one address: expected one a line, in quotes "
		      "if it has blanks";
	else if (len == 0)
		why = "the address is empty";
	else if (memchr(*addr, '\0', len) != NULL)
		why = "an address with a NUL byte: write @NAME for an "
		      "abstract one";
	if (why == NULL)
		return 0;
	free(*addr);
	*addr = NULL;
	return complain(c, "%s: %s", quote(q, text, strlen(text)), why);
}

int
parse_worker(const char *text, int literal, struct worker *worker,
    const struct complaint *c)
{
	char q[QUOTE_ROOM];
	size_t n;

	memset(worker, 0, sizeof *worker);
	text = skip_blanks(text);
	n = strcspn(text, "=");
	if (text[n] != '=')
		return complain(c, "a worker %s: expected NAME=ADDR",
		    quote(q, text, n));
	if (name_span(text) != n && n > 0)
		return complain(c,
		    "a worker's name %s: expected letters, "
		    "digits, '-', '_' and '.', and the = without blanks",
		    quote(q, text, n));
	if (is_refuse(text, n))
		return complain(c, "a worker" REFUSE_IS);
	if (read_name(text, "a worker's name", c) == 0
	    || parse_address(text + n + 1, literal, &worker->addr, c) < 0)
		return -1;
	worker->name = copy(text, n);
	if (worker->name != NULL)
		return 0;
	free_worker(worker);
	return out_of_memory(c);
}

void
free_worker(struct worker *worker)
{
	free(worker->name);
	free(worker->addr);
	free(worker->where);
}

/* -------------------------------------------------- pools --------------- */

/* NAME=WORKER[, WORKER...] */
int
parse_pool(const char *text, struct pool *pool, const struct complaint *c)
{
	char q[QUOTE_ROOM];
	size_t n;

	memset(pool, 0, sizeof *pool);
	text = skip_blanks(text);
	n = name_span(text);
	if (*skip_blanks(text + n) != '=')
		return complain(c, "a pool %s: expected NAME=WORKER, WORKER",
		    quote(q, text, strlen(text)));
	if (read_name(text, "a pool's name", c) == 0)
		return -1;
	if (is_refuse(text, n))
		return complain(c, "a pool" REFUSE_IS);
	pool->name = copy(text, n);
	if (pool->name == NULL)
		return out_of_memory(c);
	if (parse_names(skip_blanks(text + n) + 1, &pool->workers,
		&pool->nworkers, NULL, c)
	    == 0)
		return 0;
	free_pool(pool);
	return -1;
}

void
free_pool(struct pool *pool)
{
	free_names(pool->workers, pool->nworkers);
	free(pool->name);
	free(pool->where);
}
