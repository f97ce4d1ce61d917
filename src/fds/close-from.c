/* SPDX-License-Identifier: 0BSD */
/*
 * close-from.c - close every descriptor from one on, also those that were
 * inherited unknown: a program that we start gets what it is given.
 */
#include "../../lib/detect.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#ifdef __linux__
# include <sys/syscall.h>
#endif

#include "fds.h"

/* The system's own way; -1 if it has none, or the kernel is older. glibc's
   closefrom() ends the program where /proc is missing: never there. */
#if FDFERRY_HAVE_CLOSE_RANGE
static int
close_by_system(int first)
{
	return close_range((unsigned int)first, ~0u, 0);
}
#elif defined SYS_close_range /* Linux; musl has no such function */
static int
close_by_system(int first)
{
	return (int)syscall(SYS_close_range, (unsigned int)first, ~0u, 0u);
}
#elif FDFERRY_HAVE_CLOSEFROM
static int
close_by_system(int first)
{
	(void)closefrom(first); /* void on some, int on others */
	return 0;
}
#elif defined F_CLOSEM /* AIX */
static int
close_by_system(int first)
{
	return fcntl(first, F_CLOSEM, 0);
}
#else
static int
close_by_system(int first)
{
	(void)first;
	return -1;
}
#endif

/*
 * The highest descriptor that a directory lists, or -1. FreeBSD's /dev/fd
 * may list 0, 1 and 2 alone: what does not list a descriptor that is open
 * for certain is not believed.
 */
static long
highest_listed(const char *directory)
{
	int certain = dup(0);
	DIR *d = certain < 0 ? NULL : opendir(directory);
	struct dirent *e;
	long highest = -1, fd;
	int believed = 0;
	char *end;

	while (d != NULL && (e = readdir(d)) != NULL) {
		fd = strtol(e->d_name, &end, 10);
		if (end == e->d_name || *end != '\0')
			continue;
		if (fd == certain)
			believed = 1;
		if (fd > highest)
			highest = fd;
	}
	if (d != NULL)
		(void)closedir(d);
	if (certain >= 0)
		(void)close(certain);
	return believed ? highest : -1;
}

/* No descriptor was ever above the hard limit, unless that was lowered; an
   infinite one says nothing, and the user is told. */
static long
highest_allowed(void)
{
	struct rlimit limit;
	long most;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0
	    && limit.rlim_max != RLIM_INFINITY && limit.rlim_max <= INT_MAX)
		return (long)limit.rlim_max - 1;
	most = sysconf(_SC_OPEN_MAX);
	if (most <= 0 || most > INT_MAX)
		most = 65536;
	warn("descriptors from %ld on, if any is open, stay open in the "
	     "program: this system does not list them",
	    most);
	return most - 1;
}

void
close_from(int first)
{
	long highest;
	int fd;

	if (close_by_system(first) == 0)
		return;
	/* Room for the directory, and what is open for certain. */
	(void)close(first);
	(void)close(first + 1);
	highest = highest_listed("/proc/self/fd");
	if (highest < 0)
		highest = highest_listed("/dev/fd");
	if (highest < 0)
		highest = highest_allowed();
	for (fd = first; fd <= highest; fd++)
		(void)close(fd);
}
