/* SPDX-License-Identifier: 0BSD */
/* plain.h - the plain wire: one NUL byte and one descriptor a message. */
#ifndef PLAIN_H
#define PLAIN_H 1

#include "fdferry.h"

/*
 * fdferry_recv_fd() for the only reader of a socket. A descriptor that is lost
 * (a full table, one that this process may not have) leaves its byte behind
 * on most systems: that is taken at once, so got->bytes is 1 whenever a
 * message is over. If a descriptor is returned although FDFERRY_TRUNCATED is
 * set, it is the next message's, and the loss came before it.
 */
int plain_recv(int sock, unsigned int flags, const struct fdferry_opts *o,
    struct fdferry_result *got);
/*
 * The same for senders that put several descriptors beside one byte: up to
 * `room` of them into `fds`, -1 where the policy refused one. How many slots
 * are filled, above 0, or -1.
 */
int plain_recv_all(int sock, int *fds, size_t room, unsigned int flags,
    const struct fdferry_opts *o, struct fdferry_result *got);

/* How this wire can lose silently here, as a sentence, or NULL: to be said
   once by who sends. */
const char *plain_caveat(void);

#endif
