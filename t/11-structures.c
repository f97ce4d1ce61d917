/* SPDX-License-Identifier: 0BSD */
/*
 * t/11-structures.c - structures that grow: older and newer callers, and
 * arguments that are wrong.
 */
#include "../lib/detect.h"
#include "kit.h"

static int pair[2];
static int fd;
static char byte;

/* A structure of a later version, with a field that we do not know. */
struct later_result {
	struct fdferry_result known;
	unsigned long more;
};
struct later_opts {
	struct fdferry_opts known;
	unsigned long more;
};
struct later_policy {
	struct fdferry_policy known;
	unsigned long more;
};

static void
results(void)
{
	struct later_result later;
	struct fdferry_result r = fresh();

	is(0, fdferry_send_fd(pair[0], 0, 0, NULL, &r), "send");
	ok(r.size == sizeof r && r.bytes == 1 && r.fds == 1 && r.surplus == 0
	    && r.refused == 0 && r.flags == 0 && r.error == 0 && r.oserr == 0,
	    "every field is set");
	memset(&later, 0x55, sizeof later);
	later.known.size = sizeof later;
	fd = fdferry_recv_fd(pair[1], 0, NULL, &later.known);
	ok(fd >= 0 && later.known.fds == 1 && later.known.oserr == 0,
	    "a longer result: what is known is set");
	ok(later.known.size == sizeof later && later.more != 0,
	    "size and what is not known stay");
	(void)close(fd);

	memset(&r, 0x55, sizeof r);
	r.size = offsetof(struct fdferry_result, fds);
	is(0, fdferry_send_fd(pair[0], 0, 0, NULL, &r), "a shorter result");
	ok(r.bytes == 1 && r.error == 0x55555555,
	    "nothing is written behind it");
	fd = fdferry_recv_fd(pair[1], 0, NULL, &r);
	ok(fd >= 0 && r.bytes == 1 && r.error == 0x55555555,
	    "nor when receiving");
	(void)close(fd);
	r.size = sizeof r.size - 1;
	fails_with(EINVAL, fdferry_send_fd(pair[0], 0, 0, NULL, &r),
	    "a result without room for its size: sending");
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, NULL, &r), "receiving");
	fails_with(EINVAL, fdferry_recv(pair[1], &byte, 1, &fd, 1, 0, NULL, &r),
	    "receiving a message");
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	ok(fd >= 0, "which consumes nothing");
	(void)close(fd);
	r = fresh();
	fails_with(EINVAL, fdferry_send(pair[0], "", 0, &fd, 1, 0, NULL, &r),
	    "a wrong argument");
	ok(r.error == EINVAL && r.bytes == 0 && r.fds == 0 && r.flags == 0,
	    "is in the result too");
}

static void
options(void)
{
	struct later_opts later;
	struct fdferry_opts o;

	memset(&later, 0, sizeof later);
	later.known.size = sizeof later;
	is(0, fdferry_send_fd(pair[0], 0, 0, &later.known, NULL),
	    "longer options that ask for nothing unknown");
	later.more = 1;
	fails_with(EINVAL, fdferry_send_fd(pair[0], 0, 0, &later.known, NULL),
	    "longer options that ask for something unknown");
	memset(&o, 0x55, sizeof o);
	o.size = offsetof(struct fdferry_opts, deadline);
	fd = fdferry_recv_fd(pair[1], 0, &o, NULL);
	ok(fd >= 0, "shorter options: what is behind them is not read");
	(void)close(fd);
	o.size = 0;
	fails_with(EINVAL, fdferry_send_fd(pair[0], 0, 0, &o, NULL), "size 0");
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, NULL),
	    "size 0, receiving");
}

static void
policies(void)
{
	struct later_policy later;
	struct fdferry_opts o = no_opts();

	memset(&later, 0, sizeof later);
	later.known.size = sizeof later;
	o.policy = &later.known;
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	later.more = 1;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, NULL),
	    "a policy that asks for something unknown");
	later.more = 0;
	later.known.nuids = 1;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, NULL),
	    "one user in a NULL list");
	later.known.nuids = 0;
	later.known.ngids = 1;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, NULL),
	    "one group in a NULL list");
	later.known.ngids = 0;
	later.known.size = 1;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, NULL), "size 1");
	later.known.size = sizeof later;
	fd = fdferry_recv_fd(pair[1], 0, &o, NULL);
	ok(fd >= 0, "the descriptor is still there for a policy of nothing");
	(void)close(fd);
}

