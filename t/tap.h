/* SPDX-License-Identifier: 0BSD */
/* tap.h - what every test needs; tap_bad is its exit status. */
#ifndef TAP_H
#define TAP_H 1

extern int tap_bad;

/* Print the plan; from here on an alarm ends a test that hangs. */
void plan(int tests);
void ok(int cond, const char *name);
void skip(const char *name, const char *why);
void bail(const char *why);

/* Descriptors open in this process, of the first 1024. */
int open_fds(void);

#endif
