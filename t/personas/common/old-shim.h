/* SPDX-License-Identifier: 0BSD */
/*
 * old-shim.h - what xnu and the BSDs of old do beside 44bsd-shim.h: whoever
 * reads without a control buffer, by read() too, has the descriptors and not
 * their numbers; and no SOCK_SEQPACKET. In kernels of old they stay open
 * inside the kernel, here and with xnu in the process. The persona wraps read,
 * readv, recv, socket, socketpair.
 */
#include "no-seqpacket-shim.h"

static int
keeps_without_buffer(struct msghdr *msg)
{
	if (msg->msg_control != NULL && msg->msg_controllen > 0)
		return 0;
	msg->msg_controllen = 0;
	return 1;
}

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

#ifdef CUTS_UNCUT
/* All are installed, then the buffer is filled as far as it goes; cmsg_len is
   as sent. */
static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t whole = CMSG_LEN(p->n * sizeof (int));
	size_t room = msg->msg_controllen;

	if (keeps_without_buffer(msg))
		return 0;
	if (room < whole)
		msg->msg_flags |= MSG_CTRUNC;
	else
		room = whole;
	put(msg, p, whole, room);
	return 0;
}
#endif
