/* SPDX-License-Identifier: 0BSD */
#include "../lib/detect.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

#define BATCH 64		/* descriptors asked about with one poll() */

static struct two *raw_peer;	/* whose channel raw_get() reads from */
void (*raw_idle)(void);

void
chan_need(void)
{
	if (strcmp(fdferry_feature_get("backend"), "none") != 0)
		return;
	printf("1..0 # SKIP this build cannot pass descriptors\n");
	exit(0);
}

int
chan_has(int type)
{
	struct fdferry_channel *ch;
	int pair[2], has;

	if (socketpair(AF_UNIX, type, 0, pair) < 0)
		return 0;
	ch = fdferry_channel_new(pair[0], NULL);
	/* Where sockets are STREAMS, others are no sockets to us. */
	has = ch != NULL || errno != ENOTSOCK;
	fdferry_channel_free(ch);
	fdferry_close(pair, 2);
	return has;
}

static int
chan_pair(int type, int pair[2])
{
	return chan_has(type) ? socketpair(AF_UNIX, type, 0, pair) : -1;
}

int
chan_loses_step(int type)
{
	struct rlimit old, low;
	char byte = 'x';
	int pair[2], fd = fresh_fd(), lowest, failed, gone;

	if (socketpair(AF_UNIX, type, 0, pair) < 0
	    || getrlimit(RLIMIT_NOFILE, &old) < 0
	    || fdferry_send_fd(pair[0], fd, 0, NULL, NULL) < 0)
		bail("full table");
	low = old;
	/* poll() wants one at least. */
	lowest = dup(fd);
	(void)close(lowest);
	low.rlim_cur = (rlim_t)lowest;
	(void)setrlimit(RLIMIT_NOFILE, &low);
	failed = fdferry_recv(pair[1], &byte, 1, NULL, 0, FDFERRY_NONBLOCK,
	    NULL, NULL) < 0;
	/* Again: STREAMS keep the descriptor, and that is the same to us. */
	gone = failed && fdferry_recv(pair[1], &byte, 1, NULL, 0,
	    FDFERRY_NONBLOCK, NULL, NULL) < 0;
	(void)setrlimit(RLIMIT_NOFILE, &old);
	fdferry_close(pair, 2);
	(void)close(fd);
	return gone;
}

struct fdferry_channel_opts
chan_opts(void)
{
	struct fdferry_channel_opts o;

	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	return o;
}

int
two_open(struct two *t, int type, const struct fdferry_channel_opts *a,
    const struct fdferry_channel_opts *b)
{
	memset(t, 0, sizeof *t);
	t->ev.size = sizeof t->ev;
	if (chan_pair(type, t->sock) < 0)
		return -1;
	t->a = fdferry_channel_new(t->sock[0], a);
	t->b = fdferry_channel_new(t->sock[1], b);
	if (t->a == NULL || t->b == NULL)
		bail("no channel");
	return 0;
}

void
two_close(struct two *t)
{
	if (raw_peer == t)
		raw_peer = NULL;
	fdferry_channel_free(t->a);
	fdferry_channel_free(t->b);
	fdferry_close(t->sock, 2);
	t->a = t->b = NULL;
}

void
two_turn(struct two *t)
{
	int i;

	for (i = 0; i < 8; i++) {
		if (t->a != NULL)
			(void)fdferry_channel_work(t->a);
		if (t->b != NULL)
			(void)fdferry_channel_work(t->b);
	}
}

int
two_event(struct two *t, struct fdferry_channel *ch)
{
	int i;

	for (i = 0; i < 2000; i++) {
		if (fdferry_channel_next(ch, &t->ev) == 1)
			return t->ev.type;
		two_turn(t);
		if (fdferry_channel_next(ch, &t->ev) == 1)
			return t->ev.type;
		nap(1);
	}
	return FDFERRY_EVENT_NONE;
}

int
two_quiet(struct two *t, struct fdferry_channel *ch)
{
	two_turn(t);
	return fdferry_channel_next(ch, &t->ev) == 0;
}

