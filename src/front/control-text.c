/* SPDX-License-Identifier: 0BSD */
/* control-text.c - fields of the lines at a control socket. */
#include "../../lib/detect.h"

#include <string.h>

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
	char *begin = *line;
	size_t len = strcspn(begin, "\t");

	if (*begin == '\0')
		return NULL;
	*line = begin + len;
	if (**line == '\t')
		*(*line)++ = '\0';
	/* In place: what is written is never longer than what was read. */
	begin[unescape_x(begin, begin, len)] = '\0';
	return begin;
}
