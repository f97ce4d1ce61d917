/* SPDX-License-Identifier: 0BSD */
/*
 * message-recv.c - one message comes: its data, its descriptors, and what was
 * lost or refused beside them.
 */
#include "message.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#define RECV_FLAGS (FDFERRY_NONBLOCK | FDFERRY_UNIX)

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
		if (inbox->fds[i] < 0
		    || (policy->kinds
			   & FDFERRY_KIND_BIT(fdferry__kind(inbox->fds[i])))
			!= 0)
			continue;
		fdferry__discard(inbox->fds[i]);
		inbox->fds[i] = -1;
		r->refused++;
	}
}

/* Say what a message was that arrived with `n` bytes. */
static void
judge(int sock, ptrdiff_t n, size_t total, const struct fdferry_policy *policy,
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
	if (policy != NULL)
		refuse(sock, policy, inbox, r);
	if (r->refused > 0) {
		r->flags |= FDFERRY_REFUSED;
		r->error = EACCES;
	}
	r->fds = inbox->nfds;
	r->surplus += inbox->surplus;
}

/* Room for the sender's address that the backend may use. */
static size_t
address_room(const struct fdferry_opts *o)
{
	if (o == NULL || o->from == NULL)
		return 0;
	return *o->fromlen < FDFERRY__ADDR_MOST ? *o->fromlen
						: FDFERRY__ADDR_MOST;
}

static int
check_recv(int sock, size_t len, const int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *o)
{
	int type;

	if ((flags & ~RECV_FLAGS) != 0 || (room > 0 && fds == NULL)
	    || (o->from != NULL && o->fromlen == NULL))
		return EINVAL;
	if (len > 0)
		return 0;
	type = fdferry__backend_type(sock);
	if (type < 0)
		return errno;
	return fdferry__is_stream(type) ? EINVAL : 0;
}

static ptrdiff_t
recv_once(int sock, struct fdferry__io *io)
{
	if ((io->flags & FDFERRY__DONTWAIT) && !fdferry__ready(sock)) {
		errno = EAGAIN;
		return -1;
	}
	return fdferry__backend_recv(sock, io);
}

/* The first call has said `n`: receive one message or run out of patience,
   and *r says why. */
static ptrdiff_t
recv_rest(int sock, struct fdferry__io *io, struct fdferry__patience *p,
    const struct fdferry_opts *o, struct fdferry_result *r, ptrdiff_t n)
{
	struct fdferry__inbox *inbox = io->inbox;

	for (; n < 0; n = recv_once(sock, io)) {
		r->oserr = errno;
		r->error = fdferry__recv_errno(r->oserr, sock);
		/* A call that fails can have handed descriptors over. */
		r->surplus += discard_all(inbox) + inbox->surplus;
		inbox->surplus = inbox->withheld = 0;
		if (r->surplus > 0 || r->error == EMFILE || r->error == EMSGSIZE
		    || (FDFERRY_QUIRK_EPERM_LOSES && r->error == EPERM))
			r->flags |= FDFERRY_TRUNCATED;
		r->error = fdferry__try_again(p, sock, 0, r->error, r->oserr);
		if (r->error != 0)
			return -1;
		r->oserr = 0;
		io->flags = fdferry__patience_flags(p);
		io->addrlen = address_room(o);
	}
	return n;
}

static void
inbox_init(struct fdferry__inbox *inbox, int sock, int *fds, size_t room)
{
	memset(inbox, 0, sizeof *inbox);
	inbox->sock = sock;
	inbox->fds = fds;
	inbox->room = room;
}

/* Everything that a call can ask for, and be wrong about. */
static ptrdiff_t
recv_any(int sock, const struct iovec *iov, int iovcnt, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *o, struct fdferry_result *r)
{
	struct fdferry_policy policy;
	struct fdferry__inbox inbox;
	struct fdferry__io io;
	struct fdferry__patience p;
	struct iovec spare;
	ptrdiff_t n;
	size_t total;
	char byte;

	r->error = !fdferry__iov_total(iov, iovcnt, &total)
	    ? EINVAL
	    : check_recv(sock, total, fds, room, flags, o);
	if (r->error == 0 && o->policy != NULL)
		r->error = fdferry__read_policy(o->policy, &policy);
	if (r->error != 0)
		return -1;
	inbox_init(&inbox, sock, fds, room);
	memset(&io, 0, sizeof io);
	io.iov = iov;
	io.iovcnt = iovcnt;
	io.inbox = &inbox;
	/* macOS wants a piece, also of nothing. */
	if (iovcnt == 0 || (total == 0 && FDFERRY_QUIRK_EMPTY_WANTS_ROOM)) {
		spare.iov_base = &byte;
		spare.iov_len = FDFERRY_QUIRK_EMPTY_WANTS_ROOM;
		io.iov = &spare;
		io.iovcnt = 1;
	}
	fdferry__patience_init(&p, flags, o->deadline);
	io.flags = fdferry__patience_flags(&p);
	io.addr = o->from;
	io.addrlen = address_room(o);
	n = recv_rest(sock, &io, &p, o, r, recv_once(sock, &io));
	if (n < 0)
		return n;
	if (n > 0 && total == 0) {
		io.flags |= FDFERRY__CUT;
		n = 0;
	}
	if (o->from != NULL)
		*o->fromlen = io.addrlen;
	judge(sock, n, total, o->policy != NULL ? &policy : NULL, &io, r);
	return n;
}

