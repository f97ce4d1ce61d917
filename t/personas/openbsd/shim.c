/* SPDX-License-Identifier: 0BSD */
/* OpenBSD: what does not fit is an error, and all are lost; see facts. */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMSGSIZE
#define FULL_DGRAM ENOBUFS
#define DATA_STAY 1
#define EPERM_LOSES 1
#define STOPS_BEFORE 1
#if OpenBSD < 201905
# define SEND_WAITS 0
#endif
#if OpenBSD < 200805
# define PEEK_SHOWS 4
# define NO_SEQPACKET EPROTONOSUPPORT
# define CUTS_UNCUT 1
#else
# define PEEK_SHOWS 0
#endif
#include "44bsd-shim.h"
#ifdef CUTS_UNCUT
# include "old-shim.h"
# include "accept-shim.h"
#endif

static int
host_flags(int flags)
{
#ifdef MSG_CMSG_CLOFORK
	flags &= ~MSG_CMSG_CLOFORK;
#endif
	return flags;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	const size_t whole = PERSONA_ALIGN(g->length);

#if OpenBSD == 200805
	if (msg->msg_controllen != g->length)
		return EINVAL;
#endif
	if (g->messages > 1
	    || (msg->msg_controllen != g->length
	    && msg->msg_controllen != whole))
		return EINVAL;
#if OpenBSD < 200805
	return 0;		/* no kqueue; its limit cannot be met here */
#endif
	if (g->n > 127)
		return E2BIG;			/* struct fdpass, 2 KiB */
	/* The limit in flight is of the system, and cannot be met here. */
	if (getenv("PERSONA_IN_FLIGHT") != NULL)
		return EMFILE;
	return any_events(g) ? EINVAL : 0;
}

#ifndef CUTS_UNCUT
static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t head = CMSG_LEN(0), whole = CMSG_LEN(p->n * sizeof (int));

	if (msg->msg_control == NULL) {
		close_from(p, 0);
		msg->msg_controllen = 0;
		return 0;
	}
	if (msg->msg_controllen < head
	    || (msg->msg_controllen - head) / sizeof (int) < p->n) {
		close_from(p, 0);
		msg->msg_controllen = 0;
		return EMSGSIZE;
	}
	put(msg, p, whole, msg->msg_controllen < PERSONA_ALIGN(whole)
	    ? msg->msg_controllen : PERSONA_ALIGN(whole));
	return 0;
}
#endif

int
__wrap_getsockopt(int sock, int level, int name, void *value, socklen_t *len)
{
#ifdef SO_PEERCRED
	struct host_peer peer;
	struct sockpeercred cred;
#endif

	if (answers_lowat(level, name, value, len))
		return 0;
#ifndef SO_PEERCRED
	return syscall(SYS_getsockopt, sock, level, name, value, len);
#else
	if (level != SOL_SOCKET || name != SO_PEERCRED)
		return syscall(SYS_getsockopt, sock, level, name, value, len);
	if (host_peer(sock, &peer) < 0)
		return -1;
	cred.uid = peer.uid;
	cred.gid = peer.gid;
	cred.pid = peer.pid;
	memcpy(value, &cred, *len < sizeof cred ? *len : sizeof cred);
	return 0;
#endif
}
