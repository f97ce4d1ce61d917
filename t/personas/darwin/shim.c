/* SPDX-License-Identifier: 0BSD */
/* macOS: all descriptors are installed before anything is cut; see facts. */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMSGSIZE
#define FULL_DGRAM ENOBUFS
#define FULL_STREAM EMSGSIZE
#define SEND_WAITS 0
#define DATA_STAY 1
#include "44bsd-shim.h"

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

static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t whole = CMSG_LEN(p->n * sizeof (int));
	size_t room = msg->msg_controllen;

	/* No buffer: they stay, and nobody knows their numbers. */
	if (msg->msg_control == NULL || room == 0) {
		msg->msg_controllen = 0;
		return 0;
	}
	if (room < whole)
		msg->msg_flags |= MSG_CTRUNC;
	else
		room = whole;
	put(msg, p, whole, room);
	return 0;
}

/* Plain reads externalize as well, and throw the numbers away. */
ssize_t
__wrap_readv(int fd, const struct iovec *iov, int n)
{
	struct passed p;

	if (type_of(fd) < 0)
		return syscall(SYS_readv, fd, iov, n);
	return host_recv(fd, NULL, NULL, (struct iovec *)iov, n, &p, 0);
}

ssize_t
__wrap_read(int fd, void *buf, size_t len)
{
	struct iovec iov = { buf, len };
	struct passed p;

	if (type_of(fd) < 0 || len == 0)
		return syscall(SYS_read, fd, buf, len);
	return host_recv(fd, NULL, NULL, &iov, 1, &p, 0);
}

ssize_t
__wrap_recv(int fd, void *buf, size_t len, int flags)
{
	struct iovec iov = { buf, len };
	struct passed p;

	return host_recv(fd, NULL, NULL, &iov, 1, &p, flags);
}

int
__wrap_socket(int family, int type, int protocol)
{
	if (family == AF_UNIX && type == SOCK_SEQPACKET) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return syscall(SYS_socket, family, type, protocol);
}

int
__wrap_socketpair(int family, int type, int protocol, int pair[2])
{
	if (type == SOCK_SEQPACKET) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	return syscall(SYS_socketpair, family, type, protocol, pair);
}

int
getpeereid(int sock, uid_t *uid, gid_t *gid)
{
	struct host_peer peer;

	if (host_peer(sock, &peer) < 0)
		return -1;
	*uid = peer.uid;
	*gid = peer.gid;
	return 0;
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
