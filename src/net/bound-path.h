/* SPDX-License-Identifier: 0BSD */
/*
 * bound-path.h - paths of Unix sockets that we listen at, with their locks.
 * For listen.c, which makes them; others use net.h.
 */
#ifndef BOUND_PATH_H
#define BOUND_PATH_H 1

#include <signal.h>

#include "net.h"

struct bound_path {
	struct bound_path *next;
	char path[sizeof(struct sockaddr_un)];
	char lock[sizeof(struct sockaddr_un) + 8];
	dev_t dev;
	ino_t ino;
	pid_t owner;
	int lock_fd;
	volatile sig_atomic_t there;
	volatile sig_atomic_t lent; /* adopted, and not ours yet */
	int locked;
};

/* A free place, with the paths of `addr` in it; NULL: no memory. It is in use
   once `there` is set. */
struct bound_path *bound_new(const struct addr *addr);
/* NULL: we do not listen at this path. */
struct bound_path *bound_of(const struct addr *addr);
/* Is the lock in this file ours already, by whatever name? To open and close
   POSIX's again would lose it. */
int bound_lock_held(const char *path);

#endif
