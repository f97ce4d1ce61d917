/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-promises.c - what fdferry.h promises on every system that has a
 * backend. Only the public interface is used.
 */
#include "selftest.h"

#if FDFERRY_HAVE_SOCKETS && !defined FDFERRY_BACKEND_NONE

# include "selftest-kit.h"
# include "selftest-promises.h"

# include <netinet/in.h>
# include <poll.h>
# include <time.h>

/* ------------------------------------------------ passing --------------- */

static void
versions(struct st_report *r)
{
	(void)st_check(r, strcmp(fdferry_version(), FDFERRY_VERSION) == 0,
	    "header %s, library %s", FDFERRY_VERSION, fdferry_version());
	(void)st_check(r, fdferry_max_fds() > 0, "max_fds() is 0");
}

static void
one(struct st_report *r)
{
	int pair[2], fd, other, got;

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	(void)st_check(r, fdferry_send_fd(pair[0], fd, 0, NULL, NULL) == 0,
	    "send: %s", st_errno(errno));
	got = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	(void)st_check(r, got >= 0, "receive: %s", st_errno(errno));
	(void)st_check(r, got < 0 || st_joined(other, got),
	    "it is not the descriptor that was sent");
	(void)st_check(r, got < 0 || (fcntl(got, F_GETFD) & FD_CLOEXEC),
	    "it is not close-on-exec");
	(void)close(got);
	(void)close(fd);
	(void)close(other);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* Data and three descriptors on a socket of `type`, in order. */
static void
message(struct st_report *r, int type)
{
	struct fdferry_result res = st_fresh();
	int pair[2], fds[3], others[3], got[3], i;
	char buf[8] = "";

	if (!st_pair_of(r, type, pair))
		return;
	for (i = 0; i < 3; i++)
		fds[i] = st_thing(&others[i]);
	(void)st_check(r,
	    fdferry_send(pair[0], "abc", 3, fds, 3, 0, NULL, NULL) == 3,
	    "send: %s", st_errno(errno));
	(void)st_check(r,
	    fdferry_recv(pair[1], buf, sizeof buf, got, 3, 0, NULL, &res) == 3,
	    "receive: %s", st_errno(errno));
	(void)st_check(r, memcmp(buf, "abc", 3) == 0, "other data");
	if (st_check(r, res.fds == 3, "%lu descriptors of 3",
		(unsigned long)res.fds))
		for (i = 0; i < 3; i++) {
			(void)st_check(r, st_joined(others[i], got[i]),
			    "descriptor %d is another one", i);
			(void)close(got[i]);
		}
	for (i = 0; i < 3; i++) {
		(void)close(fds[i]);
		(void)close(others[i]);
	}
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static int
only_one(struct st_report *r)
{
	if (fdferry_max_fds() >= 3)
		return 0;
	st_skip(r, "one descriptor per message here");
	return 1;
}

static void
stream(struct st_report *r)
{
	if (!only_one(r))
		message(r, SOCK_STREAM);
}

static void
datagram(struct st_report *r)
{
	if (!only_one(r))
		message(r, SOCK_DGRAM);
}

static void
seqpacket(struct st_report *r)
{
	if (!only_one(r))
		message(r, SOCK_SEQPACKET);
}

static size_t
send_copies(int sock, int fd, size_t n)
{
	int fds[ST_MOST];
	size_t i;

	for (i = 0; i < n; i++)
		fds[i] = fd;
	return fdferry_send(sock, "n", 1, fds, n, 0, NULL, NULL) == 1 ? n : 0;
}

/* Does this kernel report success for what it drops? */
static int
lost_in_flight(void)
{
	return strcmp(fdferry_feature_get("quirk.in_flight_lost"), "1") == 0;
}

static void
most(struct st_report *r)
{
	struct fdferry_result res = st_fresh();
	int pair[2], got[ST_MOST], fd, other;
	size_t n = fdferry_max_fds(), sent;
	char c;

	if (st_limit_fds(ST_MOST) < (long)n + 32) {
		st_skip(r, "the limit of open descriptors is below %lu",
		    (unsigned long)n);
		return;
	}
	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	sent = send_copies(pair[0], fd, n);
	/* Old musl: the library learns, and says so. */
	if (sent == 0 && fdferry_max_fds() < n)
		sent = send_copies(pair[0], fd, n = fdferry_max_fds());
	(void)st_check(r, sent == n, "sending %lu: %s", (unsigned long)n,
	    st_errno(errno));
	if (sent == n) {
		(void)st_readable(pair[1]);
		if (fdferry_recv(pair[1], &c, 1, got, ST_MOST, FDFERRY_NONBLOCK,
			NULL, &res)
		    < 0)
			res.fds = 0;
		if (res.fds == 0 && lost_in_flight())
			st_skip(r,
			    "%lu were sent and dropped by the kernel: "
			    "more than may be in flight",
			    (unsigned long)n);
		else
			(void)st_check(r, res.fds == n, "%lu of %lu arrive",
			    (unsigned long)res.fds, (unsigned long)n);
		fdferry_close(got, res.fds);
	}
	(void)st_check(r,
	    send_copies(pair[0], fd, n + 1) == 0 && errno == EINVAL,
	    "one more: %s", st_errno(errno));
	(void)close(fd);
	(void)close(other);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* ------------------------------------------------ nothing is lost ------- */

static void
surplus(struct st_report *r)
{
	struct fdferry_result res = st_fresh();
	int pair[2], got[1], fd, other;
	char c;

	if (only_one(r) || !st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	(void)st_check(r, send_copies(pair[0], fd, 3) == 3, "send: %s",
	    st_errno(errno));
	(void)fdferry_recv(pair[1], &c, 1, got, 1, 0, NULL, &res);
	(void)st_check(r, res.fds == 1 && res.surplus == 2,
	    "%lu kept, %lu surplus", (unsigned long)res.fds,
	    (unsigned long)res.surplus);
	fdferry_close(got, res.fds);
	(void)close(fd);
	(void)close(other);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
full_table(struct st_report *r)
{
	struct fdferry_result res = st_fresh();
	int pair[2], fillers[64], got[3], fd, other;
	size_t n = fdferry_max_fds() < 3 ? 1 : 3, filled = 0;
	ptrdiff_t read;
	char c = 0;

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	if (send_copies(pair[0], fd, n) != n || st_limit_fds(48) > 48) {
		(void)st_check(r, 0, "set-up: %s", st_errno(errno));
		return;
	}
	while (filled < 64 && (fillers[filled] = dup(fd)) >= 0)
		filled++;
	read = fdferry_recv(pair[1], &c, 1, got, 3, 0, NULL, &res);
	(void)st_check(r, read == -1 || (read == 1 && c == 'n'),
	    "the data was thrown away");
	(void)st_check(r, res.error == EMFILE, "error %s", st_errno(res.error));
	(void)st_check(r,
	    res.fds == 0 && (read == -1 || (res.flags & FDFERRY_TRUNCATED)),
	    "not told");
	while (filled > 0)
		(void)close(fillers[--filled]);
	(void)close(fd);
	(void)close(other);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
unread(struct st_report *r)
{
	int pair[2], fd, other;

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	fd = st_thing(&other);
	(void)st_check(r,
	    fdferry_send_fd(pair[0], fd, FDFERRY_GIVE, NULL, NULL) == 0,
	    "send: %s", st_errno(errno));
	(void)st_check(r, fcntl(fd, F_GETFD) < 0 && errno == EBADF,
	    "GIVE left our copy open");
	(void)close(pair[0]);
	(void)close(pair[1]);
	/* The only read end was in that message. */
	(void)st_check(r, st_is_closed(other),
	    "a message that nobody read "
	    "keeps its descriptor open");
	(void)close(other);
}

static void
zero_bytes(struct st_report *r)
{
	int pair[2];

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	(void)st_check(r,
	    fdferry_send(pair[0], "", 0, pair, 1, 0, NULL, NULL) == -1
		&& errno == EINVAL,
	    "not refused: %s", st_errno(errno));
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
end_of_file(struct st_report *r)
{
	struct fdferry_result res = st_fresh();
	int pair[2], fd;

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	(void)close(pair[0]);
	fd = fdferry_recv_fd(pair[1], 0, NULL, &res);
	(void)st_check(r,
	    fd == -1 && (res.flags & FDFERRY_EOF) && res.error == ECONNRESET,
	    "%d, flags %u, %s", fd, res.flags, st_errno(res.error));
	(void)close(pair[1]);
}

static void
no_reader(struct st_report *r)
{
	int pair[2];

	if (!st_pair_of(r, SOCK_STREAM, pair))
		return;
	(void)close(pair[1]);
	(void)st_check(r,
	    fdferry_send_fd(pair[0], pair[0], 0, NULL, NULL) == -1
		&& errno == EPIPE,
	    "%s", st_errno(errno));
	(void)close(pair[0]);
}

/* clang-format off */
const struct st_case st_promises[] = {
	{ "header and library are of one version, with a backend", versions },
	{ "one descriptor: it arrives, close-on-exec", one },
	{ "stream: data and three descriptors in order", stream },
	{ "datagram: data and three descriptors in order", datagram },
	{ "seqpacket: data and three descriptors in order", seqpacket },
	{ "as many as fdferry_max_fds() says, and no more", most },
	{ "more than there is room for: closed and counted", surplus },
	{ "full table: EMFILE, told beside the data", full_table },
	{ "given away and never read: closed", unread },
	{ "zero bytes with a descriptor on a stream: EINVAL", zero_bytes },
	{ "end of file is told from an empty message", end_of_file },
	{ "no reader: EPIPE and no signal", no_reader },
	{ "nothing comes: EAGAIN, ETIMEDOUT", st_promise_waiting },
	{ "a full socket: EAGAIN, and what was taken arrives", st_promise_pressure },
	{ "a kind that the policy refuses: EACCES and closed", st_promise_refused },
	{ "the peer is this process", st_promise_peer },
	{ "a pipe and a listening socket are described", st_promise_describing },
	{ "a message outlives its sender", st_promise_dead_sender },
	{ "a received descriptor is closed by exec", st_promise_executed },
	{ NULL, NULL }
};
/* clang-format on */

#else
typedef int st_promises_unused; /* ISO C wants a declaration */
#endif
