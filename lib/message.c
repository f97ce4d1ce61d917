/* SPDX-License-Identifier: 0BSD */
/*
 * message.c - what sending (message-send.c) and receiving (message-recv.c)
 * one message share: the caller's wishes, pieces of data, waiting.
 *
 * In the three files is everything that must hold on every system: waiting,
 * partial writes, who owns what, what is reported. No platform #if.
 */
#include "message.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

/* ------------------------------------------------ the caller's wishes --- */

int
fdferry__read_opts(const struct fdferry_opts *opts, struct fdferry_opts *known)
{
	if (opts != NULL)
		return fdferry__read_known(opts, known, sizeof *known);
	memset(known, 0, sizeof *known);
	return 0;
}

int
fdferry__bad_deadline(const struct timespec *when)
{
	return when != NULL && (when->tv_nsec < 0 || when->tv_nsec > 999999999);
}

/* Give the caller what it has room for, and its errno: also beside what was
   sent or received, for fdferry_send_fd() fails if the byte was not. */
ptrdiff_t
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

int
fdferry__bad_result(const struct fdferry_result *result)
{
	return result != NULL && !fdferry__can_write(result);
}

/* ------------------------------------------------ data ------------------ */

/* Total of an iovec; false if it cannot be one message. */
int
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

/* ------------------------------------------------ waiting --------------- */

const struct iovec fdferry__no_data[1];

void
fdferry__patience_init(struct fdferry__patience *p, unsigned int flags,
    const struct fdferry_opts *opts)
{
	p->wait.deadline = opts->deadline;
	p->wait.rounds = 0;
	p->never = (flags & FDFERRY_NONBLOCK) != 0;
}

/* With a deadline the kernel must not block: we wait in poll(). */
unsigned int
fdferry__patience_flags(const struct fdferry__patience *p)
{
	return p->never || p->wait.deadline != NULL ? FDFERRY__DONTWAIT : 0;
}

/*
 * The call failed with `oserr`, meaning `error`. Wait if that can help and
 * the caller wants to. Returns 0 to try again, else the errno to report.
 */
int
fdferry__try_again(struct fdferry__patience *p, int sock, int sending,
    int error, int oserr)
{
	if (oserr == EINTR)
		return 0;
	if (!fdferry__would_block(error))
		return error;
	if (p->never)
		return EAGAIN;
	/* A blocking socket says EAGAIN for SO_RCVTIMEO; but a kernel may
	   call a full socket something else, and then we wait. */
	if (p->wait.deadline == NULL
	    && (fdferry__would_block(oserr) || fdferry__is_nonblocking(sock)))
		return EAGAIN;
	return fdferry__wait(sock, sending, &p->wait) == 0 ? 0 : errno;
}
