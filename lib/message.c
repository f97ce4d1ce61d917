/* SPDX-License-Identifier: 0BSD */
/*
 * message.c - one message of data and descriptors, over any backend.
 *
 * Everything that must hold on every system is here: waiting, partial
 * writes, who owns what, what is reported. No platform #if.
 */
#include "backend.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define IOV_MOST 1024		/* IOV_MAX of most kernels */
#define ADDR_MOST 4096		/* more than any sockaddr; fits socklen_t */

/* ------------------------------------------------ growing structures ---- */

/*
 * Copy a structure of the caller's, `size` bytes long by its own account,
 * into the `most` bytes that we know. A caller built against a newer header
 * may have a longer one: what we do not know must be zero.
 */
static int
read_known(const void *from, size_t size, void *known, size_t most)
{
	const unsigned char *tail = from;
	size_t i;

	memset(known, 0, most);
	if (size < sizeof size)
		return EINVAL;
	memcpy(known, from, size < most ? size : most);
	for (i = most; i < size; i++)
		if (tail[i] != 0)
			return EINVAL;
	return 0;
}

static int
read_opts(const struct fdferry_opts *opts, struct fdferry_opts *known)
{
	if (opts != NULL)
		return read_known(opts, opts->size, known, sizeof *known);
	memset(known, 0, sizeof *known);
	return 0;
}

static int
bad_deadline(const struct timespec *when)
{
	return when != NULL && (when->tv_nsec < 0 || when->tv_nsec > 999999999);
}

/* Give the caller what it has room for, and its errno: also beside what was
   sent or received, for fdferry_send_fd() fails if the byte was not. */
static ptrdiff_t
report(ptrdiff_t n, struct fdferry_result *r, struct fdferry_result *result)
{
	size_t size;

	r->bytes = n > 0 ? (size_t)n : 0;
	if (result != NULL && result->size >= sizeof result->size) {
		size = result->size;
		r->size = size;
		memcpy(result, r, size < sizeof *r ? size : sizeof *r);
	}
	if (r->error != 0)
		errno = r->error;
	return n;
}

static int
bad_result(const struct fdferry_result *result)
{
	return result != NULL && result->size < sizeof result->size;
}

/* ------------------------------------------------ data ------------------ */

/* Total of an iovec; false if it cannot be one message. */
static int
iov_total(const struct iovec *iov, int iovcnt, size_t *total)
{
	int i;

	*total = 0;
	if (iovcnt < 0 || iovcnt > IOV_MOST || (iovcnt > 0 && iov == NULL))
		return 0;
	for (i = 0; i < iovcnt; i++) {
		if (iov[i].iov_len > (size_t)PTRDIFF_MAX - *total)
			return 0;
		*total += iov[i].iov_len;
	}
	return 1;
}

/* Up to `most` pieces of `iov` from byte `skip` on, into `rest`. */
static int
iov_rest(const struct iovec *iov, int iovcnt, size_t skip,
    struct iovec *rest, int most)
{
	int i, n = 0;

	for (i = 0; i < iovcnt && n < most; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		rest[n].iov_base = (char *)iov[i].iov_base + skip;
		rest[n].iov_len = iov[i].iov_len - skip;
		skip = 0;
		n++;
	}
	return n;
}

/* ------------------------------------------------ waiting --------------- */

struct patience {
	struct fdferry__wait wait;
	int never;		/* FDFERRY_NONBLOCK, which beats a deadline */
};

/* What the kernel is given when there are no data: macOS wants a piece. */
static const struct iovec no_data[1];

static void
patience_init(struct patience *p, unsigned int flags,
    const struct fdferry_opts *opts)
{
	p->wait.deadline = opts->deadline;
	p->wait.rounds = 0;
	p->never = (flags & FDFERRY_NONBLOCK) != 0;
}

/* With a deadline the kernel must not block: we wait in poll(). */
static unsigned int
patience_flags(const struct patience *p)
{
	return p->never || p->wait.deadline != NULL ? FDFERRY__DONTWAIT : 0;
}

/*
 * The call failed with `oserr`, meaning `error`. Wait if that can help and
 * the caller wants to. Returns 0 to try again, else the errno to report.
 */
static int
try_again(struct patience *p, int sock, int sending, int error, int oserr)
{
	if (oserr == EINTR)
		return 0;
	if (!fdferry__would_block(error))
		return error;
	if (p->never)
		return EAGAIN;
	/* A blocking socket says EAGAIN for SO_RCVTIMEO; but a kernel may
	   call a full socket something else, and then we wait. */
	if (p->wait.deadline == NULL
	    && (fdferry__would_block(oserr) || fdferry__is_nonblocking(sock)))
		return EAGAIN;
	return fdferry__wait(sock, sending, &p->wait) == 0 ? 0 : errno;
}

