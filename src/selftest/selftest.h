/* SPDX-License-Identifier: 0BSD */
/*
 * selftest.h - the parts of the self-test: cases that are promises of the
 * library, probes that are questions to this kernel, and what is known of
 * the answers.
 */
#ifndef SELFTEST_H
#define SELFTEST_H 1

#include "../../lib/detect.h"
#include "../../lib/fdferry.h"

/* ---- what one case says ---- */

enum st_kind {
	ST_PASS,
	ST_FAIL,
	ST_SKIP,
	ST_ANSWER /* a probe: text is the answer */
};

struct st_report {
	int kind;
	char text[240];
};

struct st_case {
	const char *name;
	void (*run)(struct st_report *);
};

#ifdef __GNUC__
# define ST_PRINTF(format, first) \
  __attribute__((__format__(__printf__, format, first)))
#else
# define ST_PRINTF(format, first)
#endif

void st_answer(struct st_report *, const char *, ...) ST_PRINTF(2, 3);
void st_skip(struct st_report *, const char *, ...) ST_PRINTF(2, 3);
/* The first one that does not hold is what is reported. Returns `holds`. */
int st_check(struct st_report *, int holds, const char *, ...) ST_PRINTF(3, 4);
/* "EINVAL"; "errno 200" for one without a name here. */
const char *st_errno(int error);

/* ---- what is known: data, in ../../facts ---- */

/* One row; facts/README.md says what its parts are. */
struct st_fact {
	const char *system;
	const char *fact;
	const char *value;
	const char *versions;
	int bits;
	const char *how;
	const char *source;
	const char *known;
};

enum st_verdict { ST_EXPECTED, ST_KNOWN, ST_NEW, ST_UNKNOWN };

/*
 * Judge an answer by the rows of the layer below, of this system and of any,
 * as far as they are for this version of it and this word size; *why is the
 * row that decided, or what was expected.
 */
enum st_verdict st_judge(const char *system, const char *under,
    const char *fact, const char *value, const struct st_fact **why);
/* Is `version` ("5.99.15") in `range` ("", "6-", "-5.99", "12.1-14")? One
   that is not known (NULL) may be. */
int st_in_range(const char *version, const char *range);
/* The `i`th row of all tables, or NULL. */
const struct st_fact *st_fact_at(size_t i);

/* ---- the cases ---- */

extern const struct st_case st_promises[]; /* end with a NULL name */
extern const struct st_case st_probes[];

/* Run one case so that it can neither hang nor leave anything behind. */
void st_run(const struct st_case *, struct st_report *);

/* This program, to be executed again; see --closed. */
extern const char *st_self;

int verb_selftest(int argc, char **argv);

#endif
