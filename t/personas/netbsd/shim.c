/* SPDX-License-Identifier: 0BSD */
/* NetBSD: descriptors all or none, and CMSG_SPACE of room; see facts. */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMSGSIZE
#define FULL_DGRAM ENOBUFS
#include "44bsd-shim.h"

size_t
persona_alignbytes(void)
{
	return PERSONA_ALIGNMENT - 1;
}

static int
host_flags(int flags)
{
	return flags & ~MSG_CMSG_CLOFORK;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	/* Only the first message counts; one page of control data. */
	if (g->messages > 1 || msg->msg_controllen > 4096
	    || msg->msg_controllen < CMSG_SPACE(g->n * sizeof (int)))
		return EINVAL;
	return any_events(g) ? EBADF : 0;
}

static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t whole = CMSG_SPACE(p->n * sizeof (int));

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

int
__wrap_getsockopt(int sock, int level, int name, void *value, socklen_t *len)
{
	struct host_peer peer;
	struct unpcbid cred;

	if (level != 0 || name != LOCAL_PEEREID)
		return syscall(SYS_getsockopt, sock, level, name, value, len);
	if (host_peer(sock, &peer) < 0)
		return -1;
	cred.unp_pid = peer.pid;
	cred.unp_euid = peer.uid;
	cred.unp_egid = peer.gid;
	memcpy(value, &cred, *len < sizeof cred ? *len : sizeof cred);
	return 0;
}
