/* SPDX-License-Identifier: 0BSD */
/* FreeBSD: control data are cut at whole messages; see facts. */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMSGSIZE
#define FULL_DGRAM ENOBUFS
#define DATA_STAY 1
#define STOPS_BEFORE 1
#define PEEK_SHOWS sizeof (void *)
#include "44bsd-shim.h"
#include <sys/ucred.h>

static int
host_flags(int flags)
{
	/* Not known here, or broken until 2021. */
	flags &= ~MSG_CMSG_CLOFORK;
	if (__FreeBSD_version < 1300502)
		flags &= ~MSG_CMSG_CLOEXEC;
	return flags;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	if (g->end != msg->msg_controllen)
		return EINVAL;			/* slack */
	if (CMSG_SPACE(g->n * sizeof (void *)) > 2048)
		return E2BIG;		/* a cluster of mbufs */
	return any_events(g) ? EOPNOTSUPP : 0;
}

static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t whole = CMSG_SPACE(p->n * sizeof (int));

	if (msg->msg_control == NULL || msg->msg_controllen < whole) {
		close_from(p, 0);
		if (msg->msg_control != NULL)
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
	struct xucred cred;

	if (level != SOL_LOCAL || name != LOCAL_PEERCRED)
		return syscall(SYS_getsockopt, sock, level, name, value, len);
	if (host_peer(sock, &peer) < 0)
		return -1;
	memset(&cred, 0, sizeof cred);
	cred.cr_version = XUCRED_VERSION;
	cred.cr_uid = peer.uid;
	cred.cr_ngroups = 1;
	cred.cr_groups[0] = peer.gid;
#if __FreeBSD_version >= 1300000
	cred.cr_pid = peer.pid;
#endif
	memcpy(value, &cred, *len < sizeof cred ? *len : sizeof cred);
	return 0;
}
