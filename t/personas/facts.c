/* SPDX-License-Identifier: 0BSD */
/*
 * facts.c - what the kernel below does with passed descriptors, asked without
 * the library: one "fact: answer" a line. t/personas/run compiles it with a
 * persona's compiler and holds the answers against the persona's `facts`; on
 * a real system it says what such a persona would have to imitate.
 */
#ifdef PERSONA_WANT_XPG
# define _XOPEN_SOURCE 600
# define __EXTENSIONS__ 1
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>
#ifdef PERSONA_STREAMS
# include <stropts.h>
#endif
#include <signal.h>
#include <sys/epoll.h>

static const char *
name(int error)
{
	static char text[16];

	switch (error) {
	case 0: return "ok";
	case EAGAIN: return "EAGAIN";
	case E2BIG: return "E2BIG";
	case EBADF: return "EBADF";
	case EBADMSG: return "EBADMSG";
	case EINVAL: return "EINVAL";
	case EMFILE: return "EMFILE";
	case EMSGSIZE: return "EMSGSIZE";
	case ENOBUFS: return "ENOBUFS";
	case ENXIO: return "ENXIO";
	case EOPNOTSUPP: return "EOPNOTSUPP";
	case EPIPE: return "EPIPE";
	case EPROTOTYPE: return "EPROTOTYPE";
	case EPROTONOSUPPORT: return "EPROTONOSUPPORT";
	case ESOCKTNOSUPPORT: return "ESOCKTNOSUPPORT";
	}
	(void)snprintf(text, sizeof text, "errno %d", error);
	return text;
}

static int
count(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			n++;
	return n;
}

static int pair[2];

static void
fresh(int type)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		(void)close(fd);
	if (socketpair(AF_UNIX, type, 0, pair) < 0) {
		perror("socketpair");
		exit(1);
	}
}

/* Only the lowest `more` free descriptors can be opened. */
static void
narrow(int more)
{
	struct rlimit limit;
	int lowest = dup(0);

	(void)close(lowest);
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = (rlim_t)(lowest + more);
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void
widen(void)
{
	struct rlimit limit;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < 1024 ? limit.rlim_max : 1024;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

#ifdef SCM_RIGHTS

static int zeros[256];
static char byte;
static struct iovec iov = { &byte, 1 };

#ifdef CMSG_DATA

static union {
	struct cmsghdr header;
	long double align;
	unsigned char bytes[4096];
} control;

#ifndef MSG_NOSIGNAL
# define MSG_NOSIGNAL 0
# define NOSIGNAL "no flag"
#endif

/* One message of n descriptors with this msg_controllen; 0: what works. */
static int
transmit(int n, size_t length, int flags)
{
	struct msghdr msg;
	const size_t size = (size_t)n * sizeof (int);

	memset(&control, 0, sizeof control);
	memset(&msg, 0, sizeof msg);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (n > 0) {
		control.header.cmsg_len = CMSG_LEN(size);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), zeros, size);
		msg.msg_control = &control;
		msg.msg_controllen = length != 0 ? length : CMSG_SPACE(size);
	}
	if (sendmsg(pair[0], &msg, flags) >= 0)
		return 0;
	if (errno != EINVAL || n == 0 || length != 0)
		return errno;
	msg.msg_controllen = CMSG_LEN(size);
	return sendmsg(pair[0], &msg, flags) < 0 ? errno : 0;
}

static void
receive(const char *fact, void *buffer, size_t length, int flags)
{
	struct msghdr msg;
	int before = count(), n;

	memset(&control, 0, sizeof control);
	memset(&msg, 0, sizeof msg);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = buffer;
	msg.msg_controllen = length;
	n = (int)recvmsg(pair[1], &msg, flags);
	if (n < 0) {
		n = errno;
		widen();
		printf("%s: %s, %d new\n", fact, name(n), count() - before);
		return;
	}
	widen();
	printf("%s: %d new%s", fact, count() - before,
	    msg.msg_flags & MSG_CTRUNC ? ", truncated" : "");
	if (buffer != NULL && msg.msg_controllen >= sizeof control.header)
		printf(", cmsg_len %d of %d", (int)control.header.cmsg_len,
		    (int)msg.msg_controllen);
	printf("\n");
}

static void
limits(void)
{
	static const int sizes[] = { 127, 128, 253, 255 };
	char text[80] = "";
	size_t i;
	int error;

	for (i = 0; i < 4; i++) {
		fresh(SOCK_STREAM);
		error = transmit(sizes[i], 0, MSG_NOSIGNAL);
		(void)snprintf(text + strlen(text), sizeof text - strlen(text),
		    "%s%d %s", i > 0 ? ", " : "", sizes[i], name(error));
	}
	printf("limit: %s\n", text);
}

