/* SPDX-License-Identifier: 0BSD */
/*
 * plain.c - what the kernels below the plain wire do that its messages of one
 * byte and one descriptor cannot tell.
 */
#include "../../lib/detect.h"

#include <errno.h>
#include <string.h>

#include "plain.h"

/* Any number of descriptors with one byte; errors as fdferry_recv_fd()'s. */
static int
recv_byte(int sock, int *fds, size_t room, unsigned int flags,
    const struct fdferry_opts *o, struct fdferry_result *got)
{
	char byte;
	ptrdiff_t n = fdferry_recv(sock, &byte, 1, fds, room, flags, o, got);

	if (n >= 0 && got->fds > 0)
		return (int)got->fds;
	/* No byte is the end, or what on seqpacket cannot be told from it. */
	if (n >= 0 && got->error == 0)
		got->error = n == 0 ? ECONNRESET : EBADMSG;
	errno = got->error;
	return -1;
}

/*
 * Its byte may have stayed, or be gone with its descriptors. In front it is
 * known by having none; a message that has some is the next.
 */
static int
after_loss(int sock, int *fds, size_t room, const struct fdferry_opts *o,
    struct fdferry_result *got)
{
	struct fdferry_result next;
	int n;

	next.size = sizeof next;
	n = recv_byte(sock, fds, room, FDFERRY_NONBLOCK, o, &next);
	got->bytes = 1;
	if (n > 0) {
		got->fds = next.fds;
		got->flags |= next.flags & FDFERRY_REFUSED;
		got->refused += next.refused;
		got->surplus += next.surplus;
	} else
		errno = got->error;
	return n;
}

int
plain_recv_all(int sock, int *fds, size_t room, unsigned int flags,
    const struct fdferry_opts *o, struct fdferry_result *got)
{
	int n = recv_byte(sock, fds, room, flags, o, got);

	if (n > 0 || got->bytes > 0 || !(got->flags & FDFERRY_TRUNCATED))
		return n;
	return after_loss(sock, fds, room, o, got);
}

int
plain_recv(int sock, unsigned int flags, const struct fdferry_opts *o,
    struct fdferry_result *got)
{
	int fd, n = plain_recv_all(sock, &fd, 1, flags, o, got);

	if (n < 0)
		return -1;
	if (fd < 0) {
		got->fds = 0;
		errno = got->error;
	}
	return fd;
}

const char *
plain_caveat(void)
{
	const char *lost = fdferry_feature_get("quirk.in_flight_lost");

	if (lost == NULL || strcmp(lost, "1") != 0)
		return NULL;
	return "this system drops what is sent, and reports success, while "
	       "more descriptors are in flight than kern.maxfiles / 2; only "
	       "a receiver that acknowledges can tell";
}
