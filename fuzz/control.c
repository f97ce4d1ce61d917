/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/control.c - any bytes as a line at a front's control socket: its
 * fields are read in place and no byte too far, and what is written as a field
 * is what is read.
 *
 * The input is the line; and a value, up to its first NUL.
 */
#include "../lib/detect.h"

#include <string.h>

#include "front/control-text.h"
#include "fuzz.h"

static void
read_fields(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *line = text, *field;
	size_t n = 0, bytes = 0;

	if (text == NULL)
		return;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	while ((field = field_read(&line)) != NULL) {
		must(field >= text && field < text + size + 1
		    && line <= text + size + 1);
		bytes += strlen(field);
		n++;
	}
	must(n <= size && bytes <= size);
	free(text);
}

static void
write_and_read(const uint8_t *data, size_t size)
{
	static char out[20000];
	char *value = malloc(size + 1), *line = out, *back;
	static FILE *f;
	size_t n;

	if (value == NULL)
		return;
	if (size > 0)
		memcpy(value, data, size);
	value[size] = '\0';
	if (f == NULL)
		f = tmpfile();
	must(f != NULL);
	rewind(f);
	field_write(f, value);
	field_write(f, "next");
	(void)putc('\0', f);
	must(fflush(f) == 0);
	rewind(f);
	/* What an earlier and longer one left is behind the NUL. */
	n = fread(out, 1, sizeof out - 1, f);
	out[n] = '\0';
	back = field_read(&line);
	must(back != NULL && strcmp(back, value) == 0);
	back = field_read(&line);
	must(back != NULL && strcmp(back, "next") == 0
	    && field_read(&line) == NULL);
	free(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4000)
		return 0;
	read_fields(data, size);
	write_and_read(data, size);
	return 0;
}
