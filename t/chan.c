/* SPDX-License-Identifier: 0BSD */
#include "../lib/detect.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

struct fdferry_channel_opts
chan_opts(void)
{
	struct fdferry_channel_opts o;

	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	return o;
}

int
two_open(struct two *t, int type, const struct fdferry_channel_opts *a,
    const struct fdferry_channel_opts *b)
{
	memset(t, 0, sizeof *t);
	t->ev.size = sizeof t->ev;
	if (socketpair(AF_UNIX, type, 0, t->sock) < 0)
		return -1;
	t->a = fdferry_channel_new(t->sock[0], a);
	t->b = fdferry_channel_new(t->sock[1], b);
	if (t->a == NULL || t->b == NULL)
		bail("no channel");
	return 0;
}

void
two_close(struct two *t)
{
	fdferry_channel_free(t->a);
	fdferry_channel_free(t->b);
	fdferry_close(t->sock, 2);
	t->a = t->b = NULL;
}

void
two_turn(struct two *t)
{
	int i;

	for (i = 0; i < 8; i++) {
		if (t->a != NULL)
			(void)fdferry_channel_work(t->a);
		if (t->b != NULL)
			(void)fdferry_channel_work(t->b);
	}
}

int
two_event(struct two *t, struct fdferry_channel *ch)
{
	int i;

	for (i = 0; i < 2000; i++) {
		if (fdferry_channel_next(ch, &t->ev) == 1)
			return t->ev.type;
		two_turn(t);
		if (fdferry_channel_next(ch, &t->ev) == 1)
			return t->ev.type;
		nap(1);
	}
	return FDFERRY_EVENT_NONE;
}

int
two_quiet(struct two *t, struct fdferry_channel *ch)
{
	two_turn(t);
	return fdferry_channel_next(ch, &t->ev) == 0;
}

void
two_drop(struct two *t)
{
	size_t i;

	for (i = 0; i < t->ev.nfds; i++)
		(void)close(t->ev.fds[i]);
}

int
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0
	    && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int
fresh_fd(void)
{
	int p[2];

	if (pipe(p) < 0)
		bail("pipe");
	(void)close(p[1]);
	return p[0];
}

void
nap(int ms)
{
	(void)poll(NULL, 0, ms);
}

int
all_fds(void)
{
	struct rlimit lim;
	int fd, count = 0;
	long most = 1024;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0
	    && lim.rlim_cur != RLIM_INFINITY && lim.rlim_cur < 100000)
		most = (long)lim.rlim_cur;
	for (fd = 0; fd < most; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
	return count;
}
