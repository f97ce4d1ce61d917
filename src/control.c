/* SPDX-License-Identifier: 0BSD */
/* control.c - fields of the lines at a control socket. */
#include "../lib/detect.h"

#include <string.h>

#include "control.h"

void
field_write(FILE *f, const char *value)
{
	const unsigned char *p;

	for (p = (const unsigned char *)value; *p != '\0'; p++)
		if (*p >= 0x20 && *p < 0x7f && *p != '\\')
			(void)putc(*p, f);
		else
			fprintf(f, "\\x%02x", *p);
	(void)putc('\t', f);
}

static int
hex(int c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

char *
field_read(char **line)
{
	char *begin = *line, *in = begin, *out = begin;

	if (*in == '\0')
		return NULL;
	for (; *in != '\0' && *in != '\t'; in++) {
		if (in[0] == '\\' && in[1] == 'x' && hex(in[2]) >= 0
		    && hex(in[3]) >= 0) {
			*out++ = (char)(hex(in[2]) * 16 + hex(in[3]));
			in += 3;
		} else
			*out++ = *in;
	}
	*line = *in == '\t' ? in + 1 : in;
	*out = '\0';
	return begin;
}