/* ------------------------------------------------ sending --------------- */

/* Close the caller's copies, without writing to the caller's list. */
static void
give(const int *fds, size_t nfds)
{
	int copy[FDFERRY_QUIRK_MAX_FDS];

	memcpy(copy, fds, nfds * sizeof *fds);
	fdferry_close(copy, nfds);
}

/* What can be known to be wrong before the kernel is asked. */
static int
check_send(int sock, size_t len, const int *fds, size_t nfds,
    unsigned int flags)
{
	int type;
	size_t i;

	if ((flags & ~(FDFERRY_GIVE | FDFERRY_NONBLOCK)) != 0)
		return EINVAL;
	if (nfds > 0) {
		if (fdferry_max_fds() == 0)
			return ENOTSUP;
		if (nfds > fdferry_max_fds() || fds == NULL)
			return EINVAL;
		for (i = 0; i < nfds; i++)
			if (fds[i] < 0)
				return EBADF;
		/* Linux sends the data over TCP, drops the descriptors and
		   reports success. */
		if (fdferry__is_foreign(sock))
			return EAFNOSUPPORT;
	}
	if (len > 0)
		return 0;
	type = fdferry__backend_type(sock);
	if (type < 0)
		return errno;
	if (fdferry__is_seqpacket(type)
	    || (fdferry__is_stream(type) && nfds > 0))
		return EINVAL;
	return 0;
}

static ptrdiff_t
send_once(int sock, const struct fdferry__io *io)
{
	if ((io->flags & FDFERRY__DONTWAIT) && !fdferry__ready(sock, 1)) {
		errno = EAGAIN;
		return -1;
	}
	return fdferry__backend_send(sock, io);
}

/*
 * Send until all is taken or the patience ends. Returns what was taken, or
 * -1; *error and *oserr say why it stopped.
 */
static ptrdiff_t
send_all(int sock, const struct iovec *iov, int iovcnt, size_t total,
    struct fdferry__io *io, struct patience *p, struct fdferry_result *r)
{
	struct iovec rest[16];
	struct fdferry__sigpipe pipe;
	size_t sent = 0;
	ptrdiff_t n;
	int taken = 0;

	io->iov = iov;
	io->iovcnt = iovcnt;
	io->flags = patience_flags(p);
	fdferry__sigpipe_hold(&pipe);
	for (;;) {
		n = send_once(sock, io);
		if (n >= 0) {
			taken = 1;
			sent += (size_t)n;
			/* 0 of more: over STREAMS the descriptor has gone
			   and the data have not; else no kernel should. */
			if ((n == 0 && io->nfds == 0) || sent >= total)
				break;
			/* The descriptors went with the first byte. */
			io->nfds = 0;
			io->iov = rest;
			io->iovcnt = iov_rest(iov, iovcnt, sent, rest, 16);
			continue;
		}
		r->oserr = errno;
		r->error = fdferry__send_errno(r->oserr, sock, io->nfds);
		r->error = try_again(p, sock, 1, r->error, r->oserr);
		if (r->error != 0)
			break;
		r->oserr = 0;
	}
	fdferry__sigpipe_release(&pipe, r->error == EPIPE);
	return taken ? (ptrdiff_t)sent : -1;
}

ptrdiff_t
fdferry_sendv(int sock, const struct iovec *iov, int iovcnt, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct fdferry_result r;
	struct fdferry_opts o;
	struct fdferry__io io;
	struct patience p;
	ptrdiff_t n = -1;
	size_t total;

	memset(&r, 0, sizeof r);
	r.error = read_opts(opts, &o);
	if (r.error == 0 && (bad_result(result) || bad_deadline(o.deadline)
	    || o.tolen > ADDR_MOST || !iov_total(iov, iovcnt, &total)))
		r.error = EINVAL;
	if (r.error == 0)
		r.error = check_send(sock, total, fds, nfds, flags);
	if (r.error == 0) {
		memset(&io, 0, sizeof io);
		/* Backends do not write to it when sending. */
		memcpy(&io.addr, &o.to, sizeof io.addr);
		io.addrlen = o.tolen;
		io.fds = fds;
		io.nfds = nfds;
		patience_init(&p, flags, &o);
		n = send_all(sock, iovcnt > 0 ? iov : no_data,
		    iovcnt > 0 ? iovcnt : 1, total, &io, &p, &r);
	}
	if (n >= 0) {
		r.fds = nfds;
		if ((flags & FDFERRY_GIVE) && nfds > 0)
			give(fds, nfds);
	}
	return report(n, &r, result);
}

