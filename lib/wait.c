/* SPDX-License-Identifier: 0BSD */
/*
 * wait.c - deadlines, waiting for a socket, and SIGPIPE.
 */
#include "backend.h"

#if FDFERRY_HAVE_SOCKETS

# include <limits.h>
# include <poll.h>
# include <signal.h>
# include <stdint.h>
# include <time.h>

# ifndef CLOCK_MONOTONIC /* HP-UX */
#  define CLOCK_MONOTONIC CLOCK_REALTIME
# endif

# define PAUSE_MOST 16	 /* ms: pause between tries poll() cannot time */
# define ROOM_LEAST 512	 /* of a stream that is ready: PIPE_BUF of POSIX */
# define CONTROL_HEAD 64 /* a header and padding, on any system */

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
	if (wait->rounds < 5) /* it may go on for years */
		wait->rounds++;
	n = poll(&p, 1, left);
	if (n < 0 && errno != EINTR && errno != EAGAIN)
		return -1;
	/* Also when the time is over: the caller tries a last time, and the
	   next round ends it. */
	return 0;
}

# if !FDFERRY_HAVE_MSG_DONTWAIT || FDFERRY_QUIRK_SEND_WAITS \
     || FDFERRY_QUIRK_EMSGSIZE_IS_FULL
/* An error counts: the call itself will tell it. */
static int
is_ready(int fd, short events)
{
	struct pollfd p;

	p.fd = fd;
	p.events = events;
	return poll(&p, 1, 0) != 0;
}
# endif

# if FDFERRY_HAVE_MSG_DONTWAIT

int
fdferry__ready(int fd)
{
	(void)fd;
	return 1;
}

# else

/*
 * The best that can be done without the flag: O_NONBLOCK, where it is not set
 * already, would be set for everybody who shares the socket. A receiver that is overtaken by another
 * can still wait.
 */
int
fdferry__ready(int fd)
{
	return is_ready(fd, POLLIN);
}

# endif

# if FDFERRY_QUIRK_SEND_WAITS || FDFERRY_QUIRK_EMSGSIZE_IS_FULL

/*
 * Bytes that a socket takes at once when poll() says that it takes some. A
 * system that answers 1 does not mean it (Linux always does).
 */
#  if defined SO_SNDLOWAT && !defined FDFERRY_BACKEND_STREAMS
static size_t
room_promised(int sock)
{
	int lowat = 0;
	socklen_t len = sizeof lowat;

	return getsockopt(sock, SOL_SOCKET, SO_SNDLOWAT, (void *)&lowat, &len)
		    < 0
		|| lowat <= 1
	    ? ROOM_LEAST
	    : (size_t)lowat;
}
#  else
static size_t
room_promised(int sock)
{
	(void)sock;
	return ROOM_LEAST;
}
#  endif

/* What `nfds` descriptors take of a socket's buffer, at most. Before it looked
   at MSG_DONTWAIT OpenBSD counted them as struct fdpass. */
#  ifdef __OpenBSD__
#   define CONTROL_EACH (2 * sizeof(void *))
#  else
#   define CONTROL_EACH sizeof(int)
#  endif
static size_t
control_room(size_t nfds)
{
	return nfds > 0 ? nfds * CONTROL_EACH + CONTROL_HEAD : 0;
}

# endif

# if FDFERRY_QUIRK_SEND_WAITS

size_t
fdferry__send_room(int sock, size_t nfds)
{
	size_t room, control = control_room(nfds);

	if (fdferry__is_nonblocking(sock))
		return SIZE_MAX;
	if (!is_ready(sock, POLLOUT))
		return 0;
	room = room_promised(sock);
	/* If the descriptors alone are more, nothing is certain; at least a
	   header is not torn from its first byte. */
	return room > control ? room - control : ROOM_LEAST;
}

# else

size_t
fdferry__send_room(int sock, size_t nfds)
{
	(void)sock;
	(void)nfds;
	return SIZE_MAX;
}

# endif

# if FDFERRY_QUIRK_EMSGSIZE_IS_FULL

/*
 * The kernel shrinks the size of the sender's buffer by what the receiver has
 * not read, but not SO_SNDLOWAT, which is never above the size of an empty
 * one: what fits in that will fit. Beyond it, a socket that poll() calls
 * writable and that says EMSGSIZE is taken at its word, lest we wait for ever.
 */
int
fdferry__only_full(int sock, size_t nfds)
{
	return control_room(nfds) <= room_promised(sock)
	    || !is_ready(sock, POLLOUT);
}

# else

int
fdferry__only_full(int sock, size_t nfds)
{
	(void)sock;
	(void)nfds;
	return 0;
}

# endif

# if !FDFERRY__NOSIGNAL_WORKS

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
		return; /* not ours: leave it */
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
	if (drop && sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE))
		(void)sigwait(&set, &sig);
	if (s->held == 1)
		(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	errno = saved;
}

# endif

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
fdferry__ready(int fd)
{
	(void)fd;
	return 1;
}

size_t
fdferry__send_room(int sock, size_t nfds)
{
	(void)sock;
	(void)nfds;
	return (size_t)-1;
}

int
fdferry__only_full(int sock, size_t nfds)
{
	(void)sock;
	(void)nfds;
	return 0;
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
