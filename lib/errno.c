/* SPDX-License-Identifier: 0BSD */
/*
 * errno.c - one errno for one meaning, see the table in fdferry.h.
 */
#include "backend.h"

#if FDFERRY_HAVE_SOCKETS
# include <fcntl.h>
# include <unistd.h>
#endif

/*
 * A hint: the C library refused FDFERRY_QUIRK_MAX_FDS descriptors (old
 * musl). It only ever goes from 0 to 1, by any thread.
 */
static int small_limit;

#ifdef __GNUC__
# define hint_get(p) __atomic_load_n((p), __ATOMIC_RELAXED)
# define hint_set(p) __atomic_store_n((p), 1, __ATOMIC_RELAXED)
#else
# define hint_get(p) (*(volatile int *)(p))
# define hint_set(p) ((void)(*(volatile int *)(p) = 1))
#endif

#ifdef FDFERRY_BACKEND_NONE
# define HAVE_BACKEND 0
#else
# define HAVE_BACKEND 1
#endif

size_t
fdferry_max_fds(void)
{
	if (!HAVE_BACKEND)
		return 0;
	return hint_get(&small_limit) ? FDFERRY_QUIRK_MAX_FDS_SMALL
				      : FDFERRY_QUIRK_MAX_FDS;
}

int
fdferry__would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK;
}

/* Is the descriptor table full? Asked by a probing dup. */
#if FDFERRY_HAVE_SOCKETS
# ifdef F_DUPFD_CLOEXEC
#  define probe_dup(fd) fcntl((fd), F_DUPFD_CLOEXEC, 0)
# else
#  define probe_dup(fd) dup(fd)
# endif
int
fdferry__table_full(int fd)
{
	int saved = errno, probe = probe_dup(fd), full = 0;

	if (probe >= 0)
		(void)close(probe);
	else
		full = errno == EMFILE;
	errno = saved;
	return full;
}
#else
int
fdferry__table_full(int fd)
{
	(void)fd;
	return 0;
}
#endif

int
fdferry__send_errno(int oserr, int sock, size_t nfds)
{
	if (fdferry__would_block(oserr))
		return EAGAIN;
	if (FDFERRY_QUIRK_ENOBUFS_IS_FULL && oserr == ENOBUFS)
		return EAGAIN;
	if (FDFERRY_QUIRK_EMSGSIZE_IS_FULL && oserr == EMSGSIZE && nfds > 0
	    && fdferry__is_stream(fdferry__socket_type(sock))
	    && fdferry__only_full(sock, nfds))
		return EAGAIN;
	/* The sender's table has nothing to do with sending: this is the
	   limit of descriptors in flight (OpenBSD). */
	if (oserr == EMFILE)
		return ETOOMANYREFS;
	if (oserr == E2BIG)
		return EINVAL;
	if (oserr == ENOMEM && nfds > FDFERRY_QUIRK_MAX_FDS_SMALL) {
		hint_set(&small_limit);
		return EINVAL;
	}
	return oserr;
}

/*
 * recvmsg() failed. BSDs call a table without room for all of a message's
 * descriptors EMSGSIZE, and drop them all; that our own room is too small
 * would be called the same, but it never is.
 */
int
fdferry__recv_errno(int oserr, int sock)
{
	if (fdferry__would_block(oserr))
		return EAGAIN;
	if (oserr == EMSGSIZE)
		return EMFILE;
	(void)sock;
	return oserr;
}

/* Descriptors were cut off although there was room: why? */
int
fdferry__lost_errno(int sock)
{
	return fdferry__table_full(sock) ? EMFILE : EMSGSIZE;
}
