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
 * and may have these:
 *   FULL_STREAM    errno of sendmsg() with descriptors to a full stream
 *   SEND_WAITS     sendmsg() does not look at MSG_DONTWAIT; the flag that it
 *                  looks at instead, or 0. The persona wraps send, too
 *   DATA_STAY      those of a message whose descriptors cannot be had; and
 *                  soreceive() of 4.4BSD calls an empty datagram cut
 *   EPERM_LOSES    EPERM for a directory beyond the root (PERSONA_CHROOT)
 *   STOPS_BEFORE   a read of a stream ends in front of a byte with descriptors
 *                  and goes on behind it; the peers of such a program must be
 *                  such programs, or PERSONA_JOINS must be set
 *   PEEK_SHOWS     bytes of junk that a peek shows for each descriptor, or 0:
 *                  nothing is there
 *   ONLY_FIRST     of several control messages only the first is looked at
 *   IN_FLIGHT_LOST too many in flight (PERSONA_IN_FLIGHT): success, and lost
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
			g->messages++;
#ifdef ONLY_FIRST
			if (g->messages > 1)
				n = 0;
#endif
			memcpy(g->fds + g->n, at + head, n * sizeof (int));
			g->n += n;
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

static size_t
bytes_of(const struct iovec *iov, size_t n)
{
	size_t total = 0;

	while (n > 0)
		total += iov[--n].iov_len;
	return total;
}

/* What an empty buffer holds of control data: PERSONA_SNDBUF, if it is set. */
static int
sndbuf(void)
{
	const char *text = getenv("PERSONA_SNDBUF");

	return text != NULL ? atoi(text) : 2048;
}

/* getsockopt() for SO_SNDLOWAT: 4.4BSD's, which Linux only has the name of. */
static int
answers_lowat(int level, int name, void *value, socklen_t *len)
{
	int lowat = sndbuf() < 2048 ? sndbuf() : 2048;

	if (level != SOL_SOCKET || name != SO_SNDLOWAT || *len < sizeof lowat)
		return 0;
	memcpy(value, &lowat, sizeof lowat);
	*len = sizeof lowat;
	return 1;
}

#ifdef SEND_WAITS
static int
sosend_flags(int flags)
{
	int asked = flags & SEND_WAITS;

	flags &= ~(SEND_WAITS | HOST_MSG_DONTWAIT);
	return asked != 0 ? flags | HOST_MSG_DONTWAIT : flags;
}
#else
# define sosend_flags(flags) (flags)
#endif

#ifdef SEND_WAITS
ssize_t
__wrap_send(int sock, const void *data, size_t len, int flags)
{
	struct iovec iov = { (void *)data, len };

	return host_send(sock, NULL, 0, &iov, 1, NULL, 0,
	    host_flags(sosend_flags(flags)));
}
#endif

/* The part of msg's iov from byte `from`, `len` long, into to[MOST_PIECES].
   How many pieces. */
static size_t
part_of(const struct msghdr *msg, size_t from, size_t len, struct iovec *to)
{
	size_t i, n = 0;

	for (i = 0; i < msg->msg_iovlen && n < MOST_PIECES && len > 0; i++) {
		to[n] = msg->msg_iov[i];
		if (from >= to[n].iov_len) {
			from -= to[n].iov_len;
			continue;
		}
		to[n].iov_base = (char *)to[n].iov_base + from;
		to[n].iov_len -= from;
		from = 0;
		if (to[n].iov_len > len)
			to[n].iov_len = len;
		len -= to[n++].iov_len;
	}
	return n;
}

/* What a blocking send has not taken at once: in one call, for each takes
   room in the socket beside its bytes. */
static ssize_t
send_rest(int sock, const struct msghdr *msg, size_t skip, int flags)
{
	struct iovec rest[MOST_PIECES];
	const size_t count = part_of(msg, skip, (size_t)-1, rest);
	ssize_t n = 0;

	if (count > 0)
		n = host_send(sock, NULL, 0, rest, count, NULL, 0, flags);
	return n > 0 ? n : 0;
}

