/* SPDX-License-Identifier: 0BSD */
/* control-text.c - fields of the lines at a control socket. */
#include "../../lib/detect.h"

#include "cli.h"
#include "control-text.h"

void
field_write(FILE *f, const char *value)
{
	char out[ESCAPE_MOST];
	size_t n;

	for (; *value != '\0'; value++) {
		n = escape_x((unsigned char)*value, out);
		(void)fwrite(out, 1, n, f);
	}
	(void)putc('\t', f);
}

char *
field_read(char **line)
{
	char *begin = *line, *in = begin, *out = begin;

	if (*in == '\0')
		return NULL;
	for (; *in != '\0' && *in != '\t'; in++) {
		if (in[0] == '\\' && in[1] == 'x' && hex_digit(in[2]) >= 0
		    && hex_digit(in[3]) >= 0) {
			*out++ =
			    (char)(hex_digit(in[2]) * 16 + hex_digit(in[3]));
			in += 3;
		} else
			*out++ = *in;
	}
	*line = *in == '\t' ? in + 1 : in;
	*out = '\0';
	return begin;
}
