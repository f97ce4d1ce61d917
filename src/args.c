/* SPDX-License-Identifier: 0BSD */
/* args.c - long options, and the values that most of them take. */
#include "../lib/detect.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define HELP (-2)

void
args_init(struct args *a, int argc, char **argv, const struct opt *opts,
    const char *help)
{
	memset(a, 0, sizeof *a);
	a->argc = argc;
	a->argv = argv;
	a->opts = opts;
	a->help = help;
	a->next = 1;
	a->operands = argv + 1;
}

static const struct opt help_opt = { "help", ARG_NONE, HELP };

/* The option that `len` bytes of `text` name: whole, or a unique start. */
static const struct opt *
find(const struct args *a, const char *text, size_t len)
{
	const struct opt *o, *found = NULL;
	int i, last = 0;

	for (i = 0; !last; i++) {
		o = &a->opts[i];
		if (o->name == NULL) {
			if (a->help == NULL)
				break;
			o = &help_opt;
			last = 1;
		}
		if (strncmp(o->name, text, len) != 0)
			continue;
		if (strlen(o->name) == len)
			return o;
		if (found != NULL && len > 0)
			usage_error("--%.*s: ambiguous: --%s or --%s", (int)len,
			    text, found->name, o->name);
		found = o;
	}
	return len > 0 ? found : NULL;
}

/* `given` is the value behind "=", or NULL. */
static int
take(struct args *a, const struct opt *o, const char *given)
{
	(void)snprintf(a->name, sizeof a->name, "--%s", o->name);
	a->option = a->name;
	a->value = given;
	if (o->kind != ARG_VALUE && given != NULL)
		usage_error("%s: %s", a->option, o->kind == ARG_REST
		    ? "give the command as the next argument, not after ="
		    : "takes no value");
	if (o->kind == ARG_REST) {
		a->rest = a->argv + a->next;
		if (a->next >= a->argc || a->rest[0][0] == '\0')
			usage_error("%s: a command must follow", a->option);
		a->next = a->argc;
	}
	if (o->kind == ARG_VALUE && given == NULL) {
		if (a->next >= a->argc)
			usage_error("%s: a value must follow", a->option);
		a->value = a->argv[a->next++];
	}
	return o->code;
}

static int
option(struct args *a, const char *text)
{
	const char *end = strchr(text, '=');
	size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
	const struct opt *o = find(a, text + 2, len - 2);

	if (o != NULL)
		return take(a, o, end != NULL ? end + 1 : NULL);
	usage_error("%.*s: unknown option", (int)len, text);
}

/* Operands move to the front of argv, where all has been read already. */
int
args_next(struct args *a)
{
	char *text;
	int code;

	while (a->next < a->argc) {
		text = a->argv[a->next++];
		if (a->noptions || text[0] != '-' || text[1] == '\0') {
			a->operands[a->noperands++] = text;
			continue;
		}
		if (strcmp(text, "--") == 0) {
			a->noptions = 1;
			continue;
		}
		if (text[1] != '-')
			usage_error("%s: unknown option: all are long ones, "
			    "as --help", text);
		code = option(a, text);
		if (code == HELP) {
			fputs(a->help, stdout);
			finish(0);
		}
		return code;
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

	while (*p >= '0' && *p <= '9' && ms <= INT_MAX / 10)
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
