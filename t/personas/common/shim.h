/* SPDX-License-Identifier: 0BSD */
/*
 * shim.h - the kernel below a persona: messages with all their descriptors.
 *
 * System calls are made directly: a shim that called libc's sendmsg() would
 * meet its own --wrap under sanitizers. Shims keep no state, for each
 * library and program has a copy.
 */
#include <features.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST 1024
#define MOST_PIECES 1024	/* of data in one message: IOV_MAX */

struct passed {
	int fds[MOST];
	size_t n;
	int lost;		/* this process's table is full */
	int flags;		/* msg_flags of the host, without MSG_CTRUNC */
};

union host_control {
	struct __host_cmsghdr header;
	unsigned char bytes[MOST * sizeof (int) + 64];
};
#define HOST_ALIGN(n) (((n) + sizeof (size_t) - 1) & ~(sizeof (size_t) - 1))
#define HOST_HEAD HOST_ALIGN(sizeof (struct __host_cmsghdr))

static ssize_t
host_send(int sock, const void *name, socklen_t namelen, struct iovec *iov,
    size_t iovlen, const int *fds, size_t n, int flags)
{
	union host_control control;
	struct __host_msghdr msg;

	memset(&msg, 0, sizeof msg);
	msg.msg_name = (void *)name;
	msg.msg_namelen = namelen;
	msg.msg_iov = iov;
	msg.msg_iovlen = iovlen;
	if (n > 0) {
		memset(&control, 0, sizeof control);
		control.header.cmsg_len = HOST_HEAD + n * sizeof (int);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = HOST_SCM_RIGHTS;
		memcpy(control.bytes + HOST_HEAD, fds, n * sizeof (int));
		msg.msg_control = &control;
		msg.msg_controllen = HOST_HEAD + HOST_ALIGN(n * sizeof (int));
	}
	return syscall(SYS_sendmsg, sock, &msg, flags);
}

static ssize_t
host_recv(int sock, void *name, socklen_t *namelen, struct iovec *iov,
    size_t iovlen, struct passed *p, int flags)
{
	union host_control control;
	struct __host_msghdr msg;
	ssize_t r;

	memset(&control, 0, sizeof control);
	memset(&msg, 0, sizeof msg);
	memset(p, 0, sizeof *p);
	msg.msg_name = name;
	msg.msg_namelen = namelen != NULL ? *namelen : 0;
	msg.msg_iov = iov;
	msg.msg_iovlen = iovlen;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof control;
	r = syscall(SYS_recvmsg, sock, &msg, flags);
	if (r < 0)
		return r;
	if (namelen != NULL)
		*namelen = msg.msg_namelen;
	p->flags = msg.msg_flags & ~(MSG_CTRUNC | HOST_MSG_CMSG_CLOEXEC);
	p->lost = (msg.msg_flags & MSG_CTRUNC) != 0;
	if (msg.msg_controllen >= HOST_HEAD
	    && control.header.cmsg_level == SOL_SOCKET
	    && control.header.cmsg_type == HOST_SCM_RIGHTS) {
		p->n = (control.header.cmsg_len - HOST_HEAD) / sizeof (int);
		memcpy(p->fds, control.bytes + HOST_HEAD,
		    p->n * sizeof (int));
	}
	return r;
}

/*
 * How many bytes of a stream, up to `len`, are in front of the next byte that
 * carries descriptors, which is *next: shims send those alone. A peek without
 * room for control data installs nothing, and MSG_CTRUNC tells of them; but it
 * tells of later ones, too, once the buffer is full, so one byte more than
 * wanted is peeked at. -1 with errno; 0 and not *next is the end.
 */
static ssize_t
in_front(int sock, const struct iovec *iov, size_t iovlen, size_t len,
    int flags, int *next)
{
	struct __host_msghdr msg;
	struct iovec peek[MOST_PIECES];
	char more;
	ssize_t n;

	memset(&msg, 0, sizeof msg);
	for (; iovlen > MOST_PIECES - 1; len -= iov[iovlen].iov_len)
		iovlen--;
	memcpy(peek, iov, iovlen * sizeof *iov);
	peek[iovlen].iov_base = &more;
	peek[iovlen].iov_len = 1;
	msg.msg_iov = peek;
	msg.msg_iovlen = iovlen + 1;
	n = syscall(SYS_recvmsg, sock, &msg, flags | MSG_PEEK);
	*next = n > 0 && (size_t)n <= len && (msg.msg_flags & MSG_CTRUNC);
	if (*next)
		n--;
	return n > (ssize_t)len ? (ssize_t)len : n;
}

static void
close_from(struct passed *p, size_t from)
{
	while (p->n > from)
		(void)syscall(SYS_close, p->fds[--p->n]);
}

/* Is the descriptor on such a file system of the kernel's own? /proc, which
   would tell as well, need not be there. */
static int
is_on(int fd, unsigned long magic)
{
	struct statfs st;

	return syscall(SYS_fstatfs, fd, &st) == 0
	    && (unsigned long)st.f_type == magic;
}

/* epoll and its kin stand for kqueue: what BSDs and macOS do not pass. */
#define is_events(fd) is_on((fd), 0x09041934)	/* ANON_INODE_FS_MAGIC */
#define is_pipe(fd) is_on((fd), 0x50495045)	/* PIPEFS_MAGIC */

static int
type_of(int sock)
{
	int type = -1;
	socklen_t len = sizeof type;

	(void)syscall(SYS_getsockopt, sock, SOL_SOCKET, SO_TYPE, &type, &len);
	return type;
}

/* What every dialect of peer credentials is made from. */
struct host_peer {
	int pid;
	unsigned int uid, gid;
};

static int
host_peer(int sock, struct host_peer *peer)
{
	socklen_t len = sizeof *peer;

	if (syscall(SYS_getsockopt, sock, SOL_SOCKET, HOST_SO_PEERCRED, peer,
	    &len) < 0)
		return -1;
	if (peer->uid == (unsigned int)-1) {
		errno = ENOTCONN;
		return -1;
	}
	return 0;
}

/* A pipe has no link (pipe_stat of the BSDs), which tells it from a fifo. */
int
__wrap_fstat(int fd, struct stat *st)
{
	if (fstatat(fd, "", st, 0x1000 /* AT_EMPTY_PATH */) < 0)
		return -1;
	if (S_ISFIFO(st->st_mode) && is_pipe(fd))
		st->st_nlink = 0;
	return 0;
}

#ifdef PERSONA_KQUEUE
/* An epoll descriptor plays the kqueue. */
int
kqueue(void)
{
	return syscall(SYS_epoll_create1, 0);
}

#include <sys/event.h>

/* EVFILT_READ of one socket, at once: what is there, and its end behind it. */
static int
readable(int fd, struct kevent *answer)
{
	struct { int fd; short events, revents; } p = { fd, 0x2001, 0 };
	struct timespec now = { 0, 0 };

	if (syscall(SYS_ppoll, &p, 1, &now, NULL, 0) <= 0)
		return 0;
	memset(answer, 0, sizeof *answer);
	answer->ident = fd;
	answer->filter = EVFILT_READ;
	answer->flags = p.revents & ~1 ? EV_EOF : 0;	/* POLLRDHUP, HUP, ERR */
	return 1;
}

int
kevent(int fd, const struct kevent *changes, int nchanges,
    struct kevent *events, int nevents, const struct timespec *timeout)
{
	if (!is_events(fd)) {
		errno = EBADF;
		return -1;
	}
	return nchanges == 1 && nevents == 1 && changes->filter == EVFILT_READ
	    ? readable((int)changes->ident, events) : 0;
}
#endif
