/* SPDX-License-Identifier: 0BSD */
/*
 * channel-owner.c - a channel belongs to the process that made it: a child of
 * fork() shares its socket and has its own copy of the rest.
 *
 * Each call of a channel has to know which of both it is in. getpid() says it,
 * and is a system call. Where the kernel empties memory in a child, a look at
 * it says the same: Linux (MADV_WIPEONFORK, 4.14), FreeBSD (INHERIT_ZERO, 12)
 * and OpenBSD (MAP_INHERIT_ZERO, 5.6). No handler of pthread_atfork() does
 * that: it would be global, and outlive a library that is unloaded.
 */
#include "channel.h"

#include <stdlib.h>

#if FDFERRY_HAVE_WIPING
# include <sys/mman.h>
#endif
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

#if FDFERRY_HAVE_WIPING && defined MADV_WIPEONFORK && defined MAP_ANONYMOUS
# define WIPE(at, len, how) madvise((at), (len), (how))
# define WIPED MADV_WIPEONFORK
#elif FDFERRY_HAVE_WIPING && defined INHERIT_ZERO && defined MAP_ANONYMOUS
# define WIPE(at, len, how) minherit((at), (len), (how))
# define WIPED INHERIT_ZERO
#elif FDFERRY_HAVE_WIPING && defined MAP_INHERIT_ZERO && defined MAP_ANONYMOUS
# define WIPE(at, len, how) minherit((at), (len), (how))
# define WIPED MAP_INHERIT_ZERO
#endif

#ifdef WIPE

# define NONSENSE (-1) /* no kernel knows it */

/*
 * Memory that is empty in a child, or NULL. An emulator may say yes to any
 * advice and follow none (user mode of QEMU): who takes nonsense is not
 * believed. Nothing else can be asked without making a child.
 */
static void *
wiped_memory(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	if (WIPE(at, len, NONSENSE) != 0 && WIPE(at, len, WIPED) == 0)
		return at;
	(void)munmap(at, len);
	return NULL;
}

static void
unmap(void *at, size_t len)
{
	(void)munmap(at, len);
}

#else

static void *
wiped_memory(size_t len)
{
	(void)len;
	return NULL;
}

static void
unmap(void *at, size_t len)
{
	(void)at;
	(void)len;
}

#endif

int
fdferry__settle(struct fdferry_channel *ch)
{
	int saved = errno;

	ch->pid = fdferry__channel_pid();
	ch->home = wiped_memory(sizeof *ch->home);
	errno = saved; /* that the kernel knows no nonsense is no failure */
	ch->mapped = ch->home != NULL;
	if (!ch->mapped)
		ch->home = malloc(sizeof *ch->home);
	if (ch->home == NULL) {
		errno = ENOMEM;
		return -1;
	}
	ch->home->mark = 1;
	ch->rx.buf = ch->home->buf;
	return 0;
}

void
fdferry__unsettle(struct fdferry_channel *ch)
{
	if (ch->mapped)
		unmap(ch->home, sizeof *ch->home);
	else
		free(ch->home);
}
