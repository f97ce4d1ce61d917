/* SPDX-License-Identifier: 0BSD */
/*
 * t/14-waiting.c - law 8: EINTR, time limits, O_NONBLOCK, no SIGPIPE.
 */
#include "../lib/detect.h"
#include "kit.h"

static int pair[2];
static int fd;
static char big[1 << 20];
static struct fdferry_result r;
static struct timespec when;
static struct fdferry_opts soon;

static void
in(long ms)
{
	soon = no_opts();
	soon.deadline = &when;
	(void)fdferry_deadline(&when, ms);
}

static void
drain(void)
{
	/* Not recv(): on macOS descriptors would stay open unseen. */
	while (fdferry_recv(pair[1], big, sizeof big, NULL, 0,
	    FDFERRY_NONBLOCK, NULL, NULL) > 0)
		continue;
}

static void
deadlines(void)
{
	long start = now_ms(), took;
	ptrdiff_t n;

	in(60);
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &soon, &r),
	    "law 8: nothing comes until the deadline");
	took = now_ms() - start;
	ok(took >= 59 && took < 20000, "law 8: and not before it");
	in(-1000);
	(void)fdferry_send_fd(pair[0], 0, 0, &soon, NULL);
	fd = fdferry_recv_fd(pair[1], 0, &soon, &r);
	ok(fd >= 0, "law 8: a deadline that has passed: what needs no "
	    "waiting is done");
	(void)close(fd);
	start = now_ms();
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &soon, &r),
	    "law 8: what needs waiting is not");
	ok(now_ms() - start < 1000, "law 8: at once");
	in(3000);
	fails_with(EAGAIN, fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, &soon, NULL),
	    "law 8: FDFERRY_NONBLOCK beats a deadline");

	in(60);
	start = now_ms();
	fd = dup(0);
	n = fdferry_send(pair[0], big, sizeof big, &fd, 1, FDFERRY_GIVE, &soon,
	    &r);
	took = now_ms() - start;
	ok(n > 0 && n < (ptrdiff_t)sizeof big && r.error == ETIMEDOUT
	    && r.fds == 1, "law 3: a deadline within a stream: what was taken");
	ok(took >= 59 && took < 20000, "law 8: it waited that long");
	ok(!is_open(fd), "law 6: what was taken is given");
	in(30);
	fd = dup(0);
	fails_with(ETIMEDOUT, fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, &soon, &r),
	    "law 8: nothing is taken until the deadline");
	ok(is_open(fd), "law 6: nothing is given");
	(void)close(fd);
	drain();
}

static void
nonblocking(void)
{
	int flags = fcntl(pair[1], F_GETFL);
	long start = now_ms();

	fails_with(EAGAIN, fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, NULL, NULL),
	    "FDFERRY_NONBLOCK on a blocking socket");
	is(flags, fcntl(pair[1], F_GETFL), "its flags are as before");
	(void)fcntl(pair[1], F_SETFL, flags | O_NONBLOCK);
	fails_with(EAGAIN, fdferry_recv_fd(pair[1], 0, NULL, &r),
	    "O_NONBLOCK is obeyed");
	in(40);
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &soon, NULL),
	    "with a deadline it waits");
	is(flags | O_NONBLOCK, fcntl(pair[1], F_GETFL), "flags as before");
	(void)fcntl(pair[1], F_SETFL, flags);
	ok(now_ms() - start < 20000, "none of these hung");
}

/* A socket's own time limits count where no deadline is given. */
static void
socket_limits(void)
{
	struct timeval t = { 0, 40000 }, never = { 0, 0 };
	long start = now_ms();
	ptrdiff_t n;

	(void)setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	fails_with(EAGAIN, fdferry_recv_fd(pair[1], 0, NULL, NULL), "SO_RCVTIMEO");
	in(150);
	start = now_ms();
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &soon, NULL),
	    "a deadline later than SO_RCVTIMEO");
	ok(now_ms() - start >= 149, "is kept");
	(void)setsockopt(pair[1], SOL_SOCKET, SO_RCVTIMEO, &never,
	    sizeof never);
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
	n = fdferry_send(pair[0], big, sizeof big, &pair[0], 1, 0, NULL, &r);
	ok(n > 0 && r.error == EAGAIN && r.fds == 1,
	    "SO_SNDTIMEO within a stream: what was taken");
	/* Where the kernel itself never waits with descriptors, we do, and
	   without a deadline for good. */
	if (strcmp(fdferry_feature_get("quirk.emsgsize_is_full"), "1") == 0)
		skip("SO_SNDTIMEO before anything is taken",
		    "this kernel does not wait");
	else
		fails_with(EAGAIN, fdferry_send_fd(pair[0], 0, 0, NULL, NULL),
		    "SO_SNDTIMEO before anything is taken");
	(void)setsockopt(pair[0], SOL_SOCKET, SO_SNDTIMEO, &never,
	    sizeof never);
	drain();
}

/*
 * Some call a full stream EMSGSIZE. One whose buffer is too small for the
 * descriptors even when it is empty must fail, and not be waited for.
 */
