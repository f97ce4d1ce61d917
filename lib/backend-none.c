/* SPDX-License-Identifier: 0BSD */
/*
 * Backend "none": this system cannot pass descriptors, or declares that it
 * can and does not (Cygwin). Every call says ENOTSUP; nothing pretends.
 */
#include "backend.h"

#ifdef FDFERRY_BACKEND_NONE

const char fdferry__backend_name[] = "none";

ptrdiff_t
fdferry__backend_send(int sock, const struct fdferry__io *io)
{
	(void)sock;
	(void)io;
	errno = ENOTSUP;
	return -1;
}

ptrdiff_t
fdferry__backend_recv(int sock, struct fdferry__io *io)
{
	(void)sock;
	(void)io;
	errno = ENOTSUP;
	return -1;
}

int
fdferry__backend_type(int sock)
{
	(void)sock;
	errno = ENOTSUP;
	return -1;
}

#else
typedef int fdferry__backend_none_unused; /* ISO C wants a declaration */
#endif
