/* SPDX-License-Identifier: 0BSD */
/*
 * machine.c - can this machine do what a test of the suite needs? Compiled
 * without a persona, by run. Exit status 0 if it can, 1 if it cannot, 2 for
 * a word that is not known.
 */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define NETLINK 16		/* AF_NETLINK */

static int
can_set(int option)
{
	int pair[2], on = 1;

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0
	    && setsockopt(pair[1], SOL_SOCKET, option, &on, sizeof on) == 0;
}

static int
can_listen6(void)
{
	struct sockaddr_in6 at;
	int sock = socket(AF_INET6, SOCK_STREAM, 0);

	memset(&at, 0, sizeof at);
	at.sin6_family = AF_INET6;
	at.sin6_addr = in6addr_loopback;
	return sock >= 0
	    && bind(sock, (struct sockaddr *)(void *)&at, sizeof at) == 0
	    && listen(sock, 1) == 0;
}

static int
can_open(long most)
{
	struct rlimit lim;

	return getrlimit(RLIMIT_NOFILE, &lim) == 0
	    && (lim.rlim_max == RLIM_INFINITY
	    || lim.rlim_max >= (rlim_t)most);
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "raw") == 0)
		return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) < 0;
	if (strcmp(what, "ipv6") == 0)
		return !can_listen6();
	if (strcmp(what, "netlink") == 0)
		return socket(NETLINK, SOCK_RAW, 0) < 0;
	if (strcmp(what, "user") == 0)
		return geteuid() == 0 && setuid(20000) < 0;
	if (strcmp(what, "option") == 0 && argc == 3)
		return !can_set(atoi(argv[2]));
	if (strcmp(what, "files") == 0 && argc == 3)
		return !can_open(atol(argv[2]));
	return 2;
}
