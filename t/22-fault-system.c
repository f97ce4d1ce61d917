/* SPDX-License-Identifier: 0BSD */
/*
 * t/22-fault-system.c - the system calls below backend "cmsg", counted and
 * made to fail: one per message, none more where the kernel is right.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <limits.h>
#include <sys/ioctl.h>

#ifdef FDFERRY_BACKEND_CMSG

#define MANY 11

static int nsend, nrecv, nfcntl, nother, ctrunc, saw_flags, fcntl_fails;
static int sent_flags, asked, withhold = -1;

static ptrdiff_t
fake_sendmsg(int s, const struct msghdr *m, int flags)
{
	nsend++;
	sent_flags = flags;
	return sendmsg(s, m, flags);
}

/* What SO_RIGHTS_NOTRUNC does with a descriptor that cannot be had. */
static void
keep_back(struct msghdr *m, int i)
{
	const int error = -EPERM;
	unsigned char *slot = CMSG_DATA((struct cmsghdr *)m->msg_control);
	int fd;

	slot += (size_t)i * sizeof fd;
	memcpy(&fd, slot, sizeof fd);
	(void)close(fd);
	memcpy(slot, &error, sizeof error);
}

/* An outside socket? Asked of the kernel, in the library. */
static int
fake_foreign(int sock)
{
	(void)sock;
	asked++;
	return 0;
}

static ptrdiff_t
fake_recvmsg(int s, struct msghdr *m, int flags)
{
	ptrdiff_t n;

	nrecv++;
	saw_flags = flags;
	n = recvmsg(s, m, flags);
	m->msg_flags |= ctrunc;
	if (n >= 0 && withhold >= 0)
		keep_back(m, withhold);
	return n;
}

static int
fake_fcntl(int fd, int command, int arg)
{
	nfcntl++;
	if (fcntl_fails) {
		errno = fcntl_fails;
		return -1;
	}
	return fcntl(fd, command, arg);
}

/* What asks for a full table where F_DUPFD_CLOEXEC is missing. */
#ifndef F_DUPFD_CLOEXEC
static int
fake_dup(int fd)
{
	errno = fcntl_fails;
	return fcntl_fails ? -1 : dup(fd);
}
# define dup fake_dup
#endif

static int paused[8];		/* the last pauses */
static int patience;		/* of the last wait */

static int
fake_poll(struct pollfd *p, nfds_t n, int ms)
{
	if (n == 0)
		paused[nother % 8] = ms;
	else
		patience = ms;
	nother++;
	return poll(p, n, ms);
}

static int
fake_close(int fd)
{
	nother++;
	return close(fd);
}

#define sendmsg fake_sendmsg
#define fdferry__is_foreign fake_foreign
#define recvmsg fake_recvmsg
#define poll fake_poll
#define close fake_close
#define FAKE_FCNTL(fd, ...) fake_fcntl((fd), FAKE_ARGS(__VA_ARGS__, 0, 0))
#define FAKE_ARGS(command, arg, ...) command, arg
#define fcntl(...) FAKE_FCNTL(__VA_ARGS__)
#include "../lib/backend-cmsg.c"
#include "../lib/inbox.c"
#include "../lib/message.c"
#include "../lib/message-recv.c"
#include "../lib/message-send.c"
#include "../lib/wait.c"
#include "../lib/errno.c"
#include "../lib/close.c"
#undef MSG_NOSIGNAL
#undef dup
#undef sendmsg
#undef recvmsg
#undef poll
#undef close
#undef fcntl

static int pair[2];
static int got[MANY];
static char buf[8];
static struct fdferry_result r;

static void
counts(void)
{
	int fds[3] = { 0, 1, 2 };

	nsend = nrecv = nfcntl = nother = 0;
	is(1, fdferry_send(pair[0], "x", 1, fds, 3, 0, NULL, &r), "send 3");
	/* Old kernels refuse the first form: then a second. */
	ok(nsend >= 1 && nsend <= 1 + FDFERRY_QUIRK_CMSG_LEN_RETRY && nfcntl == 0 && nother == 0,
	    "law 2: sending is one sendmsg()");
	is(1, fdferry_recv(pair[1], buf, 8, got, 3, 0, NULL, &r), "receive 3");
	is(1, nrecv, "law 2: receiving is one recvmsg()");
	if (FDFERRY_QUIRK_CLOEXEC_UNPROVEN)
		ok(nfcntl >= 3, "law 2: close-on-exec is looked after");
	else
		is(0, nfcntl, "law 2: and no fcntl() where the kernel is "
		    "known to be right");
	is(0, nother, "law 2: nor anything else");
	ok((fcntl(got[0], F_GETFD) & FD_CLOEXEC) && (fcntl(got[2], F_GETFD)
	    & FD_CLOEXEC), "law 2: yet they are close-on-exec");
	ok((saw_flags & (MSG_PEEK | MSG_WAITALL)) == 0,
	    "law 4: neither MSG_PEEK nor MSG_WAITALL");
	fdferry_close(got, r.fds);
}

