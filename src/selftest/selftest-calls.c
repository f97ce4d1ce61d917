/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-calls.c - promises about waiting, policies, what is told of peers
 * and descriptors, and about processes. Only the public interface is used.
 */
#include "selftest.h"

#if FDFERRY_HAVE_SOCKETS && !defined FDFERRY_BACKEND_NONE

# include "selftest-kit.h"
# include "selftest-promises.h"

# include <netinet/in.h>
# include <poll.h>
# include <time.h>

struct fdferry_result
st_fresh(void)
{
	struct fdferry_result r;

	memset(&r, 0x55, sizeof r);
	r.size = sizeof r;
	return r;
}

/* A pair or a reason to go without. */
int
st_pair_of(struct st_report *r, int type, int pair[2])
{
	if (st_pair(type, pair) == 0)
		return 1;
	if (type == SOCK_STREAM)
		(void)st_check(r, 0, "no pair: %s", st_errno(errno));
	else
		st_skip(r, "%s", st_errno(errno));
	return 0;
}

/* ------------------------------------------------ waiting --------------- */

void
st_promise_waiting(struct st_report *r)
{
	struct fdferry_opts opts;
	struct timespec when;
	int pair[2];

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	(void)st_check(r,
	    fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, NULL, NULL) == -1
		&& errno == EAGAIN,
	    "NONBLOCK: %s", st_errno(errno));
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.deadline = &when;
	(void)fdferry_deadline(&when, 100);
	(void)st_check(r,
	    fdferry_recv_fd(pair[1], 0, &opts, NULL) == -1
		&& errno == ETIMEDOUT,
	    "deadline: %s", st_errno(errno));
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* More than the socket holds: EAGAIN, and all that was taken arrives. */
void
st_promise_pressure(struct st_report *r)
{
	int pair[2], fd, other, got;
	unsigned long sent = 0, arrived = 0;

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	while (sent < 20000
	    && fdferry_send_fd(pair[0], fd, FDFERRY_NONBLOCK, NULL, NULL) == 0)
		sent++;
	(void)st_check(r,
	    sent == 20000 || errno == EAGAIN || errno == ETOOMANYREFS,
	    "full: %s", st_errno(errno));
	while ((got = fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, NULL, NULL))
	    >= 0) {
		arrived++;
		(void)close(got);
	}
	(void)st_check(r, sent > 0 && arrived == sent, "%lu sent, %lu arrived",
	    sent, arrived);
	(void)close(fd);
	(void)close(other);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* ------------------------------------------------ policies, peers ------- */

void
st_promise_refused(struct st_report *r)
{
	struct fdferry_result res = st_fresh();
	struct fdferry_policy policy;
	struct fdferry_opts opts;
	int pair[2], fd, other;

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	memset(&policy, 0, sizeof policy);
	policy.size = sizeof policy;
	policy.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_SOCKET);
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.policy = &policy;
	fd = st_thing(&other);
	(void)fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, NULL, NULL);
	(void)st_check(r,
	    fdferry_recv_fd(pair[1], 0, &opts, &res) == -1 && errno == EACCES
		&& res.refused == 1,
	    "a pipe: %s", st_errno(errno));
	(void)fdferry_send_fd(pair[0], pair[0], 0, NULL, NULL);
	fd = fdferry_recv_fd(pair[1], 0, &opts, &res);
	(void)st_check(r, fd >= 0 || fdferry_max_fds() == 1, "a socket: %s",
	    st_errno(errno));
	(void)close(fd);
	(void)close(other);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

void
st_promise_peer(struct st_report *r)
{
	struct fdferry_peercred cred;
	int pair[2];

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	cred.size = sizeof cred;
	if (fdferry_peer(pair[0], &cred) < 0) {
		(void)st_check(r,
		    errno == ENOTSUP || errno == ENOTSOCK || errno == ENOTCONN,
		    "%s", st_errno(errno));
		st_skip(r, "%s", st_errno(errno));
	} else {
		(void)st_check(r,
		    !(cred.known & FDFERRY_PEER_UID) || cred.uid == geteuid(),
		    "user %lu", cred.uid);
		(void)st_check(r,
		    !(cred.known & FDFERRY_PEER_GID) || cred.gid == getegid(),
		    "group %lu", cred.gid);
		(void)st_check(r,
		    !(cred.known & FDFERRY_PEER_PID) || cred.pid == getpid(),
		    "process %ld", cred.pid);
	}
	(void)close(pair[0]);
	(void)close(pair[1]);
}

void
st_promise_describing(struct st_report *r)
{
	struct fdferry_info info;
	struct sockaddr_in in;
	int fd, other, rc;

	info.size = sizeof info;
	fd = st_thing(&other);
	rc = fdferry_describe(fd, &info);
	if (st_check(r, rc == 0, "a pipe: %s", st_errno(errno)))
		(void)st_check(r, (info.access & FDFERRY_READABLE) != 0,
		    "a pipe: access %u", info.access);
	(void)close(fd);
	(void)close(other);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (struct sockaddr *)(void *)&in, sizeof in) < 0
	    || listen(fd, 1) < 0)
		st_skip(r, "no TCP here: %s", st_errno(errno));
	else {
		rc = fdferry_describe(fd, &info);
		(void)st_check(r,
		    rc == 0 && info.kind == FDFERRY_KIND_SOCKET
			&& info.type == SOCK_STREAM && info.family == AF_INET
			&& info.listening != 0
			&& strncmp(info.local.text, "127.0.0.1:", 10) == 0,
		    "kind %d, type %d, family %d, listening %d, %s", info.kind,
		    info.type, info.family, info.listening, info.local.text);
	}
	if (fd >= 0)
		(void)close(fd);
}

/* ------------------------------------------------ processes ------------- */

/* The sender is gone before its message is read. */
void
st_promise_dead_sender(struct st_report *r)
{
	int pair[2], fd, other;
	pid_t pid;

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	pid = fork();
	if (pid == 0)
		_exit(fdferry_send_fd(pair[0], fd, 0, NULL, NULL) == 0 ? 0 : 1);
	(void)close(fd);
	(void)close(pair[0]);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	(void)st_check(r, fd >= 0 && st_joined(other, fd), "%s",
	    fd < 0 ? st_errno(errno) : "it is closed at the other end");
	(void)close(fd);
	(void)close(other);
	(void)close(pair[1]);
}

/* Execute this program again, to say whether `fd` is open there. */
static int
closed_after_exec(int fd)
{
	char number[16];
	int status = 0;
	pid_t pid;

	(void)snprintf(number, sizeof number, "%d", fd);
	pid = fork();
	if (pid == 0) {
		(void)execlp(st_self, st_self, "selftest", "--closed", number,
		    (char *)NULL);
		(void)execl("/proc/self/exe", st_self, "selftest", "--closed",
		    number, (char *)NULL);
		_exit(126);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

void
st_promise_executed(struct st_report *r)
{
	int pair[2], fd, other, plain;

	plain = dup(2);
	if (closed_after_exec(plain) != 1) {
		(void)close(plain);
		st_skip(r, "this program cannot execute itself");
		return;
	}
	(void)close(plain);
	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	(void)fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, NULL, NULL);
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	(void)st_check(r, fd >= 0 && closed_after_exec(fd) == 0,
	    "a received descriptor is open after exec");
	(void)close(fd);
	(void)close(other);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

#else
typedef int st_calls_unused; /* ISO C wants a declaration */
#endif
