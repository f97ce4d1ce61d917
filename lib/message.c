/* SPDX-License-Identifier: 0BSD */
/*
 * message.c - a call that failed: wait and try again, or not.
 *
 * With message-send.c, message-recv.c and message.h this is everything that
 * must hold on every system: waiting, partial writes, who owns what, what is
 * reported. No platform #if.
 */
#include "message.h"

const struct iovec fdferry__no_data[1];

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
