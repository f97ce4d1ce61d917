/* SPDX-License-Identifier: 0BSD */
/*
 * fds.h - descriptors by hand: the verbs send, recv, dial and info, how they
 * find their peer (rendezvous.c), wait for room (in-flight.c), what they show
 * (show.c), and how a program is started with descriptors (spawn.c,
 * close-from.c). Uses net/net.h, cli.h
 * and the public header.
 */
#ifndef FDS_H
#define FDS_H 1

#include <stddef.h>
#include <stdio.h>

#include "net/net.h"

/* ------------------------------------------------ rendezvous.c ---------- */

/* Connect to a Unix socket. With `wait`, until somebody listens there. An
   abstract name's owner must be allowed, which of SOCK_DGRAM no system tells.
   -1 with a text in `err`. */
int
connect_peer(const struct addr *addr, int type, const struct uidlist *allowed,
    const struct timespec *deadline, int wait, char *err, size_t errlen);
/* Listen, wait for an allowed peer (others are refused with a line), stop
   listening. */
int await_peer(const struct addr *addr, const struct listen_opts *how,
    const struct uidlist *allowed, const struct timespec *deadline, char *err,
    size_t errlen);

/* ------------------------------------------------ in-flight.c --------- */

/* fdferry_send(), which also waits, until the deadline, while this user has
   too many descriptors in flight. */
ptrdiff_t send_in_turn(int sock, const void *data, size_t len, const int *fds,
    size_t n, const struct fdferry_opts *o, struct fdferry_result *r);
/* What this errno of sending means. */
const char *send_why(int error);

/* ------------------------------------------------ show.c ---------------- */

/* One line that says what a descriptor is; `sender` may be NULL. */
void show_text(FILE *f, const struct fdferry_info *info,
    const struct fdferry_peercred *sender);
void show_json(FILE *f, const struct fdferry_info *info,
    const struct fdferry_peercred *sender);

/* ------------------------------------------------ programs, spawn.c ----- */

/* Signal mask empty, SIGPIPE as it is by default. */
void reset_signals(void);
/* Run a program in this process: returns never, exits 126 or 127 with a
   line as env(1) does. Safe after fork(). */
CLI_NORETURN void exec_program(char **argv);
/* Put the `n` descriptors at 3, 4 ..., close all above, set LISTEN_FDS,
   LISTEN_PID and LISTEN_FDNAMES. 0, or -1 with errno. */
int place_fds(int *fds, size_t n);
/* close-from.c: close every descriptor from `first` on, however high. */
void close_from(int first);

#endif
