/* SPDX-License-Identifier: 0BSD */
/*
 * t/15-exact.c - the last that is taken and the first that is not: pieces of
 * data, lengths of addresses, seconds of deadlines, descriptor 0, and a sender
 * of whom nothing is known.
 */
#include "../lib/detect.h"
#include "kit.h"

#define PIECES 1024
/* What only Linux promises: the length of an address that was cut. */
#ifdef __linux__
# define CUT 3
#else
# define CUT 0
#endif

static int pair[2];
static struct fdferry_result r;

static void
pieces(void)
{
	static char out[PIECES + 1], in[PIECES + 1];
	struct iovec a[PIECES + 1], b[PIECES + 1];
	int i, got = -1;

	for (i = 0; i <= PIECES; i++) {
		out[i] = (char)('a' + i % 23);
		a[i].iov_base = out + i;
		b[i].iov_base = in + i;
		a[i].iov_len = b[i].iov_len = 1;
	}
	(void)make_pair(SOCK_STREAM, pair);
	if (sysconf(_SC_IOV_MAX) < PIECES) {
		skip("exactly 1024 pieces", "this system takes fewer");
		skip("received into as many", "this system takes fewer");
		skip("byte for byte", "this system takes fewer");
	} else {
		is(PIECES, fdferry_sendv(pair[0], a, PIECES, &pair[0], 1, 0,
		    NULL, &r), "exactly 1024 pieces");
		is(PIECES, fdferry_recvv(pair[1], b, PIECES, &got, 1, 0, NULL,
		    &r), "received into as many");
		ok(memcmp(in, out, PIECES) == 0 && in[PIECES] == 0
		    && r.bytes == PIECES && r.fds == 1, "byte for byte");
		fdferry_close(&got, r.fds);
	}
	fails_with(EINVAL, fdferry_sendv(pair[0], a, PIECES + 1, NULL, 0, 0,
	    NULL, &r), "one more is refused");
	fails_with(EINVAL, fdferry_recvv(pair[1], b, PIECES + 1, NULL, 0, 0,
	    NULL, &r), "also to receive into");
	fails_with(EINVAL, fdferry_sendv(pair[0], a, -1, NULL, 0, 0, NULL, &r),
	    "fewer than none is refused");
	fails_with(EINVAL, fdferry_sendv(pair[0], NULL, 1, NULL, 0, 0, NULL,
	    &r), "one that is nowhere is refused");
	ok(is_quiet(pair[1]), "nothing of that was sent");
	fdferry_close(pair, 2);
}

/* A child that reads from pair[1] until the end, or as much as `want` is; it
   ends with 0 if that came. */
static pid_t
reader(const int pair[2], const char *want, size_t len)
{
	static char in[400016];
	pid_t child = tap_fork();
	size_t have = 0;
	ptrdiff_t n;

	if (child != 0)
		return child;
	(void)close(pair[0]);
	while (have < len && (n = fdferry_recv(pair[1], in + have, len - have,
	    NULL, 0, 0, NULL, NULL)) > 0)
		have += (size_t)n;
	_exit(have != len || memcmp(in, want, len) != 0);
}

/* In more pieces than go into one call after the first has taken some. */
static void
rest_of_pieces(void)
{
	static char out[400000];
	struct iovec a[40];
	pid_t child;
	int i, status = -1;

	for (i = 0; i < (int)sizeof out; i++)
		out[i] = (char)(i % 251);
	for (i = 0; i < 40; i++) {
		a[i].iov_base = out + i * 10000;
		a[i].iov_len = 10000;
	}
	(void)make_pair(SOCK_STREAM, pair);
	child = reader(pair, out, sizeof out);
	is((long)sizeof out, fdferry_sendv(pair[0], a, 40, NULL, 0, 0, NULL,
	    &r), "more than a socket holds, in 40 pieces");
	fdferry_close(pair, 2);
	(void)waitpid(child, &status, 0);
	is(0, status, "arrives as it was");
}

