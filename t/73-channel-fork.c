/* SPDX-License-Identifier: 0BSD */
/*
 * t/73-channel-fork.c - a channel is one process's: every call of a child
 * fails, however the library tells it from its parent. Memory that is empty in
 * a child does that where the kernel gives it; where it does not, or only says
 * so, or has none left, getpid() does.
 */
#include "../lib/backend.h"

#if FDFERRY_HAVE_WIPING
# include <sys/mman.h>
#endif
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int pids;		/* how often getpid() was called */
static enum { KERNEL, CREDULOUS, STRICT, EMPTY } how;

static pid_t
counted_pid(void)
{
	pids++;
	return getpid();
}

#if FDFERRY_HAVE_WIPING && defined MADV_WIPEONFORK
# define WIPES 1
/* An emulator that takes any advice and follows none; an old kernel. */
static int
own_madvise(void *at, size_t len, int advice)
{
	if (how == CREDULOUS)
		return 0;
	if (how == STRICT) {
		errno = EINVAL;
		return -1;
	}
	return madvise(at, len, advice);
}
# define madvise own_madvise
#elif FDFERRY_HAVE_WIPING \
    && (defined INHERIT_ZERO || defined MAP_INHERIT_ZERO)
# define WIPES 1
static int
own_minherit(void *at, size_t len, int inherit)
{
	if (how == CREDULOUS)
		return 0;
	if (how == STRICT) {
		errno = EINVAL;
		return -1;
	}
	return minherit(at, len, inherit);
}
# define minherit own_minherit
#else
# define WIPES 0
#endif

#if WIPES
static int mapped;		/* and not unmapped */

static void *
own_mmap(void *at, size_t len, int prot, int flags, int fd, off_t from)
{
	void *got = how == EMPTY ? MAP_FAILED
	    : mmap(at, len, prot, flags, fd, from);

	mapped += got != MAP_FAILED;
	return got;
}

static int
own_munmap(void *at, size_t len)
{
	mapped--;
	return munmap(at, len);
}
# define mmap own_mmap
# define munmap own_munmap
#else
static const int mapped = 0;
#endif

#define getpid counted_pid
#include "ownchan.h"
#undef getpid

#include <stdio.h>

#include "chan.h"
#include "tap.h"

static struct two t;

/* In a child: is each call refused, and does freeing close only its copies? */
static int
refused(struct fdferry_channel *ch)
{
	struct fdferry_channel_stats n;
	struct fdferry_event ev;
	int good = 0;

	ev.size = sizeof ev;
	n.size = sizeof n;
	good += fdferry_channel_work(ch) < 0 && errno == ECHILD;
	good += fdferry_channel_next(ch, &ev) < 0 && errno == ECHILD;
	good += fdferry_channel_wait(ch, &ev, NULL) < 0 && errno == ECHILD;
	good += fdferry_channel_send(ch, "x", 1, NULL, 0, 0, NULL) < 0
	    && errno == ECHILD;
	good += fdferry_channel_handoff(ch, "x", 1, 0, 0, NULL, NULL) < 0
	    && errno == ECHILD;
	good += fdferry_channel_cancel(ch, 0) < 0 && errno == ECHILD;
	good += fdferry_channel_look(ch, 2) < 0 && errno == ECHILD;
	good += fdferry_channel_accept(ch, 2) < 0 && errno == ECHILD;
	good += fdferry_channel_refuse(ch, 2, 0) < 0 && errno == ECHILD;
	good += fdferry_channel_count(ch, &n) < 0 && errno == ECHILD;
	good += fdferry_channel_fd(ch) < 0 && errno == ECHILD;
	good += fdferry_channel_wants(ch, NULL) == 0;
	fdferry_channel_free(ch);
	return good == 12;
}

/* The child frees what it was given a copy of, and makes a channel of its own
   whose child is refused in turn. */
static int
child(void)
{
	struct fdferry_channel *own;
	int pair[2], status = -1;
	pid_t pid;

	if (!refused(t.a) || !refused(t.b)
	    || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	own = fdferry_channel_new(pair[0], NULL);
	if (own == NULL || fdferry_channel_work(own) < 0)
		return 2;
	pid = tap_fork();
	if (pid == 0)
		_exit(refused(own) ? 0 : 3);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return 4;
	if (fdferry_channel_work(own) < 0)
		return 5;
	fdferry_channel_free(own);
	return 0;
}

/* Descriptors wait in both channels when there is a child, and stay theirs. */
static void
round_of(const char *name, int wiped)
{
	int before = all_fds(), given, status = -1;
	char text[100];
	pid_t pid;

	(void)two_open(&t, SOCK_STREAM, NULL, NULL);
	two_turn(&t);
	given = fresh_fd();
	(void)fdferry_channel_send(t.a, "x", 1, &given, 1, FDFERRY_GIVE, NULL);
	two_turn(&t);
	given = fresh_fd();
	(void)fdferry_channel_send(t.a, "y", 1, &given, 1, FDFERRY_GIVE, NULL);
	pid = tap_fork();
	if (pid == 0)
		_exit(child());
	if (pid < 0)
		bail("fork");
	(void)waitpid(pid, &status, 0);
	(void)snprintf(text, sizeof text, "%s: every call of a child is refused",
	    name);
	ok(status == 0, text);
	if (status != 0)
		printf("# status %d\n", status);
	pids = 0;
	(void)snprintf(text, sizeof text, "%s: its parent goes on", name);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && t.ev.nfds == 1
	    && *(const char *)t.ev.data == 'x', text);
	two_drop(&t);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && t.ev.nfds == 1
	    && *(const char *)t.ev.data == 'y', text);
	two_drop(&t);
	(void)snprintf(text, sizeof text, wiped ? "%s: getpid() is not called"
	    : "%s: getpid() is asked", name);
	ok(wiped ? pids == 0 : pids > 0, text);
	two_close(&t);
	(void)snprintf(text, sizeof text, "%s: nothing leaks", name);
	ok(all_fds() == before && mapped == 0, text);
}

/* Does this kernel, or what imitates it, empty memory in a child, and is it
   to be believed? Tried, where the library has to ask. */
static int
keeps(void)
{
#if WIPES
	int status = -1, honest;
	volatile int *at = own_mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (at == MAP_FAILED)
		return 0;
	honest = WIPE((void *)at, sizeof *at, NONSENSE) != 0
	    && WIPE((void *)at, sizeof *at, WIPED) == 0;
	*at = 1;
	pid = tap_fork();
	if (pid == 0)
		_exit(*at);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		bail("fork");
	(void)own_munmap((void *)at, sizeof *at);
	return honest && status == 0;
#else
	return 0;
#endif
}

int
main(void)
{
	chan_need();
	plan(20);
	how = KERNEL;
	round_of("the kernel", keeps());
	how = CREDULOUS;
	round_of("advice that is swallowed", 0);
	how = STRICT;
	round_of("advice that is not known", 0);
	how = EMPTY;
	round_of("no memory to map", 0);
	return tap_bad;
}
