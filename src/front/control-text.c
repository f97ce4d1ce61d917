/* SPDX-License-Identifier: 0BSD */
/* control-text.c - fields of the lines at a control socket, and answers. */
#include "../../lib/detect.h"

#include <errno.h>
#include <string.h>

#include "cli.h"
#include "control-text.h"

#define UNSENT_MS 500

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

int
control_wait(struct fdferry_channel *channel, struct fdferry_event *event,
    struct timespec *until, int *unsent)
{
	if (fdferry_channel_wait(channel, event, until) < 0) {
		if (*unsent != 0)
			errno = *unsent;
		return -1;
	}
	if (event->type == FDFERRY_EVENT_FAILED) {
		*unsent = event->error;
		(void)fdferry_deadline(until, UNSENT_MS);
	}
	return 0;
}
