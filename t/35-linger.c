/* SPDX-License-Identifier: 0BSD */
/*
 * t/35-linger.c - law 9: a refused socket with SO_LINGER and unsent data,
 * whose last descriptor is ours, does not hold us up when it is closed.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <netinet/in.h>

static int pair[2];
static int l;			/* listens, and never reads */

/* A TCP connection with more unsent data than the other end will take. */
static int
stuck(int *other)
{
	static char block[65536];
	struct linger on = { 1, 15 };
	struct sockaddr_in in;
	socklen_t len = sizeof in;
	int c = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
	struct pollfd p;

	(void)setsockopt(c, SOL_SOCKET, SO_LINGER, &on, sizeof on);
	(void)setsockopt(c, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	if (getsockname(l, (struct sockaddr *)(void *)&in, &len) < 0
	    || connect(c, (struct sockaddr *)(void *)&in, sizeof in) < 0
	    || (*other = accept(l, NULL, NULL)) < 0)
		bail("connect");
	(void)fcntl(c, F_SETFL, O_NONBLOCK);
	/* Until the other end's room is full too, and nothing moves. */
	p.fd = c;
	p.events = POLLOUT;
	do
		while (send(c, block, sizeof block, MSG_NOSIGNAL) > 0)
			continue;
	while (poll(&p, 1, 100) > 0);
	/* Linux does not linger on a non-blocking socket's close. */
	(void)fcntl(c, F_SETFL, 0);
	return c;
}

static void
refused(void)
{
	struct fdferry_result r = fresh();
	struct fdferry_opts o = no_opts();
	struct fdferry_policy p;
	int other, c;
	long start;

	memset(&p, 0, sizeof p);
	p.size = sizeof p;
	p.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_FILE);
	o.policy = &p;
	c = stuck(&other);
	if (fdferry_send_fd(pair[0], c, FDFERRY_GIVE, NULL, NULL) < 0)
		bail("send");
	start = now_ms();
	fails_with(EACCES, fdferry_recv_fd(pair[1], 0, &o, &r),
	    "law 9: a lingering socket is refused");
	ok(now_ms() - start < 5000, "law 9: without waiting for it");
	(void)close(other);
	c = stuck(&other);
	if (fdferry_send_fd(pair[0], c, FDFERRY_GIVE, NULL, NULL) < 0)
		bail("send");
	start = now_ms();
	(void)fdferry_recv(pair[1], &p, 1, NULL, 0, 0, NULL, &r);
	ok(r.surplus == 1 && now_ms() - start < 5000,
	    "law 9: nor as surplus");
	(void)close(other);
}

int
main(void)
{
	struct sockaddr_in in;
	int small = 4096;

	need_backend();
	if (!have_loopback())
		skip_all("no loopback");
	plan(3 + 1);
	(void)make_pair(SOCK_STREAM, pair);
	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	l = socket(AF_INET, SOCK_STREAM, 0);
	(void)setsockopt(l, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
	if (bind(l, (struct sockaddr *)(void *)&in, sizeof in) < 0
	    || listen(l, 4) < 0)
		bail("listen");
	group(refused, "refused");
	return tap_bad;
}