ptrdiff_t
fdferry_send(int sock, const void *buf, size_t len, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct iovec iov;

	memcpy(&iov.iov_base, &buf, sizeof buf);
	iov.iov_len = len;
	return fdferry_sendv(sock, &iov, 1, fds, nfds, flags, opts, result);
}

int
fdferry_send_fd(int sock, int fd, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result)
{
	static const char nul = 0;

	return fdferry_send(sock, &nul, 1, &fd, 1, flags, opts, result) == 1
	    ? 0 : -1;
}

/* ------------------------------------------------ receiving ------------- */

static int
listed(unsigned long id, const unsigned long *ids, size_t n)
{
	while (n > 0)
		if (ids[--n] == id)
			return 1;
	return 0;
}

static int
sender_allowed(int sock, const struct fdferry_policy *policy)
{
	struct fdferry_peercred peer;

	if (policy->nuids == 0 && policy->ngids == 0)
		return 1;
	peer.size = sizeof peer;
	if (fdferry_peer(sock, &peer) < 0)
		return 0;
	if ((peer.known & FDFERRY_PEER_UID)
	    && listed(peer.uid, policy->uids, policy->nuids))
		return 1;
	return (peer.known & FDFERRY_PEER_GID)
	    && listed(peer.gid, policy->gids, policy->ngids);
}

/* Close all that was handed over; how many that were. */
static size_t
discard_all(struct fdferry__inbox *inbox)
{
	size_t i, n = 0;

	for (i = 0; i < inbox->nfds; i++) {
		if (inbox->fds[i] < 0)
			continue;
		fdferry__discard(inbox->fds[i]);
		inbox->fds[i] = -1;
		n++;
	}
	inbox->nfds = 0;
	return n;
}

/* Close what the policy refuses; whole messages first, then kinds. */
static void
refuse(int sock, const struct fdferry_policy *policy,
    struct fdferry__inbox *inbox, struct fdferry_result *r)
{
	size_t i, total = inbox->nfds + inbox->surplus;

	if (total == 0)
		return;
	if (!sender_allowed(sock, policy)
	    || (policy->most > 0 && total > policy->most)) {
		/* The surplus is closed already; but the policy decides. */
		r->refused += discard_all(inbox) + inbox->surplus;
		inbox->surplus = 0;
		return;
	}
	if (policy->kinds == 0)
		return;
	for (i = 0; i < inbox->nfds; i++) {
		if (inbox->fds[i] < 0 || (policy->kinds
		    & FDFERRY_KIND_BIT(fdferry__kind(inbox->fds[i]))) != 0)
			continue;
		fdferry__discard(inbox->fds[i]);
		inbox->fds[i] = -1;
		r->refused++;
	}
}

/* Say what a message was that arrived with `n` bytes. */
static void
judge(int sock, ptrdiff_t n, size_t total, const struct fdferry_opts *o,
    const struct fdferry__io *io, struct fdferry_result *r)
{
	struct fdferry__inbox *inbox = io->inbox;
	int rights = inbox->nfds + inbox->surplus + inbox->withheld > 0
	    || (io->flags & FDFERRY__LOST);

	if (io->flags & FDFERRY__CUT)
		r->flags |= FDFERRY_DATA_TRUNCATED;
	else if (n == 0) {
		if (total > 0 && !rights
		    && fdferry__is_stream(fdferry__backend_type(sock)))
			r->flags |= FDFERRY_EOF;
		else
			r->flags |= FDFERRY_EMPTY;
	}
	if (io->flags & FDFERRY__LOST) {
		r->flags |= FDFERRY_TRUNCATED;
		r->error = inbox->full ? EMFILE : fdferry__lost_errno(sock);
	} else if (inbox->surplus > 0)
		r->error = EMSGSIZE;
	r->refused = inbox->withheld;
	if (o->policy != NULL)
		refuse(sock, o->policy, inbox, r);
	if (r->refused > 0) {
		r->flags |= FDFERRY_REFUSED;
		r->error = EACCES;
	}
	r->fds = inbox->nfds;
	r->surplus += inbox->surplus;
}

static int
check_recv(int sock, size_t len, const int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *o)
{
	int type;

	if ((flags & ~FDFERRY_NONBLOCK) != 0 || (room > 0 && fds == NULL)
	    || (o->from != NULL && o->fromlen == NULL)
	    || bad_deadline(o->deadline))
		return EINVAL;
	if (len > 0)
		return 0;
	type = fdferry__backend_type(sock);
	if (type < 0)
		return errno;
	return fdferry__is_stream(type) ? EINVAL : 0;
}

