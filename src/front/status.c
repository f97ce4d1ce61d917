/* SPDX-License-Identifier: 0BSD */
/* status.c - fdferry status: ask a front at its control socket. */
#include "../../lib/detect.h"

#include "ask.h"
#include "cli.h"

/* clang-format off */
static const char help[] =
"Usage: fdferry status [OPTION]... SOCKET\n"
"Show what the front with --control SOCKET holds and has done: connections,\n"
"each rule, each worker.\n\n"
"  --json             one JSON object\n"
"  --prometheus       counts and times, in the text format of Prometheus\n"
"  --timeout SECONDS  for the answer (10)\n"
"  --help\n";
/* clang-format on */

/* clang-format off */
static const struct opt options[] = {
	{ "json", ARG_NONE, 'j' },
	{ "prometheus", ARG_NONE, 'p' },
	{ "timeout", ARG_VALUE, 't' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

int
verb_status(int argc, char **argv)
{
	const char *question = "status";
	struct args a;
	long timeout_ms = ASK_MS;
	int code, forms = 0;

	args_init(&a, argc, argv, options, help);
	while ((code = args_next(&a)) != -1) {
		if (code == 't') {
			timeout_ms = seconds_arg(a.option, a.value);
			continue;
		}
		question = code == 'j' ? "status json" : "status prometheus";
		if (forms++ > 0)
			usage_error("--json and --prometheus exclude each "
				    "other, and stand once");
	}
	if (a.noperands == 0)
		usage_error("SOCKET is missing: give the --control of a front");
	if (a.noperands > 1)
		usage_error("%s: one SOCKET only", a.operands[1]);
	front_ask(a.operands[0], question, timeout_ms);
	return 0;
}