void
two_drop(struct two *t)
{
	size_t i;

	for (i = 0; i < t->ev.nfds; i++)
		(void)close(t->ev.fds[i]);
}

int
same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0
	    && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int
fresh_fd(void)
{
	int p[2];

	if (pipe(p) < 0)
		bail("pipe");
	(void)close(p[1]);
	return p[0];
}

static void
put32(unsigned char *at, unsigned long v)
{
	at[0] = (unsigned char)(v & 255);
	at[1] = (unsigned char)(v >> 8 & 255);
	at[2] = (unsigned char)(v >> 16 & 255);
	at[3] = (unsigned char)(v >> 24 & 255);
}

static unsigned long
get32(const unsigned char *at)
{
	return at[0] + at[1] * 256ul + at[2] * 65536ul + at[3] * 16777216ul;
}

void
raw_head(unsigned char head[32], unsigned int type, unsigned long id,
    unsigned long length, unsigned long fds, unsigned long arg,
    unsigned long arg_fds)
{
	memset(head, 0, 32);
	memcpy(head, "\375FRY\1", 5);
	head[5] = (unsigned char)type;
	put32(head + 8, id);
	put32(head + 16, length);
	put32(head + 20, fds);
	put32(head + 24, arg);
	put32(head + 28, arg_fds);
}

/*
 * All of it, through a socket that may hold little: the channel at the other
 * end, which is in this process, reads when it is full.
 */
static void
raw_send(int sock, const unsigned char *bytes, size_t len, const int *fds,
    size_t nfds)
{
	struct timespec when, now;
	ptrdiff_t n;

	(void)fdferry_deadline(&when, SOON);
	for (;;) {
		n = fdferry_send(sock, bytes, len, fds, nfds,
		    raw_peer != NULL ? FDFERRY_NONBLOCK : 0, NULL, NULL);
		if (n == (ptrdiff_t)len)
			return;
		(void)fdferry_deadline(&now, 0);
		if ((n < 0 && errno != EAGAIN) || raw_peer == NULL
		    || now.tv_sec > when.tv_sec)
			bail("raw send");
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
			nfds = 0;
			continue;
		}
		two_turn(raw_peer);
		nap(1);
	}
}

void
raw_put(int sock, unsigned int type, unsigned long id, const void *data,
    unsigned long length, const int *fds, unsigned long nfds,
    unsigned long arg, unsigned long arg_fds)
{
	unsigned char frame[32 + 16384];
	unsigned long some = nfds;

	if (some > fdferry_max_fds())
		some = fdferry_max_fds();
	raw_head(frame, type, id, length, some, arg, arg_fds);
	if (length > 0)
		memcpy(frame + 32, data, length);
	raw_send(sock, frame, 32 + length, fds, some);
	if (some < nfds)
		raw_put(sock, MORE, id, NULL, 0, fds + some, nfds - some, 0,
		    0);
}

void
raw_hello(int sock, unsigned long bytes, unsigned long fds,
    unsigned long held, unsigned long offers)
{
	unsigned char data[32];

	memset(data, 0, sizeof data);
	data[0] = data[1] = 1;
	put32(data + 4, bytes);
	put32(data + 8, fds);
	put32(data + 12, held);
	put32(data + 16, offers);
	raw_put(sock, HELLO, 0, data, 32, NULL, 0, 0, 0);
}

void
raw_say(int sock, unsigned int type, unsigned long id, unsigned long reason)
{
	raw_put(sock, type, id, NULL, 0, NULL, 0, reason, 0);
}

/*
 * Exactly `len` bytes of a stream, or one record; nothing if not a byte comes
 * within `ms`. The channel works meanwhile, for it is in this process, and
 * only it can write the rest of a frame that the kernel took a part of.
 */
static int
raw_read(int sock, unsigned char *buf, size_t len, int record,
    struct raw *raw, int ms)
{
	struct fdferry_result r;
	struct timespec when, now;
	size_t have = 0;
	ptrdiff_t n;

