/* SPDX-License-Identifier: 0BSD */
/*
 * channel-wait.c - the one call of a channel that waits.
 */
#include "channel.h"

#if FDFERRY_HAVE_SOCKETS

# include <limits.h>
# include <poll.h>
# include <time.h>

/* Sleep until the channel has something to do, `left` ms at most; more than
   poll() can count are slept in parts. */
static int
channel_sleep(const struct fdferry_channel *ch, int64_t left)
{
	struct pollfd p;
	unsigned int wants;
	long timeout;
	int n;

	wants = fdferry_channel_wants(ch, &timeout);
	if (left > INT_MAX && left != FDFERRY__NEVER)
		left = INT_MAX; /* and then the rest */
	if (timeout < 0 || timeout > left)
		timeout = left == FDFERRY__NEVER ? -1 : (long)left;
	p.fd = ch->sock;
	p.events = (short)((wants & FDFERRY_WANT_READ ? POLLIN : 0)
	    | (wants & FDFERRY_WANT_WRITE ? POLLOUT : 0));
	/* With nothing wanted, an end of the peer would wake us for ever. */
	n = poll(wants != 0 ? &p : NULL, wants != 0, (int)timeout);
	return n < 0 && errno != EINTR && errno != EAGAIN ? -1 : 0;
}

int
fdferry_channel_wait(struct fdferry_channel *ch, struct fdferry_event *event,
    const struct timespec *deadline)
{
	int64_t now, end;
	int n;

	if (deadline != NULL
	    && (deadline->tv_nsec < 0 || deadline->tv_nsec > 999999999)) {
		errno = EINVAL;
		return -1;
	}
	end = fdferry__ms(deadline);
	for (;;) {
		n = fdferry_channel_next(ch, event);
		if (n != 0)
			return n;
		if (ch->over) {
			errno = EPIPE;
			return -1;
		}
		fdferry__channel_turn(ch);
		if (ch->events.head != NULL)
			continue;
		now = end != FDFERRY__NEVER ? fdferry__now() : 0;
		if (end <= now) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (channel_sleep(ch, end == FDFERRY__NEVER ? end : end - now)
		    < 0)
			return -1;
	}
}

#else /* no sockets: there is never a channel */

int
fdferry_channel_wait(struct fdferry_channel *ch, struct fdferry_event *event,
    const struct timespec *deadline)
{
	(void)ch;
	(void)event;
	(void)deadline;
	errno = ENOTSUP;
	return -1;
}

#endif
