/* SPDX-License-Identifier: 0BSD */
/*
 * message.h - what sending and receiving one message share; not for backends.
 */
#ifndef FDFERRY_MESSAGE_H
#define FDFERRY_MESSAGE_H 1

#include "backend.h"

#define FDFERRY__IOV_MOST 1024	/* IOV_MAX of most kernels */
#define FDFERRY__ADDR_MOST 4096 /* more than any sockaddr; fits socklen_t */

/* How long a call may wait, and how long it has. */
struct fdferry__patience {
	struct fdferry__wait wait;
	int never; /* FDFERRY_NONBLOCK, which beats a deadline */
};

/* The caller's options as they are known here: 0 or EINVAL. */
int
fdferry__read_opts(const struct fdferry_opts *opts, struct fdferry_opts *known);
int fdferry__bad_deadline(const struct timespec *when);
int fdferry__bad_result(const struct fdferry_result *result);
/* Give the caller the result that it has room for, and errno; returns `n`. */
ptrdiff_t fdferry__report(ptrdiff_t n, struct fdferry_result *r,
    struct fdferry_result *result);

/* Bytes of all pieces; false if they cannot be one message. */
int fdferry__iov_total(const struct iovec *iov, int iovcnt, size_t *total);
/* What the kernel is given when there are no data: macOS wants a piece. */
extern const struct iovec fdferry__no_data[1];

void fdferry__patience_init(struct fdferry__patience *p, unsigned int flags,
    const struct fdferry_opts *opts);
/* FDFERRY__DONTWAIT if the kernel must not block. */
unsigned int fdferry__patience_flags(const struct fdferry__patience *p);
/* A call failed with `oserr`, meaning `error`: 0 to try again, else the errno
   to report. */
int fdferry__try_again(struct fdferry__patience *p, int sock, int sending,
    int error, int oserr);

#endif /* FDFERRY_MESSAGE_H */
