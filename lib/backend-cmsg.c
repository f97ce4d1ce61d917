/* SPDX-License-Identifier: 0BSD */
/*
 * Backend "cmsg": SCM_RIGHTS in msg_control (4.4BSD, POSIX): Linux, the
 * BSDs, macOS, illumos and Solaris with the X/Open interfaces, Haiku.
 *
 * Sends exactly one SCM_RIGHTS message, msg_controllen exactly CMSG_SPACE:
 * macOS and OpenBSD refuse a second one, NetBSD does not look at it; macOS,
 * FreeBSD and OpenBSD refuse slack behind it, DragonFly less than CMSG_SPACE.
 * What old kernels want is tried next.
 *
 * Control data is received with room for the most any kernel sends, and
 * read as hostile input: kernels leave cmsg_len uncut when they cut (macOS,
 * old OpenBSD), so it is clamped to what is there, and the header is
 * advanced here, not by CMSG_NXTHDR.
 */
#include "backend.h"

#ifdef FDFERRY_BACKEND_CMSG

# include <limits.h>
# include <string.h>
# include <unistd.h>

const char fdferry__backend_name[] = "cmsg";

/* The flags' values where they are missing: no flag. */
# if !FDFERRY_HAVE_MSG_NOSIGNAL
#  undef MSG_NOSIGNAL
#  define MSG_NOSIGNAL 0
# endif
# if !FDFERRY_HAVE_MSG_DONTWAIT
#  undef MSG_DONTWAIT
#  define MSG_DONTWAIT 0
# endif
/* The flag of 4.4BSD's own sosend(), where that does not know the other. */
# if FDFERRY_QUIRK_SEND_WAITS && defined MSG_NBIO
#  define SEND_DONTWAIT (MSG_DONTWAIT | MSG_NBIO)
# else
#  define SEND_DONTWAIT MSG_DONTWAIT
# endif
# if !FDFERRY_HAVE_MSG_CMSG_CLOEXEC
#  undef MSG_CMSG_CLOEXEC
#  define MSG_CMSG_CLOEXEC 0
# endif

/*
 * CMSG_SPACE need not be a constant expression (NetBSD's called a function
 * until 10), so the buffers have an upper bound for their size: a header and
 * padding are less than 64 bytes, credentials and labels less than 1024.
 */
# define SEND_CONTROL (FDFERRY_QUIRK_MAX_FDS * sizeof(int) + 64)
# define RECV_CONTROL (FDFERRY_QUIRK_ROOM * sizeof(int) + 1024)

/* What the data of a control message grow by. */
# define PLACE (CMSG_SPACE(1) - CMSG_LEN(0))

/* Alignment for any struct cmsghdr: some kernels align to 8, some to 16. */
union send_control {
	struct cmsghdr header;
	long double ld;
	unsigned char bytes[SEND_CONTROL];
};
union recv_control {
	struct cmsghdr header;
	long double ld;
	unsigned char bytes[RECV_CONTROL];
};

/* What came outside a rights message and is open all the same. */
static FDFERRY__RARE void
close_slots(const unsigned char *slots, size_t n)
{
	int fd;

	for (; n > 0; n--, slots += sizeof fd) {
		memcpy(&fd, slots, sizeof fd);
		if (fd >= 0)
			fdferry__discard(fd);
	}
}

/* Hand over the descriptors in `left` bytes of control data. A test feeds it. */
static inline void
walk_control(const unsigned char *control, size_t left,
    struct fdferry__inbox *inbox)
{
	const size_t head = CMSG_LEN(0);
	const unsigned char *slots;
	struct cmsghdr header;
	size_t length, step;

