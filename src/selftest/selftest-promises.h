/* SPDX-License-Identifier: 0BSD */
/* selftest-promises.h - promises that selftest-promises.c lists. */
#ifndef SELFTEST_PROMISES_H
#define SELFTEST_PROMISES_H 1

#include "selftest.h"

/* A result to be filled, with rubbish in it. */
struct fdferry_result st_fresh(void);
/* A pair of sockets, or a reason to go without. */
int st_pair_of(struct st_report *, int type, int pair[2]);

void st_promise_waiting(struct st_report *);
void st_promise_pressure(struct st_report *);
void st_promise_refused(struct st_report *);
void st_promise_peer(struct st_report *);
void st_promise_describing(struct st_report *);
void st_promise_dead_sender(struct st_report *);
void st_promise_executed(struct st_report *);

#endif
