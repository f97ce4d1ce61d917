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

/* What the kernel is given when there are no data: macOS wants a piece. */
extern const struct iovec fdferry__no_data[1];

/* Small, and in every call: inline. */
static inline int
fdferry__read_opts(const struct fdferry_opts *opts, struct fdferry_opts *known)
{
	if (opts != NULL)
		return fdferry__read_known(opts, known, sizeof *known);
	memset(known, 0, sizeof *known);
	return 0;
}

static inline int
fdferry__bad_deadline(const struct timespec *when)
{
	return when != NULL && (when->tv_nsec < 0 || when->tv_nsec > 999999999);
}

static inline int
fdferry__bad_result(const struct fdferry_result *result)
{
	return result != NULL && !fdferry__can_write(result);
}

/* Give the caller what it has room for, and its errno: also beside what was
   sent or received, for fdferry_send_fd() fails if the byte was not. */
static inline ptrdiff_t
fdferry__report(ptrdiff_t n, struct fdferry_result *r,
    struct fdferry_result *result)
{
	r->bytes = n > 0 ? (size_t)n : 0;
	if (fdferry__can_write(result))
		fdferry__write_known(result, r, sizeof *r);
	if (r->error != 0)
		errno = r->error;
	return n;
}

/* Total of an iovec; false if it cannot be one message. */
static inline int
fdferry__iov_total(const struct iovec *iov, int iovcnt, size_t *total)
{
	int i;

	*total = 0;
	if (iovcnt < 0 || iovcnt > FDFERRY__IOV_MOST
	    || (iovcnt > 0 && iov == NULL))
		return 0;
	for (i = 0; i < iovcnt; i++) {
		if (iov[i].iov_len > (size_t)PTRDIFF_MAX - *total)
			return 0;
		*total += iov[i].iov_len;
	}
	return 1;
}

static inline void
fdferry__patience_init(struct fdferry__patience *p, unsigned int flags,
    const struct fdferry_opts *opts)
{
	p->wait.deadline = opts->deadline;
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
