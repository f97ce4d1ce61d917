/* SPDX-License-Identifier: 0BSD */
/*
 * t/82-close-from.c - a program that is started inherits nothing unknown: each
 * way to close what is open, also where the system's own way is missing, and
 * above 65536 descriptors, which this user may not be able to open.
 */
#include "../lib/detect.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
# include <sys/syscall.h>
#endif

#include "tap.h"

enum { LISTED, NO_LIST, WRONG_LIST };	/* what there is to read */
static int list;
static long hard;			/* the limit; 0: infinite */
static int warned, highest_closed;

static DIR *
fake_opendir(const char *path)
{
	return list == NO_LIST ? NULL : opendir(path);
}

/* Behind what is listed, 99999. Wrong: as FreeBSD without fdescfs, 0, 1 and 2
   alone. */
static struct dirent *
fake_readdir(DIR *d)
{
	static struct dirent more;
	struct dirent *e = readdir(d);

	while (list == WRONG_LIST && e != NULL
	    && (strlen(e->d_name) > 1 || e->d_name[0] > '2'))
		e = readdir(d);
	if (e != NULL)
		more.d_name[0] = '\0';
	else if (list == LISTED && more.d_name[0] == '\0') {
		strcpy(more.d_name, "99999");
		return &more;
	}
	return e;
}

static int
fake_getrlimit(int what, struct rlimit *limit)
{
	int rc = getrlimit(what, limit);

	limit->rlim_max = hard > 0 ? (rlim_t)hard : RLIM_INFINITY;
	return rc;
}

static int
fake_close(int fd)
{
	if (fd > highest_closed)
		highest_closed = fd;
	return close(fd);
}

#undef FDFERRY_HAVE_CLOSE_RANGE
#define FDFERRY_HAVE_CLOSE_RANGE 0
#undef FDFERRY_HAVE_CLOSEFROM
#define FDFERRY_HAVE_CLOSEFROM 0
#undef SYS_close_range
#undef F_CLOSEM
#define close fake_close
#define opendir fake_opendir
#define readdir fake_readdir
#define getrlimit fake_getrlimit
#include "../src/fds/close-from.c"
#undef close
#undef opendir
#undef readdir
#undef getrlimit

void
warn(const char *fmt, ...)
{
	(void)fmt;
	warned++;
}

/* With a soft limit of `soft` and every descriptor open, close from 5 on: 3
   and 4 stay, and nothing else; the last one to be closed is `highest`. */
static int
leaves_only_two(int soft, int highest)
{
	struct rlimit limit;
	int fd;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)soft;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	for (fd = 3; fd < soft; fd++)
		if (dup2(0, fd) < 0)
			return 1;
	close_from(5);
	for (fd = 3; fd < 5; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return 2;
	for (; fd < soft; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			return 3;
	return highest_closed == highest ? 0 : 4;
}

/* In a process of its own, whose descriptors go. */
static void
way(const char *name, int soft, int highest, int warnings)
{
	int status = -1;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		(void)alarm(60);
		status = leaves_only_two(soft, highest);
		_exit(status == 0 && warned != warnings ? 5 : status);
	}
	(void)waitpid(pid, &status, 0);
	ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, name);
	if (status != 0)
		printf("# status %d\n", WIFEXITED(status)
		    ? WEXITSTATUS(status) : -1);
}

int
main(void)
{
	plan(5);
	hard = 100000;
	if (highest_listed("/proc/self/fd") < 0
	    && highest_listed("/dev/fd") < 0) {
		skip("by the list of what is open", "there is none here");
		skip("by the list, no descriptor is free", "there is none");
	} else {
		hard = 200000;
		way("by the list of what is open", 200, 99999, 0);
		hard = 0;
		way("by the list, no descriptor is free", 12, 99999, 0);
	}
	hard = 100000;
	list = NO_LIST;
	way("without a list: up to the hard limit", 200, 99999, 0);
	list = WRONG_LIST;
	way("with a list of 0, 1 and 2 alone", 200, 99999, 0);
	hard = 0;
	way("an infinite limit: up to the soft one, and told", 200, 199, 1);
	return tap_bad;
}
