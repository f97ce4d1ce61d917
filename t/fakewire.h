/* SPDX-License-Identifier: 0BSD */
/*
 * fakewire.h - the channel compiled into a test, over a kernel that the
 * test makes up: how bytes glue, where writes and reads stop, what fails.
 *
 * Socket 0 and 1 are the two ends. Time stands still unless the test moves
 * it. Descriptors in flight are copies, and counted as open ones.
 */
#ifndef FAKEWIRE_H
#define FAKEWIRE_H 1

#include "../lib/backend.h"

#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WIRE_MOST	(1 << 20)
#define WIRE_FDS	20000

/* Linux reads up to and with the bytes that brought descriptors; the BSDs
   stop before such bytes and may read on behind them. */
enum glue { GLUE_LINUX, GLUE_BSD };

struct wire {			/* one direction */
	unsigned char bytes[WIRE_MOST];
	size_t len, taken;	/* written; read */
	struct {
		size_t at, end;	/* bytes of that send */
		int fd;		/* or the errno, negative, with which the
				   kernel tells that it is lost */
	} fds[WIRE_FDS];
	size_t nfds, fds_taken;
	size_t records[4096];	/* ends of records, not for streams */
	size_t nrecords, record;
	size_t send_stop, recv_stop;	/* once: EAGAIN at this offset */
	size_t send_most, recv_most;	/* bytes per call, 0: any */
	int fail, fail_times;	/* errno of sends with descriptors */
	int fail_all;		/* errno of every send, 0: none */
	int fail_all_after;	/* so many succeed before */
	int recv_fail, recv_fails;	/* errno of the next receives: of one, or
				   of so many */
	int recv_gone;		/* their bytes are gone like the descriptors */
	int split;		/* STREAMS: descriptors go and come alone */
	size_t lose;		/* descriptors kept back from next receive */
	int lose_error;		/* and how that is told */
	size_t slots;		/* free in the table at each receive */
	size_t withheld;	/* of each receive, from the how manieth on the
				   kernel gives no descriptor but -1 */
	size_t size_most;	/* records above this are EMSGSIZE */
	size_t fds_most;	/* the same for descriptors */
	int closed;		/* the writer has gone */
	int deaf;		/* the reader has gone */
	size_t receives, losses;	/* so many, and so many lost some */
};

static struct wire wires[2];	/* [i]: from i to 1 - i */
static enum glue wire_glue;
static int wire_type = SOCK_STREAM;
static int64_t wire_ms = 1000;
static long wire_calls;
static unsigned int wire_flags;	/* of the last call */
static size_t wire_max = 253;	/* what fdferry_max_fds() says */
static size_t wire_limit = 253;	/* what the C library takes */
static void (*wire_watch)(int, const int *, size_t);	/* before each receive:
				   socket, room for descriptors */

