/* SPDX-License-Identifier: 0BSD */
/*
 * metrics.h - counts and times of connections by rule and worker, for
 * prometheus.c. A time is in whole milliseconds, as in the log, so that both
 * add up to the same.
 */
#ifndef METRICS_H
#define METRICS_H 1

#include "front.h"

#define METRICS_BOUNDS 12
/* In seconds, as Prometheus writes them. */
extern const char *const metrics_bound[METRICS_BOUNDS];

struct histogram {
	/* as many up to each bound and above the one before; above all */
	unsigned long long n[METRICS_BOUNDS + 1];
	unsigned long long sum_ms;
};

/* Of one rule ("": not decided) and one worker ("": none). Kept for as long as
   we run: configurations come and go. */
struct cell {
	struct cell *next, *same; /* hash */
	const char *rule, *worker;
	unsigned long long ended[NCOUNTS];
	struct histogram decide; /* from accept to a decision */
	struct histogram wait;	 /* from there to the end, here */
	struct histogram answer; /* of it, from offer to acknowledgement */
};

/* Why a worker gave a connection back. */
struct given_back {
	struct given_back *next;
	char *worker;
	const char *why; /* static */
	unsigned long long n;
};

const struct cell *metrics_cells(void);
const struct given_back *metrics_given_back(void);

#endif
