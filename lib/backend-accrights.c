/* SPDX-License-Identifier: 0BSD */
/*
 * Backend "accrights": descriptors in msg_accrights, an array without a
 * header (4.3BSD, Solaris without the X/Open interfaces, HP-UX).
 *
 * Weaknesses, and what is done about them: there is no msg_flags, so
 * descriptors are always received with more room than any kernel fills, and
 * a room filled to the brim counts as cut; a datagram is known to be cut by
 * one byte more of room than the caller gave, as long as that has no more
 * than SPARE pieces. Close-on-exec is set afterwards.
 */
#include "backend.h"

#ifdef FDFERRY_BACKEND_ACCRIGHTS

# include <string.h>

const char fdferry__backend_name[] = "accrights";

# define SPARE 16

# if FDFERRY_HAVE_MSG_NOSIGNAL
#  define SEND_FLAGS MSG_NOSIGNAL
# else
#  define SEND_FLAGS 0
# endif
# if FDFERRY_HAVE_MSG_DONTWAIT
#  define DONTWAIT MSG_DONTWAIT
# else
#  define DONTWAIT 0
# endif

int
fdferry__backend_type(int sock)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(sock, SOL_SOCKET, SO_TYPE, (void *)&type, &len) < 0
	    ? -1
	    : type;
}

ptrdiff_t
fdferry__backend_send(int sock, const struct fdferry__io *io)
{
	struct msghdr msg;
	int flags = SEND_FLAGS;

	memset(&msg, 0, sizeof msg);
	msg.msg_iov = (struct iovec *)io->iov;
	/* Lengths are int, unsigned or socklen_t: this converts to each. */
	msg.msg_iovlen = (unsigned short)io->iovcnt;
	if (io->addr != NULL) {
		msg.msg_name = (void *)io->addr;
		msg.msg_namelen = (unsigned short)io->addrlen;
	}
	if (io->nfds > 0) {
		msg.msg_accrights = (void *)io->fds;
		msg.msg_accrightslen = (int)(io->nfds * sizeof(int));
	}
	if (io->flags & FDFERRY__DONTWAIT)
		flags |= DONTWAIT;
	return sendmsg(sock, &msg, flags);
}

/* Add one byte to the pieces; 0 if there are too many, or no need. */
static size_t
add_byte(int sock, const struct fdferry__io *io, struct iovec *iov, char *byte)
{
	size_t total = 0;
	int i;

	if (io->iovcnt > SPARE || fdferry__backend_type(sock) == SOCK_STREAM)
		return 0;
	for (i = 0; i < io->iovcnt; i++) {
		iov[i] = io->iov[i];
		total += io->iov[i].iov_len;
	}
	iov[i].iov_base = byte;
	iov[i].iov_len = 1;
	return total + 1;
}

ptrdiff_t
fdferry__backend_recv(int sock, struct fdferry__io *io)
{
	int fds[FDFERRY_QUIRK_ROOM];
	struct iovec iov[SPARE + 1];
	struct msghdr msg;
	ptrdiff_t n;
	size_t i, got, longer;
	char byte;
	int flags = 0;

	memset(&msg, 0, sizeof msg);
	longer = add_byte(sock, io, iov, &byte);
	msg.msg_iov = longer > 0 ? iov : (struct iovec *)io->iov;
	msg.msg_iovlen = (unsigned short)(io->iovcnt + (longer > 0));
	msg.msg_accrights = (void *)fds;
	msg.msg_accrightslen = (int)sizeof fds;
	if (io->addr != NULL) {
		msg.msg_name = (void *)io->addr;
		msg.msg_namelen = (unsigned short)io->addrlen;
	}
	if (io->flags & FDFERRY__DONTWAIT)
		flags |= DONTWAIT;
	n = recvmsg(sock, &msg, flags);
	if (n < 0)
		return -1;
	io->addrlen = (size_t)msg.msg_namelen;
	got = msg.msg_accrightslen <= 0
	    ? 0
	    : (size_t)msg.msg_accrightslen / sizeof fds[0];
	if (got >= FDFERRY_QUIRK_ROOM) {
		got = FDFERRY_QUIRK_ROOM;
		io->flags |= FDFERRY__LOST;
	}
	for (i = 0; i < got; i++)
		fdferry__take(io->inbox, fds[i]);
	if (longer > 0 && (size_t)n >= longer) {
		io->flags |= FDFERRY__CUT;
		n = (ptrdiff_t)longer - 1;
	}
	return n;
}

#else
typedef int fdferry__backend_accrights_unused; /* ISO C wants a declaration */
#endif
