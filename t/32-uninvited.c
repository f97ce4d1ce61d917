/* SPDX-License-Identifier: 0BSD */
/*
 * t/32-uninvited.c - law 1: what a kernel adds to a message by itself:
 * credentials first, a pidfd behind, labels; and receivers that forbid
 * descriptors.
 */
#include "../lib/detect.h"
#include "kit.h"

/* Linux: newer than some C libraries. */
#if defined __linux__ && !defined SO_PASSPIDFD && !defined __sparc__ \
    && !defined __hppa__
# define SO_PASSPIDFD 76
#endif
#if defined __linux__ && !defined SO_PASSRIGHTS && !defined __sparc__ \
    && !defined __hppa__
# define SO_PASSRIGHTS 83
#endif
#ifndef SO_PASSCRED
# define SO_PASSCRED (-1)
#endif
#ifndef SO_PASSSEC
# define SO_PASSSEC (-1)
#endif
#ifndef SO_PASSPIDFD
# define SO_PASSPIDFD (-1)
#endif
#ifndef SO_PASSRIGHTS
# define SO_PASSRIGHTS (-1)
#endif

static int pair[2];
static int got[300];
static int zeros[300];
static char buf[8];
static struct fdferry_result r;

static int
set(int option, int value)
{
	return option >= 0 && setsockopt(pair[1], SOL_SOCKET, option, &value,
	    sizeof value) == 0;
}

static void
with(int option, const char *name)
{
	size_t most = limit();
	int before;

	if (!set(option, 1)) {
		skip(name, "not on this system");
		skip(name, "not on this system");
		skip(name, "not on this system");
		return;
	}
	before = open_fds();
	(void)fdferry_send(pair[0], "x", 1, zeros, most, 0, NULL, NULL);
	is(1, fdferry_recv(pair[1], buf, 8, got, 300, FDFERRY_NONBLOCK, NULL,
	    &r), name);
	ok(r.fds == most && r.error == 0 && r.flags == 0 && r.surplus == 0,
	    "law 1: as many descriptors as can be sent come beside it");
	fdferry_close(got, r.fds);
	(void)fdferry_send(pair[0], "x", 1, NULL, 0, 0, NULL, NULL);
	(void)fdferry_recv(pair[1], buf, 8, got, 300, 0, NULL, &r);
	ok(r.fds == 0 && r.surplus == 0 && r.error == 0
	    && open_fds() == before, "law 1: none is made of it");
	(void)set(option, 0);
}

static void
added(void)
{
	with(SO_PASSCRED, "SO_PASSCRED: credentials come first");
	with(SO_PASSPIDFD, "SO_PASSPIDFD: a descriptor outside SCM_RIGHTS");
	with(SO_PASSSEC, "SO_PASSSEC: a label");
}

/* All at once, and a table so full that not even a pidfd has room. */
static void
added_to_a_full_table(void)
{
	struct rlimit old, low;
	int fd = dup(0);
	ptrdiff_t n;

	(void)close(fd);
	if (!set(SO_PASSCRED, 1)) {
		skip("law 3: credentials, a full table", "not on this system");
		skip("law 7: EMFILE", "not on this system");
		return;
	}
	(void)set(SO_PASSPIDFD, 1);
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	(void)getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	low.rlim_cur = (rlim_t)fd;
	(void)setrlimit(RLIMIT_NOFILE, &low);
	n = fdferry_recv(pair[1], buf, 8, got, 4, 0, NULL, &r);
	(void)setrlimit(RLIMIT_NOFILE, &old);
	is(1, n, "law 3: credentials, a full table: the byte is delivered");
	ok(r.fds == 0 && r.error == EMFILE && r.flags == FDFERRY_TRUNCATED,
	    "law 7: EMFILE");
	(void)set(SO_PASSCRED, 0);
	(void)set(SO_PASSPIDFD, 0);
}

static void
forbidden(void)
{
	if (!set(SO_PASSRIGHTS, 0)) {
		skip("SO_PASSRIGHTS", "not on this system");
		skip("SO_PASSRIGHTS", "not on this system");
		skip("SO_PASSRIGHTS", "not on this system");
		return;
	}
	zeros[0] = dup(0);
	fails_with(EPERM, fdferry_send_fd(pair[0], zeros[0], FDFERRY_GIVE, NULL,
	    &r), "law 7: the receiver forbids descriptors: EPERM");
	ok(is_open(zeros[0]), "law 6: and nothing is given");
	(void)close(zeros[0]);
	zeros[0] = 0;
	is(1, fdferry_send(pair[0], "x", 1, NULL, 0, 0, NULL, NULL),
	    "data may pass");
	(void)fdferry_recv(pair[1], buf, 8, got, 1, 0, NULL, &r);
	(void)set(SO_PASSRIGHTS, 1);
}

int
main(void)
{
	need_backend();
	plan(9 + 2 + 3 + 3);
	r = fresh();
	(void)make_pair(SOCK_STREAM, pair);
	group(added, "what the kernel adds");
	group(added_to_a_full_table, "a full table");
	group(forbidden, "forbidden");
	return tap_bad;
}
