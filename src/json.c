/* SPDX-License-Identifier: 0BSD */
/* json.c - strings that every JSON reader takes, whatever is in them. */
#include "../lib/detect.h"

#include "cli.h"

void
print_json_string(FILE *f, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	(void)putc('"', f);
	for (; *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			(void)putc('\\', f);
		if (*p >= 0x20 && *p < 0x7f)
			(void)putc(*p, f);
		else
			fprintf(f, "\\u%04x", *p);
	}
	(void)putc('"', f);
}
