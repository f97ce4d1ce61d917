/* SPDX-License-Identifier: 0BSD */
/* status.c - fdferry status: ask a front at its control socket. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/net.h"

#define WAIT_MS 10000

/* clang-format off */
static const char help[] =
"Usage: fdferry status [OPTION]... SOCKET\n"
"Show what the front with --control SOCKET holds and has done: connections,\n"
"each rule, each worker.\n\n"
"  --json             one JSON object\n"
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

static void
ask(int fd, const char *at, const char *question, long timeout_ms)
{
	struct fdferry_channel *channel;
	struct fdferry_event event;
	struct timespec until;

	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	channel = fdferry_channel_new(fd, NULL);
	if (channel == NULL
	    || fdferry_channel_send(channel, question, strlen(question), NULL,
		   0, 0, NULL)
		< 0)
		die(1, "%s: %s", at, strerror(errno));
	(void)fdferry_deadline(&until, timeout_ms);
	event.size = sizeof event;
	do {
		if (fdferry_channel_wait(channel, &event, &until) < 0)
			die(1, "%s: no answer: %s", at, strerror(errno));
		if (event.type == FDFERRY_EVENT_END)
			die(1,
			    "%s: closed without an answer: that is no "
			    "front's control socket, it is another user's, or "
			    "too many ask at a time",
			    at);
	} while (event.type != FDFERRY_EVENT_MESSAGE);
	if (event.len > 6 && memcmp(event.data, "error ", 6) == 0)
		die(1, "%s: %.*s", at, (int)event.len - 6,
		    (const char *)event.data + 6);
	(void)fwrite(event.data, 1, event.len, stdout);
	fdferry_channel_free(channel);
}

int
verb_status(int argc, char **argv)
{
	struct args a;
	struct addr addr;
	char err[512];
	long timeout_ms = WAIT_MS;
	int code, json = 0, fd;

	args_init(&a, argc, argv, options, help);
	while ((code = args_next(&a)) != -1) {
		if (code == 'j')
			json = 1;
		else
			timeout_ms = seconds_arg(a.option, a.value);
	}
	if (a.noperands == 0)
		usage_error("SOCKET is missing: give the --control of a front");
	if (a.noperands > 1)
		usage_error("%s: one SOCKET only", a.operands[1]);
	if (addr_parse(a.operands[0], &addr, 0, err, sizeof err) < 0)
		usage_error("%s", err);
	if (!addr_is_unix(&addr))
		usage_error("%s: expected the path of a Unix socket",
		    a.operands[0]);
	need_backend(1);
	fd = connect_to(&addr, (int)timeout_ms, err, sizeof err);
	if (fd < 0)
		die(1, "%s", err);
	ask(fd, a.operands[0], json ? "status json" : "status", timeout_ms);
	return 0;
}
