/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/cmsg.c - a kernel that answers anything: fdferry_recv() over backend
 * "cmsg", with the system calls below it made up.
 *
 * The input: CMSG_HEAD bytes, what recvmsg() returns, its flags, the room and
 * the policy of the caller, how long the kernel says the control data are;
 * then the control data. Behind them the buffer holds one byte over and over,
 * for a kernel may claim more than it wrote.
 *
 * What must hold, checked with abort(): each descriptor that the control data
 * truly cover is handed to the caller or closed, exactly once, in order;
 * what is negative is told and never closed; nothing else is touched; the
 * counts in the result are right. A second reader of control data, here,
 * says which those are.
 */
#include "../lib/backend.h"

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

#ifdef FDFERRY_BACKEND_CMSG

#define CMSG_HEAD	8
#define SOCK		3
#define DATA_MOST	64
#define ROOM_MOST	700
#define NUMBERS_MOST	4000

/* ------------------------------------------------ the made-up kernel ---- */

static struct {
	/* What the input says. */
	ptrdiff_t answer;	/* of recvmsg(); -1: `error` */
	int error, flags, type, table_full, uid;
	int interrupts;		/* EINTR before that */
	size_t claim;
	unsigned char fill;
	const uint8_t *control;
	size_t len;
	/* What happened. */
	unsigned char seen[8192];	/* the buffer as it came back */
	size_t nseen;
	int closed[NUMBERS_MOST];
	size_t nclosed;
	int calls, lingers, probe, probe_open;
} kernel;

static ptrdiff_t
fake_recvmsg(int sock, struct msghdr *m, int flags)
{
	size_t room = (size_t)m->msg_controllen, n = kernel.len;

	(void)flags;
	must(sock == SOCK && room <= sizeof kernel.seen);
	kernel.calls++;
	if (kernel.interrupts > 0) {
		kernel.interrupts--;
		errno = EINTR;
		return -1;
	}
	if (kernel.answer < 0) {
		errno = kernel.error;
		return -1;
	}
	if (n > room)
		n = room;
	memset(kernel.seen, kernel.fill, sizeof kernel.seen);
	if (n > 0)
		memcpy(kernel.seen, kernel.control, n);
	memcpy(m->msg_control, kernel.seen, room);
	kernel.nseen = kernel.claim < room ? kernel.claim : room;
	m->msg_controllen = (socklen_t)kernel.claim;
	m->msg_flags = kernel.flags;
	must(m->msg_iovlen == 1 && m->msg_iov->iov_len >= (size_t)kernel.answer);
	memset(m->msg_iov->iov_base, 'd', (size_t)kernel.answer);
	return kernel.answer;
}

static int
fake_close(int fd)
{
	if (fd == kernel.probe) {
		must(kernel.probe_open);
		kernel.probe_open = 0;
		return 0;
	}
	must(fd >= 0 && kernel.nclosed < NUMBERS_MOST);
	/* What is refused may not linger. */
	must(kernel.lingers == fd);
	kernel.closed[kernel.nclosed++] = fd;
	errno = EIO;
	return -1;
}

static int
fake_setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	struct linger l;

	must(fd >= 0 && level == SOL_SOCKET && name == SO_LINGER
	    && len == sizeof l);
	memcpy(&l, value, sizeof l);
	must(l.l_onoff == 0);
	kernel.lingers = fd;
	errno = ENOTSOCK;
	return -1;
}

static int
fake_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	must(fd == SOCK && level == SOL_SOCKET && name == SO_TYPE
	    && *len == sizeof(int));
	memcpy(value, &kernel.type, sizeof kernel.type);
	return 0;
}

static int
fake_dup(int fd)
{
	must(fd == SOCK && !kernel.probe_open);
	if (kernel.table_full) {
		errno = EMFILE;
		return -1;
	}
	kernel.probe_open = 1;
	return kernel.probe;
}

static int
fake_fcntl(int fd, int command, int arg)
{
	(void)arg;
#ifdef F_DUPFD_CLOEXEC
	if (command == F_DUPFD_CLOEXEC)
		return fake_dup(fd);
#endif
	must(fd >= 0 && (command == F_GETFD || command == F_SETFD));
	return 0;
}

