/* SPDX-License-Identifier: 0BSD */
/* spawn.c - starting programs with descriptors. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fds.h"

#ifndef F_DUPFD_CLOEXEC
# define F_DUPFD_CLOEXEC F_DUPFD /* fcntl() follows */
#endif

void
reset_signals(void)
{
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
}

void
exec_program(char **argv)
{
	int error;

	reset_signals();
	(void)execvp(argv[0], argv);
	error = errno;
	warn("%s: %s: %s", argv[0], strerror(error),
	    error == ENOENT || error == ENOTDIR
		? "give a path, or a name that is in PATH"
		: "cannot be run");
	_exit(error == ENOENT || error == ENOTDIR ? 127 : 126);
}

static int
set_listen_variables(const int *fds, size_t n)
{
	struct fdferry_info info;
	const char *name;
	char number[24], *names;
	size_t i, at = 0, room = n * 16 + 1;
	int rc;

	names = xrealloc(NULL, room, 1);
	names[0] = '\0';
	for (i = 0; i < n; i++) {
		info.size = sizeof info;
		if (fdferry_describe(fds[i], &info) < 0)
			return -1;
		name = fdferry_kind_name((enum fdferry_kind)info.kind);
		if (info.kind == FDFERRY_KIND_SOCKET)
			name = info.listening == 1 ? "listener" : "connection";
		at += (size_t)snprintf(names + at, room - at, "%s%s",
		    i > 0 ? ":" : "", name);
	}
	rc = setenv("LISTEN_FDNAMES", names, 1);
	free(names);
	(void)snprintf(number, sizeof number, "%lu", (unsigned long)n);
	rc |= setenv("LISTEN_FDS", number, 1);
	(void)snprintf(number, sizeof number, "%ld", (long)getpid());
	return rc | setenv("LISTEN_PID", number, 1);
}

/* Move all descriptors above their places first, so that none is overwritten,
   then each to its place. */
int
place_fds(int *fds, size_t n)
{
	const int first = 3;
	size_t i;
	int fd;

	if (set_listen_variables(fds, n) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		fd = fcntl(fds[i], F_DUPFD_CLOEXEC, first + (int)n);
		if (fd < 0)
			return -1;
		(void)close(fds[i]);
		fds[i] = fd;
	}
	for (i = 0; i < n; i++) {
		if (dup2(fds[i], first + (int)i) < 0)
			return -1;
		fds[i] = first + (int)i;
	}
	close_from(first + (int)n);
	return 0;
}