/* Who made the socket says so, and it is not asked. */
static void
told_unix(void)
{
	int fds[3] = { 0, 1, 2 };

	asked = 0;
	is(1, fdferry_send(pair[0], "x", 1, fds, 3, 0, NULL, &r), "send 3");
	is(1, asked, "law 5: whether it is a Unix socket is asked");
	is(1, fdferry_recv(pair[1], buf, 8, got, 3, FDFERRY_UNIX, NULL, &r),
	    "FDFERRY_UNIX when receiving");
	fdferry_close(got, r.fds);
	asked = nsend = 0;
	is(1, fdferry_send(pair[0], "x", 1, fds, 3, FDFERRY_UNIX, NULL, &r),
	    "FDFERRY_UNIX when sending");
	ok(asked == 0 && nsend >= 1 && r.fds == 3, "nothing is asked");
	is(1, fdferry_recv(pair[1], buf, 8, got, 3, 0, NULL, &r), "received");
	fdferry_close(got, r.fds);
}

/* Descriptors are copied by fours: one that is none is seen in each place. */
static void
every_place(void)
{
	int fds[MANY], n, i, k, unseen = 0, wrong = 0;

	for (n = 1; n <= (int)at_most(MANY); n++)
		for (i = 0; i < n; i++) {
			memset(fds, 0, sizeof fds);
			fds[i] = INT_MIN;
			nsend = 0;
			unseen += fdferry_send(pair[0], "x", 1, fds, (size_t)n,
			    0, NULL, &r) != -1 || errno != EBADF || nsend != 0;
			fds[i] = 0;
			withhold = i;
			wrong += fdferry_send(pair[0], "x", 1, fds, (size_t)n,
			    0, NULL, &r) != 1
			    || fdferry_recv(pair[1], buf, 1, got, MANY, 0, NULL,
				&r) != 1 || (int)r.fds != n || r.refused != 1;
			withhold = -1;
			for (k = 0; k < n; k++)
				wrong += k == i ? got[k] != -1 : got[k] < 3;
			fdferry_close(got, r.fds);
		}
	is(0, unseen, "law 4: a negative descriptor in any place is EBADF");
	is(0, wrong, "law 1: one withheld in any place, the others in theirs");
}

/* Not waiting: by a flag alone where the kernel obeys it, else asked first. */
static void
not_waiting(void)
{
	int want = 0;

#if FDFERRY_HAVE_MSG_DONTWAIT
	want |= MSG_DONTWAIT;
#endif
#if FDFERRY_QUIRK_SEND_WAITS && defined MSG_NBIO
	want |= MSG_NBIO;
#endif
	nsend = nother = 0;
	is(1, fdferry_send(pair[0], "x", 1, NULL, 0, FDFERRY_NONBLOCK, NULL,
	    &r), "send, not waiting");
	ok((sent_flags & want) == want, "law 8: with every flag that can help");
	ok(nsend == 1 && nother == FDFERRY_QUIRK_SEND_WAITS,
	    "law 8: and poll() before it only where none is obeyed");
	is(1, fdferry_recv(pair[1], buf, 1, NULL, 0, 0, NULL, &r), "received");
}

