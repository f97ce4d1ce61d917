/* SPDX-License-Identifier: 0BSD */
/*
 * t/21-fault-recv.c - a backend that hands descriptors over and then fails,
 * loses some, or withholds some: every one is handed on or closed.
 */
#include "../lib/detect.h"
#include "kit.h"

static int lost_full, calls, fail_errno, fail_calls, hand_over, lost, withhold;
static int lost_calls;		/* so many calls lose some */
static int is_full, asked;
static ptrdiff_t data;

#define fdferry__backend_recv fake_recv
#define fdferry__table_full fake_full
#define fdferry__lost_errno fake_lost
#define fdferry__ready fake_ready
int fake_peer(int sock, struct fdferry_peercred *peer);
#define fdferry_peer fake_peer
#include "../lib/inbox.c"
#include "../lib/message.c"
#include "../lib/message-recv.c"
#include "../lib/message-send.c"

/* Give `hand_over` new descriptors, withhold the first `withhold`. */
ptrdiff_t
fake_recv(int sock, struct fdferry__io *io)
{
	int i;

	(void)sock;
	calls++;
	for (i = 0; i < hand_over; i++)
		fdferry__take(io->inbox, i < withhold ? -EPERM : dup(0));
	if (lost || calls <= lost_calls)
		io->flags |= FDFERRY__LOST;
	if (calls <= fail_calls) {
		errno = fail_errno;
		return -1;
	}
	return data;
}

/* Who sends it, as far as that is known here; what is not is 0. */
static struct fdferry_peercred sender;

int
fake_peer(int sock, struct fdferry_peercred *peer)
{
	(void)sock;
	*peer = sender;
	return sender.known != 0 ? 0 : -1;
}

int
fake_ready(int fd)
{
	(void)fd;
	return 1;
}

int
fake_full(int fd)
{
	asked = fd;
	return is_full;
}

int
fake_lost(int sock)
{
	(void)sock;
	return lost_full ? EMFILE : EMSGSIZE;
}

static int pair[2];
static int got[8];
static char buf[8];
static struct fdferry_result r;

static ptrdiff_t
call(size_t room, const struct fdferry_opts *opts)
{
	calls = 0;
	memset(got, 0x55, sizeof got);
	r = fresh();
	return fdferry_recv(pair[1], buf, sizeof buf, got, room,
	    FDFERRY_NONBLOCK, opts, &r);
}

static void
fail_after_taking(void)
{
	const int errors[] = { EIO, EAGAIN, ECONNRESET, EMFILE };
	int before = open_fds(), wrong = 0;
	size_t e;

	hand_over = 3;
	fail_calls = 1;
	for (e = 0; e < sizeof errors / sizeof errors[0]; e++) {
		fail_errno = errors[e];
		wrong += call(2, NULL) != -1 || errno != errors[e]
		    || r.fds != 0 || open_fds() != before;
	}
	is(0, wrong, "law 1: failing after three were handed over: closed");
	ok(r.surplus == 3 && (r.flags & FDFERRY_TRUNCATED),
	    "law 3: and reported");
	fail_errno = EINTR;
	data = 4;
	is(4, call(2, NULL), "law 8: EINTR after handing over, then a message");
	ok(r.fds == 2 && r.surplus == 4 && r.error == EMSGSIZE,
	    "law 1: of the second message two, all others counted");
	fdferry_close(got, r.fds);
	fail_calls = 50;
	hand_over = 0;
	is(4, call(2, NULL), "law 8: EINTR 50 times");
	fail_calls = lost_calls = 1;
	is(4, call(2, NULL), "a call that is interrupted, and loses some");
	ok(r.flags == 0 && r.error == 0,
	    "law 3: nothing of that is said of the next message");
	lost_calls = 0;
	fail_calls = 0;
}

/* "Full" is asked for before surplus is closed: then there is a slot. */
static void
losses(void)
{
	data = 4;
	lost = 1;
	hand_over = 3;
	lost_full = 1;
	is(4, call(8, NULL), "law 3: lost some: the data is delivered");
	ok(r.error == EMFILE && r.fds == 3 && (r.flags & FDFERRY_TRUNCATED),
	    "law 7: a full table is EMFILE, with those that came");
	fdferry_close(got, r.fds);
	lost_full = 0;		/* closing surplus made room */
	is_full = 1;
	is(4, call(1, NULL), "lost some, and surplus");
	ok(r.error == EMFILE && r.fds == 1 && r.surplus == 2,
	    "law 7: EMFILE also when closing surplus makes room");
	is(pair[1], asked, "law 9: what was refused is not asked");
	fdferry_close(got, r.fds);
	is_full = 0;
	(void)call(8, NULL);
	ok(r.error == EMSGSIZE && r.fds == 3, "law 7: not full: EMSGSIZE");
	fdferry_close(got, r.fds);
	hand_over = 0;
	data = 0;
	is(0, call(8, NULL), "nothing came but a loss");
	ok((r.flags & FDFERRY_EOF) == 0 && (r.flags & FDFERRY_EMPTY),
	    "law 3: that is not the end");
	lost = 0;
	is(0, call(8, NULL), "nothing at all");
	ok(r.flags == FDFERRY_EOF && r.error == 0, "that is the end");
}