/* The policy in a form that can be trusted, or EINVAL. */
static int
read_policy(struct fdferry_opts *o, struct fdferry_policy *policy)
{
	int error;

	if (o->policy == NULL)
		return 0;
	error = read_known(o->policy, o->policy->size, policy, sizeof *policy);
	if (error == 0 && ((policy->nuids > 0 && policy->uids == NULL)
	    || (policy->ngids > 0 && policy->gids == NULL)))
		error = EINVAL;
	o->policy = policy;
	return error;
}

static ptrdiff_t
recv_once(int sock, struct fdferry__io *io)
{
	if ((io->flags & FDFERRY__DONTWAIT) && !fdferry__ready(sock, 0)) {
		errno = EAGAIN;
		return -1;
	}
	return fdferry__backend_recv(sock, io);
}

/* Receive one message or run out of patience: *r says why. */
static ptrdiff_t
recv_one(int sock, struct fdferry__io *io, struct patience *p,
    const struct fdferry_opts *o, struct fdferry_result *r)
{
	struct fdferry__inbox *inbox = io->inbox;
	ptrdiff_t n;

	do {
		io->flags = patience_flags(p);
		io->addr = o->from;
		io->addrlen = o->from == NULL ? 0
		    : *o->fromlen < ADDR_MOST ? *o->fromlen : ADDR_MOST;
		n = recv_once(sock, io);
		r->oserr = 0;
		if (n >= 0)
			return n;
		r->oserr = errno;
		r->error = fdferry__recv_errno(r->oserr, sock);
		/* A call that fails can have handed descriptors over. */
		r->surplus += discard_all(inbox) + inbox->surplus;
		inbox->surplus = inbox->withheld = 0;
		if (r->surplus > 0 || r->error == EMFILE
		    || r->error == EMSGSIZE)
			r->flags |= FDFERRY_TRUNCATED;
		r->error = try_again(p, sock, 0, r->error, r->oserr);
	} while (r->error == 0);
	return -1;
}

ptrdiff_t
fdferry_recvv(int sock, const struct iovec *iov, int iovcnt, int *fds,
    size_t room, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct fdferry_result r;
	struct fdferry_opts o;
	struct fdferry_policy policy;
	struct fdferry__inbox inbox;
	struct fdferry__io io;
	struct patience p;
	ptrdiff_t n = -1;
	size_t total;

	memset(&r, 0, sizeof r);
	r.error = read_opts(opts, &o);
	if (r.error == 0 && (bad_result(result)
	    || !iov_total(iov, iovcnt, &total)))
		r.error = EINVAL;
	if (r.error == 0)
		r.error = check_recv(sock, total, fds, room, flags, &o);
	if (r.error == 0)
		r.error = read_policy(&o, &policy);
	if (r.error != 0)
		return report(-1, &r, result);

	memset(&inbox, 0, sizeof inbox);
	inbox.sock = sock;
	inbox.fds = fds;
	inbox.room = room;
	memset(&io, 0, sizeof io);
	io.iov = iovcnt > 0 ? iov : no_data;
	io.iovcnt = iovcnt > 0 ? iovcnt : 1;
	io.inbox = &inbox;
	patience_init(&p, flags, &o);
	n = recv_one(sock, &io, &p, &o, &r);
	if (n >= 0) {
		if (o.from != NULL)
			*o.fromlen = io.addrlen;
		judge(sock, n, total, &o, &io, &r);
	}
	return report(n, &r, result);
}

ptrdiff_t
fdferry_recv(int sock, void *buf, size_t len, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct iovec iov;

	iov.iov_base = buf;
	iov.iov_len = len;
	return fdferry_recvv(sock, &iov, 1, fds, room, flags, opts, result);
}

int
fdferry_recv_fd(int sock, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct fdferry_result r;
	ptrdiff_t n;
	char byte;
	int fd = -1;

	if (bad_result(result)) {
		errno = EINVAL;
		return -1;
	}
	r.size = sizeof r;
	n = fdferry_recv(sock, &byte, 1, &fd, 1, flags, opts, &r);
	if (n < 0)
		fd = -1;
	else if (r.fds == 0 || fd < 0) {
		fd = -1;
		r.fds = 0;
		/* On seqpacket this may be an empty record, which no sender
		   of descriptors makes: the end, or a loop would spin. */
		if ((r.flags & FDFERRY_EOF) || (n == 0 && r.error == 0
		    && fdferry__is_seqpacket(fdferry__backend_type(sock))))
			r.error = ECONNRESET;
		else if (r.error == 0)
			r.error = EBADMSG;
	}
	(void)report(n, &r, result);
	if (fd < 0)
		errno = r.error;
	return fd;
}
