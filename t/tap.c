/* SPDX-License-Identifier: 0BSD */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tap.h"

#define MOST 1024		/* descriptors that are looked at */
#define ENOUGH 4096u		/* descriptors that a test may have */

int tap_bad;
static int number;

void
tap_alarm(unsigned int seconds)
{
	const char *times = getenv("TAP_SLOW");

	(void)alarm(seconds
	    * (times != NULL ? (unsigned int)strtoul(times, NULL, 10) : 1));
}

/* Programs begin with 256 descriptors on macOS, 128 on NetBSD, 64 on an old
   OpenBSD, and may have more. */
static void
enough_fds(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0 || lim.rlim_cur >= ENOUGH)
		return;
	lim.rlim_cur = lim.rlim_max < ENOUGH ? lim.rlim_max : ENOUGH;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
}

void
plan(int tests)
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0);	/* forks, crashes */
	enough_fds();
	tap_alarm(60);
	printf("1..%d\n", tests);
}

pid_t
tap_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		tap_alarm(60);
	return pid;
}

void
skip_all(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(0);
}

void
ok(int cond, const char *name)
{
	printf("%sok %d - %s\n", cond ? "" : "not ", ++number, name);
	if (!cond)
		tap_bad = 1;
	errno = 0;	/* the next call has to say its own */
}

void
is(long expected, long got, const char *name)
{
	int saved = errno;

	ok(expected == got, name);
	if (expected != got)
		diag("expected %ld, got %ld, errno %d (%s)", expected, got,
		    saved, strerror(saved));
	errno = 0;
}

void
tap_fails_with(int expected, long got, const char *name)
{
	int saved = errno;

	ok(got == -1 && saved == expected, name);
	if (got != -1 || saved != expected)
		diag("expected -1 and errno %d, got %ld and %d (%s)",
		    expected, got, saved, strerror(saved));
	errno = 0;
}

void
skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++number, name, why);
}

void
bail(const char *why)
{
	printf("Bail out! %s (errno %d)\n", why, errno);
	exit(99);
}

void
diag(const char *format, ...)
{
	va_list args;

	printf("#   ");
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	printf("\n");
}

static int
look(unsigned char open[MOST])
{
	int fd, count = 0;

	for (fd = 0; fd < MOST; fd++) {
		open[fd] = fcntl(fd, F_GETFD) >= 0;
		count += open[fd];
	}
	return count;
}

int
open_fds(void)
{
	unsigned char open[MOST];

	return look(open);
}

void
group(void (*test)(void), const char *name)
{
	unsigned char before[MOST], after[MOST];
	char text[200];
	int fd;

	(void)look(before);
	test();
	(void)look(after);
	(void)snprintf(text, sizeof text,
	    "law 1: %s: every descriptor is accounted for", name);
	ok(memcmp(before, after, sizeof before) == 0, text);
	for (fd = 0; fd < MOST; fd++)
		if (before[fd] != after[fd])
			diag("descriptor %d was %s", fd,
			    after[fd] ? "left open" : "closed");
}

#if FDFERRY_HAVE_SOCKETS

int
make_pair(int type, int pair[2])
{
	if (type < 0)
		return 0;
	if (socketpair(AF_UNIX, type, 0, pair) == 0)
		return 1;
	/* macOS declares SOCK_SEQPACKET and has none. */
	if (type == SOCK_STREAM || type == SOCK_DGRAM)
		bail("socketpair");
	return 0;
}

#else

int
make_pair(int type, int pair[2])
{
	(void)type;
	(void)pair;
	return 0;
}

#endif