/* Kernels that deliver descriptors without a byte: that is never the end. */
static void
no_data(void)
{
	static const struct {
		int came, kept_back;
		size_t room, fds, surplus;
		const char *name;
	} ways[] = { { 1, 0, 8, 1, 0, "law 3: a descriptor without data on a "
			"stream is not the end" },
		{ 2, 0, 8, 2, 0, "law 3: nor are two" },
		{ 2, 0, 1, 1, 1, "law 3: nor one and one without room" },
		{ 1, 0, 0, 0, 1, "law 3: nor one without room" },
		{ 1, 1, 8, 1, 0, "law 3: nor one that was withheld" },
		{ 1, 1, 0, 0, 0, "law 3: nor that without room" },
		{ 2, 1, 1, 1, 1, "law 3: nor one withheld, one without room" } };
	size_t i;

	data = 0;
	for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		hand_over = ways[i].came;
		withhold = ways[i].kept_back;
		(void)call(ways[i].room, NULL);
		ok((r.flags & (FDFERRY_EOF | FDFERRY_EMPTY)) == FDFERRY_EMPTY
		    && r.fds == ways[i].fds && r.surplus == ways[i].surplus
		    && r.refused == (size_t)withhold, ways[i].name);
		fdferry_close(got, r.fds);
	}
	hand_over = withhold = 0;
}

static void
withheld(void)
{
	data = 4;
	hand_over = 3;
	withhold = 1;
	is(4, call(8, NULL), "the kernel withholds the first of three");
	ok(r.fds == 3 && got[0] == -1 && is_open(got[1]) && is_open(got[2]),
	    "law 4: a negative slot is -1, the others keep their places");
	ok(r.refused == 1 && r.error == EACCES && r.flags == FDFERRY_REFUSED,
	    "law 7: and is reported as refused");
	fdferry_close(got, r.fds);
	withhold = 3;
	is(4, call(0, NULL), "all withheld, no room");
	ok(r.refused == 3 && r.surplus == 0 && r.fds == 0,
	    "law 4: counted, none closed");
	hand_over = withhold = 1;
	fail_calls = 0;
	fails_with(EACCES, fdferry_recv_fd(pair[1], 0, NULL, &r),
	    "fdferry_recv_fd: the only one is withheld");
	ok(r.fds == 0 && r.refused == 1 && r.bytes == 4,
	    "no slot is said to be filled");
	withhold = 0;
}

static void
policy(void)
{
	struct fdferry_policy p;
	struct fdferry_opts o = no_opts();
	unsigned long nobody = 424242;

	sender.known = FDFERRY_PEER_UID | FDFERRY_PEER_GID;

	memset(&p, 0, sizeof p);
	p.size = sizeof p;
	o.policy = &p;
	data = 4;
	hand_over = 3;
	p.most = 2;
	is(4, call(8, &o), "a policy of two at most, three came");
	ok(r.refused == 3 && r.fds == 0 && r.error == EACCES
	    && got[0] == -1 && got[2] == -1, "law 1: all are closed");
	is(4, call(1, &o), "the same with room for one");
	ok(r.refused == 3 && r.surplus == 0 && r.fds == 0,
	    "law 1: surplus counts as refused, once");
	p.most = 0;
	withhold = 1;
	p.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_DIRECTORY);
	is(4, call(8, &o), "a policy of kinds, one withheld");
	ok(r.refused == 3 && r.fds == 3 && got[0] == -1 && got[1] == -1,
	    "law 1: each in its slot, counted once");
	p.kinds = 0;
	p.uids = &nobody;
	p.nuids = 1;
	is(4, call(8, &o), "a sender who is not allowed, one withheld");
	ok(r.refused == 3 && r.fds == 0, "law 1: counted once");
	lost = 1;
	is_full = 1;
	is(4, call(8, &o), "refused and lost");
	ok(r.error == EACCES && r.flags == (FDFERRY_REFUSED
	    | FDFERRY_TRUNCATED), "both are told");
	lost = is_full = withhold = 0;
}

/* Some kernels tell the user alone, some nothing: what is not known is not 0. */
static void
half_known(void)
{
	static const struct {
		unsigned int known;
		int by_uid, by_gid, refused;
		const char *name;
	} ways[] = {
		{ FDFERRY_PEER_UID, 1, 0, 0, "the user is known and allowed" },
		{ FDFERRY_PEER_GID, 0, 1, 0, "the group is" },
		{ FDFERRY_PEER_UID, 0, 1, 1, "a group is allowed, the user "
			"alone is known" },
		{ FDFERRY_PEER_GID, 1, 0, 1, "a user is allowed, the group "
			"alone is known" },
		{ FDFERRY_PEER_PID, 1, 1, 1, "the process alone is known" },
		{ 0, 1, 1, 1, "nothing is known" },
		{ FDFERRY_PEER_UID, 1, 1, 0, "one of both is known, and "
			"allowed" } };
	struct fdferry_opts o = no_opts();
	struct fdferry_policy p;
	unsigned long root = 0;
	size_t i;

	data = 4;
	hand_over = 1;
	for (i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		memset(&sender, 0, sizeof sender);
		sender.known = ways[i].known;
		memset(&p, 0, sizeof p);
		p.size = sizeof p;
		p.uids = p.gids = &root;
		p.nuids = (size_t)ways[i].by_uid;
		p.ngids = (size_t)ways[i].by_gid;
		o.policy = &p;
		(void)call(8, &o);
		is(ways[i].refused, (long)r.refused, ways[i].name);
		fdferry_close(got, r.fds);
	}
	hand_over = 0;
}

int
main(void)
{
	need_backend();
	plan(7 + 9 + 7 + 8 + 10 + 7 + 6);
	(void)make_pair(SOCK_STREAM, pair);
	group(fail_after_taking, "failing after taking");
	group(losses, "losses");
	group(no_data, "no data");
	group(withheld, "withheld");
	group(policy, "policy");
	group(half_known, "half known");
	return tap_bad;
}
