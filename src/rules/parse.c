/* SPDX-License-Identifier: 0BSD */
/* parse.c - lines of the configuration but rules: what stands where. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "private.h"

#define NAME_LENGTH_MOST 64
#define REFUSE_IS \
 " cannot be named refuse: -> refuse is there always, and closes the " \
 "connection"

/* -------------------------------------------------- names --------------- */

size_t
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

char *
copy_text(const char *text, size_t n)
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
	name = copy_text(text, len);
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
		*addr = copy_text(text, strlen(text));
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
	worker->name = copy_text(text, n);
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
	pool->name = copy_text(text, n);
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