static void
arguments(void)
{
	struct fdferry_addr addr;
	char bits[8];
	struct fdferry_opts o = no_opts();
	struct timespec when;
	struct sockaddr_un un;
	int file = open("/dev/null", O_RDWR);

	fails_with(EINVAL, fdferry_send_fd(pair[0], 0, 0x80u, NULL, NULL),
	    "an unknown flag, sending");
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0x80u, NULL, NULL),
	    "an unknown flag, receiving");
	fails_with(EINVAL, fdferry_recv_fd(pair[1], FDFERRY_GIVE, NULL, NULL),
	    "GIVE when receiving");
	fails_with(EINVAL, fdferry_recv(pair[1], &byte, 0, &fd, 1, 0, NULL, NULL),
	    "no room for data on a stream");
	fails_with(ENOTSOCK, fdferry_send_fd(file, 0, 0, NULL, NULL),
	    "sending to a file");
	fails_with(ENOTSOCK, fdferry_recv_fd(file, 0, NULL, NULL),
	    "receiving from a file");
	fails_with(ENOTSOCK, fdferry_recv(file, &byte, 0, &fd, 1, 0, NULL, NULL),
	    "no room, from a file");
	(void)close(file);
	fails_with(EBADF, fdferry_send_fd(file, 0, 0, NULL, NULL), "a closed socket");
	fails_with(EBADF, fdferry_recv_fd(file, 0, NULL, NULL),
	    "receiving from a closed socket");
	when.tv_sec = 0;
	when.tv_nsec = 1000000000;
	o.deadline = &when;
	fails_with(EINVAL, fdferry_send_fd(pair[0], 0, 0, &o, NULL),
	    "a wrong deadline, sending");
	when.tv_nsec = -1;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, NULL),
	    "a wrong deadline, receiving");
	o = no_opts();
	o.from = (struct sockaddr *)(void *)&un;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, NULL),
	    "a place for the address, none for its length");
	o = no_opts();
	o.to = (struct sockaddr *)(void *)&un;
	o.tolen = (size_t)-1;
	fails_with(EINVAL, fdferry_send_fd(pair[0], 0, 0, &o, NULL),
	    "an address of all memory");
	fails_with(EINVAL, fdferry_deadline(NULL, 1), "no place for a deadline");
	(void)snprintf(bits, sizeof bits, "%d", (int)sizeof when.tv_sec * 8);
	ok(strcmp(fdferry_feature_get("layout.time_t"), bits) == 0,
	    "library and caller have the same time_t");
	/* 2 bytes of length and family, AIX's 1023 of path: and its text. */
	ok(sizeof addr.at >= 1025 && sizeof addr.at >= sizeof (struct sockaddr_un)
	    && sizeof addr.text > 1023 + strlen("unix:"),
	    "room for the longest address of any system");
	ok(is_quiet(pair[1]), "nothing is sent by any of these");
}

/* A policy of an earlier version: what it has not got asks for nothing. */
static void
earlier(void)
{
	static const size_t ends[] = { offsetof(struct fdferry_policy, uids),
		offsetof(struct fdferry_policy, gids),
		offsetof(struct fdferry_policy, most),
		offsetof(struct fdferry_policy, kinds) };
	struct fdferry_opts o = no_opts();
	struct fdferry_policy p;
	size_t i;
	int good = 0;

	o.policy = &p;
	for (i = 0; i < 4; i++) {
		memset(&p, 0, sizeof p);
		memset((char *)&p + ends[i], 0x55, sizeof p - ends[i]);
		p.size = ends[i];
		(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
		fd = fdferry_recv_fd(pair[1], 0, &o, NULL);
		good += fd >= 0;
		(void)close(fd);
	}
	is(4, good, "a policy that ends before a field");
}

int
main(void)
{
	need_backend();
	plan(13 + 5 + 5 + 1 + 17 + 5);
	(void)make_pair(SOCK_STREAM, pair);
	group(results, "results");
	group(options, "options");
	group(policies, "policies");
	group(earlier, "earlier");
	group(arguments, "arguments");
	return tap_bad;
}
