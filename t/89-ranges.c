/* SPDX-License-Identifier: 0BSD */
/*
 * t/89-ranges.c - which rows of facts/ are for a version of a kernel, and
 * what an answer is worth by them.
 */
#include "../src/selftest/selftest.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

static const struct {
	const char *version, *range;
	int in;
} cases[] = {
	{ "5.99.15", "", 1 }, { NULL, "6-", 1 },
	{ "5.99.15", "-5.99", 1 }, { "6.0", "-5.99", 0 },
	{ "5.99.15", "5.99-", 1 }, { "5.98", "5.99-", 0 },
	{ "5.99.15", "6-", 0 }, { "10.1", "6-", 1 },
	{ "12.1-RELEASE-p3", "12.1-14", 1 }, { "12.0", "12.1-14", 0 },
	{ "14.2", "12.1-14", 1 }, { "15.0-CURRENT", "12.1-14", 0 },
	{ "13.0-RELEASE", "11-13.0", 1 }, { "13.1", "11-13.0", 0 },
	{ "7.99.34", "7.99", 1 }, { "7.9", "7.99", 0 },
	{ "8", "7.99", 0 }, { "8", "8.0-", 1 }
};

/* The first row of all with a reason, or without one. */
static const struct st_fact *
a_row(const char *system, int known)
{
	const struct st_fact *row;
	size_t i;

	for (i = 0; (row = st_fact_at(i)) != NULL; i++)
		if (strcmp(row->system, system) == 0 && row->bits == 0
		    && row->versions[0] == '\0' && (row->known != NULL)
		    == known)
			break;
	return row;
}

int
main(void)
{
	const struct st_fact *why, *row;
	size_t i;
	int right = 1;

	plan(6);
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (st_in_range(cases[i].version, cases[i].range)
		    != cases[i].in) {
			printf("# %s in %s\n", cases[i].version != NULL
			    ? cases[i].version : "?", cases[i].range);
			right = 0;
		}
	ok(right, "a version is in a range, or not");

	row = a_row("linux", 0);
	ok(st_judge("linux", "", row->fact, row->value, &why) == ST_EXPECTED,
	    "the value of a row");
	row = a_row("darwin", 1);
	ok(st_judge("darwin", "", row->fact, row->value, &why) == ST_KNOWN
	    && why == row, "one with a reason");
	ok(st_judge("darwin", "", row->fact, "it flies", &why) == ST_UNKNOWN
	    && strcmp(why->fact, row->fact) == 0, "another value");
	ok(st_judge("darwin", "", "no such fact", "it flies", &why) == ST_NEW,
	    "a fact without a row");
	ok(st_judge("linux", "gvisor", "cloexec.echo", "not echoed", &why)
	    == ST_KNOWN && st_judge("linux", "", "cloexec.echo", "not echoed",
	    &why) == ST_UNKNOWN, "a layer's own rows");
	return tap_bad;
}
