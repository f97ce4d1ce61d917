/* SPDX-License-Identifier: 0BSD */
/* address.c - addresses as text. */
#include "../../lib/detect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "net.h"

#define PATH_AT offsetof(struct sockaddr_un, sun_path)
#define PATH_MOST (sizeof(struct sockaddr_un) - PATH_AT - 1)

#if defined __linux__
# define HAVE_ABSTRACT 1
#else
# define HAVE_ABSTRACT 0
#endif

/* BSDs and others keep the length in the address, in one byte (AIX has longer
   paths, and looks at the length of the call alone). */
#if FDFERRY_HAVE_SUN_LEN
# define SET_LEN(un, n) ((un)->sun_len = (unsigned char)((n) < 256 ? (n) : 255))
#else
# define SET_LEN(un, n) ((void)(un), (void)(n))
#endif

int
addr_is_unix(const struct addr *addr)
{
	return addr->ss.ss_family == AF_UNIX;
}

void
addr_unmap(struct sockaddr *sa, socklen_t *len)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;

	if (sa->sa_family != AF_INET6 || *len < (socklen_t)sizeof v6)
		return;
	memcpy(&v6, sa, sizeof v6);
	if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr))
		return;
	memset(&v4, 0, sizeof v4);
	v4.sin_family = AF_INET;
	v4.sin_port = v6.sin6_port;
	memcpy(&v4.sin_addr, (const char *)&v6.sin6_addr + 12, 4);
	memcpy(sa, &v4, sizeof v4);
	*len = sizeof v4;
}

int
addr_is_abstract(const struct addr *addr)
{
	struct sockaddr_un un;

	memcpy(&un, &addr->ss, sizeof un);
	return un.sun_family == AF_UNIX && un.sun_path[0] == '\0';
}

static int
parse_path(const char *text, const char *path, int quoted, struct addr *out,
    char *err, size_t errlen)
{
	struct sockaddr_un un;
	size_t n;

	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	n = quoted ? unescape_x(path, un.sun_path, PATH_MOST) : strlen(path);
	if (n > PATH_MOST) {
		(void)snprintf(err, errlen,
		    "%s: the path has %lu bytes, a "
		    "socket's may have %lu here: use a shorter or relative one",
		    text, (unsigned long)n, (unsigned long)PATH_MOST);
		return -1;
	}
	if (!quoted)
		memcpy(un.sun_path, path, n);
	if (n == 0 || memchr(un.sun_path, '\0', n) != NULL) {
		(void)snprintf(err, errlen,
		    "%s: the path is empty or has a "
		    "NUL byte: use unix:PATH",
		    text);
		return -1;
	}
	out->len = (socklen_t)(PATH_AT + n + 1);
	SET_LEN(&un, out->len);
	memcpy(&out->ss, &un, sizeof un);
	return 0;
}

/* Every byte of an abstract name counts: no NUL behind it. */
static int
parse_abstract(const char *text, struct addr *out, char *err, size_t errlen)
{
	struct sockaddr_un un;
	size_t n;

	if (!HAVE_ABSTRACT) {
		(void)snprintf(err, errlen,
		    "%s: abstract names exist on Linux "
		    "only: use a path",
		    text);
		return -1;
	}
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	n = unescape_x(text + 1, un.sun_path + 1, PATH_MOST);
	if (n == 0 || n > PATH_MOST) {
		(void)snprintf(err, errlen,
		    "%s: the name has %lu bytes: use "
		    "1 to %lu",
		    text, (unsigned long)n, (unsigned long)PATH_MOST);
		return -1;
	}
	out->len = (socklen_t)(PATH_AT + 1 + n);
	memcpy(&out->ss, &un, sizeof un);
	return 0;
}

/* Copy what is before the end, if it fits. */
static int
part(const char *from, const char *end, char *to, size_t room)
{
	size_t n = (size_t)(end - from);

	if (n == 0 || n >= room)
		return -1;
	memcpy(to, from, n);
	to[n] = '\0';
	return 0;
}

int
host_port(const char *text, char *host, size_t hostlen, char *port,
    size_t portlen, char *err, size_t errlen)
{
	const char *start = text, *end, *colon = strrchr(text, ':'), *why;

	end = colon;
	why = "an address is HOST:PORT, [IPV6]:PORT, unix:PATH, /PATH, ./PATH "
	      "or @NAME";
	if (colon == NULL)
		goto bad;
	if (text[0] == '[') {
		start++;
		end = strchr(text, ']');
		if (end == NULL || end + 1 != colon)
			goto bad;
	} else if (strchr(text, ':') != colon) {
		why = "put IPv6 addresses in brackets, as [::1]:80";
		goto bad;
	}
	if (end == start) {
		why = "the host is missing: use [::]:PORT or 0.0.0.0:PORT for "
		      "all addresses";
		goto bad;
	}
	if (part(start, end, host, hostlen) < 0
	    || part(colon + 1, strchr(colon, '\0'), port, portlen) < 0) {
		why = "the port is missing, or a part is too long";
		goto bad;
	}
	return 0;
bad:
	(void)snprintf(err, errlen, "%s: %s", text, why);
	return -1;
}

/* A port is a number; what else getaddrinfo() takes differs. */
static int
port_ok(const char *port, int passive)
{
	char *end;
	long n = strtol(port, &end, 10);

	return port[0] >= '0' && port[0] <= '9' && *end == '\0'
	    && n >= (passive ? 0 : 1) && n <= 65535;
}

