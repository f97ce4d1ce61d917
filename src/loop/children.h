/* SPDX-License-Identifier: 0BSD */
/* children.h - programs for connections, one each, for worker and front. */
#ifndef CHILDREN_H
#define CHILDREN_H 1

#include <sys/types.h>

/*
 * Start `command` with `fd` on descriptors 0 and 1 and UCSPI's variables in
 * its environment; `about`, if it is not NULL, holds lines KEY=VALUE that
 * become FDFERRY_KEY. Signals and limits are as we found them.
 *
 * If `status` is not NULL it gets a descriptor that reads end of file once
 * the program runs, or an int, the errno of its failure; and the program is
 * ended with us, where the system can (Linux, FreeBSD).
 *
 * Returns its process, or -1 with errno; EAGAIN may pass. `fd` stays the
 * caller's. `owner` is for children_reap().
 */
pid_t child_start(char **command, int fd, const char *about, void *owner,
    int *status);

/*
 * On SIGCHLD: `ended` is told of each program that was started here and has
 * ended. Other children, which who became us may have left or init may have
 * got, are reaped as well, and are nobody's business.
 */
void children_reap(void (*ended)(void *owner, pid_t pid, int status));
/* Children of this owner run on without one: `ended` is given NULL. */
void children_disown(const void *owner);
/* How many run. */
long children_running(void);

/* Can it be found? 0; else 126 or 127, and what that means. */
int program_find(const char *name);
const char *program_why(int status);

/* Text as words, split at blanks; NULL: none. */
char **program_words(const char *text);
void program_free(char **words);

#endif
