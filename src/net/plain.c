/* SPDX-License-Identifier: 0BSD */
/*
 * plain.c - what the kernels below the plain wire do that its messages of one
 * byte and one descriptor cannot tell.
 */
#include "../../lib/detect.h"

#include <errno.h>
#include <string.h>

#include "plain.h"

/*
 * Its byte may have stayed, or be gone with its descriptor. In front it is
 * known by having none; a message that has one is the next.
 */
static int
after_loss(int sock, const struct fdferry_opts *o, struct fdferry_result *got)
{
	struct fdferry_result next;
	int fd;

	next.size = sizeof next;
	fd = fdferry_recv_fd(sock, FDFERRY_NONBLOCK, o, &next);
	got->bytes = 1;
	if (fd >= 0)
		got->surplus += next.surplus;
	else
		errno = got->error;
	return fd;
}

int
plain_recv(int sock, unsigned int flags, const struct fdferry_opts *o,
    struct fdferry_result *got)
{
	int fd = fdferry_recv_fd(sock, flags, o, got);

	if (fd >= 0 || got->bytes > 0 || !(got->flags & FDFERRY_TRUNCATED))
		return fd;
	return after_loss(sock, o, got);
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
