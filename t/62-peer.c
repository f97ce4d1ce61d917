/* SPDX-License-Identifier: 0BSD */
/*
 * t/62-peer.c - who is at the other end, and policies that ask for it.
 */
#include "../lib/detect.h"
#include "kit.h"

static struct fdferry_peercred peer;

static int
ask(int fd)
{
	memset(&peer, 0, sizeof peer);
	peer.size = sizeof peer;
	return fdferry_peer(fd, &peer);
}

/* Two ends that were connected, of which every system tells. */
static void
connected(int p[2])
{
	struct sockaddr_un un;
	struct sockaddr *at = (struct sockaddr *)(void *)&un;
	char dir[] = "/tmp/fdferry-62.XXXXXX";
	int l = socket(AF_UNIX, SOCK_STREAM, 0);

	p[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
	if (bind(l, at, sizeof un) < 0 || listen(l, 1) < 0
	    || connect(p[0], at, sizeof un) < 0
	    || (p[1] = accept(l, NULL, NULL)) < 0)
		bail("connect");
	(void)unlink(un.sun_path);
	(void)rmdir(dir);
	(void)close(l);
}

/* Old NetBSD knows nobody at the other end of a pair, and says EINVAL. */
static void
pairs(void)
{
	int p[2];

	(void)make_pair(SOCK_STREAM, p);
	if (ask(p[0]) == 0)
		ok(peer.uid == (unsigned long)geteuid(), "a pair: our user");
	else
		fails_with(ENOTSUP, ask(p[0]), "a pair: nobody is told");
	fdferry_close(p, 2);
}

static void
connections(void)
{
	int p[2];
	unsigned long me = (unsigned long)geteuid();
	unsigned long ours = (unsigned long)getegid();

	connected(p);
	is(0, ask(p[1]), "who connected");
	ok((peer.known & FDFERRY_PEER_UID) && peer.uid == me, "is our user");
	is(0, ask(p[0]), "who listened");
	ok((peer.known & FDFERRY_PEER_UID) && peer.uid == me, "our user");
	ok(!(peer.known & FDFERRY_PEER_GID) || peer.gid == ours, "our group");
	ok(!(peer.known & FDFERRY_PEER_PID) || peer.pid == (long)getpid(),
	    "our process");
	peer.size = offsetof(struct fdferry_peercred, gid);
	peer.gid = 4711;
	ok(fdferry_peer(p[0], &peer) == 0 && peer.gid == 4711 && peer.uid == me,
	    "no more is written than there is room for");
	peer.size = 1;
	fails_with(EINVAL, fdferry_peer(p[0], &peer), "no room for the size");
	fails_with(EINVAL, fdferry_peer(p[0], NULL), "no room at all");
	(void)setenv("PERSONA_NO_PID", "1", 1);
	peer.size = sizeof peer;
	ok(fdferry_peer(p[0], &peer) == 0 && peer.uid == me
	    && (!(peer.known & FDFERRY_PEER_PID) || peer.pid > 0),
	    "a process that the system does not tell is not known");
	(void)unsetenv("PERSONA_NO_PID");
	fdferry_close(p, 2);
}

static void
not_connected(void)
{
	struct sockaddr_un un;
	struct sockaddr *at = (struct sockaddr *)(void *)&un;
	char dir[] = "/tmp/fdferry-62.XXXXXX";
	int s = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	fails_with(ENOTCONN, ask(s), "a socket that is not connected");
	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
	if (bind(s, at, sizeof un) < 0 || listen(s, 1) < 0)
		bail("listen");
	fails_with(ENOTCONN, ask(s), "a socket that listens has no peer");
	(void)unlink(un.sun_path);
	(void)rmdir(dir);
	(void)close(s);
	fails_with(EBADF, ask(s), "a closed descriptor");
	fd = open("/dev/null", O_RDONLY);
	fails_with(ENOTSOCK, ask(fd), "a file");
	(void)close(fd);
	s = socket(AF_INET, SOCK_STREAM, 0);
	fails_with(ENOTSUP, ask(s), "a socket of another family");
	(void)close(s);
}

/* By user, by group, by number and kind: each alone and all at once. */
static int
take(const int pair[2], const struct fdferry_policy *p)
{
	struct fdferry_opts o = no_opts();
	int fd;

	o.policy = p;
	(void)fdferry_send_fd(pair[0], 0, 0, NULL, NULL);
	fd = fdferry_recv_fd(pair[1], 0, &o, NULL);
	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static void
policies(void)
{
	struct fdferry_policy p;
	struct fdferry_info info;
	unsigned long me[2] = { 999999, 0 }, ours[2] = { 999999, 0 };
	int pair[2];

	me[1] = (unsigned long)geteuid();
	ours[1] = (unsigned long)getegid();
	connected(pair);
	memset(&p, 0, sizeof p);
	p.size = sizeof p;
	is(0, take(pair, &p), "an empty policy takes all");
	p.uids = me;
	p.nuids = 1;
	is(EACCES, take(pair, &p), "law 7: a user who is not listed");
	p.nuids = 2;
	is(0, take(pair, &p), "one of several users");
	p.nuids = 1;
	p.gids = ours;
	p.ngids = 1;
	is(EACCES, take(pair, &p), "law 7: neither user nor group");
	p.ngids = 2;
	ask(pair[0]);
	is(peer.known & FDFERRY_PEER_GID ? 0 : EACCES, take(pair, &p),
	    "the group is enough");
	p.nuids = p.ngids = 0;
	info.size = sizeof info;
	(void)fdferry_describe(0, &info);
	p.kinds = FDFERRY_KIND_BIT(info.kind) | FDFERRY_KIND_BIT(info.kind)
	    | 1ul << 30;
	is(0, take(pair, &p), "a kind twice, and one that does not exist");
	p.kinds = ~FDFERRY_KIND_BIT(info.kind);
	is(EACCES, take(pair, &p), "law 7: every kind but this");
	p.kinds = 0;
	p.most = 1;
	is(0, take(pair, &p), "one at most");
	fdferry_close(pair, 2);
}

int
main(void)
{
	if (strcmp(fdferry_feature_get("peercred"), "none") == 0)
		skip_all("the system does not tell the peer");
	plan(1 + 10 + 5 + 8 + 4);
	group(pairs, "pairs");
	group(connections, "connections");
	group(not_connected, "not connected");
	if (fdferry_max_fds() > 0)
		group(policies, "policies");
	else {
		int i;

		for (i = 0; i < 9; i++)
			skip("policies", "no backend");
	}
	return tap_bad;
}
