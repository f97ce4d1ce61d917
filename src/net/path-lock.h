/* SPDX-License-Identifier: 0BSD */
/* path-lock.h - the lock beside the path of a listening Unix socket. */
#ifndef PATH_LOCK_H
#define PATH_LOCK_H 1

#include <stddef.h>

/*
 * flock() belongs to what was opened: who is given the descriptor has the
 * lock. Without it (Solaris before 11.4, AIX, HP-UX) POSIX's belongs to the
 * process, which loses it when it closes any descriptor of the file: who is
 * given the descriptor takes the lock when the giver has closed its own.
 */
#if FDFERRY_HAVE_FLOCK
# define PATH_LOCK_COMES_ALONG 1
#else
# define PATH_LOCK_COMES_ALONG 0
#endif

/* Open the file `path` and lock it, for a second at most: a descriptor, or -1
   with a text. `held` says whether this process has the lock already, by
   whatever name: to open and close the file again could lose it. */
int path_lock_take(const char *path, int (*held)(const char *), char *err,
    size_t errlen);
/* Is what this descriptor has open still at the path? Async-signal-safe. */
int path_lock_is(const char *path, int fd);
/* 0, or -1: another process has it. */
int path_lock_try(int fd);

#endif
