/* SPDX-License-Identifier: 0BSD */
/*
 * wait.c - deadlines, waiting for a socket, and SIGPIPE.
 */
#include "backend.h"

#if FDFERRY_HAVE_SOCKETS

#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#define PAUSE_MOST 16		/* ms: pause between tries poll() cannot time */

int
fdferry_deadline(struct timespec *when, long milliseconds)
{
	if (when == NULL) {
		errno = EINVAL;
		return -1;
	}
	if (clock_gettime(CLOCK_MONOTONIC, when) < 0)
		return -1;
	when->tv_sec += milliseconds / 1000;
	when->tv_nsec += milliseconds % 1000 * 1000000;
	if (when->tv_nsec >= 1000000000) {
		when->tv_sec++;
		when->tv_nsec -= 1000000000;
	} else if (when->tv_nsec < 0) {
		when->tv_sec--;
		when->tv_nsec += 1000000000;
	}
	return 0;
}

/* Milliseconds until the deadline, rounded up; -1 without one. */
static int
until(const struct timespec *deadline)
{
	struct timespec now;
	long ms;

	if (deadline == NULL)
		return -1;
	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return 0;
	if (deadline->tv_sec < now.tv_sec)
		return 0;
	if (deadline->tv_sec - now.tv_sec > INT_MAX / 1000 - 1)
		return INT_MAX;
	ms = (long)(deadline->tv_sec - now.tv_sec) * 1000
	    + (deadline->tv_nsec - now.tv_nsec + 999999) / 1000000;
	return ms < 0 ? 0 : (int)ms;
}

/*
 * Wait until `fd` is worth another try. Returns 0, or -1 with ETIMEDOUT.
 *
 * poll() calls an unconnected datagram socket writable while the receiver's
 * queue is full, and macOS a stream that has no room for control data. So
 * from the second round on a short, growing pause comes first.
 */
int
fdferry__wait(int fd, int sending, struct fdferry__wait *wait)
{
	struct pollfd p;
	int left, pause, n;

	p.fd = fd;
	p.events = sending ? POLLOUT : POLLIN;
	left = until(wait->deadline);
	if (left == 0) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (wait->rounds > 0 && sending) {
		pause = wait->rounds > 4 ? PAUSE_MOST : 1 << (wait->rounds - 1);
		if (left >= 0 && pause > left)
			pause = left;
		(void)poll(NULL, 0, pause);
		left = until(wait->deadline);
	}
	wait->rounds++;
	n = poll(&p, 1, left);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return -1;
	/* Also when the time is over: the caller tries a last time, and the
	   next round ends it. */
	return 0;
}

#if FDFERRY_HAVE_MSG_DONTWAIT

int
fdferry__ready(int fd, int sending)
{
	(void)fd;
	(void)sending;
	return 1;
}

#else

/*
 * The best that can be done without the flag: O_NONBLOCK, where it is not set
 * already, would be set for everybody who shares the socket. A send larger
 * than the free room, or a receiver that is overtaken by another, can still
 * block.
 */
int
fdferry__ready(int fd, int sending)
{
	struct pollfd p;

	if (fdferry__is_nonblocking(fd))
		return 1;
	p.fd = fd;
	p.events = sending ? POLLOUT : POLLIN;
	return poll(&p, 1, 0) != 0;
}

#endif

#if FDFERRY__NOSIGNAL_WORKS

void
fdferry__sigpipe_hold(struct fdferry__sigpipe *s)
{
	s->held = 0;
}

void
fdferry__sigpipe_release(struct fdferry__sigpipe *s, int drop)
{
	(void)s;
	(void)drop;
}

#else

/*
 * Without the flag SIGPIPE is blocked in this thread for the call; one that
 * our call raised (EPIPE) is taken away. SO_NOSIGPIPE is not used: it would
 * change the caller's socket.
 */
void
fdferry__sigpipe_hold(struct fdferry__sigpipe *s)
{
	sigset_t set, old;

	s->held = 0;
	if (sigpending(&set) == 0 && sigismember(&set, SIGPIPE))
		return;			/* not ours: leave it */
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	if (pthread_sigmask(SIG_BLOCK, &set, &old) == 0)
		s->held = sigismember(&old, SIGPIPE) ? 2 : 1;
}

void
fdferry__sigpipe_release(struct fdferry__sigpipe *s, int drop)
{
	sigset_t set, pending;
	int sig, saved = errno;

	if (s->held == 0)
		return;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	if (drop && sigpending(&pending) == 0
	    && sigismember(&pending, SIGPIPE))
		(void)sigwait(&set, &sig);
	if (s->held == 1)
		(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	errno = saved;
}

#endif

#else /* no sockets: nothing to wait for */

int
fdferry_deadline(struct timespec *when, long milliseconds)
{
	(void)when;
	(void)milliseconds;
	errno = ENOTSUP;
	return -1;
}

int
fdferry__wait(int fd, int sending, struct fdferry__wait *wait)
{
	(void)fd;
	(void)sending;
	(void)wait;
	errno = ENOTSUP;
	return -1;
}

int
fdferry__ready(int fd, int sending)
{
	(void)fd;
	(void)sending;
	return 1;
}

void
fdferry__sigpipe_hold(struct fdferry__sigpipe *s)
{
	s->held = 0;
}

void
fdferry__sigpipe_release(struct fdferry__sigpipe *s, int drop)
{
	(void)s;
	(void)drop;
}

#endif