/* The descriptors with the first byte alone: that it has them can be seen
   from the other end, see in_front(). */
#ifdef STOPS_BEFORE
# define stops_before() (getenv("PERSONA_JOINS") == NULL)
#else
# define stops_before() 0
#endif

/* With descriptors to a stream. */
static ssize_t
send_stream(int sock, const struct msghdr *msg, const struct gathered *g,
    int flags)
{
	struct iovec first;
	size_t i = 0;
	ssize_t n, more;

	while (i < msg->msg_iovlen && msg->msg_iov[i].iov_len == 0)
		i++;
	if (!stops_before() || i == msg->msg_iovlen
	    || bytes_of(msg->msg_iov, msg->msg_iovlen) < 2)
		return host_send(sock, msg->msg_name, msg->msg_namelen,
		    msg->msg_iov, msg->msg_iovlen, g->fds, g->n, flags);
	first.iov_base = msg->msg_iov[i].iov_base;
	first.iov_len = 1;
	n = host_send(sock, msg->msg_name, msg->msg_namelen, &first, 1,
	    g->fds, g->n, flags);
	if (n < 0)
		return n;
	more = send_rest(sock, msg, 1, flags);
	return more > 0 ? n + more : n;
}

ssize_t
SEND(int sock, const struct msghdr *msg, int flags)
{
	struct gathered g;
	ssize_t n;
	int error = gather(msg, &g);

	if (error == 0 && g.n > 0)
		error = refuse(sock, msg, &g);
#ifdef FULL_STREAM
	if (error == 0 && g.n > 0 && type_of(sock) == SOCK_STREAM
	    && msg->msg_controllen > sndbuf())
		error = FULL_STREAM;
#endif
	if (error != 0) {
		errno = error;
		return -1;
	}
#ifdef IN_FLIGHT_LOST
	if (g.n > 0 && getenv("PERSONA_IN_FLIGHT") != NULL)
		return bytes_of(msg->msg_iov, msg->msg_iovlen);
#endif
	flags = host_flags(sosend_flags(flags));
	if (FULL_DGRAM != 0 && type_of(sock) == SOCK_DGRAM) {
		n = host_send(sock, msg->msg_name, msg->msg_namelen,
		    msg->msg_iov, msg->msg_iovlen, g.fds, g.n,
		    flags | HOST_MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			errno = FULL_DGRAM;
		return n;
	}
#ifdef FULL_STREAM
	/* Fails at once, on blocking sockets too; once begun it waits. */
	if (g.n > 0 && type_of(sock) == SOCK_STREAM) {
		n = send_stream(sock, msg, &g, flags | HOST_MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			errno = FULL_STREAM;
		return n < 0 || flags & HOST_MSG_DONTWAIT ? n
		    : n + send_rest(sock, msg, n, flags);
	}
#endif
	if (g.n > 0 && type_of(sock) == SOCK_STREAM)
		return send_stream(sock, msg, &g, flags);
	return host_send(sock, msg->msg_name, msg->msg_namelen, msg->msg_iov,
	    msg->msg_iovlen, g.fds, g.n, flags);
}

#ifdef DATA_STAY
/*
 * Where the descriptors of a message cannot be had, its bytes are the next to
 * be read, without them. That this is so of a socket is remembered in its
 * SO_PRIORITY, which Unix sockets have no use for: a shim keeps no state.
 */
# define HOST_SO_PRIORITY 12

static int
stripped(int sock)
{
	int mark = 0;
	socklen_t len = sizeof mark;

	(void)syscall(SYS_getsockopt, sock, SOL_SOCKET, HOST_SO_PRIORITY,
	    &mark, &len);
	return mark;
}

static void
strip(int sock, int mark)
{
	(void)syscall(SYS_setsockopt, sock, SOL_SOCKET, HOST_SO_PRIORITY,
	    &mark, (socklen_t)sizeof mark);
}

static ssize_t
recv_stripped(int sock, struct msghdr *msg, int flags)
{
	struct __host_msghdr host;
	ssize_t n;

	memset(&host, 0, sizeof host);
	host.msg_iov = msg->msg_iov;
	host.msg_iovlen = msg->msg_iovlen;
	n = syscall(SYS_recvmsg, sock, &host, host_flags(flags));
	if (n < 0)
		return n;
	strip(sock, 0);
	msg->msg_namelen = 0;
	msg->msg_controllen = 0;
	msg->msg_flags = host.msg_flags & ~MSG_CTRUNC;
	return n;
}

/* Not to be had: a full table, or a directory beyond the process's root. */
static int
not_to_be_had(const struct passed *p)
{
	struct stat st;
	size_t i;

	if (p->lost)
		return FULL_TABLE;
# ifdef EPERM_LOSES
	if (getenv("PERSONA_CHROOT") == NULL)
		return 0;
	for (i = 0; i < p->n; i++)
		if (fstatat(p->fds[i], "", &st, 0x1000) == 0
		    && S_ISDIR(st.st_mode))
			return EPERM;
# endif
	return 0;
}

/* Peeking shows what receiving would bring. errno, or 0. */
static int
foresee(int sock, struct msghdr *msg, int flags)
{
	struct passed p;
	int error;

	if (host_recv(sock, NULL, NULL, msg->msg_iov, msg->msg_iovlen, &p,
	    host_flags(flags) | MSG_PEEK) < 0)
		return errno;
	error = not_to_be_had(&p);
	close_from(&p, 0);
	if (error != 0)
		strip(sock, 1);
	return error;
}
#endif

#ifdef MSG_CMSG_CLOEXEC
# define echoed(flags) ((flags) & MSG_CMSG_CLOEXEC)
#else
# define echoed(flags) 0
#endif

#ifdef PEEK_SHOWS
/* A peek opens nothing; what it shows are the kernel's own pointers. */
static ssize_t
peek(struct msghdr *msg, struct passed *p, ssize_t n)
{
	const size_t size = p->n * PEEK_SHOWS;

	close_from(p, 0);
	if (size == 0 || msg->msg_controllen < CMSG_SPACE(size)) {
		msg->msg_controllen = 0;
		return n;
	}
	p->n = size / sizeof (int);
	memset(p->fds, 0xd0, size);
	put(msg, p, CMSG_LEN(size), CMSG_SPACE(size));
	return n;
}
#endif

/* One read of the kernel below. */
static ssize_t
recv_some(int sock, struct msghdr *msg, int flags)
{
	struct passed p;
	ssize_t n;
	int error;

#ifdef DATA_STAY
	if (stripped(sock))
		return recv_stripped(sock, msg, flags);
	if ((flags & MSG_PEEK) == 0
	    && (error = foresee(sock, msg, flags)) != 0) {
		errno = error;
		return -1;
	}
#endif
	n = host_recv(sock, msg->msg_name,
	    msg->msg_name != NULL ? &msg->msg_namelen : NULL, msg->msg_iov,
	    msg->msg_iovlen, &p, host_flags(flags));
	if (n < 0)
		return n;
	msg->msg_flags = p.flags | echoed(flags);
#ifdef DATA_STAY
	/* soreceive() never comes to the end of a datagram without room. */
	if (n == 0 && bytes_of(msg->msg_iov, msg->msg_iovlen) == 0
	    && type_of(sock) != SOCK_STREAM)
		msg->msg_flags |= MSG_TRUNC;
#endif
#ifdef PEEK_SHOWS
	if (flags & MSG_PEEK)
		return peek(msg, &p, n);
#endif
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

#ifndef STOPS_BEFORE
ssize_t
RECV(int sock, struct msghdr *msg, int flags)
{
	return recv_some(sock, msg, flags);
}
#else
# include "stops-before.h"
#endif
