/* SPDX-License-Identifier: 0BSD */
/* dial.c - fdferry dial: connect, and pass the socket over standard output. */
#include "../../lib/detect.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fds.h"

/* clang-format off */
static const char help[] =
"Usage: fdferry dial [--timeout SECONDS] HOST PORT\n"
"Connect to HOST and PORT and pass the connection over standard output, which\n"
"must be a Unix socket. It is a helper for ssh(1):\n\n"
"  ssh -o ProxyUseFdpass=yes -o ProxyCommand='fdferry dial %h %p' HOST\n\n"
"  --timeout SECONDS  for everything together (no limit)\n";
/* clang-format on */

/* clang-format off */
static const struct opt opts[] = {
	{ "timeout", ARG_VALUE, 't' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

/* Told before anything is connected. */
static void
check_output(void)
{
	struct fdferry_info info;

	info.size = sizeof info;
	if ((cli_closed & 2) != 0 || fdferry_describe(1, &info) < 0)
		die(1,
		    "standard output is closed: it must be a Unix socket; "
		    "dial is for ssh's ProxyUseFdpass");
	if (info.kind != FDFERRY_KIND_SOCKET
	    || (info.family >= 0 && info.family != AF_UNIX))
		die(1,
		    "standard output is a %s: it must be a Unix socket; "
		    "dial is for ssh's ProxyUseFdpass",
		    info.kind == FDFERRY_KIND_SOCKET
			? "network socket"
			: fdferry_kind_name((enum fdferry_kind)info.kind));
}

/* ssh's %h has no brackets around an IPv6 address; we allow them. */
static const char *
bare(char *host)
{
	size_t n = strlen(host);

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		return host + 1;
	}
	return host;
}

int
verb_dial(int argc, char **argv)
{
	struct timespec when;
	struct fdferry_opts o;
	struct fdferry_result r;
	struct args a;
	const char *host, *port;
	char err[640];
	int fd;

	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	args_init(&a, argc, argv, opts, help);
	while (args_next(&a) != -1) {
		(void)fdferry_deadline(&when, seconds_arg(a.option, a.value));
		o.deadline = &when;
	}
	if (a.noperands < 2)
		usage_error("HOST and PORT are needed");
	if (a.noperands > 2)
		usage_error("%s: only HOST and PORT are needed", a.operands[2]);
	host = bare(a.operands[0]);
	port = a.operands[1];
	(void)number_arg("PORT", port, 1, 65535);
	if (host[0] == '\0')
		usage_error("HOST is empty");
	need_backend(1);
	check_output();
	fd = connect_host(host, port, left_ms(o.deadline), err, sizeof err);
	if (fd < 0)
		die(1, "%s", err);
	if (send_in_turn(1, "", 1, &fd, 1, &o, &r) < 0)
		die(1, "standard output: %s", send_why(r.error));
	return 0;
}
