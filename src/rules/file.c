/* SPDX-License-Identifier: 0BSD */
/*
 * file.c - a configuration file, see fdferry.conf(5); as a whole, or in pieces
 * while connections are served.
 */
#include "../../lib/detect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"
#include "whole.h"

/* -------------------------------------------------- bytes --------------- */

/* A file that is larger is none of ours. */
#define FILE_MOST ((size_t)1 << 30)

struct config_job {
	struct config *config;
	char *path, *text; /* of the file */
	size_t n, at;	   /* its bytes, and those that are read */
	struct place place;
	struct whole whole;
	int checking;
};

static int
refuse_file(const char *path, const char *why, char *err, size_t errlen)
{
	(void)snprintf(err, errlen, "%s: cannot be %s", path, why);
	return -1;
}

static int
read_failed(const struct config_job *job, FILE *f, char *err, size_t errlen)
{
	char why[200];

	if (!ferror(f))
		return 0;
	(void)snprintf(why, sizeof why, "read: %s", strerror(errno));
	return refuse_file(job->path, why, err, errlen);
}

/* All of it, or up to a NUL byte, which is refused when its line comes. */
static int
read_all_of(struct config_job *job, FILE *f, char *err, size_t errlen)
{
	size_t room = 0, got;
	char *more;

	do {
		if (job->n == room) {
			room = room > 0 ? 2 * room : 16384;
			more =
			    room <= FILE_MOST ? realloc(job->text, room) : NULL;
			if (more == NULL && room > FILE_MOST)
				return refuse_file(job->path,
				    "larger than 1 GiB", err, errlen);
			if (more == NULL)
				return refuse_file(job->path,
				    "read: out of memory", err, errlen);
			job->text = more;
		}
		errno = 0;
		got = fread(job->text + job->n, 1, room - job->n, f);
		job->n += got;
	} while (got > 0 && memchr(job->text + job->n - got, 0, got) == NULL);
	return read_failed(job, f, err, errlen);
}

/* -------------------------------------------------- lines --------------- */

enum got { GOT_END, GOT_LINE, GOT_LONG, GOT_NUL };

/* The next line without its end, which may be LF or CR LF. `line` has room for
   CONFIG_LINE_MOST and a NUL. */
static enum got
read_line(struct config_job *job, char *line)
{
	const char *text = job->text + job->at;
	const char *end = memchr(text, '\n', job->n - job->at);
	const size_t whole =
	    end != NULL ? (size_t)(end - text) : job->n - job->at;
	size_t n = whole;

	if (n == 0 && end == NULL)
		return GOT_END;
	if (n > 0 && text[n - 1] == '\r')
		n--;
	if (memchr(text, 0, n < CONFIG_LINE_MOST ? n : CONFIG_LINE_MOST)
	    != NULL)
		return GOT_NUL;
	if (n > CONFIG_LINE_MOST)
		return GOT_LONG;
	job->at += whole + (end != NULL);
	memcpy(line, text, n);
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

/* At most so many; as config_job_run(). */
static int
read_lines(struct config_job *job, size_t most, char *err, size_t errlen)
{
	char line[CONFIG_LINE_MOST + 1];
	enum got got;

	for (; most > 0; most--) {
		got = read_line(job, line);
		job->place.line++;
		if (got == GOT_END)
			return 0;
		if (got != GOT_LINE)
			return refuse_line(got, &job->place, err, errlen);
		if (add_line(job->config, line, &job->place, err, errlen) < 0)
			return -1;
	}
	return 1;
}

/* -------------------------------------------------- jobs ---------------- */

struct config_job *
config_job_new(struct config *config, const char *path, char *err,
    size_t errlen)
{
	struct config_job *job = malloc(sizeof *job);
	FILE *f = fopen(path, "r");
	char why[200];
	int bad = 0;

	if (f == NULL) {
		(void)snprintf(why, sizeof why, "opened: %s", strerror(errno));
		bad = refuse_file(path, why, err, errlen);
	} else if (job == NULL)
		bad = refuse_file(path, "read: out of memory", err, errlen);
	if (job != NULL) {
		memset(job, 0, sizeof *job);
		job->config = config;
		job->path = strdup(path);
		job->place.file = job->path;
		if (bad == 0 && job->path == NULL)
			bad = refuse_file(path, "read: out of memory", err,
			    errlen);
		if (bad == 0)
			bad = read_all_of(job, f, err, errlen);
	}
	if (f != NULL)
		(void)fclose(f);
	if (bad == 0)
		return job;
	config_job_free(job);
	return NULL;
}

int
config_job_run(struct config_job *job, size_t most, char *err, size_t errlen)
{
	int more;

	if (job->checking)
		return whole_some(&job->whole, most, err, errlen);
	more = read_lines(job, most, err, errlen);
	if (more != 0)
		return more;
	job->checking = 1;
	return whole_begin(&job->whole, job->config, err, errlen) < 0 ? -1 : 1;
}

void
config_job_free(struct config_job *job)
{
	if (job == NULL)
		return;
	if (job->checking)
		whole_end(&job->whole);
	free(job->path);
	free(job->text);
	free(job);
}

int
config_file(struct config *config, const char *path, char *err, size_t errlen)
{
	const struct config before = *config;
	struct config_job *job = config_job_new(config, path, err, errlen);
	int bad = job != NULL ? read_lines(job, (size_t)-1, err, errlen) : -1;

	config_job_free(job);
	if (bad)
		config_cut(config, &before);
	return bad;
}
