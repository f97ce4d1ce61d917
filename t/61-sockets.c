/* SPDX-License-Identifier: 0BSD */
/*
 * t/61-sockets.c - sockets of every family described, after they were
 * passed: what Python's socket.fromfd() leaves to the caller to know.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct fdferry_info info;
static char dir[] = "/tmp/fdferry-61.XXXXXX";
static char text[600];

/* Describe and close. */
static int
told(int fd)
{
	int n;

	memset(&info, 0, sizeof info);
	info.size = sizeof info;
	n = fdferry_describe(fd, &info);
	if (fd >= 0)
		(void)close(fd);
	return n == 0 && info.kind == FDFERRY_KIND_SOCKET;
}

/* family, type and protocol, or what the system cannot tell */
static int
is_of(int family, int type, int protocol)
{
	return info.type == type && (info.family == family
	    || info.family == -1) && (info.protocol == protocol
	    || info.protocol == -1);
}

static int
named(int type, const char *name)
{
	struct sockaddr_un un;
	int s = socket(AF_UNIX, type, 0);

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path, sizeof un.sun_path, "%s/%s", dir, name);
	if (s >= 0 && bind(s, (struct sockaddr *)(void *)&un, sizeof un) < 0)
		bail("bind");
	(void)snprintf(text, sizeof text, "unix:%s", un.sun_path);
	return s;
}

static void
unix_names(void)
{
	int s = named(SOCK_DGRAM, "d");

	ok(told(s) && is_of(AF_UNIX, SOCK_DGRAM, 0)
	    && strcmp(info.local.text, text) == 0 && info.peer.len == 0,
	    "a datagram socket with a path");
	s = named(SOCK_STREAM, "s");
	ok(listen(s, 1) == 0 && told(s) && is_of(AF_UNIX, SOCK_STREAM, 0)
	    && info.listening != 0 && strcmp(info.local.text, text) == 0,
	    "a stream socket that listens");
	s = named(SOCK_SEQPACKET, "q");
	if (s < 0)
		skip("a seqpacket socket", "no such type");
	else
		ok(told(s) && info.listening <= 0
		    && is_of(AF_UNIX, SOCK_SEQPACKET, 0),
		    "a seqpacket socket that does not");
	s = named(SOCK_STREAM, "a b");
	(void)snprintf(text, sizeof text, "unix:%s/a\\x20b", dir);
	ok(told(s) && strcmp(info.local.text, text) == 0, "a blank in it");
	(void)snprintf(text, sizeof text, "rm -r %s", dir);
	if (system(text) != 0)
		bail("rm");
}

static void
abstract(void)
{
#ifdef __linux__
	struct sockaddr_un un;
	struct sockaddr *at = (struct sockaddr *)(void *)&un;
	const socklen_t head = offsetof(struct sockaddr_un, sun_path);
	int s = socket(AF_UNIX, SOCK_DGRAM, 0);

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	(void)snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "fdferry-%ld",
	    (long)getpid());
	(void)snprintf(text, sizeof text, "@fdferry-%ld\\x00\\x00",
	    (long)getpid());
	if (bind(s, at, head + (socklen_t)strlen(text) - 6) < 0)
		bail("bind");
	ok(told(s) && strcmp(info.local.text, text) == 0,
	    "an abstract name: each of its bytes counts");
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	(void)bind(s, at, sizeof un.sun_family);
	ok(told(s) && info.local.text[0] == '@'
	    && strlen(info.local.text) == 6, "a name that the kernel chose");
	s = socket(AF_UNIX, SOCK_DGRAM, 0);
	ok(told(s) && info.local.text[0] == '\0', "no name");
#else
	skip("an abstract name", "not Linux");
	skip("a name that the kernel chose", "not Linux");
	skip("no name", "not Linux");
#endif
}

static void
inet(void)
{
	struct sockaddr_in in;
	struct sockaddr *at = (struct sockaddr *)(void *)&in;
	socklen_t len = sizeof in;
	int a = socket(AF_INET, SOCK_DGRAM, 0);
	int b = socket(AF_INET, SOCK_DGRAM, 0);

	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(a, at, sizeof in) < 0 || getsockname(a, at, &len) < 0
	    || connect(b, at, sizeof in) < 0)
		bail("loopback");
	(void)snprintf(text, sizeof text, "127.0.0.1:%u",
	    (unsigned int)ntohs(in.sin_port));
	ok(told(b) && is_of(AF_INET, SOCK_DGRAM, IPPROTO_UDP)
	    && strcmp(info.peer.text, text) == 0
	    && strncmp(info.local.text, "127.0.0.1:", 10) == 0, "UDP");
	ok(memcmp(&info.peer.at, &in, sizeof in.sin_family) == 0
	    && info.peer.len == sizeof in, "the address itself, too");
	(void)close(a);
	a = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	if (a < 0)
		skip("a raw socket", "not allowed here");
	else
		ok(told(a) && is_of(AF_INET, SOCK_RAW, IPPROTO_ICMP),
		    "a raw socket");
}

