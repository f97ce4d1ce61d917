/* SPDX-License-Identifier: 0BSD */
/*
 * t/24-no-flags.c - systems without MSG_NOSIGNAL, MSG_DONTWAIT and
 * MSG_CMSG_CLOEXEC: the same library, with those flags switched off.
 */
#include "../lib/detect.h"

#undef FDFERRY_HAVE_MSG_NOSIGNAL
#define FDFERRY_HAVE_MSG_NOSIGNAL 0
#undef FDFERRY_HAVE_MSG_DONTWAIT
#define FDFERRY_HAVE_MSG_DONTWAIT 0
#undef FDFERRY_HAVE_MSG_CMSG_CLOEXEC
#define FDFERRY_HAVE_MSG_CMSG_CLOEXEC 0

#include "kit.h"

#ifdef FDFERRY_BACKEND_CMSG

#include "../lib/backend-cmsg.c"
#include "../lib/features.c"
#include "../lib/inbox.c"
#include "../lib/message.c"
#include "../lib/message-recv.c"
#include "../lib/message-send.c"
#include "../lib/wait.c"

static int pair[2];
static volatile sig_atomic_t pipes;

static void
count(int sig)
{
	(void)sig;
	pipes++;
}

static int
is_blocked(void)
{
	sigset_t now;

	(void)sigprocmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, SIGPIPE);
}

static int
is_pending(void)
{
	sigset_t now;

	(void)sigpending(&now);
	return sigismember(&now, SIGPIPE);
}

static void
sigpipe(void)
{
	int p[2];
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGPIPE);
	(void)signal(SIGPIPE, count);
	(void)make_pair(SOCK_STREAM, p);
	is(0, fdferry_send_fd(p[0], 0, 0, NULL, NULL), "send");
	ok(!is_blocked(), "law 8: the mask is as before");
	(void)close(p[1]);
	fails_with(EPIPE, fdferry_send_fd(p[0], 0, 0, NULL, NULL),
	    "law 8: EPIPE");
	ok(pipes == 0 && !is_pending() && !is_blocked(),
	    "law 8: no SIGPIPE, now or later; the mask is as before");
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fails_with(EPIPE, fdferry_send_fd(p[0], 0, 0, NULL, NULL),
	    "law 8: EPIPE with the signal blocked");
	ok(is_blocked() && !is_pending(), "law 8: still blocked, none left");
	(void)raise(SIGPIPE);
	fails_with(EPIPE, fdferry_send_fd(p[0], 0, 0, NULL, NULL),
	    "law 8: EPIPE with one of the caller's pending");
	ok(is_pending(), "law 8: that one is left alone");
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* FreeBSD keeps both, others one of them. */
	ok(pipes == 1 || pipes == 2, "law 8: and delivered");
	(void)signal(SIGPIPE, SIG_DFL);
	(void)close(p[0]);
}

/* What SIGPIPE costs must not be paid by other signals. */
static void
other_signals(void)
{
	static const int some[] = { SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM };
	const size_t n = sizeof some / sizeof some[0];
	int p[2], bad = 0;
	sigset_t set, old, now;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < n; i++)
		(void)sigaddset(&set, some[i]);
	(void)sigprocmask(SIG_BLOCK, &set, &old);
	(void)raise(SIGUSR1);
	(void)raise(SIGUSR2);
	(void)make_pair(SOCK_STREAM, p);
	(void)close(p[1]);
	fails_with(EPIPE, fdferry_send_fd(p[0], 0, 0, NULL, NULL),
	    "law 8: EPIPE with other signals blocked and pending");
	(void)sigprocmask(SIG_BLOCK, NULL, &now);
	for (i = 0; i < n; i++)
		bad += !sigismember(&now, some[i]);
	ok(bad == 0 && !sigismember(&now, SIGPIPE),
	    "law 8: those are blocked still, and no more");
	(void)sigpending(&now);
	ok(sigismember(&now, SIGUSR1) && sigismember(&now, SIGUSR2),
	    "law 8: and pending");
	(void)signal(SIGUSR1, SIG_IGN);
	(void)signal(SIGUSR2, SIG_IGN);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)close(p[0]);
}

