/* SPDX-License-Identifier: 0BSD */
/*
 * faults.h - the calls below the library that can be made to fail, and with
 * what. The sources of the library are compiled with each NAME defined as
 * fault_NAME (tests.am), which faults.c has. t/90-symbols.sh compares the
 * first column with what the library's objects call.
 *
 * The numbers are those of each call's page in POSIX, and those that kernels
 * are known for beside.
 */
#ifndef FAULTS_H
#define FAULTS_H 1

#include <stddef.h>

#define FAULTS_MOST 30 /* numbers for a call */

struct fault_call {
	const char *name;
	int errnos[FAULTS_MOST];	/* up to a 0 */
};

extern const struct fault_call fault_calls[];
extern const size_t fault_ncalls;

/*
 * What is to happen. The `at`th call that is in the table, from 0, fails with
 * `error`; with `on` all calls of that name that follow it do. `most`: bytes
 * that sendmsg() and recvmsg() move at a time on a stream; 0: all.
 */
struct fault_plan {
	long at;
	int error;
	int on;
	size_t most;
};

void fault_plan(const struct fault_plan *plan);
/* Calls so far: how many, and the index in fault_calls of each; those from
   FAULT_LOG on are counted only. */
#define FAULT_LOG 4096
long fault_count(void);
size_t fault_log(long i);
/* Descriptors that were closed and not open; were two ends parted, since a
   send failed as it does only then; has a fcntl() failed? */
int fault_closed_twice(void);
int fault_parted(void);
int fault_fcntl_failed(void);

#endif
