/* SPDX-License-Identifier: 0BSD */
/* file.c - a configuration file, see fdferry.conf(5). */
#include "../../lib/detect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

enum got { GOT_END, GOT_LINE, GOT_LONG, GOT_NUL };

/* The next line without its end, which may be LF or CR LF. */
static enum got
read_line(FILE *f, char *line, size_t room)
{
	size_t n = 0;
	int c;

	while ((c = getc(f)) != EOF && c != '\n') {
		if (c == '\0')
			return GOT_NUL;
		if (n + 1 == room)
			return GOT_LONG;
		line[n++] = (char)c;
	}
	if (c == EOF && n == 0)
		return GOT_END;
	if (n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	return GOT_LINE;
}

/* What stands behind the word that a line begins with; NULL: another word. */
static const char *
after_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(line, word, n) != 0
	    || (line[n] != '\0' && !is_blank(line[n])))
		return NULL;
	return skip_blanks(line + n);
}

/* None of the words, and no rule: say all that a line can be. */
static int
unknown_line(const char *line, const struct place *place, char *err,
    size_t errlen)
{
	char q[QUOTE_ROOM], *where = place_text(place);
	struct complaint c;

	c.err = err;
	c.errlen = errlen;
	c.where = where;
	(void)complain(&c,
	    "%s: expected listen, worker, pool, default, "
	    "proxy-from or NAME: key=value -> WORKER",
	    quote(q, line, strlen(line)));
	free(where);
	return -1;
}

static int
add_line(struct config *config, char *line, const struct place *place,
    char *err, size_t errlen)
{
	const char *rest;

	line[without_comment(line, strlen(line))] = '\0';
	line += strspn(line, " \t");
	if (*line == '\0')
		return 0;
	if ((rest = after_word(line, "listen")) != NULL)
		return config_listen(config, rest, place, err, errlen);
	if ((rest = after_word(line, "worker")) != NULL)
		return config_worker(config, rest, place, err, errlen);
	if ((rest = after_word(line, "pool")) != NULL)
		return config_pool(config, rest, place, err, errlen);
	if ((rest = after_word(line, "default")) != NULL)
		return config_default(config, rest, place, err, errlen);
	if ((rest = after_word(line, "proxy-from")) != NULL)
		return config_proxy_from(config, rest, place, err, errlen);
	if (*skip_blanks(line + name_span(line)) != ':')
		return unknown_line(line, place, err, errlen);
	return config_rule(config, line, place, err, errlen);
}

static int
refuse_line(enum got got, const struct place *place, char *err, size_t errlen)
{
	(void)snprintf(err, errlen,
	    got == GOT_NUL
		? "%s:%lu: a NUL byte: expected text"
		: "%s:%lu: the line is too long: expected at most 8192 bytes",
	    place->file, place->line);
	return -1;
}

static int
read_lines(struct config *config, FILE *f, const char *path, char *err,
    size_t errlen)
{
	char line[CONFIG_LINE_MOST + 2]; /* CR and NUL */
	struct place place;
	enum got got;

	place.file = path;
	place.line = 0;
	for (;;) {
		errno = 0;
		got = read_line(f, line, sizeof line);
		place.line++;
		if (ferror(f)) {
			(void)snprintf(err, errlen, "%s: cannot be read: %s",
			    path, strerror(errno));
			return -1;
		}
		if (got == GOT_END)
			return 0;
		if (got != GOT_LINE)
			return refuse_line(got, &place, err, errlen);
		if (add_line(config, line, &place, err, errlen) < 0)
			return -1;
	}
}

int
config_file(struct config *config, const char *path, char *err, size_t errlen)
{
	const struct config before = *config;
	FILE *f = fopen(path, "r");
	int bad;

	if (f == NULL) {
		(void)snprintf(err, errlen, "%s: cannot be opened: %s", path,
		    strerror(errno));
		return -1;
	}
	bad = read_lines(config, f, path, err, errlen);
	(void)fclose(f);
	if (bad)
		config_cut(config, &before);
	return bad;
}
