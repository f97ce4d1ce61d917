/* SPDX-License-Identifier: 0BSD */
/*
 * metadata.c - what is said beside a hand-off: lines of KEY=VALUE, see
 * fdferry-wire(5).
 *
 * It comes from another process: nothing of it is trusted, and no length of
 * it is computed from anything but the bytes that are there.
 */
#include "backend.h"

#include <string.h>

static int
needs_escape(unsigned char c)
{
	return c < 0x20 || c >= 0x7f || c == '\\';
}

/* Lower case letters, digits, "-" and "_": what no reader has to escape. */
static int
is_key(const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!(key[i] >= 'a' && key[i] <= 'z')
		    && !(key[i] >= '0' && key[i] <= '9') && key[i] != '-'
		    && key[i] != '_')
			return 0;
	return len > 0;
}

/* The length of the line; 0: it is longer than any memory. */
static size_t
line_length(size_t keylen, const unsigned char *value, size_t len)
{
	size_t i, escapes = 0, left = (size_t)-1 - 2 - keylen;

	for (i = 0; i < len; i++)
		escapes += (size_t)needs_escape(value[i]);
	if (len > left || escapes > (left - len) / 3)
		return 0;
	return keylen + 2 + len + 3 * escapes;
}

ptrdiff_t
fdferry_meta_put(void *meta, size_t room, size_t used, const char *key,
    const void *value, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = value;
	size_t i, n, keylen = key != NULL ? strlen(key) : 0;
	char *out = meta;

	if (used > room || (meta == NULL && room > 0)
	    || (value == NULL && len > 0) || !is_key(key, keylen)) {
		errno = EINVAL;
		return -1;
	}
	n = line_length(keylen, in, len);
	if (n == 0 || n > room - used) {
		errno = EMSGSIZE;
		return -1;
	}
	out += used;
	memcpy(out, key, keylen);
	out += keylen;
	*out++ = '=';
	/* Mostly nothing of it has to be escaped. */
	if (len > 0 && n == keylen + 2 + len) {
		memcpy(out, in, len);
		out += len;
		len = 0;
	}
	for (i = 0; i < len; i++) {
		if (!needs_escape(in[i])) {
			*out++ = (char)in[i];
			continue;
		}
		*out++ = '\\';
		*out++ = 'x';
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\n';
	return (ptrdiff_t)(used + n);
}

/* The bytes before the next LF, or before the end. */
static size_t
until_end(const char *from, size_t len)
{
	const char *end = len > 0 ? memchr(from, '\n', len) : NULL;

	return end != NULL ? (size_t)(end - from) : len;
}

int
fdferry_meta_next(const void *meta, size_t len, size_t *at,
    struct fdferry_meta *line)
{
	const char *begin, *equals;
	struct fdferry_meta l;
	size_t n;

	if (at == NULL || line == NULL || line->size < sizeof line->size
	    || (meta == NULL && len > 0)) {
		errno = EINVAL;
		return -1;
	}
	while (*at < len) {
		begin = (const char *)meta + *at;
		n = until_end(begin, len - *at);
		*at += n + (n < len - *at); /* its LF, if it has one */
		equals = n > 0 ? memchr(begin, '=', n) : NULL;
		if (equals == NULL || !is_key(begin, (size_t)(equals - begin)))
			continue;
		l.size = line->size;
		l.key = begin;
		l.keylen = (size_t)(equals - begin);
		l.value = equals + 1;
		l.valuelen = n - l.keylen - 1;
		memcpy(line, &l, l.size < sizeof l ? l.size : sizeof l);
		return 1;
	}
	return 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* An escape that is none stands for itself. */
size_t
fdferry_meta_value(const struct fdferry_meta *line, void *value, size_t room)
{
	unsigned char *out = value;
	const char *in;
	size_t i, n = 0;
	int c;

	/* What it has today is enough, however it grows. */
	if (line == NULL
	    || line->size < offsetof(struct fdferry_meta, valuelen)
		    + sizeof line->valuelen)
		return 0;
	in = line->value;
	for (i = 0; i < line->valuelen; i++) {
		c = (unsigned char)in[i];
		if (c == '\\' && line->valuelen - i > 3 && in[i + 1] == 'x'
		    && hex_digit(in[i + 2]) >= 0 && hex_digit(in[i + 3]) >= 0) {
			c = hex_digit(in[i + 2]) * 16 + hex_digit(in[i + 3]);
			i += 3;
		}
		if (n < room)
			out[n] = (unsigned char)c;
		n++;
	}
	return n;
}
