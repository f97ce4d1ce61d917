/* SPDX-License-Identifier: 0BSD */
/*
 * message-recv.c - one message comes: its data, its descriptors, and what was
 * lost or refused beside them.
 */
#include "message.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

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
	    || fdferry__bad_deadline(o->deadline))
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
	error = fdferry__read_policy(o->policy, policy);
	o->policy = policy;
	return error;
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

/* Receive one message or run out of patience: *r says why. */
static ptrdiff_t
recv_one(int sock, struct fdferry__io *io, struct fdferry__patience *p,
    const struct fdferry_opts *o, struct fdferry_result *r)
{
	struct fdferry__inbox *inbox = io->inbox;
	ptrdiff_t n;

	do {
		io->flags = fdferry__patience_flags(p);
		io->addr = o->from;
		io->addrlen = o->from == NULL	       ? 0
		    : *o->fromlen < FDFERRY__ADDR_MOST ? *o->fromlen
						       : FDFERRY__ADDR_MOST;
		n = recv_once(sock, io);
		r->oserr = 0;
		if (n >= 0)
			return n;
		r->oserr = errno;
		r->error = fdferry__recv_errno(r->oserr, sock);
		/* A call that fails can have handed descriptors over. */
		r->surplus += discard_all(inbox) + inbox->surplus;
		inbox->surplus = inbox->withheld = 0;
		if (r->surplus > 0 || r->error == EMFILE || r->error == EMSGSIZE
		    || (FDFERRY_QUIRK_EPERM_LOSES && r->error == EPERM))
			r->flags |= FDFERRY_TRUNCATED;
		r->error = fdferry__try_again(p, sock, 0, r->error, r->oserr);
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
	struct fdferry__patience p;
	struct iovec spare;
	ptrdiff_t n = -1;
	size_t total = 0;
	char byte;

	memset(&r, 0, sizeof r);
	r.error = fdferry__read_opts(opts, &o);
	if (r.error == 0
	    && (fdferry__bad_result(result)
		|| !fdferry__iov_total(iov, iovcnt, &total)))
		r.error = EINVAL;
	if (r.error == 0)
		r.error = check_recv(sock, total, fds, room, flags, &o);
	if (r.error == 0)
		r.error = read_policy(&o, &policy);
	if (r.error != 0)
		return fdferry__report(-1, &r, result);

	memset(&inbox, 0, sizeof inbox);
	inbox.sock = sock;
	inbox.fds = fds;
	inbox.room = room;
	memset(&io, 0, sizeof io);
	io.iov = iovcnt > 0 ? iov : fdferry__no_data;
	io.iovcnt = iovcnt > 0 ? iovcnt : 1;
	io.inbox = &inbox;
	if (total == 0 && FDFERRY_QUIRK_EMPTY_WANTS_ROOM) {
		spare.iov_base = &byte;
		spare.iov_len = sizeof byte;
		io.iov = &spare;
		io.iovcnt = 1;
	}
	fdferry__patience_init(&p, flags, &o);
	n = recv_one(sock, &io, &p, &o, &r);
	if (n > 0 && total == 0) {
		io.flags |= FDFERRY__CUT;
		n = 0;
	}
	if (n >= 0) {
		if (o.from != NULL)
			*o.fromlen = io.addrlen;
		judge(sock, n, total, &o, &io, &r);
	}
	return fdferry__report(n, &r, result);
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

	if (fdferry__bad_result(result)) {
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
