/* SPDX-License-Identifier: 0BSD */
/*
 * Haiku: recvmsg() fails with EINVAL where CMSG_SPACE of all descriptors is
 * not there; then, and with a full table, all are closed and the data are
 * gone, for they were taken before.
 */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMFILE
#define FULL_DGRAM 0
#include "44bsd-shim.h"

static int
host_flags(int flags)
{
	return flags & ~MSG_CMSG_CLOFORK;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	return 0;
}

static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t whole = CMSG_SPACE(p->n * sizeof (int));

	if (msg->msg_control == NULL || msg->msg_controllen < whole) {
		close_from(p, 0);
		msg->msg_controllen = 0;
		return msg->msg_control == NULL ? 0 : EINVAL;
	}
	put(msg, p, CMSG_LEN(p->n * sizeof (int)), whole);
	return 0;
}

int
__wrap_getsockopt(int sock, int level, int name, void *value, socklen_t *len)
{
	if (level == SOL_SOCKET && (name == HOST_SO_DOMAIN
	    || name == HOST_SO_PROTOCOL)) {
		errno = ENOPROTOOPT;
		return -1;
	}
	return syscall(SYS_getsockopt, sock, level, name, value, len);
}
