/* SPDX-License-Identifier: 0BSD */
/*
 * t/12-records.c - datagrams and records: empty ones, the end, too little
 * room, addresses.
 */
#include "../lib/detect.h"
#include "kit.h"

static int pair[2];
static int got[4];
static int zeros[3];
static char buf[16];
static struct fdferry_result r;

static void
datagrams(void)
{
	(void)make_pair(SOCK_DGRAM, pair);
	is(0, fdferry_send(pair[0], "", 0, NULL, 0, 0, NULL, &r),
	    "an empty datagram is sent");
	is(0, fdferry_recv(pair[1], buf, 4, got, 4, 0, NULL, &r),
	    "and received");
	ok(r.flags == FDFERRY_EMPTY && r.fds == 0,
	    "it is empty, and not the end");
	is(0, fdferry_send(pair[0], "", 0, zeros, 2, 0, NULL, &r),
	    "an empty datagram with descriptors is sent");
	is(0, fdferry_recv(pair[1], buf, 4, got, 4, 0, NULL, &r), "received");
	ok(r.flags == FDFERRY_EMPTY && r.fds == 2, "empty, two descriptors");
	fdferry_close(got, r.fds);
	is(0, fdferry_sendv(pair[0], NULL, 0, zeros, 1, 0, NULL, &r),
	    "no pieces at all");
	is(0, fdferry_recvv(pair[1], NULL, 0, got, 4, 0, NULL, &r),
	    "received into no pieces");
	ok(r.flags == FDFERRY_EMPTY && r.fds == 1,
	    "no room was needed: not truncated");
	fdferry_close(got, r.fds);

	(void)fdferry_send(pair[0], "abcdef", 6, zeros, 3, 0, NULL, NULL);
	is(4, fdferry_recv(pair[1], buf, 4, got, 2, 0, NULL, &r),
	    "law 3: more data than room");
	ok(r.flags == FDFERRY_DATA_TRUNCATED && r.fds == 2 && r.surplus == 1,
	    "law 3: told, with its descriptors and surplus");
	fdferry_close(got, r.fds);
	(void)fdferry_send(pair[0], "a", 1, zeros, 1, 0, NULL, NULL);
	is(0, fdferry_recv(pair[1], buf, 0, got, 2, 0, NULL, &r),
	    "data, and no room for any");
	ok(r.flags == FDFERRY_DATA_TRUNCATED && r.fds == 1,
	    "truncated, not empty");
	fdferry_close(got, r.fds);
	fdferry_close(pair, 2);
}

static void
records(void)
{
	int i;

	if (!make_pair(SOCK_SEQPACKET, pair)) {
		for (i = 0; i < 8; i++)
			skip("seqpacket", "no such socket type here");
		return;
	}
	fails_with(EINVAL, fdferry_send(pair[0], "", 0, NULL, 0, 0, NULL, &r),
	    "an empty record is refused");
	fails_with(EINVAL, fdferry_send(pair[0], "", 0, zeros, 1, 0, NULL, &r),
	    "also with descriptors");
	ok(is_quiet(pair[1]), "nothing was sent");
	(void)send(pair[0], "", 0, 0);
	if (is_quiet(pair[1])) {	/* OpenBSD 8.0 drops it */
		skip("an empty record", "this kernel carries none");
		skip("an empty record is told", "this kernel carries none");
	} else {
		is(0, fdferry_recv(pair[1], buf, 4, got, 4, 0, NULL, &r),
		    "an empty record of somebody else");
		ok(r.flags == FDFERRY_EMPTY, "empty: it may be the end");
	}
	(void)close(pair[0]);
	is(0, fdferry_recv(pair[1], buf, 4, got, 4, 0, NULL, &r), "the end");
	ok(r.flags == FDFERRY_EMPTY && r.error == 0, "looks the same");
	fails_with(ECONNRESET, fdferry_recv_fd(pair[1], 0, NULL, &r),
	    "fdferry_recv_fd: the end, so that no loop spins on it");
	(void)close(pair[1]);
}

/* Sockets with names in a directory of our own. */
static char dir[] = "/tmp/fdferry-12.XXXXXX";

static void
name(struct sockaddr_un *un, const char *what)
{
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	(void)snprintf(un->sun_path, sizeof un->sun_path, "%s/%s", dir, what);
}

static void
addresses(void)
{
	struct sockaddr_un a, b, from;
	struct fdferry_opts o = no_opts();
	size_t len = sizeof from;
	int x = socket(AF_UNIX, SOCK_DGRAM, 0);
	int y = socket(AF_UNIX, SOCK_DGRAM, 0);

	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	name(&a, "a");
	name(&b, "b");
	if (bind(x, (struct sockaddr *)(void *)&a, sizeof a) < 0
	    || bind(y, (struct sockaddr *)(void *)&b, sizeof b) < 0)
		bail("bind");
	o.to = (struct sockaddr *)(void *)&b;
	o.tolen = sizeof b;
	is(0, fdferry_send_fd(x, 0, 0, &o, &r), "send to an address");
	o = no_opts();
	memset(&from, 0, sizeof from);
	o.from = (struct sockaddr *)(void *)&from;
	o.fromlen = &len;
	got[0] = fdferry_recv_fd(y, 0, &o, &r);
	ok(got[0] >= 0, "received");
	ok(strcmp(from.sun_path, a.sun_path) == 0
	    && len > offsetof(struct sockaddr_un, sun_path),
	    "the sender's address");
	fdferry_close(got, 1);
	ok(connect(x, (struct sockaddr *)(void *)&b, sizeof b) == 0
	    && fdferry_send_fd(x, 0, 0, NULL, &r) == 0,
	    "connected: no address needed");
	memset(&from, 0x55, sizeof from);
	len = 2;
	got[0] = fdferry_recv_fd(y, 0, &o, &r);
	ok(got[0] >= 0 && from.sun_path[0] == 0x55,
	    "no more of the address is written than there is room");
	fdferry_close(got, 1);
	o = no_opts();
	o.to = (struct sockaddr *)(void *)&b;
	o.tolen = sizeof b;
	is(0, fdferry_send_fd(y, 0, 0, &o, &r), "a socket to its own address");
	got[0] = fdferry_recv_fd(y, 0, NULL, &r);
	ok(got[0] >= 0, "it comes back");
	fdferry_close(got, 1);
	(void)unlink(b.sun_path);
	(void)close(x);
	x = socket(AF_UNIX, SOCK_DGRAM, 0);
	ok(fdferry_send_fd(x, 0, FDFERRY_GIVE, &o, &r) == -1 && is_open(0)
	    && r.error == ENOENT, "nobody there: nothing is closed");
	(void)unlink(a.sun_path);
	(void)rmdir(dir);
	(void)close(x);
	(void)close(y);
}

int
main(void)
{
	need_backend();
	plan(13 + 8 + 8 + 3);
	r = fresh();
	group(datagrams, "datagrams");
	group(records, "records");
	group(addresses, "addresses");
	return tap_bad;
}
