/* SPDX-License-Identifier: 0BSD */
/*
 * message.h - what sending and receiving one message share; not for backends.
 */
#ifndef FDFERRY_MESSAGE_H
#define FDFERRY_MESSAGE_H 1

#include "backend.h"

#include <stdint.h>
#include <string.h>
#include <time.h>

FDFERRY__PRIVATE

#define FDFERRY__IOV_MOST 1024	/* IOV_MAX of most kernels */
#define FDFERRY__ADDR_MOST 4096 /* more than any sockaddr; fits socklen_t */

/* How long a call may wait, and how long it has. */
struct fdferry__patience {
	struct fdferry__wait wait;
	int never; /* FDFERRY_NONBLOCK, which beats a deadline */
};

/* What the caller wants, of what is known here. EINVAL: it wants more, or what
   can be known to be wrong without the rest. */
int fdferry__read_call(const struct fdferry_opts *opts,
    const struct fdferry_result *result, struct fdferry_opts *known);
/* Give the caller what it has room for, and its errno: also beside what was
   sent or received, for fdferry_send_fd() fails if the byte was not. */
ptrdiff_t fdferry__report(ptrdiff_t n, struct fdferry_result *r,
    struct fdferry_result *result);
/* Total of an iovec; false if it cannot be one message. */
int fdferry__iov_total(const struct iovec *iov, int iovcnt, size_t *total);

/* The same of a call that brought what was asked for and nothing beside it, to
   a result that is as long as it is here. */
static inline void
fdferry__tell(struct fdferry_result *result, size_t bytes, size_t fds)
{
	if (result == NULL)
		return;
	result->bytes = bytes;
	result->fds = fds;
	result->surplus = result->refused = 0;
	result->flags = 0;
	result->error = result->oserr = 0;
}

static inline void
fdferry__patience_init(struct fdferry__patience *p, unsigned int flags,
    const struct timespec *deadline)
{
	p->wait.deadline = deadline;
	p->wait.rounds = 0;
	p->never = (flags & FDFERRY_NONBLOCK) != 0;
}

/* With a deadline the kernel must not block: we wait in poll(). */
static inline unsigned int
fdferry__patience_flags(const struct fdferry__patience *p)
{
	return p->never || p->wait.deadline != NULL ? FDFERRY__DONTWAIT : 0;
}

/* A call failed with `oserr`, meaning `error`: 0 to try again, else the errno
   to report. */
int fdferry__try_again(struct fdferry__patience *p, int sock, int sending,
    int error, int oserr);

FDFERRY__PUBLIC
#endif /* FDFERRY_MESSAGE_H */
