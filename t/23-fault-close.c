/* SPDX-License-Identifier: 0BSD */
/*
 * t/23-fault-close.c - closing many: how many system calls, each descriptor
 * once, and kernels without close_range().
 */
#include "../lib/detect.h"
#include "kit.h"

static int nclose, nrange, no_range, close_fails, nlinger;

static int
fake_close(int fd)
{
	nclose++;
	if (close_fails) {
		(void)close(fd);	/* it is gone all the same */
		errno = close_fails;
		return -1;
	}
	return close(fd);
}

#if FDFERRY_HAVE_CLOSE_RANGE
static int
fake_close_range(unsigned int first, unsigned int last, int flags)
{
	nrange++;
	if (no_range) {
		errno = ENOSYS;
		return -1;
	}
	return close_range(first, last, flags);
}
#endif

static int
fake_setsockopt(int fd, int level, int name, const void *at, socklen_t len)
{
	nlinger += name == SO_LINGER;
	return setsockopt(fd, level, name, at, len);
}

#define close fake_close
#define close_range fake_close_range
#define setsockopt fake_setsockopt
#include "../lib/close.c"
#undef close
#undef close_range
#undef setsockopt

static int fds[600];
static int base;		/* of a hundred free numbers */

/* `n` neighbours from `base` on. */
static void
open_run(int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (dup2(0, base + i) < 0)
			bail("dup2");
	for (i = 0; i < n; i++)
		fds[i] = base + i;
	nclose = nrange = 0;
}

static int
all_gone(int n)
{
	int i, bad = 0;

	for (i = 0; i < n; i++)
		bad += is_open(base + i) || fds[i] != -1;
	return bad == 0;
}

static void
runs(void)
{
	int n, error, wrong = 0;

	open_run(100);
	fdferry_close(fds, 100);
	ok(all_gone(100), "100 neighbours are closed, entries are -1");
	if (FDFERRY_HAVE_CLOSE_RANGE)
		ok(nrange == 1 && nclose == 0, "in one system call");
	else
		ok(nclose == 100, "one by one: there is no close_range()");
	for (n = 0; n < 6; n++) {
		open_run(n);
		fdferry_close(fds, (size_t)n);
		wrong += !all_gone(n) || nclose + nrange > n;
	}
	is(0, wrong, "0 to 5 neighbours, never more calls than descriptors");
	no_range = 1;
	open_run(50);
	errno = E2BIG;
	fdferry_close(fds, 50);
	error = errno;
	ok(all_gone(50) && nclose == 50, "ENOSYS: one by one");
	is(E2BIG, error, "errno is kept");
	no_range = 0;
}

static void
lists(void)
{
	open_run(6);
	fds[0] = base + 3;
	fds[1] = -1;
	fds[2] = base;
	fds[3] = base + 3;
	fds[4] = base + 1;
	fds[5] = -7;
	fds[6] = base + 3;
	fds[7] = base + 2;
	fdferry_close(fds, 8);
	ok(!is_open(base) && !is_open(base + 1) && !is_open(base + 2)
	    && !is_open(base + 3),
	    "unsorted, doubled and negative entries: closed");
	ok(is_open(base + 4) && is_open(base + 5), "nothing else is");
	ok(nclose + nrange == (FDFERRY_HAVE_CLOSE_RANGE ? 1 : 4),
	    "each is closed once, neighbours together");
	ok(fds[0] == -1 && fds[3] == -1 && fds[5] < 0 && fds[6] == -1,
	    "entries are -1");
	(void)close(base + 4);
	(void)close(base + 5);
	open_run(5);
	fds[5] = base + 3;
	fds[6] = base + 1;
	nclose = nrange = 0;
	fdferry_close(fds, 7);
	ok(nclose + nrange == (FDFERRY_HAVE_CLOSE_RANGE ? 1 : 5),
	    "doubles of a run are not closed again");
	fdferry_close(NULL, 0);
	ok(1, "an empty list");
	open_run(3);
	fds[1] = base + 2;
	fds[2] = base + 1;
	close_fails = EINTR;
	no_range = 1;
	nclose = 0;
	fdferry_close(fds, 3);
	ok(nclose == 3, "law 6: close() that fails is never retried");
	close_fails = no_range = 0;
}