static int
parse_inet(const char *text, struct addr *out, int passive, char *err,
    size_t errlen)
{
	struct addrinfo hints, *list;
	char host[256], port[8];
	int rc;

	if (host_port(text, host, sizeof host, port, sizeof port, err, errlen)
	    < 0)
		return -1;
	if (!port_ok(port, passive)) {
		(void)snprintf(err, errlen,
		    "%s: the port is a number from %d "
		    "to 65535",
		    text, passive ? 0 : 1);
		return -1;
	}
	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	hints.ai_flags = passive ? AI_PASSIVE : 0;
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc != 0) {
		(void)snprintf(err, errlen, "%s: %s", text, gai_strerror(rc));
		return -1;
	}
	memcpy(&out->ss, list->ai_addr, list->ai_addrlen);
	out->len = list->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

/* How a path begins that is taken as it is. */
static int
is_path(const char *text)
{
	return text[0] == '/' || strncmp(text, "./", 2) == 0
	    || strncmp(text, "../", 3) == 0;
}

int
addr_names_unix(const char *text)
{
	return is_path(text) || text[0] == '@'
	    || strncmp(text, "unix:", 5) == 0;
}

int
addr_parse(const char *text, struct addr *out, int passive, char *err,
    size_t errlen)
{
	memset(out, 0, sizeof *out);
	if (is_path(text))
		return parse_path(text, text, 0, out, err, errlen);
	if (text[0] == '@')
		return parse_abstract(text, out, err, errlen);
	if (addr_names_unix(text))
		return parse_path(text, text + 5, 1, out, err, errlen);
	return parse_inet(text, out, passive, err, errlen);
}

/* ------------------------------------------------ the same place -------- */

/* The file of the directory that a path is in, and the rest of the path. */
static const char *
directory_of(const char *path, struct stat *st)
{
	char directory[sizeof(struct sockaddr_un)];
	const char *last = strrchr(path, '/');
	size_t n = last != NULL ? (size_t)(last - path) + 1 : 0;

	(void)snprintf(directory, sizeof directory, "%.*s", (int)n, path);
	return stat(n > 0 ? directory : ".", st) == 0 ? path + n : NULL;
}

/* Directories are compared, not what is in them: that may be gone. */
static int
same_path(const char *a, const char *b)
{
	struct stat in_a, in_b;
	const char *last_a, *last_b;

	if (strcmp(a, b) == 0)
		return 1;
	last_a = directory_of(a, &in_a);
	last_b = directory_of(b, &in_b);
	return last_a != NULL && last_b != NULL && strcmp(last_a, last_b) == 0
	    && in_a.st_dev == in_b.st_dev && in_a.st_ino == in_b.st_ino;
}

static int
same_unix(const struct addr *a, const struct addr *b)
{
	struct sockaddr_un one[2], other[2]; /* the second ends a full path */

	if (addr_is_abstract(a) || addr_is_abstract(b))
		return a->len == b->len && memcmp(&a->ss, &b->ss, a->len) == 0;
	memset(one, 0, sizeof one);
	memset(other, 0, sizeof other);
	memcpy(one, &a->ss, sizeof *one);
	memcpy(other, &b->ss, sizeof *other);
	return same_path(one->sun_path, other->sun_path);
}

/* An Internet address in parts; IPv4 stands at the end of the host. */
struct inet {
	unsigned char host[16];
	unsigned long scope;
	in_port_t port;
};

static struct inet
inet_of(const struct addr *addr)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	struct inet i;

	memset(&i, 0, sizeof i);
	if (addr->ss.ss_family == AF_INET) {
		memcpy(&in, &addr->ss, sizeof in);
		memcpy(i.host + 12, &in.sin_addr, 4);
		i.port = in.sin_port;
	} else if (addr->ss.ss_family == AF_INET6) {
		memcpy(&in6, &addr->ss, sizeof in6);
		memcpy(i.host, &in6.sin6_addr, 16);
		i.scope = in6.sin6_scope_id;
		i.port = in6.sin6_port;
	}
	return i;
}

int
addr_same(const struct addr *addr, const struct addr *wanted, int any_port)
{
	struct inet a, b;

	if (addr->ss.ss_family != wanted->ss.ss_family)
		return 0;
	if (addr_is_unix(addr))
		return same_unix(addr, wanted);
	a = inet_of(addr);
	b = inet_of(wanted);
	return memcmp(a.host, b.host, sizeof a.host) == 0 && a.scope == b.scope
	    && (a.port == b.port || (any_port && b.port == 0));
}

int
addr_any_port(const struct addr *addr)
{
	return !addr_is_unix(addr) && inet_of(addr).port == 0;
}

/* Two of one port, of which one is of all addresses. [::] may have IPv4. */
int
addr_clash(const struct addr *a, const struct addr *b)
{
	static const unsigned char any[16];
	struct inet one, other;

	if (addr_is_unix(a) || addr_is_unix(b))
		return 0;
	one = inet_of(a);
	other = inet_of(b);
	return one.port == other.port && one.port != 0
	    && (memcmp(one.host, any, sizeof any) == 0
		|| memcmp(other.host, any, sizeof any) == 0
		|| addr_same(a, b, 0));
}
