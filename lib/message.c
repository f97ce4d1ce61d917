/* SPDX-License-Identifier: 0BSD */
/*
 * message.c - what both directions do when a call is not as usual: what it was
 * given, what it says, whether to wait and try again.
 *
 * With message-send.c, message-recv.c and message.h this is everything that
 * must hold on every system: waiting, partial writes, who owns what, what is
 * reported. No platform #if.
 */
#include "message.h"

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

int
fdferry__read_call(const struct fdferry_opts *opts,
    const struct fdferry_result *result, struct fdferry_opts *known)
{
	memset(known, 0, sizeof *known);
	if ((result != NULL && !fdferry__can_write(result))
	    || (opts != NULL
		&& fdferry__read_known(opts, known, sizeof *known) != 0))
		return EINVAL;
	return known->deadline != NULL
		&& (known->deadline->tv_nsec < 0
		    || known->deadline->tv_nsec > 999999999)
	    ? EINVAL
	    : 0;
}

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
