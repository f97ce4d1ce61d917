/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/meta.c - any bytes as what is said beside a hand-off, and any bytes as
 * a value of it: what is read lies within what was given, is the same however
 * little room there is, and comes back as it was written.
 *
 * The input: one byte, how much is put where; then the lines, which are read,
 * and are a value, too, which is written and read again.
 */
#include "../lib/backend.h"

#include <string.h>

#include "fuzz.h"

#define ROOM_MOST	70000

static const char *const keys[] = { "peer", "a", "x-1_y", "listener" };

/* As the manual has it: lower case letters, digits, "-" and "_". */
static int
is_key(const char *key, size_t len)
{
	static const char may[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";

	for (; len > 0; len--)
		if (key[len - 1] == '\0' || strchr(may, key[len - 1]) == NULL)
			return 0;
	return 1;
}

/* A line lies in [begin, end), and its value is what room lets through. */
static void
check_line(const char *begin, const char *end, const struct fdferry_meta *line)
{
	static unsigned char all[ROOM_MOST], some[ROOM_MOST];
	size_t n, room;

	must(line->key >= begin && line->keylen > 0
	    && is_key(line->key, line->keylen)
	    && line->value == line->key + line->keylen + 1
	    && line->key[line->keylen] == '='
	    && line->valuelen <= (size_t)(end - line->value)
	    && (line->valuelen == 0
	    || memchr(line->value, '\n', line->valuelen) == NULL)
	    && (line->value + line->valuelen == end
	    || line->value[line->valuelen] == '\n')
	    && (line->key == begin || line->key[-1] == '\n'));
	n = fdferry_meta_value(line, all, sizeof all);
	must(n <= line->valuelen && fdferry_meta_value(line, NULL, 0) == n);
	room = n / 2;
	some[room] = 'e';
	must(fdferry_meta_value(line, some, room) == n && some[room] == 'e'
	    && (room == 0 || memcmp(all, some, room) == 0));
}

static void
read_lines(const char *text, size_t len)
{
	struct fdferry_meta line;
	size_t at = 0, before;

	line.size = sizeof line;
	for (;;) {
		before = at;
		if (fdferry_meta_next(text, len, &at, &line) == 0)
			break;
		must(at > before && at <= len && line.size == sizeof line);
		check_line(text, text + len, &line);
	}
	must(at == len);
}

/* What was put is what is read; and what does not fit changes nothing. */
static void
put_and_read(const char *value, size_t len, unsigned int how)
{
	static char out[ROOM_MOST];
	static unsigned char back[ROOM_MOST];
	const char *key = keys[how & 3];
	struct fdferry_meta line;
	size_t used = how >> 2 & 7, at = used, n;
	ptrdiff_t end;

	memset(out, '\n', used);
	end = fdferry_meta_put(out, sizeof out, used, key, value, len);
	must(end > 0 && (size_t)end <= used + strlen(key) + 2 + 4 * len
	    && out[end - 1] == '\n');
	line.size = sizeof line;
	must(fdferry_meta_next(out, (size_t)end, &at, &line) == 1
	    && at == (size_t)end && line.keylen == strlen(key)
	    && memcmp(line.key, key, line.keylen) == 0);
	check_line(out, out + end, &line);
	n = fdferry_meta_value(&line, back, sizeof back);
	must(n == len && (len == 0 || memcmp(back, value, len) == 0));
	/* One byte too few. */
	memset(out, '#', sizeof out);
	must(fdferry_meta_put(out, (size_t)end - 1, used, key, value, len)
	    == -1 && errno == EMSGSIZE);
	for (n = 0; n < (size_t)end; n++)
		must(out[n] == '#');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0 || size > ROOM_MOST / 5)
		return 0;
	/* Exactly as long as it is: a byte too far is seen. */
	text = malloc(size > 1 ? size - 1 : 1);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	read_lines(text, size - 1);
	put_and_read(text, size - 1, data[0]);
	free(text);
	return 0;
}
