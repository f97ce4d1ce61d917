/* SPDX-License-Identifier: 0BSD */
/*
 * tap.h - what every test needs; tap_bad is its exit status.
 *
 * Expected value first. Set-up that breaks is bail(), what we break is a
 * "not ok" that shows the system's answer.
 */
#ifndef TAP_H
#define TAP_H 1

#include <errno.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __GNUC__
# define TAP_ENDS __attribute__ ((__noreturn__))
#else
# define TAP_ENDS
#endif

extern int tap_bad;

/* Print the plan; from here on an alarm ends a test that hangs. */
void plan(int tests);
/* As alarm(); so many times later where TAP_SLOW is set, for tools that make
   a test slow. */
void tap_alarm(unsigned int seconds);
/* fork(); an alarm ends the child too, for it inherits none. */
pid_t tap_fork(void);
/* Print "1..0 # SKIP why" and exit. */
TAP_ENDS void skip_all(const char *why);
void ok(int cond, const char *name);
/* Equal, or both values and errno are shown. */
void is(long expected, long got, const char *name);
/* `got`, a call, is -1 and errno is `expected`. Each of these sets errno to 0,
   and this one before the call as well, so that what an earlier one said is not
   taken for this one's. */
#define fails_with(expected, got, name) \
	(errno = 0, tap_fails_with((expected), (got), (name)))
void tap_fails_with(int expected, long got, const char *name);
void skip(const char *name, const char *why);
TAP_ENDS void bail(const char *why);
void diag(const char *format, ...);

/* Descriptors open in this process, of the first 1024. */
int open_fds(void);

/*
 * Run one group of tests, then one more: that it left exactly the
 * descriptors open that were open before, by number.
 */
void group(void (*test)(void), const char *name);

/* A socket pair, or bail out; 0 if there is no such type here. */
int make_pair(int type, int pair[2]);

#endif
