/* SPDX-License-Identifier: 0BSD */
/*
 * channel-owner.c - a channel belongs to the process that made it: a child of
 * fork() shares its socket and has its own copy of the rest.
 */
#include "channel.h"

#if FDFERRY_HAVE_SOCKETS
# include <unistd.h>

long
fdferry__channel_pid(void)
{
	return (long)getpid();
}

#else

long
fdferry__channel_pid(void)
{
	return 0;
}

#endif

int
fdferry__guard(const struct fdferry_channel *ch)
{
	if (ch == NULL)
		errno = EINVAL;
	else if (ch->pid != fdferry__channel_pid())
		errno = ECHILD;
	else
		return 0;
	return -1;
}