/* The flag says that something was cut: believed, but the cause is asked. */
static void
cut(void)
{
	int fds[3] = { 0, 1, 2 };

	ctrunc = MSG_CTRUNC;
	(void)fdferry_send(pair[0], "abc", 3, fds, 3, 0, NULL, &r);
	is(3, fdferry_recv(pair[1], buf, 8, got, 3, 0, NULL, &r),
	    "law 3: MSG_CTRUNC: the data is delivered");
	ok(r.error == EMSGSIZE && r.fds == 3 && r.flags == FDFERRY_TRUNCATED,
	    "law 7: with a table that is not full: EMSGSIZE");
	fdferry_close(got, r.fds);
	(void)fdferry_send(pair[0], "abc", 3, fds, 3, 0, NULL, &r);
	fcntl_fails = EMFILE;
	is(3, fdferry_recv(pair[1], buf, 8, got, 1, 0, NULL, &r),
	    "law 3: with a probing dup that fails, and surplus");
	fcntl_fails = 0;
	ok(r.error == EMFILE && r.fds == 1 && r.surplus == 2,
	    "law 7: it is a full table");
	fdferry_close(got, r.fds);
	(void)fdferry_send(pair[0], "abc", 3, fds, 3, 0, NULL, &r);
	fcntl_fails = EBADF;
	(void)fdferry_recv(pair[1], buf, 8, got, 3, 0, NULL, &r);
	fcntl_fails = 0;
	is(EMSGSIZE, r.error, "law 7: a dup that fails otherwise is not");
	fdferry_close(got, r.fds);
	ctrunc = 0;
}

/* poll() calls an unconnected datagram socket writable while the receiver's
   queue is full: waiting must not spin. */
static void
full_queue(void)
{
	char dir[] = "/tmp/fdferry-22.XXXXXX";
	struct sockaddr_un un;
	struct fdferry_opts o = no_opts();
	struct timespec when;
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);
	int to = socket(AF_UNIX, SOCK_DGRAM, 0);

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
	o.to = (struct sockaddr *)(void *)&un;
	o.tolen = sizeof un;
	if (bind(to, (struct sockaddr *)(void *)&un, sizeof un) < 0)
		bail("bind");
	while (fdferry_send(s, "x", 1, NULL, 0, FDFERRY_NONBLOCK, &o, &r) == 1)
		continue;
	is(EAGAIN, r.error, "law 7: a full queue");
	o.deadline = &when;
	(void)fdferry_deadline(&when, 150);
	nsend = 0;
	fails_with(ETIMEDOUT, fdferry_send_fd(s, 0, 0, &o, &r),
	    "law 8: a full queue until the deadline");
	ok(nsend > 1 && nsend < 100, "law 8: tried now and then, not spinning");
	(void)unlink(un.sun_path);
	(void)rmdir(dir);
	fdferry_close(&s, 1);
	fdferry_close(&to, 1);
}

/* A socket that poll() calls writable, and that takes nothing. */
static void
pauses(void)
{
	static const int ms[] = { 1, 2, 4, 8, 16, 16, 16 };
	struct fdferry__wait wait;
	struct timespec when;
	int i, good = 0;

	(void)fdferry_deadline(&when, 60000);
	wait.deadline = &when;
	wait.rounds = 0;
	nother = 0;
	is(0, fdferry__wait(pair[0], 1, &wait), "it is waited for");
	is(1, nother, "the first time without a pause");
	for (i = 0; i < 7; i++) {
		nother = 0;
		(void)fdferry__wait(pair[0], 1, &wait);
		good += nother == 2 && paused[0] == ms[i];
	}
	is(7, good, "then after pauses that grow up to 16 ms");
	/* What poll() cannot count, in 24 days and more, is the most it can. */
	for (good = 0, i = -3; i < 4; i++) {
		/* Early in a second: then nearly a whole one is added. */
		while (clock_gettime(CLOCK_MONOTONIC, &when) == 0
		    && when.tv_nsec > 200000000)
			(void)poll(NULL, 0, 1);
		when.tv_sec += INT_MAX / 1000 + i;
		when.tv_nsec = 999999999;
		wait.rounds = 0;
		(void)fdferry__wait(pair[0], 1, &wait);
		good += patience > INT_MAX - 5000;
	}
	is(7, good, "a far deadline is far");
	wait.rounds = 5;
	(void)fdferry_deadline(&when, 5);
	nother = 0;
	(void)fdferry__wait(pair[0], 1, &wait);
	ok(paused[0] <= 5, "but not beyond the deadline");
}

int
main(void)
{
	plan(8 + 7 + 3 + 4 + 5 + 3 + 6 + 4);
	r = fresh();
	(void)make_pair(SOCK_STREAM, pair);
	group(counts, "counts");
	group(told_unix, "told that it is Unix");
	group(every_place, "every place");
	group(not_waiting, "not waiting");
	group(cut, "cut");
	group(full_queue, "full queue");
	group(pauses, "pauses");
	return tap_bad;
}

#else

int
main(void)
{
	skip_all("no backend cmsg");
}

#endif
