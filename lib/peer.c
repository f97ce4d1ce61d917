/* SPDX-License-Identifier: 0BSD */
/*
 * peer.c - who is at the other end, in each system's dialect.
 *
 * Each variant is one function: ask(sock, peer) fills what the kernel tells
 * and returns 0, or -1 with errno.
 */
#include "backend.h"

#include <string.h>
#if FDFERRY_HAVE_SOCKETS
# include <unistd.h>
#endif

#if defined FDFERRY_PEERCRED_UCRED

/* Linux. An unconnected socket answers pid 0 and uid -1. */
static int
ask(int sock, struct fdferry_peercred *peer)
{
	struct ucred cred;
	socklen_t len = sizeof cred;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -1;
	if (cred.uid == (uid_t)-1) {
		errno = ENOTCONN;
		return -1;
	}
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	peer->pid = cred.pid;
	peer->known = FDFERRY_PEER_UID | FDFERRY_PEER_GID;
	/* 0: a process that our PID namespace does not see. */
	if (cred.pid > 0)
		peer->known |= FDFERRY_PEER_PID;
	return 0;
}

#elif defined FDFERRY_PEERCRED_SOCKPEERCRED

/* OpenBSD. */
static int
ask(int sock, struct fdferry_peercred *peer)
{
	struct sockpeercred cred;
	socklen_t len = sizeof cred;

	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return -1;
	peer->uid = cred.uid;
	peer->gid = cred.gid;
	peer->pid = cred.pid;
	peer->known = FDFERRY_PEER_UID | FDFERRY_PEER_GID | FDFERRY_PEER_PID;
	return 0;
}

#elif defined FDFERRY_PEERCRED_PEEREID

/* Whether nobody is at the other end, or the system does not tell who. */
static int
why_not(int sock)
{
	struct sockaddr_un addr;
	socklen_t len = sizeof addr;

	return getpeername(sock, (struct sockaddr *)(void *)&addr, &len) < 0
	    ? ENOTCONN
	    : ENOTSUP;
}

/* NetBSD. */
static int
ask(int sock, struct fdferry_peercred *peer)
{
	struct unpcbid cred;
	socklen_t len = sizeof cred;

	if (getsockopt(sock, 0, LOCAL_PEEREID, &cred, &len) < 0) {
		if (FDFERRY_QUIRK_PEER_EINVAL && errno == EINVAL)
			errno = why_not(sock);
		return -1;
	}
	peer->uid = cred.unp_euid;
	peer->gid = cred.unp_egid;
	peer->pid = cred.unp_pid;
	peer->known = FDFERRY_PEER_UID | FDFERRY_PEER_GID | FDFERRY_PEER_PID;
	return 0;
}

#elif defined FDFERRY_PEERCRED_XUCRED

# include <sys/param.h>
# include <sys/ucred.h>

/* FreeBSD. cr_pid came with FreeBSD 13: first a macro, then a member. */
static int
ask(int sock, struct fdferry_peercred *peer)
{
	struct xucred cred;
	socklen_t len = sizeof cred;

	if (getsockopt(sock, 0, LOCAL_PEERCRED, &cred, &len) < 0)
		return -1;
	if (cred.cr_version != XUCRED_VERSION) {
		errno = ENOTSUP;
		return -1;
	}
	peer->uid = cred.cr_uid;
	peer->known = FDFERRY_PEER_UID;
	if (cred.cr_ngroups > 0) {
		peer->gid = cred.cr_groups[0];
		peer->known |= FDFERRY_PEER_GID;
	}
# if FDFERRY_HAVE_XUCRED_PID
	if (cred.cr_pid > 0) {
		peer->pid = cred.cr_pid;
		peer->known |= FDFERRY_PEER_PID;
	}
# endif
	return 0;
}

#elif defined FDFERRY_PEERCRED_GETPEERUCRED

# include <ucred.h>

/* Solaris and illumos. Each answer is -1 where it is not available. */
static int
ask(int sock, struct fdferry_peercred *peer)
{
	ucred_t *cred = NULL;
	uid_t uid;
	gid_t gid;

	if (getpeerucred(sock, &cred) < 0)
		return -1;
	uid = ucred_geteuid(cred);
	gid = ucred_getegid(cred);
	peer->uid = uid;
	peer->gid = gid;
	peer->pid = ucred_getpid(cred);
	if (uid != (uid_t)-1)
		peer->known |= FDFERRY_PEER_UID;
	if (gid != (gid_t)-1)
		peer->known |= FDFERRY_PEER_GID;
	if (peer->pid > 0)
		peer->known |= FDFERRY_PEER_PID;
	ucred_free(cred);
	return 0;
}

#elif defined FDFERRY_PEERCRED_GETPEEREID

/* macOS, DragonFly and others; macOS tells the process too. */
# if defined __APPLE__ && defined SOL_LOCAL && defined LOCAL_PEERPID
static int
ask_pid(int sock, pid_t *pid)
{
	socklen_t len = sizeof *pid;

	return getsockopt(sock, SOL_LOCAL, LOCAL_PEERPID, pid, &len);
}
# else
static int
ask_pid(int sock, pid_t *pid)
{
	(void)sock;
	(void)pid;
	return -1;
}
# endif

static int
ask(int sock, struct fdferry_peercred *peer)
{
	uid_t uid;
	gid_t gid;
	pid_t pid;

	if (getpeereid(sock, &uid, &gid) < 0)
		return -1;
	peer->uid = uid;
	peer->gid = gid;
	peer->known = FDFERRY_PEER_UID | FDFERRY_PEER_GID;
	if (ask_pid(sock, &pid) == 0) {
		peer->pid = pid;
		peer->known |= FDFERRY_PEER_PID;
	}
	return 0;
}

#else

static int
ask(int sock, struct fdferry_peercred *peer)
{
	(void)sock;
	(void)peer;
	errno = ENOTSUP;
	return -1;
}

#endif

/* Credentials exist for Unix domain sockets; Linux answers others as well. */
#if FDFERRY_HAVE_SOCKETS
# if FDFERRY_HAVE_SO_ACCEPTCONN
#  define ASK_LISTENING SO_ACCEPTCONN
# else
#  define ASK_LISTENING SO_TYPE
# endif
static int
check(int sock)
{
	struct sockaddr_un addr;
	socklen_t len = sizeof addr, size;
	int listens = 0;

	memset(&addr, 0, sizeof addr);
	if (getsockname(sock, (struct sockaddr *)(void *)&addr, &len) < 0)
		return -1;
	/* Some systems give no name at all for an unbound Unix socket. */
	if (len > 0 && addr.sun_family != AF_UNIX) {
		errno = ENOTSUP;
		return -1;
	}
	/* Linux answers for a listening socket too: with its own user. */
	size = sizeof listens;
	if (ASK_LISTENING != SO_TYPE
	    && getsockopt(sock, SOL_SOCKET, ASK_LISTENING, &listens, &size) == 0
	    && listens) {
		errno = ENOTCONN;
		return -1;
	}
	return 0;
}
#else
static int
check(int sock)
{
	(void)sock;
	errno = ENOTSUP;
	return -1;
}
#endif

int
fdferry_peer(int sock, struct fdferry_peercred *peer)
{
	struct fdferry_peercred p;

	if (!fdferry__can_write(peer)) {
		errno = EINVAL;
		return -1;
	}
	memset(&p, 0, sizeof p);
	if (check(sock) < 0 || ask(sock, &p) < 0)
		return -1;
	fdferry__write_known(peer, &p, sizeof p);
	return 0;
}
