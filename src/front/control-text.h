/* SPDX-License-Identifier: 0BSD */
/*
 * control-text.h - what is said at a front's control socket, by both sides.
 *
 * A channel (fdferry-wire(5)) whose messages are text:
 *
 *   status | status json     answered by the status
 *   takeover 1               answered by
 *     listeners LINES          a line for each, with its descriptors: the
 *                              socket, and that of its path's lock if it
 *                              has one; the control socket among them
 *     hand-offs                conn <TAB> NUMBER-OF-LISTENER <TAB> AGE-MS
 *     done                     answered by ready
 *   error TEXT               instead of an answer
 */
#ifndef CONTROL_H
#define CONTROL_H 1

#include <stddef.h>
#include <stdio.h>

#define CONTROL_LISTENERS "listeners\n"
#define CONTROL_TAKEOVER "takeover 1"
#define CONTROL_DONE "done"
#define CONTROL_READY "ready"

/* One field and a tab; what does not print, and a backslash, is \xNN. */
void field_write(FILE *f, const char *value);
/* The next field of a line, in place; NULL: no more. */
char *field_read(char **line);

#endif