/* What describe.c and peer.c would ask the kernel. */
static int
fake_kind(int fd)
{
	must(fd >= 0);
	return fd % 2 ? FDFERRY_KIND_PIPE : FDFERRY_KIND_FILE;
}

static int
fake_peer(int sock, struct fdferry_peercred *peer)
{
	must(sock == SOCK);
	if (kernel.uid < 0) {
		errno = ENOTSUP;
		return -1;
	}
	peer->known = FDFERRY_PEER_UID;
	peer->uid = (unsigned long)kernel.uid;
	return 0;
}

static int
fake_is_stream(int type)
{
	return type == SOCK_STREAM;
}

static int
fake_is_seqpacket(int type)
{
	return type == SOCK_SEQPACKET;
}

static int
fake_is_nonblocking(int fd)
{
	return fd == SOCK;
}

/* Nothing here may wait. */
static int
fake_wait(int fd, int sending, struct fdferry__wait *wait)
{
	(void)fd;
	(void)sending;
	(void)wait;
	abort();
}

static int
fake_ready(int fd)
{
	return fd == SOCK;
}

#define recvmsg fake_recvmsg
#define close fake_close
#define setsockopt fake_setsockopt
#define getsockopt fake_getsockopt
#define dup fake_dup
#define FAKE_FCNTL(fd, ...) fake_fcntl((fd), FAKE_ARGS(__VA_ARGS__, 0, 0))
#define FAKE_ARGS(command, arg, ...) command, arg
#define fcntl(...) FAKE_FCNTL(__VA_ARGS__)
#undef FDFERRY_HAVE_CLOSE_RANGE
#define FDFERRY_HAVE_CLOSE_RANGE 0
#define fdferry_peer fake_peer
#define fdferry__kind fake_kind
#define fdferry__is_stream fake_is_stream
#define fdferry__is_seqpacket fake_is_seqpacket
#define fdferry__is_nonblocking fake_is_nonblocking
#define fdferry__socket_type(sock) ((void)(sock), kernel.type)
#define fdferry__wait(fd, sending, w) fake_wait((fd), (sending), (w))
#define fdferry__ready fake_ready
#define fdferry__only_full(sock, nfds) ((void)(sock), (void)(nfds), 0)
#include "../lib/backend-cmsg.c"
#include "../lib/inbox.c"
#include "../lib/message.c"
#include "../lib/message-recv.c"
#include "../lib/errno.c"
#include "../lib/close.c"
#include "../lib/structures.c"
#undef recvmsg
#undef close
#undef setsockopt
#undef getsockopt
#undef dup
#undef fcntl

/* ------------------------------------------------ a second reader ------- */

/* Every slot of a rights message, in order; and those of an SCM_PIDFD. */
static struct {
	int rights[NUMBERS_MOST], pidfds[NUMBERS_MOST];
	size_t nrights, npidfds;
} truth;

static void
read_again(const unsigned char *at, size_t size)
{
	const size_t align = CMSG_SPACE(1) - CMSG_SPACE(0);
	size_t begin = 0, length, n, i;
	struct cmsghdr h;
	int *list;

	truth.nrights = truth.npidfds = 0;
	while (begin <= size && size - begin >= sizeof h) {
		memcpy(&h, at + begin, sizeof h);
		/* What it claims, and what there is. */
		length = size - begin;
		if ((size_t)h.cmsg_len < length)
			length = (size_t)h.cmsg_len;
		if (length < CMSG_LEN(0))
			break;
		length -= CMSG_LEN(0);
		n = length / sizeof(int);
		for (i = 0; i < n; i++) {
			list = h.cmsg_level != SOL_SOCKET ? NULL
			    : h.cmsg_type == SCM_RIGHTS
			    ? &truth.rights[truth.nrights++]
			    : h.cmsg_type == FDFERRY_QUIRK_SCM_PIDFD
			    ? &truth.pidfds[truth.npidfds++] : NULL;
			if (list != NULL)
				memcpy(list, at + begin + CMSG_LEN(0)
				    + i * sizeof(int), sizeof(int));
		}
		begin += CMSG_SPACE(0) + (length + align - 1) / align * align;
	}
}

