/* SPDX-License-Identifier: 0BSD */
/*
 * t/64-address.c - addresses as text, in every room from none to enough; and
 * descriptors that are described into structures of every length.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <net/if.h>
#ifdef __linux__
# include <sys/mman.h>
# include <sys/syscall.h>
#endif

/* How many tests there are for what not every system has. */
#ifdef AF_INET6
# define IPV6 4
#else
# define IPV6 0
#endif
#ifdef __linux__
# define NUMBERS 1
#else
# define NUMBERS 0
#endif
#if defined __linux__ && defined SYS_pidfd_open
# define PIDFDS 1
#else
# define PIDFDS 0
#endif

static const size_t head = offsetof(struct sockaddr_un, sun_path);

/* Does `text` begin `whole`, and is none of its escapes cut? */
static int
is_start(const char *text, const char *whole)
{
	const size_t n = strlen(text), all = strlen(whole);
	const char *escape;

	if (n > all || memcmp(text, whole, n) != 0)
		return 0;
	escape = strrchr(text, '\\');
	return escape == NULL || strlen(escape) >= 4;
}

/* The text of it is `whole`; in less room, as much as there is room for. */
static void
text_is(const char *whole, const void *addr, size_t len, const char *name)
{
	char text[256];
	const size_t all = strlen(whole);
	size_t room, bad = 0;

	for (room = 0; room < all + 4; room++) {
		memset(text, '#', sizeof text);
		if (fdferry_addr_text(addr, len, text, room) != all)
			bad++;
		bad += text[room] != '#';
		if (room > all)
			bad += memcmp(text, whole, all + 1) != 0
			    || text[all + 1] != '#';
		else if (room > 0)
			bad += memchr(text, '\0', room) == NULL
			    || !is_start(text, whole);
	}
	ok(bad == 0, name);
	if (bad > 0) {
		(void)fdferry_addr_text(addr, len, text, sizeof text);
		diag("expected %s, got %s, %lu wrong", whole, text,
		    (unsigned long)bad);
	}
}

static void
unix_names(void)
{
	struct sockaddr_un un;

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	strcpy(un.sun_path, "/a b");
	text_is("unix:/a\\x20b", &un, head + 5, "a path, a blank in it");
	text_is("unix:/a\\x20b", &un, head + 4, "without a NUL at its end");
	text_is("unix:/a\\x20b", &un, sizeof un, "and with many");
	text_is("unix:/a\\x20", &un, head + 3, "as long as it says, no more");
	memcpy(un.sun_path, "!~ \177\\\200\n", 8);
	text_is("unix:!~\\x20\\x7f\\x5c\\x80\\x0a", &un, head + 8,
	    "what prints, and what does not");
	text_is("", &un, head, "not bound: nothing");
	text_is("", &un, offsetof(struct sockaddr, sa_data),
	    "a family and no more");
	text_is("", &un, offsetof(struct sockaddr, sa_data) - 1,
	    "not even a family");
	text_is("", NULL, 100, "no address");
	memcpy(un.sun_path, "\0a\0b", 5);
#ifdef __linux__
	text_is("@a\\x00b", &un, head + 4, "an abstract name: each byte");
	text_is("@", &un, head + 1, "an abstract name of nothing");
#else
	text_is("", &un, head + 4, "an empty path is no name");
	text_is("", &un, head + 1, "nor is this");
#endif
}

static void
internet(void)
{
	struct sockaddr_in in;
	struct sockaddr_storage other;

	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(0xc0a80a63);
	in.sin_port = htons(8080);
	text_is("192.168.10.99:8080", &in, sizeof in, "IPv4");
	in.sin_addr.s_addr = 0;
	in.sin_port = 0;
	text_is("0.0.0.0:0", &in, sizeof in, "IPv4: all of it 0");
	in.sin_addr.s_addr = 0xffffffff;
	in.sin_port = 0xffff;
	text_is("255.255.255.255:65535", &in, sizeof in, "IPv4: the longest");
	memset(&other, 0, sizeof other);
	((struct sockaddr *)(void *)&other)->sa_family = 213;
	text_is("family:213", &other, sizeof other, "a family of its own");
}

static void
internet6(void)
{
#ifdef AF_INET6
	struct sockaddr_in6 in;
	char text[100], name[IF_NAMESIZE];

	memset(&in, 0, sizeof in);
	in.sin6_family = AF_INET6;
	in.sin6_port = htons(443);
	in.sin6_addr.s6_addr[15] = 1;
	text_is("[::1]:443", &in, sizeof in, "IPv6");
	in.sin6_addr.s6_addr[0] = 0xfe;
	in.sin6_addr.s6_addr[1] = 0x80;
	in.sin6_scope_id = 999999;
	text_is("[fe80::1%999999]:443", &in, sizeof in,
	    "IPv6: a zone that has no name");
	in.sin6_scope_id = 1;
	if (if_indextoname(1, name) == NULL)
		(void)strcpy(name, "1");
	(void)snprintf(text, sizeof text, "[fe80::1%%%s]:443", name);
	text_is(text, &in, sizeof in, "IPv6: a zone with a name");
	memset(in.sin6_addr.s6_addr, 0xaa, 16);
	in.sin6_scope_id = 0;
	text_is("[aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa]:443", &in,
	    sizeof in, "IPv6: a long one");
#endif
}