static void
waiting(void)
{
	struct fdferry_opts o = no_opts();
	struct timespec when;
	static char block[1 << 20];
	ptrdiff_t n;
	long start = now_ms();

	fails_with(EAGAIN, fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, NULL, NULL),
	    "law 8: FDFERRY_NONBLOCK without MSG_DONTWAIT");
	(void)fdferry_deadline(&when, 40);
	o.deadline = &when;
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &o, NULL),
	    "law 8: a deadline without MSG_DONTWAIT");
	ok(now_ms() - start < 20000, "law 8: in time");
	n = fdferry_send(pair[0], block, sizeof block, NULL, 0,
	    FDFERRY_NONBLOCK, NULL, NULL);
	ok(n > 0 && n < (ptrdiff_t)sizeof block,
	    "law 8: of more than the socket holds, a part");
	while (fdferry_send(pair[0], block, sizeof block, NULL, 0,
	    FDFERRY_NONBLOCK, NULL, NULL) > 0)
		continue;
	is(EAGAIN, errno, "law 8: a full socket");
	while (fdferry_recv(pair[1], block, sizeof block, NULL, 0,
	    FDFERRY_NONBLOCK, NULL, NULL) > 0)
		continue;
	is(EAGAIN, errno, "law 8: until it is empty");
}

/* What fits for certain into a socket that is ready, with descriptors. */
#if FDFERRY_QUIRK_SEND_WAITS
# define ROOM 4
static void
room(void)
{
	const size_t whole = room_promised(pair[0]);
	size_t n, none = 0, more = 0, last = whole;

	is((long)whole, (long)fdferry__send_room(pair[0], 0),
	    "without descriptors all that is promised is room for data");
	is((long)(whole - CONTROL_HEAD - CONTROL_EACH),
	    (long)fdferry__send_room(pair[0], 1), "one takes its place and a "
	    "header's");
	for (n = 1; n * CONTROL_EACH + CONTROL_HEAD < whole; n++) {
		more += fdferry__send_room(pair[0], n) >= last;
		last = fdferry__send_room(pair[0], n);
	}
	is(0, (long)more, "each more takes its own");
	for (n = 0; n < 1000; n++)
		none += fdferry__send_room(pair[0], n) == 0;
	is(0, (long)none, "but never all, or nothing would ever go");
}
#else
# define ROOM 0
#endif

static void
close_on_exec(void)
{
	int fds[3] = { 0, 1, 2 }, got[3];
	char c;

	(void)fdferry_send(pair[0], "x", 1, fds, 3, 0, NULL, NULL);
	(void)fdferry_recv(pair[1], &c, 1, got, 3, 0, NULL, NULL);
	ok((fcntl(got[0], F_GETFD) & FD_CLOEXEC)
	    && (fcntl(got[1], F_GETFD) & FD_CLOEXEC)
	    && (fcntl(got[2], F_GETFD) & FD_CLOEXEC),
	    "law 2: close-on-exec is set without the flag");
	ok(strcmp(fdferry_feature_get("cloexec"), "set afterwards") == 0,
	    "law 2: and the feature says so");
	fdferry_close(got, 3);
}

int
main(void)
{
	plan(9 + 3 + 6 + (ROOM > 0 ? ROOM + 1 : 0) + 2 + 4);
	(void)make_pair(SOCK_STREAM, pair);
	group(sigpipe, "SIGPIPE");
	group(other_signals, "other signals");
	group(waiting, "waiting");
#if ROOM > 0
	group(room, "room");
#endif
	group(close_on_exec, "close-on-exec");
	return tap_bad;
}

#else

int
main(void)
{
	skip_all("no backend cmsg");
}

#endif