static void
wire_drop(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void
wire_reset(void)
{
	int i;
	size_t k;

	for (i = 0; i < 2; i++) {
		for (k = wires[i].fds_taken; k < wires[i].nfds; k++)
			wire_drop(wires[i].fds[k].fd);
		/* What was written; not all the room, in each of thousands. */
		memset(wires[i].bytes, 0, wires[i].len);
		wires[i].len = wires[i].taken = 0;
		memset(&wires[i].nfds, 0,
		    sizeof wires[i] - offsetof (struct wire, nfds));
		wires[i].send_stop = wires[i].recv_stop = SIZE_MAX;
		wires[i].slots = wires[i].withheld = SIZE_MAX;
	}
	wire_glue = GLUE_LINUX;
	wire_type = SOCK_STREAM;
	wire_max = wire_limit = 253;
}

static ptrdiff_t
wire_error(int error)
{
	errno = error;
	return -1;
}

static ptrdiff_t
fake_sendv(int sock, const struct iovec *iov, int iovcnt, const int *fds,
    size_t nfds, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	struct wire *w = &wires[sock];
	size_t total = 0, take, piece, start = w->len, k;
	int i;

	(void)opts;
	wire_flags = flags;
	wire_calls++;
	memset(result, 0, sizeof *result);
	for (i = 0; i < iovcnt; i++)
		total += iov[i].iov_len;
	take = total;
	if (w->fail_all != 0 && w->fail_all_after-- <= 0)
		return wire_error(w->fail_all);
	if (w->deaf)
		return wire_error(EPIPE);
	if (nfds > 0 && w->fail_times > 0) {
		w->fail_times--;
		return wire_error(w->fail);
	}
	if (nfds > wire_limit) {	/* old musl: then it is known */
		wire_max = wire_limit;
		return wire_error(EINVAL);
	}
	if ((w->size_most > 0 && total > w->size_most)
	    || (w->fds_most > 0 && nfds > w->fds_most))
		return wire_error(EMSGSIZE);
	if (w->send_stop == start) {
		w->send_stop = SIZE_MAX;
		return wire_error(EAGAIN);
	}
	if (wire_type == SOCK_STREAM) {
		if (w->send_most > 0 && take > w->send_most)
			take = w->send_most;
		if (start < w->send_stop && take > w->send_stop - start)
			take = w->send_stop - start;
	}
	if (take > WIRE_MOST - start)
		return wire_error(EAGAIN);
	total = take;
	for (i = 0; i < iovcnt && take > 0; i++) {
		piece = iov[i].iov_len < take ? iov[i].iov_len : take;
		memcpy(w->bytes + w->len, iov[i].iov_base, piece);
		w->len += piece;
		take -= piece;
	}
	if (w->split && nfds > 0)
		w->len = start;
	for (k = 0; k < nfds; k++) {
		w->fds[w->nfds].at = start;
		w->fds[w->nfds].end = w->len;
		w->fds[w->nfds++].fd = dup(fds[k]);
	}
	if (wire_type != SOCK_STREAM)
		w->records[w->nrecords++] = w->len;
	return (ptrdiff_t)(w->len - start);
}

/* How many bytes this receive may take. */
static size_t
wire_reach(const struct wire *w, size_t len)
{
	size_t end = w->len, k = w->fds_taken;

	if (wire_type != SOCK_STREAM)
		end = w->records[w->record];
	else if (k < w->nfds && wire_glue == GLUE_LINUX)
		end = w->fds[k].end;
	else if (k < w->nfds && w->fds[k].at > w->taken)
		end = w->fds[k].at;
	else if (k < w->nfds)	/* here: up to the next that has some */
		for (; k < w->nfds; k++)
			if (w->fds[k].at != w->fds[w->fds_taken].at) {
				end = w->fds[k].at;
				break;
			}
	if (end - w->taken > len)
		end = w->taken + len;
	if (wire_type != SOCK_STREAM)
		return end;
	if (w->recv_most > 0 && end - w->taken > w->recv_most)
		end = w->taken + w->recv_most;
	if (w->taken < w->recv_stop && end > w->recv_stop)
		end = w->recv_stop;
	return end;
}

/* What could not be installed; where they go as well, the bytes. */
static void
wire_throw_away(struct wire *w, size_t len)
{
	size_t first = w->fds_taken < w->nfds ? w->fds[w->fds_taken].at : 0;
	size_t end = wire_type == SOCK_STREAM || w->taken < w->len
	    ? wire_reach(w, len) : w->taken;

	while (w->fds_taken < w->nfds && w->fds[w->fds_taken].at == first)
		wire_drop(w->fds[w->fds_taken++].fd);
	if (!w->recv_gone || end == w->taken)
		return;
	w->taken = end;
	if (wire_type != SOCK_STREAM)
		w->record++;
}

/* One descriptor that came: to the caller, or what becomes of it. */
static void
wire_take(struct wire *w, size_t i, int fd, int *fds, size_t room,
    struct fdferry_result *r)
{
	if (fd < 0 || w->lose > 0 || i >= w->slots) {
		wire_drop(fd);
		r->flags |= FDFERRY_TRUNCATED;
		r->error = fd < 0 ? -fd : w->lose > 0 ? w->lose_error : EMFILE;
		if (w->lose > 0)
			w->lose--;
		return;
	}
	if (i >= w->withheld) {
		(void)close(fd);
		fd = -1;
		r->refused++;
	}
	if (r->fds < room)
		fds[r->fds++] = fd;
	else if (fd >= 0) {
		(void)close(fd);
		r->surplus++;
		if (r->error == 0)
			r->error = EMSGSIZE;
	}
}

/* The policy: of users it allows none, of kinds every second descriptor. */
static void
wire_refuse(const struct fdferry_policy *policy, int *fds,
    struct fdferry_result *r)
{
	size_t i, total = r->fds + r->surplus;
	int all = policy != NULL && total > 0 && (policy->nuids > 0
	    || (policy->most > 0 && total > policy->most));

	for (i = 0; i < r->fds && policy != NULL; i++)
		if (fds[i] >= 0 && (all || (policy->kinds != 0 && i % 2))) {
			(void)close(fds[i]);
			fds[i] = -1;
			r->refused++;
		}
	if (all) {
		r->refused += r->surplus;
		r->fds = r->surplus = 0;
	}
	if (r->refused > 0) {
		r->flags |= FDFERRY_REFUSED;
		r->error = EACCES;
	}
}

static ptrdiff_t
fake_recv(int sock, void *buf, size_t len, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *r)
{
	struct wire *w = &wires[1 - sock];
	size_t end, n, first, i;

	wire_flags = flags;
	wire_calls++;
	memset(r, 0, sizeof *r);
	if (wire_watch != NULL)
		wire_watch(sock, fds, room);
	if (w->recv_fail != 0) {
		n = (size_t)w->recv_fail;
		if (w->recv_fails-- <= 1)
			w->recv_fail = 0;
		if (n == EMFILE)
			wire_throw_away(w, len);
		return wire_error((int)n);
	}
	if (w->taken == w->recv_stop) {
		w->recv_stop = SIZE_MAX;
		return wire_error(EAGAIN);
	}
	if (w->split && w->fds_taken < w->nfds
	    && w->fds[w->fds_taken].at == w->taken) {
		wire_take(w, 0, w->fds[w->fds_taken++].fd, fds, room, r);
		wire_refuse(opts != NULL ? opts->policy : NULL, fds, r);
		return 0;
	}
	if (w->taken == w->len) {
		if (!w->closed)
			return wire_error(EAGAIN);
		if (wire_type == SOCK_STREAM)
			r->flags |= FDFERRY_EOF;
		return 0;
	}
	end = wire_reach(w, len);
	n = end - w->taken;
	memcpy(buf, w->bytes + w->taken, n);
	/* The descriptors of one send come with its first byte. */
	first = w->fds_taken < w->nfds ? w->fds[w->fds_taken].at : SIZE_MAX;
	for (i = 0; w->fds_taken < w->nfds
	    && w->fds[w->fds_taken].at == first && first < end; i++)
		wire_take(w, i, w->fds[w->fds_taken++].fd, fds, room, r);
	wire_refuse(opts != NULL ? opts->policy : NULL, fds, r);
	w->receives++;
	w->losses += r->refused > 0 || r->surplus > 0
	    || (r->flags & FDFERRY_TRUNCATED);
	w->taken = end;
	if (wire_type != SOCK_STREAM) {
		w->taken = w->records[w->record++];
		if (w->taken > end)
			r->flags |= FDFERRY_DATA_TRUNCATED;
	}
	return (ptrdiff_t)n;
}

static int
fake_deadline(struct timespec *when, long ms)
{
	int64_t at = wire_ms + ms;

	when->tv_sec = (time_t)(at / 1000);
	when->tv_nsec = (long)(at % 1000) * 1000000;
	return 0;
}

static int
fake_socket_type(int sock)
{
	(void)sock;
	return wire_type;
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

static size_t
fake_max_fds(void)
{
	return wire_max;
}

static void
fake_discard(int fd)
{
	(void)close(fd);
}

#define fdferry_sendv fake_sendv
#define fdferry_recv fake_recv
#define fdferry_deadline fake_deadline
#define fdferry__backend_type fake_socket_type
#define fdferry__is_stream fake_is_stream
#define fdferry__is_seqpacket fake_is_seqpacket
#define fdferry_max_fds fake_max_fds
#define fdferry__discard fake_discard
#define fdferry__nonblock(fd) ((void)(fd), 0)
#define fdferry__is_foreign(fd) ((void)(fd), 0)
#define fdferry__is_nonblocking(fd) ((void)(fd), 1)

#include "../lib/channel.c"
#include "../lib/channel-assemble.c"
#include "../lib/channel-end.c"
#include "../lib/channel-fifo.c"
#include "../lib/channel-frame.c"
#include "../lib/channel-handoff.c"
#include "../lib/channel-outcome.c"
#include "../lib/channel-owner.c"
#include "../lib/channel-parcel.c"
#include "../lib/channel-queue.c"
#include "../lib/channel-recv.c"
#include "../lib/channel-send.c"
#include "../lib/channel-wait.c"
#include "../lib/structures.c"

#undef fdferry_deadline

#endif