/*
 * Not all is taken at once, and behind what was are more empty pieces than go
 * into one call. A deadline: the kernel may not wait, so it takes a part.
 */
static void
empty_pieces(void)
{
	static char out[400009];
	struct fdferry_opts o = no_opts();
	struct iovec a[1 + 38 + 1];
	struct timespec when;
	pid_t child;
	int i, status = -1;

	memset(a, 0, sizeof a);
	for (i = 0; i < (int)sizeof out; i++)
		out[i] = (char)(i % 251);
	memcpy(out + 400000, out, 9);
	a[0].iov_base = out;
	a[0].iov_len = 400000;
	for (i = 1; i <= 38; i++)
		a[i].iov_base = out;
	a[39].iov_base = out;
	a[39].iov_len = 9;
	(void)make_pair(SOCK_STREAM, pair);
	child = reader(pair, out, sizeof out);
	o.deadline = &when;
	(void)fdferry_deadline(&when, 60000);
	is((long)sizeof out, fdferry_sendv(pair[0], a, 40, NULL, 0, 0, &o, &r),
	    "a part is taken, 38 empty pieces follow: all is sent");
	is(0, r.error, "and nothing is wrong");
	fdferry_close(pair, 2);
	(void)waitpid(child, &status, 0);
	is(0, status, "it arrives as it was");
}

static void
addresses(void)
{
	struct sockaddr_un un, from;
	struct sockaddr *at = (struct sockaddr *)(void *)&un;
	struct fdferry_opts o = no_opts();
	char dir[] = "/tmp/fdferry-15.XXXXXX";
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	size_t len, all;
	int x = socket(AF_UNIX, SOCK_DGRAM, 0), fd;

	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
	all = head + strlen(un.sun_path) + 1;
	if (bind(x, at, (socklen_t)all) < 0)
		bail("bind");
	o.to = at;
	o.tolen = all;
	o.from = (struct sockaddr *)(void *)&from;
	o.fromlen = &len;
	len = sizeof from;
	(void)fdferry_send_fd(x, x, 0, &o, NULL);
	fd = fdferry_recv_fd(x, 0, &o, &r);
	ok(fd >= 0 && (len == all || len == all - 1),
	    "fromlen: the length of the address");
	diag("%lu of %lu", (unsigned long)len, (unsigned long)all);
	(void)close(fd);
#ifdef __linux__
	len = head + 3;
	memset(&from, 0x55, sizeof from);
	(void)fdferry_send_fd(x, x, 0, &o, NULL);
	fd = fdferry_recv_fd(x, 0, &o, &r);
	is((long)all, (long)len, "fromlen: all of it, also if it was cut");
	ok(fd >= 0 && memcmp(from.sun_path, un.sun_path, 3) == 0
	    && from.sun_path[3] == 0x55, "and no more is written");
	(void)close(fd);
	len = (size_t)1 << 20;
	(void)fdferry_send_fd(x, x, 0, &o, NULL);
	fd = fdferry_recv_fd(x, 0, &o, &r);
	is((long)all, (long)len, "fromlen: room for more than any address");
	(void)close(fd);
#endif
	o.tolen = 4097;
	fails_with(EINVAL, fdferry_send_fd(x, x, 0, &o, &r),
	    "an address that is longer than any");
	(void)unlink(un.sun_path);
	(void)rmdir(dir);
	(void)close(x);
}

/* ---- time ---- */

static long
ns(const struct timespec *t, const struct timespec *since)
{
	return (long)(t->tv_sec - since->tv_sec) * 1000000000
	    + (t->tv_nsec - since->tv_nsec);
}

