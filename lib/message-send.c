/* SPDX-License-Identifier: 0BSD */
/*
 * message-send.c - one message goes: all of it, or what was taken is told.
 */
#include "message.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#define PIECES 16 /* of data, when not all is sent at once */

/* Up to PIECES pieces and `most` bytes of `iov` from byte `skip` on. */
static int
iov_part(const struct iovec *iov, int iovcnt, size_t skip, size_t most,
    struct iovec *part)
{
	int i, n = 0;

	for (i = 0; i < iovcnt && n < PIECES && most > 0; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		part[n].iov_base = (char *)iov[i].iov_base + skip;
		part[n].iov_len = iov[i].iov_len - skip;
		if (part[n].iov_len > most)
			part[n].iov_len = most;
		most -= part[n].iov_len;
		skip = 0;
		n++;
	}
	return n;
}

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

/*
 * One system call with the data from byte `sent` on. If it must not wait, and
 * no flag makes this kernel obey, it is given what fits for certain: a stream
 * takes that, a record is whole or nothing.
 */
static ptrdiff_t
send_once(int sock, const struct iovec *iov, int iovcnt, size_t sent,
    size_t total, struct fdferry__io *io)
{
	struct iovec part[PIECES];
	size_t most = SIZE_MAX;

	if (io->flags & FDFERRY__DONTWAIT) {
		most = fdferry__send_room(sock, io->nfds);
		if (most == 0) {
			errno = EAGAIN;
			return -1;
		}
	}
	io->iov = iov;
	io->iovcnt = iovcnt;
	if (sent > 0
	    || (total > most
		&& fdferry__is_stream(fdferry__backend_type(sock)))) {
		io->iov = part;
		io->iovcnt = iov_part(iov, iovcnt, sent, most, part);
	}
	return fdferry__backend_send(sock, io);
}

/*
 * Send until all is taken or the patience ends. Returns what was taken, or
 * -1; *error and *oserr say why it stopped.
 */
static ptrdiff_t
send_all(int sock, const struct iovec *iov, int iovcnt, size_t total,
    struct fdferry__io *io, struct fdferry__patience *p,
    struct fdferry_result *r)
{
	struct fdferry__sigpipe pipe;
	size_t sent = 0;
	ptrdiff_t n;
	int taken = 0;

	io->flags = fdferry__patience_flags(p);
	fdferry__sigpipe_hold(&pipe);
	for (;;) {
		n = send_once(sock, iov, iovcnt, sent, total, io);
		if (n >= 0) {
			taken = 1;
			sent += (size_t)n;
			/* 0 of more: over STREAMS the descriptor has gone
			   and the data have not; else no kernel should. */
			if ((n == 0 && io->nfds == 0) || sent >= total)
				break;
			/* The descriptors went with the first byte. */
			io->nfds = 0;
			continue;
		}
		r->oserr = errno;
		r->error = fdferry__send_errno(r->oserr, sock, io->nfds);
		r->error = fdferry__try_again(p, sock, 1, r->error, r->oserr);
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
	struct fdferry__patience p;
	ptrdiff_t n = -1;
	size_t total = 0;

	memset(&r, 0, sizeof r);
	r.error = fdferry__read_opts(opts, &o);
	if (r.error == 0
	    && (fdferry__bad_result(result) || fdferry__bad_deadline(o.deadline)
		|| o.tolen > FDFERRY__ADDR_MOST
		|| !fdferry__iov_total(iov, iovcnt, &total)))
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
		fdferry__patience_init(&p, flags, &o);
		n = send_all(sock, iovcnt > 0 ? iov : fdferry__no_data,
		    iovcnt > 0 ? iovcnt : 1, total, &io, &p, &r);
	}
	if (n >= 0) {
		r.fds = nfds;
		if ((flags & FDFERRY_GIVE) && nfds > 0)
			give(fds, nfds);
	}
	return fdferry__report(n, &r, result);
}

ptrdiff_t
fdferry_send(int sock, const void *buf, size_t len, const int *fds, size_t nfds,
    unsigned int flags, const struct fdferry_opts *opts,
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
	    ? 0
	    : -1;
}
