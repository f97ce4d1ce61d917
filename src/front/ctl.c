/* SPDX-License-Identifier: 0BSD */
/* ctl.c - fdferry ctl: orders to a front, at its control socket. */
#include "../../lib/detect.h"

#include <stdio.h>
#include <string.h>

#include "ask.h"
#include "cli.h"

/* clang-format off */
static const char help[] =
"Usage: fdferry ctl [OPTION]... SOCKET drain WORKER\n"
"       fdferry ctl [OPTION]... SOCKET disable WORKER\n"
"       fdferry ctl [OPTION]... SOCKET enable WORKER\n"
"       fdferry ctl [OPTION]... SOCKET list\n"
"Order something of the front with --control SOCKET.\n\n"
"  drain WORKER       give it no more connections; it keeps what it has\n"
"  disable WORKER     also call back what it has not answered, and end the\n"
"                     link to it\n"
"  enable WORKER      as before\n"
"  list               the connections that the front holds, one a line\n\n"
"  --json             of list: a JSON array of objects\n"
"  --timeout SECONDS  for the answer (10)\n"
"  --help\n";
/* clang-format on */

/* clang-format off */
static const struct opt options[] = {
	{ "json", ARG_NONE, 'j' },
	{ "timeout", ARG_VALUE, 't' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

#define WHAT "drain WORKER, disable WORKER, enable WORKER or list"

static void
order(const struct args *a, int json, long timeout_ms)
{
	const char *what = a->operands[1];
	char question[256];

	if (strcmp(what, "drain") != 0 && strcmp(what, "disable") != 0
	    && strcmp(what, "enable") != 0)
		usage_error("%s: no such order: use " WHAT, what);
	if (a->noperands < 3)
		usage_error("%s: which WORKER?", what);
	if (a->noperands > 3)
		usage_error("%s: one WORKER only", a->operands[3]);
	if (json)
		usage_error("--json is for list");
	if ((size_t)snprintf(question, sizeof question, "order %s %s", what,
		a->operands[2])
	    >= sizeof question)
		usage_error("%s: no worker has so long a name", a->operands[2]);
	front_ask(a->operands[0], question, timeout_ms);
}

int
verb_ctl(int argc, char **argv)
{
	struct args a;
	long timeout_ms = ASK_MS;
	int code, json = 0;

	args_init(&a, argc, argv, options, help);
	while ((code = args_next(&a)) != -1) {
		if (code == 'j')
			json = 1;
		else
			timeout_ms = seconds_arg(a.option, a.value);
	}
	if (a.noperands == 0)
		usage_error("SOCKET is missing: give the --control of a front");
	if (a.noperands == 1)
		usage_error("%s: what is to be done? use " WHAT, a.operands[0]);
	if (strcmp(a.operands[1], "list") != 0) {
		order(&a, json, timeout_ms);
		return 0;
	}
	if (a.noperands > 2)
		usage_error("%s: not expected behind list", a.operands[2]);
	front_ask(a.operands[0], json ? "list json" : "list", timeout_ms);
	return 0;
}