static void
deadlines(void)
{
	static const long ms[] = { 0, 1, 999, 1000, 1001, 1999, -1, -999,
	    -1000, -1001, -1999 };
	struct timespec before, after, when;
	size_t i, bad = 0;

	for (i = 0; i < sizeof ms / sizeof ms[0]; i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &before);
		if (fdferry_deadline(&when, ms[i]) != 0)
			bad++;
		(void)clock_gettime(CLOCK_MONOTONIC, &after);
		if (ns(&when, &before) < ms[i] * 1000000
		    || ns(&when, &after) > ms[i] * 1000000
		    || when.tv_nsec < 0 || when.tv_nsec > 999999999) {
			diag("%ld ms: %ld ns", ms[i], ns(&when, &before));
			bad++;
		}
	}
	is(0, (long)bad, "a deadline is that far away, in whole seconds or not");
	fails_with(EINVAL, fdferry_deadline(NULL, 1), "no room for one");
}

/* Just before or after a full second, so that there is one to carry. */
static void
seconds(int before, long wait)
{
	struct fdferry_opts o = no_opts();
	struct timespec now, when;
	long took;
	int i;

	for (i = 0; i < 1500; i++) {
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
		if (before ? now.tv_nsec > 970000000 : now.tv_nsec < 30000000)
			break;
		(void)poll(NULL, 0, 1);
	}
	when = now;
	when.tv_nsec += wait * 1000000;
	if (when.tv_nsec > 999999999) {
		when.tv_sec++;
		when.tv_nsec -= 1000000000;
	}
	o.deadline = &when;
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &o, &r),
	    before ? "a deadline in the next second"
	    : "a deadline in the same second");
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	took = ns(&now, &when) / 1000000;
	ok(took >= 0 && took < 900, "it is over, and not for long");
	if (took < 0 || took >= 900)
		diag("%ld ms after it", took);
}

static void
waits(void)
{
	struct fdferry_opts o = no_opts();
	struct timespec when, now;
	pid_t child;
	int fd, status = -1;

	(void)make_pair(SOCK_STREAM, pair);
	seconds(1, 60);
	seconds(0, 60);
	o.deadline = &when;
	(void)clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_nsec = 1000000000;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, &r),
	    "a second has 999999999 nanoseconds");
	when.tv_nsec = -1;
	fails_with(EINVAL, fdferry_recv_fd(pair[1], 0, &o, &r),
	    "and not fewer than none");
	when.tv_nsec = 999999999;
	when.tv_sec -= 2;
	fails_with(ETIMEDOUT, fdferry_recv_fd(pair[1], 0, &o, &r),
	    "the last of them is one, and is over");
	(void)fdferry_deadline(&when, 30000);
	child = tap_fork();
	if (child == 0) {
		(void)poll(NULL, 0, 40);
		_exit(fdferry_send_fd(pair[0], 0, 0, NULL, NULL) != 0);
	}
	fd = fdferry_recv_fd(pair[1], 0, &o, &r);
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ok(fd >= 0 && r.error == 0 && now.tv_sec < when.tv_sec,
	    "a wait with a deadline ends when the message comes");
	(void)waitpid(child, &status, 0);
	is(0, status, "it was sent");
	(void)close(fd);
	when.tv_sec = (time_t)(~0ull >> (65 - 8 * sizeof when.tv_sec));
	child = tap_fork();
	if (child == 0) {
		(void)poll(NULL, 0, 40);
		_exit(fdferry_send_fd(pair[0], 0, 0, NULL, NULL) != 0);
	}
	fd = fdferry_recv_fd(pair[1], 0, &o, &r);
	ok(fd >= 0, "a deadline that will never come is waited for");
	(void)waitpid(child, &status, 0);
	(void)close(fd);
	fdferry_close(pair, 2);
}

/* ---- descriptor 0 ---- */