ptrdiff_t
fdferry_recvv(int sock, const struct iovec *iov, int iovcnt, int *fds,
    size_t room, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct fdferry_result r;
	struct fdferry_opts o;
	ptrdiff_t n = -1;

	memset(&r, 0, sizeof r);
	r.error = fdferry__read_call(opts, result, &o);
	if (r.error == 0)
		n = recv_any(sock, iov, iovcnt, fds, room, flags, &o, &r);
	return fdferry__report(n, &r, result);
}

/* A usual call, see below, that did not end as usual: the kernel said `n`. */
static FDFERRY__RARE ptrdiff_t
recv_unusual(int sock, size_t len, struct fdferry__io *io, unsigned int flags,
    struct fdferry_result *result, ptrdiff_t n)
{
	const struct fdferry__inbox *inbox = io->inbox;
	struct fdferry_result r;
	struct fdferry__patience p;

	memset(&r, 0, sizeof r);
	fdferry__patience_init(&p, flags, NULL);
	if (p.never && n < 0 && fdferry__would_block(errno)
	    && (inbox->nfds | inbox->surplus | inbox->withheld) == 0) {
		/* Most often asked by who reads until there is no more. */
		r.error = EAGAIN;
		r.oserr = errno;
		return fdferry__report(n, &r, result);
	}
	n = recv_rest(sock, io, &p, NULL, &r, n);
	if (n >= 0)
		judge(sock, n, len, NULL, io, &r);
	return fdferry__report(n, &r, result);
}

/*
 * What nearly every call is: no options, room for data, and a result of our own
 * time. If nothing came beside data and descriptors as they were asked for,
 * there is little to say; from any other answer on the long way goes on.
 */
static inline int
recv_is_usual(size_t len, const int *fds, size_t room, unsigned int flags,
    const struct fdferry_opts *opts, const struct fdferry_result *result)
{
	return opts == NULL && len > 0 && len <= PTRDIFF_MAX
	    && (flags & ~RECV_FLAGS) == 0 && (room == 0 || fds != NULL)
	    && (result == NULL || result->size == sizeof *result);
}

ptrdiff_t
fdferry_recv(int sock, void *buf, size_t len, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct fdferry__inbox inbox;
	struct fdferry__io io;
	struct iovec iov;
	ptrdiff_t n;

	iov.iov_base = buf;
	iov.iov_len = len;
	if (!recv_is_usual(len, fds, room, flags, opts, result))
		return fdferry_recvv(sock, &iov, 1, fds, room, flags, opts,
		    result);
	inbox_init(&inbox, sock, fds, room);
	io.iov = &iov;
	io.iovcnt = 1;
	io.addr = NULL;
	io.addrlen = 0;
	io.inbox = &inbox;
	io.flags = flags & FDFERRY_NONBLOCK ? FDFERRY__DONTWAIT : 0;
	n = recv_once(sock, &io);
	if (n <= 0 || (inbox.surplus | inbox.withheld) != 0
	    || (io.flags & (FDFERRY__LOST | FDFERRY__CUT)) != 0)
		return recv_unusual(sock, len, &io, flags, result, n);
	fdferry__tell(result, (size_t)n, inbox.nfds);
	return n;
}

int
fdferry_recv_fd(int sock, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct fdferry_result r;
	ptrdiff_t n;
	char byte;
	int fd = -1;

	if (result != NULL && !fdferry__can_write(result)) {
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
		if ((r.flags & FDFERRY_EOF)
		    || (n == 0 && r.error == 0
			&& fdferry__is_seqpacket(fdferry__backend_type(sock))))
			r.error = ECONNRESET;
		else if (r.error == 0)
			r.error = EBADMSG;
	}
	(void)fdferry__report(n, &r, result);
	if (fd < 0)
		errno = r.error;
	return fd;
}
