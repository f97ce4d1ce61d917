/* SPDX-License-Identifier: 0BSD */
/* macOS: all descriptors are installed before anything is cut; see facts. */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMSGSIZE
#define FULL_DGRAM ENOBUFS
#define FULL_STREAM EMSGSIZE
#define SEND_WAITS 0
#define DATA_STAY 1
#define NO_SEQPACKET EPROTONOSUPPORT
#define CUTS_UNCUT 1
#include "44bsd-shim.h"
#include "old-shim.h"
#include "getpeereid-shim.h"
#include "accept-shim.h"

static int
host_flags(int flags)
{
	return flags & ~HOST_MSG_NOSIGNAL;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	/* Exactly one message, and nothing behind it. */
	if (g->length != msg->msg_controllen || g->n > 254)
		return EINVAL;
	return any_events(g) ? EINVAL : 0;
}

int
__wrap_getsockopt(int sock, int level, int name, void *value, socklen_t *len)
{
	struct host_peer peer;

	if (answers_lowat(level, name, value, len))
		return 0;
	if (level != SOL_LOCAL || name != LOCAL_PEERPID)
		return syscall(SYS_getsockopt, sock, level, name, value, len);
	if (host_peer(sock, &peer) < 0)
		return -1;
	memcpy(value, &peer.pid, sizeof peer.pid);
	return 0;
}