static int
by_number(const void *a, const void *b)
{
	int x, y;

	memcpy(&x, a, sizeof x);
	memcpy(&y, b, sizeof y);
	return x < y ? -1 : x > y;
}

/* Handed over or closed, each as often as it came, and nothing else. */
static void
all_accounted(const int *fds, size_t nfds)
{
	static int came[2 * NUMBERS_MOST], went[2 * NUMBERS_MOST];
	size_t i, n = 0, m = 0;

	for (i = 0; i < truth.nrights; i++)
		if (truth.rights[i] >= 0)
			came[n++] = truth.rights[i];
	for (i = 0; i < truth.npidfds; i++)
		if (truth.pidfds[i] >= 0)
			came[n++] = truth.pidfds[i];
	for (i = 0; i < nfds; i++)
		if (fds[i] >= 0)
			went[m++] = fds[i];
	for (i = 0; i < kernel.nclosed; i++)
		went[m++] = kernel.closed[i];
	must(n == m);
	if (n == 0)
		return;
	qsort(came, n, sizeof came[0], by_number);
	qsort(went, m, sizeof went[0], by_number);
	must(memcmp(came, went, n * sizeof came[0]) == 0);
}

/* Those that were handed over stand where they stood in the message. */
static void
all_in_order(const int *fds, size_t room, const struct fdferry_policy *policy,
    const struct fdferry_result *r)
{
	size_t i, negative = 0, refused = 0, over = 0, open = 0;
	size_t here = truth.nrights < room ? truth.nrights : room;
	int fd;

	for (i = 0; i < truth.nrights; i++) {
		fd = truth.rights[i];
		negative += fd < 0;
		if (i >= room)
			over += fd >= 0;
		else
			open += fd >= 0;
		if (i < r->fds) {
			must(fds[i] == (fd < 0 ? -1 : fd)
			    || (fds[i] == -1 && policy != NULL));
			refused += fds[i] == -1 && fd >= 0;
		}
	}
	if (policy == NULL) {
		must(r->fds == here && r->surplus == over && r->refused == negative);
		return;
	}
	/* Another user, too many: all of them. Else those of other kinds. */
	if (here + over > 0 && ((policy->nuids > 0 && kernel.uid != 0)
	    || (policy->most > 0 && here + over > policy->most))) {
		must(r->fds == 0 && r->surplus == 0
		    && r->refused == negative + open + over);
		return;
	}
	must(r->fds == here && r->surplus == over
	    && r->refused == negative + refused
	    && (policy->kinds != 0 || refused == 0));
	for (i = 0; i < here; i++)
		must(fds[i] < 0 || policy->kinds == 0 || fds[i] % 2);
}

/* ------------------------------------------------ what the input says --- */

static void
read_answer(const uint8_t *head, size_t room)
{
	static const int errors[] = { EAGAIN, EMSGSIZE, EMFILE, EPERM, ENOMEM,
		ECONNRESET, EBADF, ENOBUFS };
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };

	kernel.answer = head[0] >= 0xf0 ? -1
	    : head[0] % (ptrdiff_t)(room + 1);
	kernel.error = errors[head[0] & 7];
	kernel.flags = (head[1] & 1 ? MSG_CTRUNC : 0)
	    | (head[1] & 2 ? MSG_TRUNC : 0);
	kernel.interrupts = head[1] >> 2 & 1;
	kernel.table_full = head[1] >> 3 & 1;
	kernel.type = types[(head[1] >> 4) % 3];
	kernel.uid = (head[1] >> 6) - 1;
	kernel.fill = head[7];
}