static void
zero(void)
{
	struct fdferry_opts o = no_opts();
	struct fdferry_policy p;
	char byte;
	int kept = dup(0), got[2], file = open("/dev/null", O_RDONLY);

	(void)make_pair(SOCK_STREAM, pair);
	memset(&p, 0, sizeof p);
	p.size = sizeof p;
	(void)close(0);
	(void)fdferry_send_fd(pair[0], file, 0, NULL, NULL);
	is(0, fdferry_recv_fd(pair[1], 0, NULL, &r), "a descriptor can be 0");
	(void)close(0);
	o.policy = &p;
	p.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_SOCKET);
	(void)fdferry_send_fd(pair[0], file, 0, NULL, NULL);
	fails_with(EACCES, fdferry_recv_fd(pair[1], 0, &o, &r),
	    "one that is refused by its kind");
	ok(!is_open(0) && r.refused == 1, "is closed if it was 0");
	p.kinds = 0;
	p.most = 1;
	got[0] = got[1] = file;
	(void)fdferry_send(pair[0], "x", 1, got, 2, 0, NULL, NULL);
	is(1, fdferry_recv(pair[1], &byte, 1, got, 2, 0, &o, &r),
	    "two, where one is allowed");
	ok(!is_open(0) && r.refused == 2 && r.fds == 0, "both are closed");
	(void)fdferry_send_fd(pair[0], file, 0, NULL, NULL);
	is(1, fdferry_recv(pair[1], &byte, 1, NULL, 0, 0, NULL, &r),
	    "one for which there is no room");
	ok(!is_open(0) && r.surplus == 1, "is closed if it was 0");
	(void)dup2(kept, 0);
	(void)close(kept);
	(void)close(file);
	fdferry_close(pair, 2);
}

/* ---- nobody knows who ---- */

/* Anybody can send to a datagram socket that is not connected. */
static void
stranger(void)
{
	struct sockaddr_un un;
	struct sockaddr *at = (struct sockaddr *)(void *)&un;
	struct fdferry_opts to = no_opts(), o = no_opts();
	struct fdferry_policy p;
	char dir[] = "/tmp/fdferry-15.XXXXXX";
	unsigned long me[2], ours[2];
	char byte;
	int x = socket(AF_UNIX, SOCK_DGRAM, 0), fd;

	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
	if (bind(x, at, sizeof un) < 0)
		bail("bind");
	to.to = at;
	to.tolen = sizeof un;
	memset(&p, 0, sizeof p);
	p.size = sizeof p;
	o.policy = &p;
	me[0] = (unsigned long)geteuid();
	ours[0] = (unsigned long)getegid();
	me[1] = ours[1] = 0;
	p.uids = me;
	p.nuids = 2;
	(void)fdferry_send_fd(x, 1, 0, &to, NULL);
	fails_with(EACCES, fdferry_recv_fd(x, 0, &o, &r),
	    "a policy of users, a sender who is not known");
	is(1, (long)r.refused, "refused");
	p.nuids = 0;
	p.gids = ours;
	p.ngids = 2;
	(void)fdferry_send_fd(x, 1, 0, &to, NULL);
	fails_with(EACCES, fdferry_recv_fd(x, 0, &o, &r),
	    "a policy of groups, a sender who is not known");
	(void)fdferry_send(x, "x", 1, NULL, 0, 0, &to, NULL);
	is(1, fdferry_recv(x, &byte, 1, &fd, 1, 0, &o, &r),
	    "without descriptors nobody is asked");
	is(0, (long)r.refused, "and nothing is refused");
	p.ngids = 0;
	(void)fdferry_send_fd(x, 1, 0, &to, NULL);
	fd = fdferry_recv_fd(x, 0, &o, &r);
	ok(fd >= 0, "a policy that asks for nobody");
	(void)close(fd);
	(void)unlink(un.sun_path);
	(void)rmdir(dir);
	(void)close(x);
}

int
main(void)
{
	need_backend();
	plan(8 + 2 + 3 + 2 + CUT + 2 + 10 + 7 + 6 + 8);
	r = fresh();
	group(pieces, "pieces");
	group(rest_of_pieces, "the rest of them");
	group(empty_pieces, "empty pieces");
	group(addresses, "addresses");
	group(deadlines, "deadlines");
	group(waits, "waits");
	group(zero, "descriptor 0");
	group(stranger, "a stranger");
	return tap_bad;
}
