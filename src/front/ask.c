/* SPDX-License-Identifier: 0BSD */
/* ask.c - ask a front at its control socket. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ask.h"
#include "control-text.h"
#include "net/net.h"

/* Of what is held, or of many rules and workers, much may be told. */
#define ANSWER_MOST (256ul * 1024 * 1024)

static void
ask(int fd, const char *at, const char *question, long timeout_ms)
{
	struct fdferry_channel_opts opts;
	struct fdferry_channel *channel;
	struct fdferry_event event;
	struct timespec until;
	int unsent = 0;

	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.most_bytes = ANSWER_MOST;
	channel = fdferry_channel_new(fd, &opts);
	if (channel == NULL
	    || fdferry_channel_send(channel, question, strlen(question), NULL,
		   0, 0, NULL)
		< 0)
		die(1, "%s: %s", at, strerror(errno));
	(void)fdferry_deadline(&until, timeout_ms);
	event.size = sizeof event;
	do {
		if (control_wait(channel, &event, &until, &unsent) < 0)
			die(1, "%s: no answer: %s", at, strerror(errno));
		if (event.type == FDFERRY_EVENT_DROPPED)
			die(1, "%s: the answer did not come: %s", at,
			    strerror(event.error));
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

void
front_ask(const char *socket, const char *question, long timeout_ms)
{
	struct addr addr;
	char err[512];
	int fd;

	if (addr_parse(socket, &addr, 0, err, sizeof err) < 0)
		usage_error("%s", err);
	if (!addr_is_unix(&addr))
		usage_error("%s: expected the path of a Unix socket", socket);
	need_backend(1);
	fd = connect_to(&addr, (int)timeout_ms, err, sizeof err);
	if (fd < 0)
		die(1, "%s", err);
	ask(fd, socket, question, timeout_ms);
}
