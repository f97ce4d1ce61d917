/* SPDX-License-Identifier: 0BSD */
/*
 * inbox.c - where backends put each descriptor that reaches this process: to
 * the caller while there is room, else it is closed and counted.
 */
#include "backend.h"

void
fdferry__take(struct fdferry__inbox *inbox, int fd)
{
	if (fd < 0)
		inbox->withheld++;
	else if (inbox->nfds < inbox->room && FDFERRY_QUIRK_CLOEXEC_UNPROVEN)
		(void)fdferry__cloexec(fd);
	if (inbox->nfds < inbox->room) {
		inbox->fds[inbox->nfds++] = fd < 0 ? -1 : fd;
		return;
	}
	if (fd >= 0) {
		/* Asked now: closing this one makes a free slot. Asked with
		   our socket: a copy of theirs would have to be closed. */
		if (inbox->surplus++ == 0)
			inbox->full = fdferry__table_full(inbox->sock);
		fdferry__discard(fd);
	}
}

/*
 * Copy them to the caller as they are, and say if that was right: none of them
 * is negative. One after the other, by fours: hundreds come at once, or one.
 */
static int
take_open(int *to, const unsigned char *slots, size_t n)
{
	int all = 0, four[4];

	for (; n >= 4; n -= 4, to += 4, slots += sizeof four) {
		memcpy(four, slots, sizeof four);
		memcpy(to, four, sizeof four);
		all |= four[0] | four[1] | four[2] | four[3];
	}
	for (; n > 0; n--, to++, slots += sizeof *to) {
		memcpy(to, slots, sizeof *to);
		all |= *to;
	}
	return all >= 0;
}

static FDFERRY__RARE void
take_each(struct fdferry__inbox *inbox, const unsigned char *slots, size_t n)
{
	int fd;

	for (; n > 0; n--, slots += sizeof fd) {
		memcpy(&fd, slots, sizeof fd);
		fdferry__take(inbox, fd);
	}
}

void
fdferry__take_all(struct fdferry__inbox *inbox, const unsigned char *slots,
    size_t n)
{
	if (!FDFERRY_QUIRK_CLOEXEC_UNPROVEN && n <= inbox->room - inbox->nfds
	    && n > 0 && take_open(inbox->fds + inbox->nfds, slots, n))
		inbox->nfds += n;
	else
		take_each(inbox, slots, n);
}