static void
inet6(void)
{
#ifdef AF_INET6
	struct sockaddr_in6 in;
	struct sockaddr *at = (struct sockaddr *)(void *)&in;
	socklen_t len = sizeof in;
	int s = socket(AF_INET6, SOCK_STREAM, 0);

	memset(&in, 0, sizeof in);
	in.sin6_family = AF_INET6;
	in.sin6_port = htons(80);
	(void)inet_pton(AF_INET6, "2001:db8::1", &in.sin6_addr);
	(void)fdferry_addr_text(at, sizeof in, text, sizeof text);
	ok(strcmp(text, "[2001:db8::1]:80") == 0, "IPv6 as text");
	(void)inet_pton(AF_INET6, "fe80::1", &in.sin6_addr);
	in.sin6_scope_id = 4000000;
	(void)fdferry_addr_text(at, sizeof in, text, sizeof text);
	ok(strcmp(text, "[fe80::1%4000000]:80") == 0,
	    "the number of an interface that is not there");
	in.sin6_scope_id = 0;
	in.sin6_port = 0;
	in.sin6_addr = in6addr_loopback;
	if (s < 0 || bind(s, at, sizeof in) < 0 || listen(s, 1) < 0
	    || getsockname(s, at, &len) < 0) {
		skip("IPv6", "no IPv6 loopback here");
		if (s >= 0)
			(void)close(s);
		return;
	}
	(void)snprintf(text, sizeof text, "[::1]:%u",
	    (unsigned int)ntohs(in.sin6_port));
	ok(told(s) && is_of(AF_INET6, SOCK_STREAM, IPPROTO_TCP)
	    && strcmp(info.local.text, text) == 0 && info.listening != 0,
	    "IPv6");
#else
	skip("IPv6 as text", "no IPv6");
	skip("an interface", "no IPv6");
	skip("IPv6", "no IPv6");
#endif
}

static void
others(void)
{
#if defined AF_NETLINK && defined __linux__
	struct { unsigned short family, pad; unsigned int pid, groups; } nl;
	int s = socket(AF_NETLINK, SOCK_RAW, 0);

	memset(&nl, 0, sizeof nl);
	nl.family = AF_NETLINK;
	if (s < 0 || bind(s, (struct sockaddr *)(void *)&nl, 12) < 0) {
		skip("netlink", "not allowed here");
		if (s >= 0)
			(void)close(s);
	} else {
		nl.pid = 4711;
		(void)fdferry_addr_text((struct sockaddr *)(void *)&nl, 12,
		    text, sizeof text);
		ok(told(s) && is_of(AF_NETLINK, SOCK_RAW, 0)
		    && strncmp(info.local.text, "netlink:", 8) == 0
		    && info.local.text[8] != '0'
		    && strcmp(text, "netlink:4711") == 0,
		    "netlink, with its port");
	}
#else
	skip("netlink", "not Linux");
#endif
	ok(fdferry_addr_text(NULL, 100, text, sizeof text) == 0
	    && text[0] == '\0', "no address: no text");
	{
		struct sockaddr sa;

		memset(&sa, 0, sizeof sa);
		sa.sa_family = 99;
		ok(fdferry_addr_text(&sa, sizeof sa, text, sizeof text) == 9
		    && strcmp(text, "family:99") == 0,
		    "an unknown family: its number");
		sa.sa_family = AF_INET;
		ok(fdferry_addr_text(&sa, 4, text, sizeof text) == 8
		    && strncmp(text, "family:", 7) == 0,
		    "an address that is cut short is not read beyond");
	}
}

int
main(void)
{
	plan(4 + 3 + 3 + 3 + 4 + 5);
	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	group(unix_names, "Unix names");
	group(abstract, "abstract names");
	if (!skip_without_loopback(4, "IPv4"))
		group(inet, "IPv4");
	group(inet6, "IPv6");
	group(others, "others");
	return tap_bad;
}
