/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-kit.c - one case at a time in a process of its own, and raw
 * messages.
 */
#include "selftest.h"

#include <stdio.h>
#include <string.h>

#if FDFERRY_HAVE_SOCKETS && !defined FDFERRY_BACKEND_NONE

# include "selftest-kit.h"
# ifdef FDFERRY_BACKEND_STREAMS
#  include <stropts.h>
# endif

# define PATIENCE 20 /* seconds that one case may take */

/* ------------------------------------------------ one case -------------- */

static void
in_child(const struct st_case *c, int out)
{
	struct st_report r;
	int before;

	(void)signal(SIGPIPE, SIG_DFL);
	(void)alarm(PATIENCE);
	memset(&r, 0, sizeof r);
	before = st_open_fds();
	c->run(&r);
	/* A probe asks the kernel, and may find that the kernel leaks. */
	if (r.kind == ST_PASS)
		(void)st_check(&r, st_open_fds() == before,
		    "%d descriptors open before, %d after", before,
		    st_open_fds());
	if (write(out, &r, sizeof r) != (ssize_t)sizeof r)
		_exit(1);
	_exit(0);
}

static int
read_report(int from, struct st_report *r)
{
	size_t have = 0;
	ssize_t n;

	while (have < sizeof *r) {
		n = read(from, (char *)r + have, sizeof *r - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		have += (size_t)n;
	}
	return 0;
}

void
st_run(const struct st_case *c, struct st_report *r)
{
	int pair[2], status = 0;
	pid_t pid;

	memset(r, 0, sizeof *r);
	(void)fflush(stdout);
	if (pipe(pair) < 0 || (pid = fork()) < 0) {
		(void)st_check(r, 0, "set-up: %s", st_errno(errno));
		return;
	}
	if (pid == 0) {
		(void)close(pair[0]);
		in_child(c, pair[1]);
	}
	(void)close(pair[1]);
	if (read_report(pair[0], r) < 0) {
		memset(r, 0, sizeof *r);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
		if (WIFSIGNALED(status))
			(void)st_check(r, 0,
			    WTERMSIG(status) == SIGALRM
				? "no end after %d seconds"
				: "signal %d",
			    WTERMSIG(status) == SIGALRM ? PATIENCE
							: WTERMSIG(status));
		else
			(void)st_check(r, 0, "exit status %d",
			    WEXITSTATUS(status));
	} else
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
	(void)close(pair[0]);
}

/* ------------------------------------------------ descriptors ----------- */

# ifdef FDFERRY_BACKEND_STREAMS
/* I_SENDFD works on a stream: sockets are some on most such systems, and
   pipe() makes two ends of one on the others. */
int
st_pair(int type, int pair[2])
{
	if (type != SOCK_STREAM) {
		errno = EPROTOTYPE;
		return -1;
	}
	if (socketpair(AF_UNIX, type, 0, pair) == 0) {
		if (isastream(pair[0]) == 1)
			return 0;
		(void)close(pair[0]);
		(void)close(pair[1]);
	}
	return pipe(pair);
}
# else
int
st_pair(int type, int pair[2])
{
	return socketpair(AF_UNIX, type, 0, pair);
}
# endif

int
st_open_fds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < ST_MOST; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n++;
	return n;
}

int
st_thing(int *other)
{
	int pair[2];

	/* Set in any case: the callers write to it and close it. */
	*other = -1;
	if (pipe(pair) < 0)
		return -1;
	*other = pair[1];
	return pair[0];
}

int
st_is_closed(int other)
{
	char c = 'x';
	int i;

	(void)signal(SIGPIPE, SIG_IGN);
	for (i = 0; i < 20; i++) {
		if (write(other, &c, 1) < 0)
			return errno == EPIPE;
		(void)usleep(50000);
	}
	return 0;
}

int
st_readable(int fd)
{
	struct pollfd p;

	p.fd = fd;
	p.events = POLLIN;
	p.revents = 0;
	return poll(&p, 1, 2000) == 1;
}

int
st_joined(int to, int from)
{
	char c = 'j';

	if (write(to, &c, 1) != 1 || !st_readable(from))
		return 0;
	c = 0;
	return read(from, &c, 1) == 1 && c == 'j';
}

long
st_limit_fds(long most)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 0;
	lim.rlim_cur = (rlim_t)most;
	if (lim.rlim_max != RLIM_INFINITY && lim.rlim_cur > lim.rlim_max)
		lim.rlim_cur = lim.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
	if (getrlimit(RLIMIT_NOFILE, &lim) < 0)
		return 0;
	return lim.rlim_cur > (rlim_t)most ? most : (long)lim.rlim_cur;
}

# define NOBODY 65534

int
st_drop_root(void)
{
	if (geteuid() != 0)
		return 0;
	return setgid(NOBODY) == 0 && setuid(NOBODY) == 0 ? 0 : -1;
}

#else

/* Nothing here can hang: the cases ask what answers at once. */
void
st_run(const struct st_case *c, struct st_report *r)
{
	memset(r, 0, sizeof *r);
	c->run(r);
}

#endif

/* ------------------------------------------------ raw messages ---------- */

#ifdef FDFERRY_BACKEND_CMSG

union control {
	struct cmsghdr header;
	long double ld;
	unsigned char bytes[ST_MOST * sizeof(int) + 256];
};

/* Not every kernel looks at MSG_DONTWAIT here; all look at O_NONBLOCK. */
int
st_sendmsg(int sock, const struct msghdr *msg)
{
	int flags = fcntl(sock, F_GETFL), error;

	(void)fcntl(sock, F_SETFL, flags | O_NONBLOCK);
	error = sendmsg(sock, msg, MSG_NOSIGNAL) < 0 ? errno : 0;
	(void)fcntl(sock, F_SETFL, flags);
	return error;
}

