/* SPDX-License-Identifier: 0BSD */
/*
 * control-text.h - what is said at a front's control socket, by both sides.
 *
 * A channel (fdferry-wire(5)) whose messages are text:
 *
 *   status                   answered by the status; also "status json" and
 *                            "status prometheus"
 *   list                     by what is held; also "list json"
 *   order WORD WORKER        by the state of the worker
 *   takeover 1               answered by
 *     listeners LINES          a line of fields (adopt.c) for each, with its
 *                              descriptors: the socket, and that of its
 *                              path's lock if it has one; the control
 *                              socket last, with the number of the others,
 *                              then WORD NAME ADDRESS of each order that
 *                              stands
 *     hand-offs                conn <TAB> NUMBER-OF-LISTENER <TAB> AGE-MS
 *     done                     answered by ready: all is the successor's,
 *     over                     and the other front has seen that
 *   error TEXT               instead of an answer
 *
 * Fronts of 0.1.0 write no number of listeners, no whole paths, no orders and no
 * `over', and pass over all four; they hand over no more than 195 listeners and
 * locks: from 196 on what came may be a part of what there is.
 */
#ifndef CONTROL_TEXT_H
#define CONTROL_TEXT_H 1

#include <fdferry.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#define CONTROL_STATUS "status"
#define CONTROL_LIST "list"
#define CONTROL_ORDER "order "
#define CONTROL_LISTENERS "listeners\n"
#define CONTROL_TAKEOVER "takeover 1"
#define CONTROL_DONE "done"
#define CONTROL_READY "ready"
#define CONTROL_OVER "over"
#define CONTROL_OLD_MOST 196 /* so many may be a part of them */
#define CONTROL_OLD_FDS 256  /* that a successor of 0.1.0 takes */
#define CONTROL_OLD_LOCKS 64 /* among them */

/* fdferry_channel_wait() for an answer. Who could not ask (*unsent: why, at
   first 0) waits half a second more for what the other says all the same: that
   it is busy, or ends. -1, and errno: nothing came, or why it was not asked. */
int control_wait(struct fdferry_channel *channel, struct fdferry_event *event,
    struct timespec *until, int *unsent);

/* One field and a tab; what does not print, and a backslash, is \xNN. */
void field_write(FILE *f, const char *value);
/* The next field of a line, in place; NULL: no more. */
char *field_read(char **line);

#endif
