/* SPDX-License-Identifier: 0BSD */
/* What OpenSSH's monitor_fdpass.h promises, by fdferry. */
#include "includes.h"
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>
#include "fdferry.h"
#include "log.h"
#include "monitor_fdpass.h"

/* Its sockets may be non-blocking, and it waits all the same. */
static const struct fdferry_opts *
for_ever(struct fdferry_opts *opts, struct timespec *when)
{
	memset(opts, 0, sizeof *opts);
	opts->size = sizeof *opts;
	opts->deadline = when;
	return fdferry_deadline(when, LONG_MAX) == 0 ? opts : NULL;
}

int
mm_send_fd(int sock, int fd)
{
	struct fdferry_opts opts;
	struct timespec when;

	if (fdferry_send_fd(sock, fd, 0, for_ever(&opts, &when), NULL) == 0)
		return 0;
	error_f("fdferry_send_fd(%d): %s", fd, strerror(errno));
	return -1;
}

int
mm_receive_fd(int sock)
{
	struct fdferry_opts opts;
	struct timespec when;
	int fd = fdferry_recv_fd(sock, 0, for_ever(&opts, &when), NULL);

	if (fd < 0)
		error_f("fdferry_recv_fd: %s", strerror(errno));
	return fd;
}
