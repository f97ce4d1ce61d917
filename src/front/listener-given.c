/* SPDX-License-Identifier: 0BSD */
/*
 * listener-given.c - listening sockets that this front was started with: of a
 * service manager (LISTEN_FDS), or by number (fd:N).
 *
 * Numbers mean something only before anything was opened here. From then on
 * a line fd:N is the listener that was given by that number, here or in the
 * front before.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"
#include "service/service.h"

static int
is_listening(int fd)
{
	struct fdferry_info info;

	info.size = sizeof info;
	return fdferry_describe(fd, &info) == 0 && info.listening != 0
	    && info.type == SOCK_STREAM;
}

/* Those of a service manager. */
void
listeners_inherit(void)
{
	int i, n = inherited_fds();

	for (i = 0; i < n; i++) {
		if (!is_listening(3 + i))
			die(2,
			    "LISTEN_FDS=%d: descriptor %d is not a "
			    "listening stream socket",
			    n, 3 + i);
		listener_add(3 + i, inherited_name(i), NULL)->given = 3 + i;
	}
}

/* ------------------------------------------------ by number ------------- */

/* Standard input is for programs; what takes its place is none of theirs. */
static int
off_standard_input(void)
{
	int fd = fcntl(0, F_DUPFD, 3), null = open("/dev/null", O_RDONLY);

	if (fd < 0 || null < 0 || dup2(null, 0) < 0)
		die(1, "fd:0: %s", strerror(errno));
	(void)close(null);
	return fd;
}

/* `may_come`: a front before us may give what is not here. */
void
listeners_given(const struct config *config, int may_come)
{
	const struct listen *line;
	size_t i;
	int n, fd;

	for (i = 0; i < config->nlistens; i++) {
		line = &config->listens[i];
		n = listener_given(line->addr);
		if (n < 0 || listener_of_number(n) != NULL)
			continue;
		if ((n == 0 && (cli_closed & 1) != 0) || !is_listening(n)) {
			if (may_come)
				continue;
			die(1,
			    "%s: %s: descriptor %d is not a listening stream "
			    "socket that this program was started with",
			    line->where, line->addr, n);
		}
		fd = n == 0 ? off_standard_input() : n;
		(void)listener_add(fd, "", line->addr);
	}
}

/* ------------------------------------------------ not taken ------------- */

void
listeners_none(void)
{
	const char *why = inherited_why_not();

	if (why == NULL && (cli_closed & 1) == 0 && is_listening(0))
		why = "standard input is a listening socket: --listen fd:0 "
		      "takes it";
	usage_error("nothing to listen on: %s",
	    why != NULL ? why
			: "--listen ADDR, a listen line in the "
			  "configuration, or LISTEN_FDS");
}

void
listeners_not_ours(void)
{
	if (inherited_why_not() == NULL)
		return;
	log_begin("listen-fds-not-ours");
	log_text("why", inherited_why_not());
	log_end();
}
