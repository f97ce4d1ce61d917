/* SPDX-License-Identifier: 0BSD */
/*
 * args.c - long options, and the values that most take.
 *
 * Not getopt_long(), which AIX and HP-UX lack, and whose state is of the
 * process: a message is one line, names what is wrong, and says what would be
 * right.
 */
#include "../lib/detect.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct opt help_option = { "help", ARG_NONE, 0 };

void
args_init(struct args *a, int argc, char **argv, const struct opt *opts,
    const char *help)
{
	memset(a, 0, sizeof *a);
	a->argc = argc;
	a->argv = argv;
	a->at = 1;
	a->opts = opts;
	a->help = help;
	a->operands = argv + 1;
}

/* The option at index `i`, --help behind them all; NULL: no more. */
static const struct opt *
option_at(const struct args *a, size_t i)
{
	size_t n = 0;

	while (n < i && a->opts[n].name != NULL)
		n++;
	if (a->opts[n].name != NULL)
		return &a->opts[n];
	return n == i && a->help != NULL ? &help_option : NULL;
}

/* By its whole name, or a beginning that it alone has. */
static const struct opt *
find_option(const struct args *a, const char *text, size_t len)
{
	const char *name = text + 2;
	const struct opt *o, *found = NULL, *other = NULL;
	size_t i;

	for (i = 0; len > 0 && (o = option_at(a, i)) != NULL; i++) {
		if (strncmp(o->name, name, len) != 0)
			continue;
		if (o->name[len] == '\0')
			return o;
		if (found == NULL)
			found = o;
		else if (other == NULL)
			other = o;
	}
	if (found == NULL)
		usage_error("%.*s: unknown option", (int)len + 2, text);
	if (other != NULL)
		usage_error("%.*s: ambiguous: --%s or --%s", (int)len + 2, text,
		    found->name, other->name);
	return found;
}

/* The option that `text` begins; what follows it is taken as well. */
static int
option(struct args *a, const char *text)
{
	size_t len = strcspn(text + 2, "=");
	const struct opt *o = find_option(a, text, len);
	const char *value = text[2 + len] == '=' ? text + 3 + len : NULL;

	if (value != NULL && o->kind != ARG_VALUE)
		usage_error("--%s: %s", o->name,
		    o->kind == ARG_REST
			? "give the command as the next argument, not after ="
			: "takes no value");
	if (o == &help_option) {
		fputs(a->help, stdout);
		finish(0);
	}
	(void)snprintf(a->name, sizeof a->name, "--%s", o->name);
	a->option = a->name;
	if (o->kind == ARG_VALUE) {
		if (value == NULL && a->at >= a->argc)
			usage_error("%s: a value must follow", text);
		a->value = value != NULL ? value : a->argv[a->at++];
	}
	if (o->kind == ARG_REST) {
		a->rest = a->argv + a->at;
		if (a->at >= a->argc || a->rest[0][0] == '\0')
			usage_error("%s: a command must follow", a->option);
		a->at = a->argc;
	}
	return o->code;
}

/* Options and operands as they stand, so that --exec ends both. Operands move
   to the front of argv, where all has been read already. */
int
args_next(struct args *a)
{
	char *text;

	while (a->at < a->argc) {
		text = a->argv[a->at++];
		if (a->ended || text[0] != '-' || text[1] == '\0')
			a->operands[a->noperands++] = text;
		else if (strcmp(text, "--") == 0)
			a->ended = 1;
		else if (text[1] != '-')
			usage_error("%s: unknown option: all are long ones, "
				    "as --help",
			    text);
		else
			return option(a, text);
	}
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
			    "0.25",
		    option_name, text);
	if (ms == 0)
		usage_error("%s: %s is out of range: use 0.001 to 2000000",
		    option_name, text);
	return ms;
}
