/* SPDX-License-Identifier: 0BSD */
/* escape.c - bytes that others may not take as they are. */
#include "../lib/detect.h"

#include <string.h>

#include "cli.h"

static size_t
put_hex(unsigned int c, const char *prefix, char *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = strlen(prefix);

	memcpy(out, prefix, n);
	out[n] = digits[c >> 4];
	out[n + 1] = digits[c & 15];
	return n + 2;
}

size_t
escape_x(unsigned char c, char out[ESCAPE_MOST])
{
	if (c < 0x20 || c >= 0x7f || c == '\\')
		return put_hex(c, "\\x", out);
	out[0] = (char)c;
	return 1;
}

size_t
escape_json(unsigned char c, char out[ESCAPE_MOST])
{
	if (c < 0x20 || c >= 0x7f)
		return put_hex(c, "\\u00", out);
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	out[0] = (char)c;
	return 1;
}

int
hex_digit(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

size_t
unescape_x(const char *text, char *out, size_t room)
{
	size_t n = 0;

	for (; *text != '\0'; n++) {
		char c = *text++;

		if (c == '\\' && text[0] == 'x' && hex_digit(text[1]) >= 0
		    && hex_digit(text[2]) >= 0) {
			c = (char)(hex_digit(text[1]) * 16
			    + hex_digit(text[2]));
			text += 3;
		}
		if (n < room)
			out[n] = c;
	}
	return n;
}

void
print_json_string(FILE *f, const char *text)
{
	char out[ESCAPE_MOST];
	size_t n;

	(void)putc('"', f);
	for (; *text != '\0'; text++) {
		n = escape_json((unsigned char)*text, out);
		(void)fwrite(out, 1, n, f);
	}
	(void)putc('"', f);
}