static void
cloexec(void)
{
#ifdef MSG_CMSG_CLOEXEC
	struct msghdr msg;
	int fd;

	fresh(SOCK_STREAM);
	(void)transmit(1, 0, 0);
	memset(&msg, 0, sizeof msg);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof control;
	(void)recvmsg(pair[1], &msg, MSG_CMSG_CLOEXEC);
	memcpy(&fd, CMSG_DATA(&control.header), sizeof fd);
	printf("MSG_CMSG_CLOEXEC: %s\n",
	    fcntl(fd, F_GETFD) & FD_CLOEXEC ? "honoured" : "ignored");
#else
	printf("MSG_CMSG_CLOEXEC: no flag\n");
#endif
}

static volatile sig_atomic_t piped;

static void
on_pipe(int sig)
{
	piped = sig;
}

static void
sigpipe(void)
{
	(void)signal(SIGPIPE, on_pipe);
	fresh(SOCK_STREAM);
	(void)close(pair[1]);
	(void)transmit(0, 0, MSG_NOSIGNAL);
#ifdef NOSIGNAL
	printf("MSG_NOSIGNAL: %s\n", NOSIGNAL);
#else
	printf("MSG_NOSIGNAL: %s\n", piped ? "ignored" : "honoured");
#endif
}

/* What stays of a message whose descriptors could not be had. */
static void
after_failure(void)
{
	(void)fcntl(pair[1], F_SETFL, O_NONBLOCK);
	receive("and the next after that", &control, sizeof control, 0);
}

#ifdef MSG_DONTWAIT
static volatile sig_atomic_t rung;

static void
on_alarm(int sig)
{
	rung = sig;
}

/* Until the stream is full: does a send with this flag come back then? */
static const char *
waits(int flag)
{
	struct itimerval soon;
	struct sigaction act;
	int error = 0, i;

	fresh(SOCK_STREAM);
	memset(&act, 0, sizeof act);
	act.sa_handler = on_alarm;	/* no SA_RESTART: EINTR */
	(void)sigaction(SIGALRM, &act, NULL);
	memset(&soon, 0, sizeof soon);
	soon.it_value.tv_usec = soon.it_interval.tv_usec = 300000;
	(void)setitimer(ITIMER_REAL, &soon, NULL);
	for (i = 0; i < 1000000 && (error == 0 || (error == EINTR && !rung));
	    i++)
		error = transmit(0, 0, MSG_NOSIGNAL | flag);
	memset(&soon, 0, sizeof soon);
	(void)setitimer(ITIMER_REAL, &soon, NULL);
	rung = 0;
	return error == EINTR ? "waits" : name(error);
}
#endif

static void
never_waiting(void)
{
#ifdef MSG_DONTWAIT
	printf("MSG_DONTWAIT to a full stream: %s\n", waits(MSG_DONTWAIT));
# ifdef MSG_NBIO
	printf("MSG_NBIO beside it: %s\n", waits(MSG_DONTWAIT | MSG_NBIO));
# endif
#else
	printf("MSG_DONTWAIT: no flag\n");
#endif
}

static void
empty_datagram(void)
{
	struct msghdr msg;
	struct iovec none;

	fresh(SOCK_DGRAM);
	memset(&msg, 0, sizeof msg);
	memset(&none, 0, sizeof none);
	none.iov_base = &byte;
	msg.msg_iov = &none;
	msg.msg_iovlen = 1;
	(void)sendmsg(pair[0], &msg, 0);
	(void)recvmsg(pair[1], &msg, 0);
	printf("an empty datagram without room: %s\n",
	    msg.msg_flags & MSG_TRUNC ? "MSG_TRUNC" : "ok");
}

/* A receiver that takes nothing: what is it called? */
static const char *
full(int type)
{
	int error, i;

	fresh(type);
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	for (i = 0, error = 0; i < 100000 && error == 0; i++)
		error = transmit(1, 0, MSG_NOSIGNAL);
	return name(error);
}

static void
two_messages(void)
{
	struct msghdr msg;
	struct cmsghdr header;
	const size_t one = CMSG_SPACE(sizeof (int));
	int i;

	fresh(SOCK_STREAM);
	memset(&control, 0, sizeof control);
	memset(&header, 0, sizeof header);
	header.cmsg_len = CMSG_LEN(sizeof (int));
	header.cmsg_level = SOL_SOCKET;
	header.cmsg_type = SCM_RIGHTS;
	for (i = 0; i < 2; i++)
		memcpy(control.bytes + (size_t)i * one, &header, sizeof header);
	memset(&msg, 0, sizeof msg);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = 2 * one;
	i = sendmsg(pair[0], &msg, 0) < 0 ? errno : 0;
	printf("two control messages: %s\n", name(i));
}

