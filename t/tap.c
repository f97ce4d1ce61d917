/* SPDX-License-Identifier: 0BSD */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

int tap_bad;
static int number;

void
plan(int tests)
{
	(void)alarm(60);
	printf("1..%d\n", tests);
}

void
ok(int cond, const char *name)
{
	printf("%sok %d - %s\n", cond ? "" : "not ", ++number, name);
	if (!cond)
		tap_bad = 1;
}

void
skip(const char *name, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++number, name, why);
}

void
bail(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(99);
}

int
open_fds(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
	return count;
}
