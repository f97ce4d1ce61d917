/* SPDX-License-Identifier: 0BSD */
/* 4.3BSD, Solaris: what does not fit is closed, nothing says so. */
#include "shim.h"

ssize_t
__wrap_sendmsg(int sock, const struct msghdr *msg, int flags)
{
	if (msg->msg_accrightslen < 0
	    || msg->msg_accrightslen % (int)sizeof (int) != 0) {
		errno = EINVAL;
		return -1;
	}
	return host_send(sock, msg->msg_name, msg->msg_namelen, msg->msg_iov,
	    msg->msg_iovlen, (int *)msg->msg_accrights,
	    msg->msg_accrightslen / sizeof (int), flags);
}

ssize_t
__wrap_recvmsg(int sock, struct msghdr *msg, int flags)
{
	struct passed p;
	socklen_t len = msg->msg_namelen;
	size_t room;
	ssize_t n;

	n = host_recv(sock, msg->msg_name, &len, msg->msg_iov,
	    msg->msg_iovlen, &p, flags);
	if (n < 0)
		return n;
	if (p.lost) {
		close_from(&p, 0);
		errno = EMFILE;
		return -1;
	}
	if (msg->msg_name != NULL)
		msg->msg_namelen = len;
	room = msg->msg_accrights == NULL || msg->msg_accrightslen < 0 ? 0
	    : msg->msg_accrightslen / sizeof (int);
	if (p.n > room)
		close_from(&p, room);
	if (p.n > 0)
		memcpy(msg->msg_accrights, p.fds, p.n * sizeof (int));
	msg->msg_accrightslen = p.n * sizeof (int);
	return n;
}
