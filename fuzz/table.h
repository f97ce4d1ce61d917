/* SPDX-License-Identifier: 0BSD */
/*
 * table.h - a table of descriptors that is none of the kernel's: no call is
 * spent, a second close() of one stops the program, and so does any use of a
 * closed one. A descriptor is a reference to an open file, which has a number.
 */
#ifndef FUZZ_TABLE_H
#define FUZZ_TABLE_H 1

#include "fuzz.h"

#define TABLE_FIRST	10	/* below are the sockets */
#define TABLE_MOST	6000

static struct {
	unsigned int what[TABLE_MOST];	/* number of the open file; 0: closed */
	int unused[TABLE_MOST];
	int nunused, top;
} table = { { 0 }, { 0 }, 0, TABLE_FIRST };

static int
table_open(unsigned int what)
{
	int fd = table.nunused > 0 ? table.unused[--table.nunused]
	    : table.top++;

	must(fd < TABLE_MOST);
	table.what[fd] = what;
	return fd;
}

static unsigned int
table_what(int fd)
{
	must(fd >= TABLE_FIRST && fd < table.top && table.what[fd] != 0);
	return table.what[fd];
}

static int
table_dup(int fd)
{
	return table_open(table_what(fd));
}

static int
table_close(int fd)
{
	(void)table_what(fd);
	table.what[fd] = 0;
	table.unused[table.nunused++] = fd;
	return 0;
}

static void
table_close_all(int *fds, size_t n)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		/* A number that is listed twice is closed once. */
		for (k = 0; k < i && fds[k] != fds[i]; k++)
			continue;
		if (k == i && fds[i] >= 0)
			(void)table_close(fds[i]);
	}
	for (i = 0; i < n; i++)
		fds[i] = -1;
}

static int
table_count(void)
{
	return table.top - TABLE_FIRST - table.nunused;
}

#endif
