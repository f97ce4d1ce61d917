/* SPDX-License-Identifier: 0BSD */
/* t/60-describe.c - the answer to the socket.fromfd() problem. */
#include "../lib/detect.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
# include <sys/epoll.h>
# include <sys/mman.h>
#endif

#include "fdferry.h"
#include "kit.h"

static struct fdferry_info info;

/* Describe and close. */
static int
kind(int fd)
{
	int r;

	memset(&info, 0, sizeof info);
	info.size = sizeof info;
	r = fdferry_describe(fd, &info);
	(void)close(fd);
	return r < 0 ? -1 : info.kind;
}

static void
things(void)
{
	int p[2];

	ok(kind(open("/", O_RDONLY)) == FDFERRY_KIND_DIRECTORY
	    && info.access == FDFERRY_READABLE, "a directory");
	ok(kind(open("/dev/null", O_WRONLY)) == FDFERRY_KIND_DEVICE
	    && info.access == FDFERRY_WRITABLE, "a device");
	ok(pipe(p) == 0 && kind(p[0]) == FDFERRY_KIND_PIPE, "a pipe");
	(void)close(p[1]);
	ok(kind(fileno(tmpfile())) == FDFERRY_KIND_FILE
	    && info.access == (FDFERRY_READABLE | FDFERRY_WRITABLE)
	    && info.family == -1, "a file");
	ok(kind(posix_openpt(O_RDWR | O_NOCTTY)) == FDFERRY_KIND_TTY, "a tty");
#ifdef __linux__
	/* Only the link in /proc tells these two from others of their mode. */
	if (access("/proc/self/fd", X_OK) == 0) {
		ok(kind(epoll_create1(0)) == FDFERRY_KIND_EVENTS, "epoll");
		ok(kind(memfd_create("t", MFD_ALLOW_SEALING))
		    == FDFERRY_KIND_SHM && info.seals == 0,
		    "a memfd, its seals");
	} else {
		skip("epoll", "no /proc");
		skip("a memfd", "no /proc");
	}
	ok(kind(open("/", O_PATH)) == FDFERRY_KIND_DIRECTORY
	    && info.access == 0, "O_PATH gives no access");
#else
	skip("epoll", "not Linux");
	skip("a memfd", "not Linux");
	skip("O_PATH", "not Linux");
#endif
}

static void
unix_sockets(void)
{
	int p[2];

	(void)socketpair(AF_UNIX, SOCK_DGRAM, 0, p);
	ok(kind(p[0]) == FDFERRY_KIND_SOCKET && info.family == AF_UNIX
	    && info.type == SOCK_DGRAM && info.listening <= 0
	    && info.local.text[0] == '\0', "a Unix datagram socket");
	(void)close(p[1]);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p) < 0) {
		skip("a Unix seqpacket socket", "not on this system");
		return;
	}
	ok(kind(p[0]) == FDFERRY_KIND_SOCKET
	    && info.type == SOCK_SEQPACKET, "a Unix seqpacket socket");
	(void)close(p[1]);
}

static void
tcp(void)
{
	struct sockaddr_in in;
	socklen_t len = sizeof in;
	char text[64];
	int l = socket(AF_INET, SOCK_STREAM, 0), c, flags, other;

	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(l, (struct sockaddr *)(void *)&in, sizeof in) < 0
	    || listen(l, 1) < 0
	    || getsockname(l, (struct sockaddr *)(void *)&in, &len) < 0) {
		bail("no loopback");
	}
	(void)snprintf(text, sizeof text, "127.0.0.1:%u", ntohs(in.sin_port));
	c = socket(AF_INET, SOCK_STREAM, 0);
	(void)connect(c, (struct sockaddr *)(void *)&in, sizeof in);
	other = dup(c);
	(void)fcntl(other, F_SETFL, fcntl(other, F_GETFL) | O_NONBLOCK);
	flags = fcntl(other, F_GETFL);
	ok(kind(c) == FDFERRY_KIND_SOCKET && info.family == AF_INET
	    && info.type == SOCK_STREAM && strcmp(info.peer.text, text) == 0
	    && info.listening == (FDFERRY_HAVE_SO_ACCEPTCONN ? 0 : -1)
	    && (info.protocol == IPPROTO_TCP || info.protocol == -1),
	    "TCP: family, type, protocol, peer");
	ok(info.status == flags && fcntl(other, F_GETFL) == flags,
	    "status flags told and unchanged");
	(void)close(other);
	ok(kind(l) == FDFERRY_KIND_SOCKET
	    && (FDFERRY_HAVE_SO_ACCEPTCONN ? info.listening > 0
	    : info.listening == -1)
	    && strcmp(info.local.text, text) == 0 && info.peer.len == 0,
	    "a listening socket, its address");
}

/* A file that is longer than 32 bits can say, 2 GiB of nothing. */
static void
long_file(void)
{
	char path[] = "/tmp/fdferry-60.XXXXXX";
	int fd = mkstemp(path), again = -1;

	if (fd >= 0 && ftruncate(fd, (off_t)0x80000000ul) == 0)
		again = open(path, O_RDONLY);
	ok(again >= 0 && kind(again) == FDFERRY_KIND_FILE, "a file of 2 GiB");
	(void)close(fd);
	(void)unlink(path);
}

static void
texts(void)
{
	struct sockaddr_un un;
	struct sockaddr *at = (struct sockaddr *)(void *)&un;
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	char text[64];
	size_t len;

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	strcpy(un.sun_path, "/a b");
	len = fdferry_addr_text(at, head + 5, text, sizeof text);
	ok(strcmp(text, "unix:/a\\x20b") == 0 && len == strlen(text),
	    "a path, a blank escaped");
	len = fdferry_addr_text(at, head + 5, text, 10);
	ok(len == 12 && strcmp(text, "unix:/a") == 0,
	    "a short buffer: no half escape, the whole length");
	memcpy(un.sun_path, "\0ab", 3);
	(void)fdferry_addr_text(at, head + 3, text, sizeof text);
#ifdef __linux__
	ok(strcmp(text, "@ab") == 0, "an abstract name");
#else
	ok(text[0] == '\0', "not Linux: an empty path is no name");
#endif
}

int
main(void)
{
	struct fdferry_info small;

	plan(20);
	things();
	unix_sockets();
	if (!skip_without_loopback(3, "TCP"))
		tcp();
	long_file();
	texts();
	info.size = sizeof info;
	ok(fdferry_describe(-1, &info) == -1 && errno == EBADF, "EBADF");
	errno = 0;
	ok(fdferry_describe(-100, &info) == -1 && errno == EBADF,
	    "EBADF of Linux's AT_FDCWD");
	memset(&small, 0x55, sizeof small);
	small.size = offsetof(struct fdferry_info, access);
	ok(fdferry_describe(0, &small) == 0 && small.access == 0x55555555,
	    "no more is written than the caller has room for");
	return tap_bad;
}
