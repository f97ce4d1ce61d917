/* SPDX-License-Identifier: 0BSD */
/* info.c - fdferry info: what this build and system can. */
#include "../../lib/detect.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "fds.h"

/* clang-format off */
static const char help[] =
"Usage: fdferry info [--json]\n"
"Tell what this build and this system can, one \"name: value\" a line. The\n"
"names are explained in fdferry(3).\n\n"
"  --json  one JSON object\n";
/* clang-format on */

/* clang-format off */
static const struct opt opts[] = {
	{ "json", ARG_NONE, 'j' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

static void
line(int json, int first, const char *name, const char *value)
{
	if (!json) {
		printf("%s: %s\n", name, value);
		return;
	}
	(void)putchar(first ? '{' : ',');
	print_json_string(stdout, name);
	(void)putchar(':');
	print_json_string(stdout, value);
}

int
verb_info(int argc, char **argv)
{
	struct utsname u;
	struct args a;
	const char *name, *value;
	size_t i;
	int c, json = 0;

	args_init(&a, argc, argv, opts, help);
	while ((c = args_next(&a)) != -1)
		json = c == 'j';
	if (a.noperands > 0)
		usage_error("%s: info takes no argument", a.operands[0]);
	memset(&u, 0, sizeof u);
	for (i = 0; fdferry_feature(i, &name, &value) == 0; i++)
		line(json, i == 0, name, value);
	if (uname(&u) >= 0) {
		line(json, 0, "kernel.name", u.sysname);
		line(json, 0, "kernel.release", u.release);
		line(json, 0, "kernel.version", u.version);
		line(json, 0, "kernel.machine", u.machine);
	}
	if (json)
		printf("}\n");
	return 0;
}