size_t
st_room(size_t n)
{
	return CMSG_SPACE(n * sizeof(int));
}

int
st_send_control(int sock, const void *data, size_t len, int fd, size_t n,
    size_t controllen)
{
	union control control;
	struct msghdr msg;
	struct iovec iov;
	size_t i;

	memset(&msg, 0, sizeof msg);
	memset(&control, 0, sizeof control);
	memcpy(&iov.iov_base, &data, sizeof data);
	iov.iov_len = len;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (n > 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = (socklen_t)CMSG_LEN(n * sizeof fd);
		for (i = 0; i < n; i++)
			memcpy(control.bytes + CMSG_LEN(i * sizeof fd), &fd,
			    sizeof fd);
		msg.msg_control = &control;
		msg.msg_controllen = (socklen_t)controllen;
	}
	return st_sendmsg(sock, &msg);
}

int
st_send(int sock, const void *data, size_t len, int fd, size_t n)
{
	int error = st_send_control(sock, data, len, fd, n, st_room(n));

	/* Kernels of old want CMSG_LEN (OpenBSD to 4.3, 64 bits). */
	if (error == EINVAL && n > 0)
		error = st_send_control(sock, data, len, fd, n,
		    CMSG_LEN(n * sizeof fd));
	return error;
}

/* What the rights messages in `len` bytes hold, without trust. */
static void
parse(const unsigned char *at, size_t len, struct st_got *got)
{
	const size_t head = CMSG_LEN(0);
	struct cmsghdr header;
	size_t length, step, i;
	int first = 1;

	while (len >= sizeof header) {
		memcpy(&header, at, sizeof header);
		length = (size_t)header.cmsg_len;
		if (first)
			got->cmsg_len = length;
		first = 0;
		if (length > len)
			length = len;
		if (length < head)
			return;
		if (header.cmsg_level == SOL_SOCKET
		    && header.cmsg_type == SCM_RIGHTS) {
			got->messages++;
			for (i = head;
			     length - i >= sizeof(int) && got->nfds < ST_MOST;
			     i += sizeof(int))
				memcpy(&got->fds[got->nfds++], at + i,
				    sizeof(int));
		}
		step = CMSG_SPACE(length - head);
		if (step >= len)
			return;
		at += step;
		len -= step;
	}
}

void
st_recv(int sock, size_t len, size_t room, int flags, struct st_got *got)
{
	memset(got, 0, sizeof *got);
	got->n = -1;
	got->error = ETIMEDOUT;
	if (st_readable(sock))
		st_recv_now(sock, len, room, flags, got);
}

void
st_recv_now(int sock, size_t len, size_t room, int flags, struct st_got *got)
{
	union control control;
	struct msghdr msg;
	struct iovec iov;

	memset(got, 0, sizeof *got);
	memset(&msg, 0, sizeof msg);
	memset(&control, 0, sizeof control);
	iov.iov_base = got->data;
	iov.iov_len = len < sizeof got->data ? len : sizeof got->data;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (room > 0) {
		msg.msg_control = &control;
		msg.msg_controllen = (socklen_t)room;
	}
	got->n = (long)recvmsg(sock, &msg, flags | MSG_DONTWAIT);
	got->error = got->n < 0 ? errno : 0;
	if (got->n < 0)
		return;
	got->flags = msg.msg_flags;
	got->controllen = (size_t)msg.msg_controllen;
	if (room > 0)
		parse(control.bytes,
		    got->controllen < room ? got->controllen : room, got);
}

void
st_close(const struct st_got *got)
{
	size_t i;

	for (i = 0; i < got->nfds; i++)
		if (got->fds[i] > 2)
			(void)close(got->fds[i]);
}

#endif

/* ------------------------------------------------ names of errors ------- */

#define NAME(e) \
 { \
  e, #e \
 }

static const struct {
	int error;
	const char *name;
} names[] = {
/* Where two are one number, the first is the name. */
#ifdef ENOTSUP
	NAME(ENOTSUP),
#endif
#ifdef ENOBUFS
	NAME(ENOBUFS),
#endif
#ifdef ETOOMANYREFS
	NAME(ETOOMANYREFS),
#endif
#ifdef EOPNOTSUPP
	NAME(EOPNOTSUPP),
#endif
#ifdef EPROTOTYPE
	NAME(EPROTOTYPE),
#endif
#ifdef EPROTONOSUPPORT
	NAME(EPROTONOSUPPORT),
#endif
#ifdef ESOCKTNOSUPPORT
	NAME(ESOCKTNOSUPPORT),
#endif
#ifdef EMSGSIZE
	NAME(EMSGSIZE),
#endif
#ifdef ECONNRESET
	NAME(ECONNRESET),
#endif
#ifdef ETIMEDOUT
	NAME(ETIMEDOUT),
#endif
#ifdef ENOTSOCK
	NAME(ENOTSOCK),
#endif
#ifdef ENOPROTOOPT
	NAME(ENOPROTOOPT),
#endif
	NAME(E2BIG), NAME(EACCES), NAME(EAGAIN), NAME(EBADF), NAME(EDEADLK),
	NAME(EFAULT), NAME(EINVAL), NAME(EIO), NAME(EMFILE), NAME(ENFILE),
	NAME(ENODEV), NAME(ENOENT), NAME(ENOMEM), NAME(ENOSYS), NAME(ENOTTY),
	NAME(EPERM), NAME(EPIPE)
};

const char *
st_errno(int error)
{
	static char text[32];
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].error == error)
			return names[i].name;
	(void)snprintf(text, sizeof text, "errno %d", error);
	return text;
}
