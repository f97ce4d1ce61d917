/* SPDX-License-Identifier: 0BSD */
/* Cygwin: sendmsg() succeeds and sends no control data. */
#include "shim.h"

ssize_t
__wrap_sendmsg(int sock, const struct msghdr *msg, int flags)
{
	return host_send(sock, msg->msg_name, msg->msg_namelen, msg->msg_iov,
	    msg->msg_iovlen, NULL, 0, flags);
}

ssize_t
__wrap_recvmsg(int sock, struct msghdr *msg, int flags)
{
	struct passed p;
	ssize_t n;

	n = host_recv(sock, msg->msg_name,
	    msg->msg_name != NULL ? &msg->msg_namelen : NULL, msg->msg_iov,
	    msg->msg_iovlen, &p, flags);
	close_from(&p, 0);
	msg->msg_controllen = 0;
	msg->msg_flags = p.flags;
	return n;
}