/* Every order of seven entries: the same end, whatever the list was. */
static void
orders(void)
{
	const int lot[7] = { 4, 0, -1, 2, 4, 1, 6 };
	int i, k, n, rest, kept, wrong = 0;
	int left[7];

	for (n = 0; n < 7 * 6 * 5 * 4 * 3 * 2; n++) {
		open_run(7);
		memcpy(left, lot, sizeof left);
		for (i = 0, rest = n; i < 7; i++) {
			k = rest % (7 - i);
			rest /= 7 - i;
			fds[i] = left[k] < 0 ? -1 : base + left[k];
			left[k] = left[6 - i];
		}
		no_range = n % 2;
		nclose = nrange = 0;
		fdferry_close(fds, 7);
		for (i = 0, kept = 0; i < 7; i++) {
			wrong += fds[i] != -1;
			kept += is_open(base + i);
		}
		wrong += kept != 2 || !is_open(base + 3) || !is_open(base + 5)
		    || (nclose != 5
		    && (no_range || nclose != 2 || nrange != 1));
		(void)close(base + 3);
		(void)close(base + 5);
	}
	no_range = 0;
	is(0, wrong, "every order of a list");
}

/* Seconds of this process to close `n` in no order; others may have the machine
   meanwhile. */
static double
closing(int n)
{
	static int many[200000];
	clock_t before;
	int i, k, fd;

	for (i = 0; i < n; i++)
		many[i] = 1000000000 + i * 2;
	for (i = n - 1; i > 0; i--) {
		k = (int)((long)i * 7919L % (i + 1L));
		fd = many[i];
		many[i] = many[k];
		many[k] = fd;
	}
	before = clock();
	fdferry_close(many, (size_t)n);
	before = clock() - before;
	if (many[n - 1] != -1)
		bail("not closed");
	return (double)before / CLOCKS_PER_SEC;
}

/* Ten times as many would take a hundred times as long if each were held
   against each. */
static void
long_list(void)
{
	const double some = closing(20000), all = closing(200000);

	ok(all < 1 || all < 40 * some,
	    "a long list in no order takes no quadratic time");
}

static void
discards(void)
{
	int pair[2];
	struct linger on = { 1, 30 }, now = { 7, 7 };
	socklen_t len = sizeof now;

	(void)make_pair(SOCK_STREAM, pair);
	(void)setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &on, sizeof on);
	fds[0] = dup(pair[0]);
	nlinger = nclose = 0;
	errno = E2BIG;
	fdferry__discard(fds[0]);
	ok(nlinger == 1 && nclose == 1 && !is_open(fds[0]),
	    "law 9: what is refused has SO_LINGER cleared, and is closed");
	(void)getsockopt(pair[0], SOL_SOCKET, SO_LINGER, &now, &len);
	is(0, now.l_onoff, "law 9: really cleared");
	fds[0] = open("/dev/null", O_RDONLY);
	errno = E2BIG;
	fdferry__discard(fds[0]);
	is(E2BIG, errno, "law 9: errno is kept");
	ok(!is_open(fds[0]),
	    "law 9: a file as well");
	fdferry_close(pair, 2);
}

static void
close_on_exec(void)
{
	int fd = dup(0);

	is(0, fdferry__cloexec(fd), "law 2: close-on-exec is set");
	ok((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "law 2: really");
	is(0, fdferry__cloexec(fd), "law 2: twice does no harm");
	(void)close(fd);
	fails_with(EBADF, fdferry__cloexec(fd), "law 2: a closed one");
}

int
main(void)
{
	int n = 0;

	plan(5 + 7 + 1 + 1 + 4 + 4 + 6);
	for (base = 10; n < 100 && base < 900; base++)
		for (n = 0; n < 100 && !is_open(base + n); n++)
			continue;
	base--;
	group(runs, "runs");
	group(lists, "lists");
	group(orders, "orders");
	group(long_list, "long list");
	group(discards, "discards");
	group(close_on_exec, "close-on-exec");
	return tap_bad;
}