	r.size = sizeof r;
	(void)fdferry_deadline(&when, ms);
	while (have < len) {
		n = fdferry_recv(sock, buf + have, len - have,
		    raw->fd + raw->nfds, (size_t)(256 - raw->nfds),
		    FDFERRY_NONBLOCK, NULL, &r);
		if (n < 0 && errno == EAGAIN) {
			(void)fdferry_deadline(&now, 0);
			if (now.tv_sec > when.tv_sec
			    || (now.tv_sec == when.tv_sec
			    && now.tv_nsec >= when.tv_nsec))
				return 0;
			if (raw_idle != NULL)
				raw_idle();
			if (raw_peer != NULL)
				two_turn(raw_peer);
			nap(1);
			continue;
		}
		/* Over STREAMS a descriptor can come first, alone. */
		if (n < 0 || (n == 0 && r.fds == 0))
			return 0;
		have += (size_t)n;
		raw->nfds += (int)r.fds;
		if (record)
			break;
		(void)fdferry_deadline(&when, SOON);
	}
	return 1;
}

unsigned int
raw_get(int sock, struct raw *raw, int ms)
{
	unsigned char frame[32 + 16384];
	int type = 0;
	socklen_t len = sizeof type;

	memset(raw, 0, sizeof *raw);
	(void)getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &len);
	if (!raw_read(sock, frame, type == SOCK_STREAM ? 32 : sizeof frame,
	    type != SOCK_STREAM, raw, ms))
		return 0;
	if (memcmp(frame, "\375FRY\1", 5) != 0)
		bail("no frame");
	raw->type = frame[5];
	raw->flags = frame[6] + frame[7] * 256u;
	raw->id = get32(frame + 8);
	raw->length = get32(frame + 16);
	raw->fds = get32(frame + 20);
	raw->arg = get32(frame + 24);
	raw->arg_fds = get32(frame + 28);
	if (type == SOCK_STREAM && raw->length > 0
	    && !raw_read(sock, frame + 32, raw->length, 0, raw, SOON))
		bail("half a frame");
	memcpy(raw->data, frame + 32, raw->length);
	return raw->type;
}

void
raw_open(struct two *t, int type, const struct fdferry_channel_opts *o)
{
	struct raw raw;

	memset(t, 0, sizeof *t);
	t->ev.size = sizeof t->ev;
	if (chan_pair(type, t->sock) < 0)
		bail("socketpair");
	t->a = fdferry_channel_new(t->sock[0], o);
	if (t->a == NULL)
		bail("no channel");
	two_turn(t);
	raw_peer = t;
	if (raw_get(t->sock[1], &raw, SOON) != HELLO)
		bail("no HELLO");
	raw_hello(t->sock[1], 1048576, 20000, 20000, 64);
	two_turn(t);
}

void
nap(int ms)
{
	(void)poll(NULL, 0, ms);
}

int
all_fds(void)
{
	struct pollfd some[BATCH];
	struct rlimit lim;
	size_t fd, i, n, most = 1024;
	int count = 0;

	if (getrlimit(RLIMIT_NOFILE, &lim) == 0
	    && lim.rlim_cur != RLIM_INFINITY && lim.rlim_cur < 100000)
		most = (size_t)lim.rlim_cur;
	/* Many with one call: an emulator takes long for each. */
	for (fd = 0; fd < most; fd += n) {
		n = most - fd < BATCH ? most - fd : BATCH;
		for (i = 0; i < n; i++) {
			some[i].fd = (int)(fd + i);
			some[i].events = 0;
			/* Old BSDs leave out those beyond the table. */
			some[i].revents = POLLNVAL;
		}
		if (poll(some, (nfds_t)n, 0) < 0)
			bail("poll");
		for (i = 0; i < n; i++)
			count += (some[i].revents & POLLNVAL) == 0;
	}
	return count;
}