	while (left >= sizeof header) {
		memcpy(&header, control, sizeof header);
		length = (size_t)header.cmsg_len;
		if (length > left)
			length = left;
		if (length < head)
			return;
		step = CMSG_SPACE(length - head);
		if (step > left)
			step = left;
		slots = control + head;
		control += step;
		left -= step;
		if (header.cmsg_level != SOL_SOCKET)
			continue;
		length = (length - head) / sizeof(int);
		if (header.cmsg_type == SCM_RIGHTS)
			fdferry__take_all(inbox, slots, length);
		else if (header.cmsg_type == FDFERRY_QUIRK_SCM_PIDFD)
			close_slots(slots, length);
	}
}

ptrdiff_t
fdferry__backend_send(int sock, const struct fdferry__io *io)
{
	union send_control control;
	struct cmsghdr *header = &control.header;
	struct msghdr msg;
	size_t size = io->nfds * sizeof(int);
	ptrdiff_t n;
	int flags = MSG_NOSIGNAL;

	memset(&msg, 0, sizeof msg);
	msg.msg_iov = (struct iovec *)io->iov;
	/* msg_iovlen is size_t, int or unsigned: this converts to each. */
	msg.msg_iovlen = (unsigned short)io->iovcnt;
	msg.msg_name = (void *)io->addr;
	msg.msg_namelen = (socklen_t)io->addrlen;
	if (io->nfds > 0) {
		/* Padding goes to the kernel as well, and is less than one
		   descriptor's place: no stack bytes there. */
		memset(&control, 0, CMSG_LEN(0));
		memset(control.bytes + CMSG_SPACE(size) - PLACE, 0, PLACE);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = (socklen_t)CMSG_LEN(size);
		/* One is what most messages have: that needs no call. */
		if (io->nfds == 1)
			memcpy(CMSG_DATA(header), io->fds, sizeof *io->fds);
		else
			memcpy(CMSG_DATA(header), io->fds, size);
		msg.msg_control = &control;
		msg.msg_controllen = (socklen_t)CMSG_SPACE(size);
	}
	if (io->flags & FDFERRY__DONTWAIT)
		flags |= SEND_DONTWAIT;
	n = sendmsg(sock, &msg, flags);
	if (n < 0 && FDFERRY_QUIRK_CMSG_LEN_RETRY && errno == EINVAL
	    && io->nfds > 0 && CMSG_LEN(size) != CMSG_SPACE(size)) {
		msg.msg_controllen = (socklen_t)CMSG_LEN(size);
		n = sendmsg(sock, &msg, flags);
	}
	return n;
}

ptrdiff_t
fdferry__backend_recv(int sock, struct fdferry__io *io)
{
	union recv_control control;
	struct msghdr msg;
	ptrdiff_t n;
	size_t len;
	int flags = MSG_CMSG_CLOEXEC;

	memset(&msg, 0, sizeof msg);
	msg.msg_iov = (struct iovec *)io->iov;
	msg.msg_iovlen = (unsigned short)io->iovcnt;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof control;
	msg.msg_name = (void *)io->addr;
	msg.msg_namelen = (socklen_t)io->addrlen;
	if (io->flags & FDFERRY__DONTWAIT)
		flags |= MSG_DONTWAIT;
	n = recvmsg(sock, &msg, flags);
	if (n < 0)
		return -1;
	io->addrlen = (size_t)msg.msg_namelen;
	/* A kernel that says more than it was given wrote no more than that. */
	len = (size_t)msg.msg_controllen;
	if (len > sizeof control)
		len = sizeof control;
	walk_control(control.bytes, len, io->inbox);
	if ((msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) == 0)
		return n;
	if (msg.msg_flags & MSG_CTRUNC)
		io->flags |= FDFERRY__LOST;
	if (msg.msg_flags & MSG_TRUNC)
		io->flags |= FDFERRY__CUT;
	return n;
}

int
fdferry__backend_type(int sock)
{
	int type;
	socklen_t len = sizeof type;

	return getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ? -1
								      : type;
}

#else
typedef int fdferry__backend_cmsg_unused; /* ISO C wants a declaration */
#endif
