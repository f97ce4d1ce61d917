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
