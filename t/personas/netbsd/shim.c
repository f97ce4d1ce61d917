/* SPDX-License-Identifier: 0BSD */
/* NetBSD: descriptors all or none, and CMSG_SPACE of room; see facts. */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMSGSIZE
#define FULL_DGRAM ENOBUFS
#define FULL_STREAM EMSGSIZE
#define DATA_STAY 1
#define EPERM_LOSES 1
#define IN_FLIGHT_LOST 1
#define STOPS_BEFORE 1
#define ONLY_FIRST 1
#define PEEK_SHOWS PERSONA_POINTER
#ifdef PERSONA_OLD
# define SEND_WAITS 0			/* 5.99: no flag helps */
# define NO_SEQPACKET EPROTOTYPE
#else
# define SEND_WAITS MSG_NBIO
#endif
#include "44bsd-shim.h"
#ifdef PERSONA_OLD
# include "old-shim.h"
# include "accept-shim.h"
#endif

size_t
persona_alignbytes(void)
{
	return PERSONA_ALIGNMENT - 1;
}

static int
host_flags(int flags)
{
#ifdef MSG_CMSG_CLOFORK
	flags &= ~MSG_CMSG_CLOFORK;
#endif
	return flags & ~MSG_NBIO;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	if (msg->msg_controllen > 4096)
		return EINVAL;			/* one page of control data */
#ifdef PERSONA_OLD
	return 0;
#else
	return any_events(g) ? EBADF : 0;
#endif
}

static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t whole = CMSG_SPACE(p->n * sizeof (int));

#ifdef PERSONA_OLD
	if (keeps_without_buffer(msg))
		return 0;
#endif
	if (msg->msg_control == NULL || msg->msg_controllen < whole) {
		close_from(p, 0);
		if (msg->msg_control != NULL && msg->msg_controllen > 0)
			msg->msg_flags |= MSG_CTRUNC;
		msg->msg_controllen = 0;
		return 0;
	}
	put(msg, p, CMSG_LEN(p->n * sizeof (int)), whole);
	return 0;
}

/* Is neither end of this connection named? A client's other end is. */
static int
is_of_pair(int sock)
{
	struct sockaddr_un a, b;
	socklen_t alen = sizeof a, blen = sizeof b;

	return getsockname(sock, (struct sockaddr *)&a, &alen) == 0
	    && getpeername(sock, (struct sockaddr *)&b, &blen) == 0
	    && alen <= sizeof a.sun_family && blen <= sizeof b.sun_family;
}

int
__wrap_getsockopt(int sock, int level, int name, void *value, socklen_t *len)
{
	struct host_peer peer;
	struct unpcbid cred;

	if (answers_lowat(level, name, value, len))
		return 0;
	if (level != 0 || name != LOCAL_PEEREID)
		return syscall(SYS_getsockopt, sock, level, name, value, len);
	if (host_peer(sock, &peer) < 0) {
		errno = errno == ENOTCONN ? EINVAL : errno;
		return -1;
	}
#ifdef PERSONA_OLD
	if (is_of_pair(sock)) {
		errno = EINVAL;
		return -1;
	}
#endif
	cred.unp_pid = peer.pid;
	cred.unp_euid = peer.uid;
	cred.unp_egid = peer.gid;
	memcpy(value, &cred, *len < sizeof cred ? *len : sizeof cred);
	return 0;
}