static void
control_messages(void)
{
	const size_t space = CMSG_SPACE(sizeof (int));
	int i, before;

	printf("layout: CMSG_LEN(0) %d, CMSG_SPACE(4) %d, CMSG_SPACE(8) %d\n",
	    (int)CMSG_LEN(0), (int)CMSG_SPACE(4), (int)CMSG_SPACE(8));
	fresh(SOCK_STREAM);
	(void)transmit(5, 0, 0);
	receive("5 into room for 1", &control, space, 0);
	fresh(SOCK_STREAM);
	(void)transmit(1, 0, 0);
	receive("1 into CMSG_LEN(4)", &control, CMSG_LEN(sizeof (int)), 0);
	fresh(SOCK_STREAM);
	(void)transmit(2, 0, 0);
	receive("2 into no buffer", NULL, 0, 0);
	fresh(SOCK_STREAM);
	(void)transmit(2, 0, 0);
	receive("2 into a buffer of length 0", &control, 0, 0);
	fresh(SOCK_STREAM);
	(void)transmit(2, 0, 0);
	before = count();
	i = (int)read(pair[1], &byte, 1);
	printf("2 into read(): %d new\n", i == 1 ? count() - before : -1);
	fresh(SOCK_STREAM);
	printf("slack in msg_controllen: %s\n",
	    name(transmit(1, space + CMSG_SPACE(0), 0)));
	printf("msg_controllen CMSG_LEN(4): %s\n",
	    name(transmit(1, CMSG_LEN(sizeof (int)), 0)));
	printf("msg_controllen CMSG_SPACE(4): %s\n", name(transmit(1, space, 0)));
	two_messages();
	limits();
	fresh(SOCK_STREAM);
	(void)transmit(3, 0, 0);
	narrow(1);
	receive("3 into a table with room for 1", &control, sizeof control, 0);
	after_failure();
	cloexec();
	sigpipe();
	never_waiting();
	empty_datagram();
	printf("full stream: %s\n", full(SOCK_STREAM));
	printf("full datagram queue: %s\n", full(SOCK_DGRAM));
	fresh(SOCK_STREAM);
	zeros[0] = epoll_create(1);
	printf("an epoll descriptor: %s\n", name(transmit(1, 0, 0)));
	zeros[0] = 0;
}

#else

static int
transmit(int n)
{
	struct msghdr msg;

	memset(&msg, 0, sizeof msg);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_accrights = (char *)zeros;
	msg.msg_accrightslen = n * (int)sizeof (int);
	return sendmsg(pair[0], &msg, 0) < 0 ? errno : 0;
}

static void
receive(const char *fact, int room)
{
	static int fds[256];
	struct msghdr msg;
	int before = count(), n;

	memset(&msg, 0, sizeof msg);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	if (room > 0)
		msg.msg_accrights = (char *)fds;
	msg.msg_accrightslen = room * (int)sizeof (int);
	n = recvmsg(pair[1], &msg, 0) < 0 ? errno : 0;
	widen();
	printf("%s: %s, %d new, length %d\n", fact, name(n),
	    count() - before, n == 0 ? msg.msg_accrightslen : 0);
}

static void
control_messages(void)
{
	fresh(SOCK_STREAM);
	(void)transmit(5);
	receive("5 into room for 1", 1);
	(void)transmit(2);
	receive("2 into no buffer", 0);
	(void)transmit(3);
	narrow(1);
	receive("3 into a table with room for 1", 8);
	printf("flags: none\n");
}

#endif

static const char *
seqpacket(void)
{
	int p[2];

	return name(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) < 0 ? errno : 0);
}

int
main(void)
{
	widen();
	control_messages();
	printf("SOCK_SEQPACKET: %s\n", seqpacket());
	return 0;
}

#elif defined PERSONA_STREAMS

int
main(void)
{
	struct strrecvfd got;
	char text[8];
	int n;

	widen();
	fresh(SOCK_STREAM);
	printf("a socket is a stream: %d\n", isastream(pair[0]));
	(void)!write(pair[0], "ab", 2);
	(void)ioctl(pair[0], I_SENDFD, 0);
	(void)!write(pair[0], "cd", 2);
	n = ioctl(pair[1], I_RECVFD, &got);
	printf("I_RECVFD at data: %s\n", name(n < 0 ? errno : 0));
	n = (int)read(pair[1], text, sizeof text);
	printf("read before a descriptor: %d bytes\n", n);
	n = (int)read(pair[1], text, sizeof text);
	printf("read at a descriptor: %s\n", name(n < 0 ? errno : 0));
	narrow(0);
	n = ioctl(pair[1], I_RECVFD, &got);
	printf("I_RECVFD, full table: %s\n", name(n < 0 ? errno : 0));
	widen();
	n = ioctl(pair[1], I_RECVFD, &got);
	printf("I_RECVFD again: %s\n", name(n < 0 ? errno : 0));
	n = (int)read(pair[1], text, sizeof text);
	printf("read behind it: %d bytes\n", n);
	(void)close(pair[0]);
	n = ioctl(pair[1], I_RECVFD, &got);
	printf("I_RECVFD at the end: %s\n", name(n < 0 ? errno : 0));
	return 0;
}

#else

int
main(void)
{
	printf("SCM_RIGHTS: no\n");
	return 0;
}

#endif
