/* SPDX-License-Identifier: 0BSD */
/*
 * inherit.c - descriptors that a service manager hands over, by the
 * convention of sd_listen_fds(3).
 */
#include "../../lib/detect.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "service.h"

#define FDS_MOST 1024

static char **names;
static size_t nnames;
static char why_not[256];

/* A whole number that is nothing else, or -1. */
static long
whole(const char *text, long most)
{
	char *end;
	long n;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return errno != 0 || *end != '\0' || n > most ? -1 : n;
}

static void
read_names(const char *text)
{
	size_t len;

	for (; text != NULL && nnames < FDS_MOST; nnames++) {
		len = strcspn(text, ":");
		names = xrealloc(names, nnames + 1, sizeof *names);
		names[nnames] = strndup(text, len);
		text = text[len] == ':' ? text + len + 1 : NULL;
	}
}

int
inherited_fds(void)
{
	const char *fds = getenv("LISTEN_FDS"), *pid = getenv("LISTEN_PID");
	long n = 0;

	if (fds != NULL && whole(pid, LONG_MAX) == (long)getpid()) {
		n = whole(fds, FDS_MOST);
		if (n < 0)
			die(2,
			    "LISTEN_FDS=%s: a number from 0 to %d was "
			    "expected",
			    fds, FDS_MOST);
		read_names(getenv("LISTEN_FDNAMES"));
	} else if (fds != NULL)
		(void)snprintf(why_not, sizeof why_not,
		    "LISTEN_FDS=%s is for another process: LISTEN_PID=%s, and "
		    "this one is %ld: let the service manager, or exec, start "
		    "it",
		    fds, pid != NULL ? pid : "", (long)getpid());
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return (int)n;
}

const char *
inherited_why_not(void)
{
	return why_not[0] != '\0' ? why_not : NULL;
}

const char *
inherited_name(int i)
{
	if (i < 0 || (size_t)i >= nnames || names[i] == NULL)
		return "";
	return names[i];
}
