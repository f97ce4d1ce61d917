/* SPDX-License-Identifier: 0BSD */
/*
 * address.c - socket addresses as text.
 */
#include "backend.h"

#include <stdio.h>
#include <string.h>

#if FDFERRY_HAVE_SOCKETS

# include <arpa/inet.h>
# include <net/if.h>
# include <netinet/in.h>

/* Bytes of an address as text: what does not print is \xNN. */
static size_t
quoted(const unsigned char *bytes, size_t n, char *text, size_t room)
{
	static const char hex[] = "0123456789abcdef";
	size_t i, at = 0;

	for (i = 0; i < n; i++) {
		if (bytes[i] > 0x20 && bytes[i] < 0x7f && bytes[i] != '\\') {
			if (at + 1 < room)
				text[at] = (char)bytes[i];
			at++;
			continue;
		}
		if (at + 4 < room) {
			text[at] = '\\';
			text[at + 1] = 'x';
			text[at + 2] = hex[bytes[i] >> 4];
			text[at + 3] = hex[bytes[i] & 15];
		} else if (at < room)
			room = at + 1; /* never half an escape */
		at += 4;
	}
	if (room > 0)
		text[at < room ? at : room - 1] = '\0';
	return at;
}

# ifdef __linux__
#  define ABSTRACT_NAMES 1
# else
#  define ABSTRACT_NAMES 0
# endif

static size_t
unix_text(const struct sockaddr *addr, size_t len, char *text, size_t room)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	const unsigned char *path = (const unsigned char *)addr + head;
	size_t n = len > head ? len - head : 0;
	char prefix[8];
	size_t at;

	if (n == 0) { /* not bound */
		if (room > 0)
			text[0] = '\0';
		return 0;
	}
	if (path[0] == '\0') {
		/* Abstract, every byte counts. Elsewhere an empty path is
		   "not bound", padded with NULs. */
		if (!ABSTRACT_NAMES)
			return unix_text(addr, 0, text, room);
		strcpy(prefix, "@");
		path++;
		n--;
	} else {
		strcpy(prefix, "unix:");
		for (at = 0; at < n && path[at] != '\0'; at++)
			continue;
		n = at;
	}
	at = strlen(prefix);
	if (room > at) {
		memcpy(text, prefix, at);
		return at + quoted(path, n, text + at, room - at);
	}
	if (room > 0)
		text[0] = '\0';
	return at + quoted(path, n, NULL, 0);
}

/* Decimal digits at `to`; where they end. */
static char *
addr_decimal(char *to, unsigned int n)
{
	char digits[12], *at = digits + sizeof digits;

	do
		*--at = (char)('0' + n % 10);
	while ((n /= 10) > 0);
	while (at < digits + sizeof digits)
		*to++ = *at++;
	return to;
}

/* As much of it as fits, as snprintf() would. */
static size_t
addr_give(const char *from, const char *end, char *text, size_t room)
{
	size_t n = (size_t)(end - from);

	if (room > 0) {
		room = n < room ? n : room - 1;
		memcpy(text, from, room);
		text[room] = '\0';
	}
	return n;
}

/* Without printf(), which costs more than all the rest: a line of a log has
   several addresses. */
static size_t
inet_text(const struct sockaddr *addr, char *text, size_t room)
{
	struct sockaddr_in in;
	unsigned char host[4];
	char all[INET_ADDRSTRLEN + 8], *at = all;
	int i;

	memcpy(&in, addr, sizeof in);
	memcpy(host, &in.sin_addr, sizeof host);
	for (i = 0; i < 4; i++) {
		at = addr_decimal(at, host[i]);
		*at++ = i < 3 ? '.' : ':';
	}
	at = addr_decimal(at, ntohs(in.sin_port));
	return addr_give(all, at, text, room);
}

# ifdef AF_INET6
static size_t
inet6_text(const struct sockaddr *addr, char *text, size_t room)
{
	struct sockaddr_in6 in;
	char host[INET6_ADDRSTRLEN], name[IF_NAMESIZE];
	char zone[IF_NAMESIZE + 16];

	memcpy(&in, addr, sizeof in);
	if (inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof host) == NULL)
		host[0] = '\0';
	zone[0] = '\0';
	if (in.sin6_scope_id != 0) {
		if (if_indextoname(in.sin6_scope_id, name) != NULL)
			(void)snprintf(zone, sizeof zone, "%%%s", name);
		else
			(void)snprintf(zone, sizeof zone, "%%%lu",
			    (unsigned long)in.sin6_scope_id);
	}
	return (size_t)snprintf(text, room, "[%s%s]:%u", host, zone,
	    (unsigned int)ntohs(in.sin6_port));
}
# endif

/* Linux: struct sockaddr_nl without its header, which old ones lack. */
# ifdef AF_NETLINK
static size_t
netlink_text(const struct sockaddr *addr, char *text, size_t room)
{
	struct {
		unsigned short family, pad;
		unsigned int pid, groups;
	} nl;

	memcpy(&nl, addr, sizeof nl);
	return (size_t)snprintf(text, room, "netlink:%u", nl.pid);
}
#  define NETLINK_LEN 12
# endif

size_t
fdferry_addr_text(const struct sockaddr *addr, size_t len, char *text,
    size_t room)
{
	const size_t least = offsetof(struct sockaddr, sa_data);
	struct sockaddr head;

	if (room > 0)
		text[0] = '\0';
	if (addr == NULL || len < least)
		return 0;
	memset(&head, 0, sizeof head);
	memcpy(&head, addr, len < sizeof head ? len : sizeof head);
	if (head.sa_family == AF_UNIX)
		return unix_text(addr, len, text, room);
	if (head.sa_family == AF_INET && len >= sizeof(struct sockaddr_in))
		return inet_text(addr, text, room);
# ifdef AF_INET6
	if (head.sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6))
		return inet6_text(addr, text, room);
# endif
# ifdef AF_NETLINK
	if (head.sa_family == AF_NETLINK && len >= NETLINK_LEN)
		return netlink_text(addr, text, room);
# endif
	return (size_t)snprintf(text, room, "family:%d", (int)head.sa_family);
}

#else /* no sockets: no addresses */

size_t
fdferry_addr_text(const struct sockaddr *addr, size_t len, char *text,
    size_t room)
{
	(void)addr;
	(void)len;
	if (room > 0)
		text[0] = '\0';
	return 0;
}

#endif
