/* SPDX-License-Identifier: 0BSD */
/*
 * stops-before.h - recvmsg() of 44bsd-shim.h where a read of a stream ends in
 * front of a byte with descriptors, and goes on behind it (STOPS_BEFORE).
 */

/* Data without descriptors that are there behind the first byte. */
static ssize_t
recv_behind(int sock, const struct msghdr *msg, int flags)
{
	struct iovec iov[MOST_PIECES];
	struct passed p;
	ssize_t n;
	int next;
	size_t count = part_of(msg, 1, (size_t)-1, iov);

	if (count == 0)
		return 0;
	flags = (host_flags(flags) | HOST_MSG_DONTWAIT) & ~MSG_WAITALL;
	n = in_front(sock, iov, count, bytes_of(iov, count), flags, &next);
	if (n <= 0)
		return 0;
	count = part_of(msg, 1, (size_t)n, iov);
	n = host_recv(sock, NULL, NULL, iov, count, &p, flags);
	close_from(&p, 0);
	return n < 0 ? 0 : n;
}

ssize_t
RECV(int sock, struct msghdr *msg, int flags)
{
	struct msghdr first = *msg;
	struct iovec iov[MOST_PIECES];
	const size_t total = bytes_of(msg->msg_iov, msg->msg_iovlen);
	ssize_t n, more = 0;
	int next, at;

	if (!stops_before() || total == 0 || type_of(sock) != SOCK_STREAM)
		return recv_some(sock, msg, flags);
	n = in_front(sock, msg->msg_iov, msg->msg_iovlen, total,
	    host_flags(flags), &next);
	if (n < 0)
		return n;
	at = n == 0 && next;		/* stripped, too, it is a byte alone */
	first.msg_iov = iov;
	first.msg_iovlen = part_of(msg, 0, n > 0 ? (size_t)n : at ? 1 : total,
	    iov);
	n = recv_some(sock, &first, flags);
	if (n > 0 && at && !(flags & MSG_PEEK))
		more = recv_behind(sock, msg, flags);
	msg->msg_namelen = first.msg_namelen;
	msg->msg_controllen = first.msg_controllen;
	msg->msg_flags = first.msg_flags;
	return n > 0 ? n + more : n;
}