/* ---- what is written of a description ---- */

static void
lengths(void)
{
	struct fdferry_info all, some;
	const unsigned char *byte = (const unsigned char *)&some;
	size_t size, i, bad = 0;
	int fd = open("/dev/null", O_RDONLY);

	memset(&all, 0, sizeof all);
	all.size = sizeof all;
	is(0, fdferry_describe(fd, &all), "a device");
	is(-1, all.family, "has no family");
	is(-1, all.type, "no type");
	is(-1, all.protocol, "no protocol");
	is(-1, all.listening, "does not listen");
	is(-1, all.seals, "and has no seals");
	is(fcntl(fd, F_GETFL), all.status, "its status is told");
	for (size = sizeof size; size <= sizeof some; size += 4) {
		memset(&some, 0x5a, sizeof some);
		some.size = size;
		if (fdferry_describe(fd, &some) != 0 || some.size != size)
			bad++;
		bad += memcmp(byte + sizeof size, (char *)&all + sizeof size,
		    size - sizeof size) != 0;
		for (i = size; i < sizeof some; i++)
			bad += byte[i] != 0x5a;
	}
	is(0, (long)bad, "as much as there is room for, of every size");
	some.size = sizeof size - 1;
	fails_with(EINVAL, fdferry_describe(fd, &some),
	    "no room for the size itself");
	fails_with(EINVAL, fdferry_describe(fd, NULL), "no room at all");
	(void)close(fd);
	some.size = sizeof some;
	fails_with(EBADF, fdferry_describe(fd, &some), "a closed descriptor");
	fails_with(EBADF, fdferry_describe(-1, &some), "-1");
}

static int
kind(int fd)
{
	struct fdferry_info info;

	memset(&info, 0, sizeof info);
	info.size = sizeof info;
	if (fd < 0 || fdferry_describe(fd, &info) < 0)
		return -1;
	(void)close(fd);
	return info.kind;
}

static void
kinds(void)
{
	char path[] = "/tmp/fdferry-64.XXXXXX";
	int fd;

	if (mkdtemp(path) == NULL)
		bail("mkdtemp");
	(void)rmdir(path);
	if (mkfifo(path, 0600) < 0)
		bail("mkfifo");
	is(FDFERRY_KIND_FIFO, kind(open(path, O_RDONLY | O_NONBLOCK)),
	    "a fifo with a name is no pipe");
	(void)unlink(path);
#if defined __linux__ && defined SYS_pidfd_open
	fd = (int)syscall(SYS_pidfd_open, (int)getpid(), 0);
	if (fd < 0)
		skip("a process", "this kernel has none");
	else
		is(FDFERRY_KIND_PIDFD, kind(fd), "a process");
#else
	(void)fd;
#endif
	ok(strcmp(fdferry_kind_name(FDFERRY_KIND_PIDFD), "pidfd") == 0
	    && strcmp(fdferry_kind_name(FDFERRY_KIND_OTHER), "other") == 0
	    && strcmp(fdferry_kind_name(FDFERRY_KIND_PIDFD + 1), "other") == 0
	    && strcmp(fdferry_kind_name(-1), "other") == 0,
	    "kinds have names, the first and the last");
}

/* Descriptors with one digit, with two, with three: asked by their numbers. */
static void
numbers(void)
{
#ifdef __linux__
	static const int at[] = { 9, 10, 11, 19, 90, 99, 100, 101, 110, 199,
	    255, 900, 999 };
	const size_t n = sizeof at / sizeof at[0];
	int fd = memfd_create("t", 0), good = 0;
	size_t i;

	if (fd < 0 || access("/proc/self/fd", X_OK) != 0) {
		skip("by number", "no memory files, or no /proc");
		return;
	}
	for (i = 0; i < n; i++)
		good += fcntl(at[i], F_GETFD) >= 0
		    || kind(dup2(fd, at[i])) == FDFERRY_KIND_SHM;
	(void)close(fd);
	is((long)n, good, "descriptors of one, two and three digits");
#endif
}

int
main(void)
{
	plan(11 + 4 + IPV6 + 12 + 2 + PIDFDS + NUMBERS + 6);
	group(unix_names, "Unix");
	group(internet, "Internet");
	group(internet6, "IPv6");
	group(lengths, "lengths");
	group(kinds, "kinds");
	group(numbers, "numbers");
	return tap_bad;
}
