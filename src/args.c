/* SPDX-License-Identifier: 0BSD */
/*
 * args.c - long options by getopt_long(), and the values that most take.
 *
 * Its own messages are off: ours are one line, name what is wrong, and say
 * what would be right.
 */
#include "../lib/detect.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define OPERAND 1		/* what "-" at the beginning asks for */
#define HELP 2
#define FIRST_CODE 256		/* ours are above, theirs below */

void
args_init(struct args *a, int argc, char **argv, const struct opt *opts,
    const char *help)
{
	static const struct option none;
	size_t i;

	memset(a, 0, sizeof *a);
	a->argc = argc;
	a->argv = argv;
	a->opts = opts;
	a->help = help;
	a->operands = argv + 1;
	a->longs = xrealloc(NULL, ARGS_MOST + 2, sizeof *a->longs);
	for (i = 0; i < ARGS_MOST && opts[i].name != NULL; i++) {
		a->longs[i] = none;
		a->longs[i].name = opts[i].name;
		a->longs[i].has_arg = opts[i].kind == ARG_VALUE
		    ? required_argument : no_argument;
		a->longs[i].val = FIRST_CODE + (int)i;
	}
	a->longs[i] = none;
	if (help != NULL) {
		a->longs[i].name = "help";
		a->longs[i++].val = HELP;
		a->longs[i] = none;
	}
	opterr = 0;
}

/* Why getopt_long() did not like what it last looked at. */
static void
complain(const struct args *a)
{
	const char *text = a->argv[optind - 1], *name = text + 2;
	const char *found = NULL, *why = "takes no value";
	size_t i, len;

	if (strncmp(text, "--", 2) != 0)
		usage_error("%s: unknown option: all are long ones, as --help",
		    text);
	len = strcspn(name, "=");
	for (i = 0; len > 0 && a->longs[i].name != NULL; i++) {
		if (strncmp(a->longs[i].name, name, len) != 0)
			continue;
		if (found != NULL && optopt == 0)
			usage_error("%.*s: ambiguous: --%s or --%s",
			    (int)len + 2, text, found, a->longs[i].name);
		found = a->longs[i].name;
		if (a->longs[i].val >= FIRST_CODE
		    && a->opts[i].kind == ARG_REST)
			why = "give the command as the next argument, not "
			    "after =";
	}
	if (found != NULL && name[len] == '=')
		usage_error("--%s: %s", found, why);
	usage_error("%.*s: unknown option", (int)len + 2, text);
}

static int
option(struct args *a, const struct opt *o)
{
	(void)snprintf(a->name, sizeof a->name, "--%s", o->name);
	a->option = a->name;
	a->value = optarg;
	if (o->kind == ARG_REST) {
		a->rest = a->argv + optind;
		if (optind >= a->argc || a->rest[0][0] == '\0')
			usage_error("%s: a command must follow", a->option);
		optind = a->argc;
	}
	return o->code;
}

/* Operands move to the front of argv, where all has been read already. */
int
args_next(struct args *a)
{
	int c;

	/* In the order in which they stand, so that --exec ends it. */
	while ((c = getopt_long(a->argc, a->argv, "-:", a->longs, NULL))
	    != -1) {
		switch (c) {
		case OPERAND:
			a->operands[a->noperands++] = optarg;
			break;
		case HELP:
			fputs(a->help, stdout);
			finish(0);
		case ':':
			usage_error("%s: a value must follow",
			    a->argv[optind - 1]);
		case '?':
			complain(a);
			break;
		default:
			return option(a, &a->opts[c - FIRST_CODE]);
		}
	}
	while (optind < a->argc)
		a->operands[a->noperands++] = a->argv[optind++];
	free(a->longs);
	a->longs = NULL;
	return -1;
}

long
number_arg(const char *option_name, const char *text, long least, long most)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	/* strtol() alone would take blanks and "+5". */
	if (*end != '\0' || !((*text >= '0' && *text <= '9') || *text == '-')
	    || end == text)
		usage_error("%s: \"%s\" is not a whole number", option_name,
		    text);
	if (errno == ERANGE || n < least || n > most)
		usage_error("%s: %s is out of range: use %ld to %ld",
		    option_name, text, least, most);
	return n;
}

/* Digits, then at most three behind a point: no locale has a say. */
long
seconds_arg(const char *option_name, const char *text)
{
	const char *p = text;
	long ms = 0, unit = 1000;

	while (*p >= '0' && *p <= '9' && ms <= 2000000)
		ms = ms * 10 + (*p++ - '0');
	if (ms > 2000000)
		usage_error("%s: %s is out of range: use 0.001 to 2000000",
		    option_name, text);
	ms *= 1000;
	if (p > text && *p == '.' && p[1] != '\0')
		for (p++; *p >= '0' && *p <= '9' && unit > 1; p++) {
			unit /= 10;
			ms += (*p - '0') * unit;
		}
	if (p == text || *p != '\0')
		usage_error("%s: \"%s\" is not a number of seconds, as 10 or "
		    "0.25", option_name, text);
	if (ms == 0)
		usage_error("%s: %s is out of range: use 0.001 to 2000000",
		    option_name, text);
	return ms;
}
