/* SPDX-License-Identifier: 0BSD */
/* cli.c - messages and ends of the command. */
#include "../lib/detect.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const char *cli_verb;
unsigned int cli_closed;
void (*cli_at_exit)(void);

/* One write() for the whole line, so that lines of several processes on
   one standard error do not mix. */
static void
say(const char *fmt, va_list ap, const char *tail)
{
	char text[1024], line[2048];
	size_t i, at;
	ssize_t n;

	(void)vsnprintf(text, sizeof text, fmt, ap);
	at = (size_t)snprintf(line, 64,
	    "fdferry%s%s: ", cli_verb != NULL ? " " : "",
	    cli_verb != NULL ? cli_verb : "");
	for (i = 0; text[i] != '\0' && at < 1800; i++) {
		if ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f) {
			line[at++] = text[i];
			continue;
		}
		at += escape_x((unsigned char)text[i], line + at);
	}
	at += (size_t)snprintf(line + at, sizeof line - at, "%s\n", tail);
	n = write(2, line, at);
	(void)n; /* there is nowhere else to say it */
}

static CLI_NORETURN void
leave(int status)
{
	if (cli_at_exit != NULL)
		cli_at_exit();
	exit(status);
}

void
warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, "");
	va_end(ap);
}

void
die(int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap, "");
	va_end(ap);
	leave(status);
}

void
usage_error(const char *fmt, ...)
{
	char tail[64];
	va_list ap;

	(void)snprintf(tail, sizeof tail, " (see fdferry %s%s--help)",
	    cli_verb != NULL ? cli_verb : "", cli_verb != NULL ? " " : "");
	va_start(ap, fmt);
	say(fmt, ap, tail);
	va_end(ap);
	leave(2);
}

void
finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		die(1, "standard output: %s", strerror(errno));
	leave(status);
}

void
need_backend(int status)
{
	const char *backend = fdferry_feature_get("backend");
	const char *reason = fdferry_feature_get("backend.reason");

	if (backend != NULL && strcmp(backend, "none") != 0)
		return;
	die(status,
	    "this build cannot pass descriptors (ENOTSUP): %s; "
	    "fdferry info tells more",
	    reason != NULL ? reason : "no backend");
}

void *
xrealloc(void *old, size_t n, size_t size)
{
	void *p = n > SIZE_MAX / size ? NULL : realloc(old, n * size);

	if (p == NULL)
		die(1, "out of memory");
	return p;
}
