/* SPDX-License-Identifier: 0BSD */
/*
 * message-send.c - one message goes: all of it, or what was taken is told.
 */
#include "message.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>

#define SEND_FLAGS (FDFERRY_GIVE | FDFERRY_NONBLOCK | FDFERRY_UNIX)
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

/* Fewer than the limit, whatever that turns out to be. */
#if defined FDFERRY_BACKEND_NONE
# define SURELY_FEW 0
#elif FDFERRY_QUIRK_MAX_FDS < FDFERRY_QUIRK_MAX_FDS_SMALL
# define SURELY_FEW FDFERRY_QUIRK_MAX_FDS
#else
# define SURELY_FEW FDFERRY_QUIRK_MAX_FDS_SMALL
#endif

/* What can be known to be wrong before the kernel is asked: descriptors. */
static inline int
check_fds(int sock, const int *fds, size_t nfds, unsigned int flags)
{
	if (nfds == 0)
		return 0;
	if (nfds > SURELY_FEW && nfds > fdferry_max_fds())
		return fdferry_max_fds() == 0 ? ENOTSUP : EINVAL;
	if (fds == NULL)
		return EINVAL;
	if (fdferry__any_negative(fds, nfds))
		return EBADF;
	/* Linux sends the data over TCP, drops the descriptors and reports
	   success. */
	if (!(flags & FDFERRY_UNIX) && fdferry__is_foreign(sock))
		return EAFNOSUPPORT;
	return 0;
}

static int
check_send(int sock, size_t len, const int *fds, size_t nfds,
    unsigned int flags)
{
	int type, error;

	if ((flags & ~SEND_FLAGS) != 0)
		return EINVAL;
	error = check_fds(sock, fds, nfds, flags);
	if (error != 0 || len > 0)
		return error;
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
 * The first call has said `n`: go on until all is taken or the patience ends.
 * Returns what was taken, or -1; r->error and r->oserr say why it stopped.
 */
static ptrdiff_t
send_rest(int sock, const struct iovec *iov, int iovcnt, size_t total,
    struct fdferry__io *io, struct fdferry__patience *p,
    struct fdferry_result *r, ptrdiff_t n)
{
	size_t sent = 0;
	int taken = 0;

	for (;; n = send_once(sock, iov, iovcnt, sent, total, io)) {
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
	return taken ? (ptrdiff_t)sent : -1;
}

/* Everything that a call can ask for, and be wrong about. */
static ptrdiff_t
send_any(int sock, const struct iovec *iov, int iovcnt, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *o,
    struct fdferry_result *r)
{
	struct iovec none;
	struct fdferry__io io;
	struct fdferry__patience p;
	struct fdferry__sigpipe pipe;
	ptrdiff_t n;
	size_t total;

	r->error = o->tolen > FDFERRY__ADDR_MOST
		|| !fdferry__iov_total(iov, iovcnt, &total)
	    ? EINVAL
	    : check_send(sock, total, fds, nfds, flags);
	if (r->error != 0)
		return -1;
	memset(&io, 0, sizeof io);
	/* Backends do not write to it when sending. */
	memcpy(&io.addr, &o->to, sizeof io.addr);
	io.addrlen = o->tolen;
	io.fds = fds;
	io.nfds = nfds;
	fdferry__patience_init(&p, flags, o->deadline);
	io.flags = fdferry__patience_flags(&p);
	if (iovcnt == 0) { /* macOS wants a piece */
		memset(&none, 0, sizeof none);
		iov = &none;
		iovcnt = 1;
	}
	fdferry__sigpipe_hold(&pipe);
	n = send_once(sock, iov, iovcnt, 0, total, &io);
	n = send_rest(sock, iov, iovcnt, total, &io, &p, r, n);
	fdferry__sigpipe_release(&pipe, r->error == EPIPE);
	return n;
}

/* What was sent, and what ended it, for the caller. */
static FDFERRY__RARE ptrdiff_t
send_told(ptrdiff_t n, const int *fds, size_t nfds, unsigned int flags,
    struct fdferry_result *r, struct fdferry_result *result)
{
	if (n >= 0) {
		r->fds = nfds;
		if ((flags & FDFERRY_GIVE) && nfds > 0)
			give(fds, nfds);
	}
	return fdferry__report(n, r, result);
}

/* A usual call, see below, that did not end as usual: the kernel took `n`. */
static FDFERRY__RARE ptrdiff_t
send_unusual(int sock, size_t total, struct fdferry__io *io, unsigned int flags,
    struct fdferry_result *result, ptrdiff_t n)
{
	const struct iovec *iov = io->iov;
	struct fdferry_result r;
	struct fdferry__patience p;
	size_t nfds = io->nfds;

	memset(&r, 0, sizeof r);
	fdferry__patience_init(&p, flags, NULL);
	n = send_rest(sock, iov, io->iovcnt, total, io, &p, &r, n);
	return send_told(n, io->fds, nfds, flags, &r, result);
}

/*
 * What nearly every call is: no options, data, a result of our own time, and a
 * kernel that obeys the flags. If all of it is taken there is little to say;
 * from any other answer on the long way goes on.
 */
static inline int
send_is_usual(int sock, size_t total, const int *fds, size_t nfds,
    unsigned int flags, const struct fdferry_opts *opts,
    const struct fdferry_result *result)
{
	return FDFERRY__NOSIGNAL_WORKS && opts == NULL && total > 0
	    && (!FDFERRY_QUIRK_SEND_WAITS || !(flags & FDFERRY_NONBLOCK))
	    && (result == NULL || result->size == sizeof *result)
	    && (flags & ~SEND_FLAGS) == 0
	    && check_fds(sock, fds, nfds, flags) == 0;
}

static inline ptrdiff_t
send_usual(int sock, const struct iovec *iov, int iovcnt, size_t total,
    const int *fds, size_t nfds, unsigned int flags,
    struct fdferry_result *result)
{
	struct fdferry__io io;
	ptrdiff_t n;

	io.iov = iov;
	io.iovcnt = iovcnt;
	io.addr = NULL;
	io.addrlen = 0;
	io.fds = fds;
	io.nfds = nfds;
	io.flags = flags & FDFERRY_NONBLOCK ? FDFERRY__DONTWAIT : 0;
	n = fdferry__backend_send(sock, &io);
	if (n != (ptrdiff_t)total || (flags & FDFERRY_GIVE))
		return send_unusual(sock, total, &io, flags, result, n);
	fdferry__tell(result, (size_t)n, nfds);
	return n;
}

ptrdiff_t
fdferry_sendv(int sock, const struct iovec *iov, int iovcnt, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct fdferry_result r;
	struct fdferry_opts o;
	ptrdiff_t n = -1;
	size_t total;

	if (fdferry__iov_total(iov, iovcnt, &total)
	    && send_is_usual(sock, total, fds, nfds, flags, opts, result))
		return send_usual(sock, iov, iovcnt, total, fds, nfds, flags,
		    result);
	memset(&r, 0, sizeof r);
	r.error = fdferry__read_call(opts, result, &o);
	if (r.error == 0)
		n = send_any(sock, iov, iovcnt, fds, nfds, flags, &o, &r);
	return send_told(n, fds, nfds, flags, &r, result);
}

ptrdiff_t
fdferry_send(int sock, const void *buf, size_t len, const int *fds, size_t nfds,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct iovec iov;

	memcpy(&iov.iov_base, &buf, sizeof buf);
	iov.iov_len = len;
	if (len <= PTRDIFF_MAX
	    && send_is_usual(sock, len, fds, nfds, flags, opts, result))
		return send_usual(sock, &iov, 1, len, fds, nfds, flags, result);
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
