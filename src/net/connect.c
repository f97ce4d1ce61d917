/* SPDX-License-Identifier: 0BSD */
/* connect.c - connecting, with a time limit and an error that helps. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "net.h"

int
left_ms(const struct timespec *deadline)
{
	struct timespec now;
	long ms;

	if (deadline == NULL)
		return -1;
	(void)fdferry_deadline(&now, 0);
	if (deadline->tv_sec < now.tv_sec)
		return 0;
	if (deadline->tv_sec - now.tv_sec > INT_MAX / 1000 - 1)
		return INT_MAX;
	ms = (long)(deadline->tv_sec - now.tv_sec) * 1000
	    + (deadline->tv_nsec - now.tv_nsec) / 1000000;
	return ms < 0 ? 0 : (int)ms;
}

/* A text for errno, with what to do about it. */
static const char *
remedy(const struct addr *addr, int type, int error)
{
	struct sockaddr_un un;
	struct stat st;

	if (error == ETIMEDOUT || error == EAGAIN)
		return "no answer in time";
	if (!addr_is_unix(addr))
		return error == ECONNREFUSED
		    ? "connection refused: nobody listens there"
		    : strerror(error);
	memcpy(&un, &addr->ss, sizeof un);
	if (!addr_is_abstract(addr) && stat(un.sun_path, &st) == 0
	    && !S_ISSOCK(st.st_mode))
		return "not a socket: give the path where the receiver listens";
	switch (error) {
	case ENOENT:
		return "no such socket: is who listens there (fdferry front, "
		       "recv or worker) running?";
	case ECONNREFUSED:
		return "connection refused: is who listens there (fdferry "
		       "front, recv or worker) running?";
	case EACCES:
	case EPERM:
		return "permission denied: --mode and --owner of who listens "
		       "there decide who may connect";
	case EPROTOTYPE:
		return type == SOCK_DGRAM
		    ? "a stream socket listens there: not with --datagram"
		    : "a socket of another type: a stream socket is needed";
	default: return strerror(error);
	}
}

static void
explain(const struct addr *addr, int type, int error, char *err, size_t errlen)
{
	char text[512];

	(void)
	    fdferry_addr_text((const struct sockaddr *)(const void *)&addr->ss,
		addr->len, text, sizeof text);
	(void)snprintf(err, errlen, "%s: %s", text, remedy(addr, type, error));
}

/* Wait for a connect() that was begun. Returns 0 or an errno. */
static int
finish_connect(int fd, const struct timespec *deadline)
{
	struct pollfd p;
	int n, error = 0;
	socklen_t len = sizeof error;

	p.fd = fd;
	p.events = POLLOUT;
	do
		n = poll(&p, 1, left_ms(deadline));
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return errno;
	return error;
}

/* 0 or an errno. A Unix listener with a full backlog says EAGAIN at once
   (Linux), and no poll() tells when it has room. */
static int
try_connect(int fd, const struct addr *addr, const struct timespec *deadline)
{
	const struct sockaddr *sa =
	    (const struct sockaddr *)(const void *)&addr->ss;

	while (connect(fd, sa, addr->len) < 0) {
		if (errno == EINPROGRESS
		    || (errno == EINTR && !addr_is_unix(addr)))
			return finish_connect(fd, deadline);
		if (errno == EISCONN)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return errno;
		if (left_ms(deadline) == 0)
			return ETIMEDOUT;
		(void)poll(NULL, 0, 20);
	}
	return 0;
}

int
connect_to(const struct addr *addr, int timeout_ms, char *err, size_t errlen)
{
	return connect_type(addr, SOCK_STREAM, timeout_ms, err, errlen);
}

int
connect_type(const struct addr *addr, int type, int timeout_ms, char *err,
    size_t errlen)
{
	struct timespec when;
	int fd, flags, error;

	if (timeout_ms >= 0)
		(void)fdferry_deadline(&when, timeout_ms);
	fd = socket(addr->ss.ss_family, type, 0);
	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0
	    || (flags = fcntl(fd, F_GETFL)) < 0
	    || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		(void)snprintf(err, errlen, "socket: %s", strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	error = try_connect(fd, addr, timeout_ms >= 0 ? &when : NULL);
	if (error == 0 && fcntl(fd, F_SETFL, flags) == 0)
		return fd;
	explain(addr, type, error, err, errlen);
	(void)close(fd);
	errno = error;
	return -1;
}

static void
too_slow(int sig)
{
	static const char text[] =
	    "fdferry: the host's name could not be resolved in time\n";
	ssize_t n = write(2, text, sizeof text - 1);

	(void)n;
	(void)sig;
	unlisten_all();
	_exit(1);
}

/* getaddrinfo() knows no time limit: an alarm ends the program. */
static int
resolve(const char *host, const char *port, int timeout_ms,
    struct addrinfo **list)
{
	struct addrinfo hints;
	struct sigaction sa, old;
	int rc;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = too_slow;
	if (timeout_ms >= 0) {
		(void)sigaction(SIGALRM, &sa, &old);
		(void)alarm((unsigned int)timeout_ms / 1000 + 1);
	}
	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	rc = getaddrinfo(host, port, &hints, list);
	if (timeout_ms >= 0) {
		(void)alarm(0);
		(void)sigaction(SIGALRM, &old, NULL);
	}
	return rc;
}

/* The time that is left is shared among the addresses that are left, so
   that one which never answers does not use up all of it. */
int
connect_host(const char *host, const char *port, int timeout_ms, char *err,
    size_t errlen)
{
	struct addrinfo *list, *ai;
	struct timespec when;
	struct addr addr;
	int rc, ms, left = 0, fd = -1;

	if (timeout_ms >= 0)
		(void)fdferry_deadline(&when, timeout_ms);
	rc = resolve(host, port, timeout_ms, &list);
	if (rc != 0) {
		(void)snprintf(err, errlen, "%s: %s", host, gai_strerror(rc));
		return -1;
	}
	for (ai = list; ai != NULL; ai = ai->ai_next)
		left++;
	for (ai = list; ai != NULL && fd < 0; ai = ai->ai_next, left--) {
		memset(&addr, 0, sizeof addr);
		memcpy(&addr.ss, ai->ai_addr, ai->ai_addrlen);
		addr.len = ai->ai_addrlen;
		ms = timeout_ms < 0 ? -1 : left_ms(&when) / left;
		fd = connect_to(&addr, ms, err, errlen);
	}
	freeaddrinfo(list);
	return fd;
}
