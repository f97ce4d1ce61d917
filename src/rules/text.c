/* SPDX-License-Identifier: 0BSD */
/* text.c - words, names and messages of the configuration. */
#include "../../lib/detect.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

int
complain(const struct complaint *c, const char *fmt, ...)
{
	size_t used = 0;
	va_list args;

	if (c->errlen == 0)
		return -1;
	if (c->where != NULL) {
		(void)snprintf(c->err, c->errlen, "%s: ", c->where);
		used = strlen(c->err);
	}
	va_start(args, fmt);
	(void)vsnprintf(c->err + used, c->errlen - used, fmt, args);
	va_end(args);
	return -1;
}

int
out_of_memory(const struct complaint *c)
{
	return complain(c, "out of memory");
}

const char *
quote(char room[QUOTE_ROOM], const char *text, size_t n)
{
	size_t i, used = 0;
	unsigned char c;

	room[used++] = '"';
	for (i = 0; i < n && used < QUOTE_ROOM - 9; i++) {
		c = (unsigned char)text[i];
		if (c == '"' || c == '\\') {
			room[used++] = '\\';
			room[used++] = (char)c;
		} else if (c >= ' ' && c < 0x7f)
			room[used++] = (char)c;
		else
			used += (size_t)snprintf(room + used, 5, "\\x%02x",
			    (unsigned int)c);
	}
	strcpy(room + used, i < n ? "...\"" : "\"");
	return room;
}

char *
place_text(const struct place *place)
{
	char text[512], *c;

	if (place->line == 0)
		return strdup(place->file);
	(void)snprintf(text, sizeof text, "%.400s:%lu", place->file,
	    place->line);
	for (c = text; *c != '\0'; c++) /* a message is one line */
		if ((unsigned char)*c < ' ')
			*c = '?';
	return strdup(text);
}

int
is_blank(int c)
{
	return c == ' ' || c == '\t';
}

const char *
skip_blanks(const char *text)
{
	while (is_blank(*text))
		text++;
	return text;
}

size_t
without_comment(const char *line, size_t n)
{
	size_t i, end = n;
	int quoted = 0;

	for (i = 0; i < end; i++) {
		if (quoted && line[i] == '\\' && i + 1 < end)
			i++;
		else if (line[i] == '"')
			quoted = !quoted;
		else if (line[i] == '#' && !quoted
		    && (i == 0 || is_blank(line[i - 1])))
			end = i;
	}
	while (end > 0 && is_blank(line[end - 1]))
		end--;
	return end;
}

size_t
name_span(const char *text)
{
	return strspn(text,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
}

static int
hex(int c)
{
	const char *digits = "0123456789abcdefABCDEF", *at;

	at = c != '\0' ? strchr(digits, c) : NULL;
	if (at == NULL)
		return -1;
	return (int)(at - digits) - (at - digits > 15 ? 6 : 0);
}

/* What stands behind a backslash. Returns where it ends, NULL: unknown. */
static const char *
read_escape(const char *at, char *out)
{
	int high, low;

	if (*at == '"' || *at == '\\') {
		*out = *at;
		return at + 1;
	}
	if (*at != 'x' || (high = hex(at[1])) < 0 || (low = hex(at[2])) < 0)
		return NULL;
	*out = (char)(high << 4 | low);
	return at + 3;
}

static const char *
read_quoted(const char *at, char *out, size_t *len, const char **why)
{
	size_t n = 0;

	while (*at != '"') {
		if (*at == '\0') {
			*why = "the closing quote is missing";
			return NULL;
		}
		if (*at != '\\') {
			out[n++] = *at++;
			continue;
		}
		at = read_escape(at + 1, &out[n++]);
		if (at == NULL) {
			*why = "unknown escape in quotes: expected \\\", "
			       "\\\\ or \\xNN";
			return NULL;
		}
	}
	*len = n;
	out[n] = '\0';
	return at + 1;
}

const char *
read_word(const char *at, const char *ends, char **out, size_t *len,
    const char **why)
{
	const char *end;

	*why = NULL;
	/* What a word stands for is never longer than the word. */
	*out = malloc(strlen(at) + 1);
	if (*out == NULL)
		return NULL;
	if (*at == '"')
		end = read_quoted(at + 1, *out, len, why);
	else {
		for (end = at; *end != '\0' && !is_blank(*end) && *end != '"'
		     && strchr(ends, *end) == NULL;
		     end++)
			continue;
		*len = (size_t)(end - at);
		memcpy(*out, at, *len);
		(*out)[*len] = '\0';
	}
	if (end != NULL && *end != '\0' && !is_blank(*end)
	    && strchr(ends, *end) == NULL) {
		*why = *at == '"'
		    ? "text behind the closing quote: expected "
		      "a blank or comma"
		    : "a quote inside a word: quote the whole of it";
		end = NULL;
	}
	if (end == NULL) {
		free(*out);
		*out = NULL;
	}
	return end;
}

void *
grow(void *list, size_t n, size_t size)
{
	if (n > 0 && (n & (n - 1)) != 0) /* powers of two are full */
		return list;
	if (n > SIZE_MAX / 2 / size)
		return NULL;
	return realloc(list, (n > 0 ? 2 * n : 1) * size);
}

void
free_names(char **names, size_t n)
{
	while (n > 0)
		free(names[--n]);
	free(names);
}
