/* SPDX-License-Identifier: 0BSD */
/*
 * in-flight.c - send, and wait while this user has too many descriptors in
 * flight.
 *
 * The limit is of the user (Linux: that of open files), and no event tells when
 * it has room: any receiver may have read.
 */
#include "../../lib/detect.h"

#include <poll.h>
#include <string.h>

#include "fds.h"

#define PAUSE_FIRST_MS 1
#define PAUSE_MOST_MS 64

/* Wait as long, or until the receiver has gone: then there is nothing to wait
   for. */
static int
is_gone(int sock, int ms)
{
	struct pollfd p;

	p.fd = sock;
	p.events = 0;
	p.revents = 0;
	return poll(&p, 1, ms) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

ptrdiff_t
send_in_turn(int sock, const void *data, size_t len, const int *fds, size_t n,
    const struct fdferry_opts *o, struct fdferry_result *r)
{
	int ms = PAUSE_FIRST_MS, left, gone = 0;
	ptrdiff_t sent;

	for (;;) {
		r->size = sizeof *r;
		sent = fdferry_send(sock, data, len, fds, n, 0, o, r);
		if (sent >= 0 || r->error != ETOOMANYREFS)
			return sent;
		left = left_ms(o->deadline);
		if (gone)
			r->error = EPIPE;
		if (gone || left == 0)
			return sent;
		gone = is_gone(sock, left < 0 || ms < left ? ms : left);
		ms = ms < PAUSE_MOST_MS ? ms * 2 : ms;
	}
}

const char *
send_why(int error)
{
	if (error == EPIPE || error == ECONNRESET)
		return "the receiver has closed the connection";
	if (error == ETIMEDOUT)
		return "the receiver did not read in time";
	if (error == ETOOMANYREFS)
		return "too many descriptors of this user are in flight, and "
		       "their receivers did not read in time";
	if (error == EPERM)
		return "the receiver forbids descriptors (SO_PASSRIGHTS)";
	return strerror(error);
}