static void
never_fits(void)
{
	int small[2], size = 256, fds[120], got[120];
	size_t i, n = fdferry_max_fds() < 120 ? fdferry_max_fds() : 120;
	ptrdiff_t sent;
	char c;

	for (i = 0; i < 120; i++)
		fds[i] = 0;
	(void)make_pair(SOCK_STREAM, small);
	(void)setenv("PERSONA_SNDBUF", "256", 1);
	(void)setsockopt(small[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	in(300);
	sent = fdferry_send(small[0], "x", 1, fds, n, 0, &soon, &r);
	if (sent == 1) {
		for (i = 0; i < 3; i++)
			skip("never fits", "this kernel's buffers hold them");
	} else {
		ok(sent == -1 && r.error == EMSGSIZE,
		    "more than an empty buffer holds: EMSGSIZE");
		fails_with(EMSGSIZE, fdferry_send(small[0], "x", 1, fds, n,
		    FDFERRY_NONBLOCK, NULL, &r), "not waiting: the same");
		fails_with(EMSGSIZE, fdferry_send(small[0], "x", 1, fds, n, 0,
		    NULL, &r), "a blocking socket, no deadline: the same");
	}
	(void)fdferry_recv(small[1], &c, 1, got, 120, FDFERRY_NONBLOCK, NULL,
	    &r);
	is(sent == 1 ? (long)n : 0, (long)r.fds, "all is there, or nothing");
	fdferry_close(got, r.fds);
	is(0, fdferry_send_fd(small[0], 0, FDFERRY_NONBLOCK, NULL, &r),
	    "one fits");
	(void)unsetenv("PERSONA_SNDBUF");
	fdferry_close(small, 2);
}

/* A child that interrupts us every 2 ms. */
static pid_t stormer;

static void
storm(int on)
{
	struct sigaction act;
	pid_t us = getpid();
	int i;

	if (!on) {
		(void)kill(stormer, SIGKILL);
		(void)waitpid(stormer, NULL, 0);
		return;
	}
	memset(&act, 0, sizeof act);
	act.sa_handler = on_signal;	/* without SA_RESTART: EINTR */
	(void)sigaction(SIGUSR1, &act, NULL);
	stormer = tap_fork();
	if (stormer != 0)
		return;
	for (i = 0; i < 5000 && getppid() == us; i++) {
		(void)poll(NULL, 0, 2);
		(void)kill(us, SIGUSR1);
	}
	_exit(0);
}

static void
interrupted(void)
{
	pid_t child;
	int status = -1;
	ptrdiff_t n;

	(void)make_pair(SOCK_STREAM, pair);
	child = tap_fork();
	if (child == 0) {
		(void)close(pair[0]);
		(void)poll(NULL, 0, 60);
		n = fdferry_recv(pair[1], big, 1, &fd, 1, 0, NULL, &r);
		if (n != 1 || r.fds != 1)
			_exit(1);
		while ((n = recv(pair[1], big, sizeof big, 0)) > 0)
			r.bytes += (size_t)n;
		_exit(r.bytes == sizeof big ? 0 : 2);
	}
	storm(1);
	fd = 0;
	n = fdferry_send(pair[0], big, sizeof big, &fd, 1, 0, NULL, &r);
	storm(0);
	ok(n == sizeof big && r.error == 0,
	    "law 8: a send through a storm of signals");
	fdferry_close(pair, 2);
	(void)waitpid(child, &status, 0);
	is(0, status, "law 8: arrives whole");
	(void)make_pair(SOCK_STREAM, pair);
	storm(1);
	in(60);
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &soon, &r),
	    "law 8: a deadline is kept in a storm of signals");
	child = tap_fork();
	if (child == 0) {
		(void)poll(NULL, 0, 50);
		_exit(fdferry_send_fd(pair[0], 0, 0, NULL, NULL) != 0);
	}
	fd = fdferry_recv_fd(pair[1], 0, NULL, &r);
	storm(0);
	ok(fd >= 0, "law 8: a receive without a deadline sees no EINTR");
	(void)close(fd);
	(void)waitpid(child, &status, 0);
	fdferry_close(pair, 2);
}

/* SIGPIPE would kill this program. */
static void
broken(void)
{
	int p[2], i;
	const int types[3] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	for (i = 0; i < 3; i++) {
		if (!make_pair(types[i], p)) {
			skip("law 8: EPIPE", "no such socket type here");
			continue;
		}
		(void)close(p[1]);
		ok(fdferry_send_fd(p[0], 0, 0, NULL, &r) == -1
		    && (errno == EPIPE || (types[i] == SOCK_DGRAM
		    && (errno == ECONNREFUSED || errno == ECONNRESET
		    || errno == ENOTCONN || errno == EDESTADDRREQ))),
		    "law 8: the other end is closed, and no SIGPIPE");
		(void)close(p[0]);
	}
	(void)make_pair(SOCK_STREAM, p);
	(void)send(p[0], "x", 1, 0);
	(void)close(p[1]);
	fails_with(ECONNRESET, fdferry_recv_fd(p[0], FDFERRY_NONBLOCK, NULL, &r),
	    "the other end went with our data unread: ECONNRESET");
	(void)close(p[0]);
}

int
main(void)
{
	need_backend();
	plan(11 + 6 + 5 + 4 + 4 + 5 + 6);
	r = fresh();
	(void)make_pair(SOCK_STREAM, pair);
	group(deadlines, "deadlines");
	group(nonblocking, "non-blocking");
	group(socket_limits, "the socket's own limits");
	group(never_fits, "never fits");
	group(broken, "broken");
	fdferry_close(pair, 2);
	group(interrupted, "interrupted");
	return tap_bad;
}