static const struct fdferry_policy *
read_policy_byte(unsigned int byte, struct fdferry_policy *policy)
{
	static const unsigned long root = 0;

	memset(policy, 0, sizeof *policy);
	policy->size = sizeof *policy;
	if (byte & 1) {
		policy->uids = &root;
		policy->nuids = 1;
	}
	if (byte & 2)
		policy->most = 1 + (byte >> 4);
	if (byte & 4)
		policy->kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_PIPE);
	return byte & 8 ? policy : NULL;
}

/* A number that is not in the control data, for the probing dup. */
static int
other_number(void)
{
	int n = 1000000;
	size_t i;

	for (i = 0; i < truth.nrights + truth.npidfds; i++)
		if ((i < truth.nrights ? truth.rights[i]
		    : truth.pidfds[i - truth.nrights]) == n) {
			n++;
			i = (size_t)-1;
		}
	return n;
}

static void
one_descriptor(const struct fdferry_opts *o, unsigned int flags)
{
	struct fdferry_result r;
	int fd;

	r.size = sizeof r;
	fd = fdferry_recv_fd(SOCK, flags, o, &r);
	if (kernel.answer < 0)
		truth.nrights = truth.npidfds = 0;
	must(fd >= -1 && (fd < 0 || r.fds == 1));
	all_accounted(&fd, fd >= 0);
}

static void
many(const struct fdferry_opts *o, unsigned int flags, size_t len, size_t room)
{
	static int fds[ROOM_MOST];
	unsigned char data[DATA_MOST];
	struct fdferry_result r;
	ptrdiff_t n;
	size_t i;

	r.size = sizeof r;
	n = fdferry_recv(SOCK, data, len, fds, room, flags, o, &r);
	must(n == kernel.answer);
	if (n < 0) {
		must(kernel.nclosed == 0 && r.fds == 0 && r.error != 0);
		return;
	}
	must(r.bytes == (size_t)n && r.fds <= room);
	for (i = 0; i < r.bytes; i++)
		must(data[i] == 'd');
	must(!(kernel.flags & MSG_CTRUNC) || (r.flags & FDFERRY_TRUNCATED));
	must(((kernel.flags & MSG_TRUNC) != 0)
	    == ((r.flags & FDFERRY_DATA_TRUNCATED) != 0));
	must(!(r.flags & FDFERRY_EOF)
	    || (n == 0 && len > 0 && r.fds == 0 && r.surplus == 0));
	all_accounted(fds, r.fds);
	all_in_order(fds, room, o->policy, &r);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t rooms[] = { 1, 0, 2, 3, 5, 17, 253, ROOM_MOST };
	struct fdferry_policy policy;
	struct fdferry_opts o;
	size_t len, i;

	if (size < CMSG_HEAD)
		return 0;
	kernel.nclosed = 0;
	kernel.calls = kernel.probe_open = 0;
	kernel.lingers = -1;
	len = 1 + (data[2] & 0x3f);
	read_answer(data, data[2] & 0x80 ? 1 : len);
	kernel.control = data + CMSG_HEAD;
	kernel.len = size - CMSG_HEAD;
	kernel.claim = data[5] + data[6] * 256u;
	if (kernel.claim == 0xffff)
		kernel.claim = kernel.len;
	/* As fake_recvmsg() will leave it: what is read of the buffer. */
	memset(kernel.seen, kernel.fill, sizeof kernel.seen);
	memcpy(kernel.seen, kernel.control, kernel.len < sizeof kernel.seen
	    ? kernel.len : sizeof kernel.seen);
	i = sizeof(union recv_control);
	must(i <= sizeof kernel.seen);
	read_again(kernel.seen, kernel.claim < i ? kernel.claim : i);
	kernel.probe = other_number();
	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	o.policy = read_policy_byte(data[4], &policy);
	if (data[2] & 0x80)
		one_descriptor(&o, data[2] & 0x40 ? FDFERRY_NONBLOCK : 0);
	else
		many(&o, data[2] & 0x40 ? FDFERRY_NONBLOCK : 0, len,
		    rooms[data[3] & 7]);
	must(kernel.calls >= 1 && !kernel.probe_open);
	return 0;
}

#else

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	(void)data;
	(void)size;
	return 0;
}

#endif
