/* SPDX-License-Identifier: 0BSD */
/*
 * 44bsd-shim.h - sendmsg() and recvmsg() with msg_control, up to what the
 * systems do differently. A shim that includes it has these before:
 *
 *   SEND, RECV     names of the two functions
 *   refuse()       errno with which the kernel refuses a message, or 0
 *   deliver()      puts descriptors into msg; errno, or 0
 *   FULL_TABLE     errno of recvmsg() when the table is full
 *   FULL_DGRAM     errno when a datagram's receiver is full, or 0: it waits
 *   host_flags()   flags that this kernel would not know taken away
 */
#include "shim.h"

struct gathered {
	int fds[MOST];
	size_t n;
	int messages;		/* control messages that hold rights */
	size_t length;		/* cmsg_len of the last */
	size_t end;		/* of the last, aligned */
};

static int refuse(int sock, const struct msghdr *msg,
    const struct gathered *g);
static int deliver(struct msghdr *msg, struct passed *p);
static int host_flags(int flags);

/* Walk what the program sends; what no kernel takes is EINVAL. */
static int
gather(const struct msghdr *msg, struct gathered *g)
{
	struct cmsghdr header;
	const unsigned char *at = msg->msg_control;
	const size_t head = PERSONA_ALIGN(sizeof header);
	size_t left, n, step;

	memset(g, 0, sizeof *g);
	if (msg->msg_control == NULL)
		return msg->msg_controllen == 0 ? 0 : EINVAL;
	for (left = msg->msg_controllen; left >= sizeof header; left -= step) {
		memcpy(&header, at, sizeof header);
		if (header.cmsg_len == 0)
			break;			/* slack behind the last */
		if (header.cmsg_len < head || header.cmsg_len > left)
			return EINVAL;
		n = (header.cmsg_len - head) / sizeof (int);
		if (header.cmsg_level == SOL_SOCKET
		    && header.cmsg_type == SCM_RIGHTS) {
			if (g->n + n > MOST)
				return EINVAL;
			memcpy(g->fds + g->n, at + head, n * sizeof (int));
			g->n += n;
			g->messages++;
			g->length = header.cmsg_len;
		}
		step = PERSONA_ALIGN(header.cmsg_len);
		if (step > left)
			step = left;
		at += step;
		g->end += step;
	}
	return 0;
}

static int
any_events(const struct gathered *g)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (is_events(g->fds[i]))
			return 1;
	return 0;
}

/*
 * One control message with p's descriptors, of which `room` bytes of control
 * data are written and cmsg_len says `length`.
 */
static void
put(struct msghdr *msg, const struct passed *p, size_t length, size_t room)
{
	unsigned char whole[MOST * sizeof (int) + 64];
	struct cmsghdr header;
	const size_t head = PERSONA_ALIGN(sizeof header);

	memset(whole, 0, sizeof whole);
	memset(&header, 0, sizeof header);
	header.cmsg_len = (socklen_t)length;
	header.cmsg_level = SOL_SOCKET;
	header.cmsg_type = SCM_RIGHTS;
	memcpy(whole, &header, sizeof header);
	memcpy(whole + head, p->fds, p->n * sizeof (int));
	memcpy(msg->msg_control, whole, room);
	msg->msg_controllen = (socklen_t)room;
}

ssize_t
SEND(int sock, const struct msghdr *msg, int flags)
{
	struct gathered g;
	ssize_t n;
	int error = gather(msg, &g);

	if (error == 0 && g.n > 0)
		error = refuse(sock, msg, &g);
	if (error != 0) {
		errno = error;
		return -1;
	}
	flags = host_flags(flags);
	if (FULL_DGRAM != 0 && type_of(sock) == SOCK_DGRAM) {
		n = host_send(sock, msg->msg_name, msg->msg_namelen,
		    msg->msg_iov, msg->msg_iovlen, g.fds, g.n,
		    flags | HOST_MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			errno = FULL_DGRAM;
		return n;
	}
#ifdef FULL_STREAM
	/* Fails at once, on blocking sockets too. */
	if (g.n > 0) {
		n = host_send(sock, msg->msg_name, msg->msg_namelen,
		    msg->msg_iov, msg->msg_iovlen, g.fds, g.n,
		    flags | HOST_MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			errno = FULL_STREAM;
		return n;
	}
#endif
	return host_send(sock, msg->msg_name, msg->msg_namelen, msg->msg_iov,
	    msg->msg_iovlen, g.fds, g.n, flags);
}

ssize_t
RECV(int sock, struct msghdr *msg, int flags)
{
	struct passed p;
	ssize_t n;
	int error;

	n = host_recv(sock, msg->msg_name,
	    msg->msg_name != NULL ? &msg->msg_namelen : NULL, msg->msg_iov,
	    msg->msg_iovlen, &p, host_flags(flags));
	if (n < 0)
		return n;
	msg->msg_flags = p.flags;
	if (p.lost) {
		close_from(&p, 0);
		msg->msg_controllen = 0;
		errno = FULL_TABLE;
		return -1;
	}
	if (p.n == 0) {
		msg->msg_controllen = 0;
		return n;
	}
	error = deliver(msg, &p);
	if (error != 0) {
		errno = error;
		return -1;
	}
	return n;
}
