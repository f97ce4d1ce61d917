/* SPDX-License-Identifier: 0BSD */
/* network.c - addresses and networks that rules name. */
#include "../../lib/detect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "private.h"

static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255,
	255 };

/* ::ffff:192.0.2.1 is how an IPv6 socket shows an IPv4 peer. */
static void
unmap(struct net *net)
{
	if (net->kinds != NET_V6 || net->bits < 96
	    || memcmp(net->addr, mapped, sizeof mapped) != 0)
		return;
	memmove(net->addr, net->addr + 12, 4);
	net->kinds = NET_V4;
	net->bits -= 96;
}

/* -------------------------------------------------- sockets ------------- */

static void
net_of_unix(const struct sockaddr *addr, size_t len, struct net *net)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	const char *path = (const char *)addr + head;

	net->kinds = NET_UNIX;
	net->path = "";
	if (len <= head)
		return;
	net->path = path;
	net->pathlen = len - head;
	/* Linux: every byte of an abstract name counts. */
	if (path[0] != '\0' && memchr(path, '\0', net->pathlen) != NULL)
		net->pathlen = strlen(path);
}

void
net_of(const struct sockaddr *addr, socklen_t len, struct net *net)
{
	struct sockaddr head;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(net, 0, sizeof *net);
	if (addr == NULL || len < offsetof(struct sockaddr, sa_data))
		return;
	memcpy(&head, addr, offsetof(struct sockaddr, sa_data));
	if (head.sa_family == AF_UNIX)
		net_of_unix(addr, len, net);
	else if (head.sa_family == AF_INET && len >= sizeof v4) {
		memcpy(&v4, addr, sizeof v4);
		memcpy(net->addr, &v4.sin_addr, 4);
		net->kinds = NET_V4;
		net->bits = 32;
		net->port = ntohs(v4.sin_port);
	} else if (head.sa_family == AF_INET6 && len >= sizeof v6) {
		memcpy(&v6, addr, sizeof v6);
		memcpy(net->addr, &v6.sin6_addr, 16);
		net->kinds = NET_V6;
		net->bits = 128;
		net->port = ntohs(v6.sin6_port);
		unmap(net);
	}
}

int
net_same_bits(const unsigned char *a, const unsigned char *b, unsigned int bits)
{
	unsigned int whole = bits / 8, rest = bits % 8;

	return memcmp(a, b, whole) == 0
	    && (rest == 0 || (a[whole] ^ b[whole]) >> (8 - rest) == 0);
}

int
net_has(const struct net *network, const struct net *one)
{
	if ((network->kinds & one->kinds) == 0)
		return 0;
	if (network->kinds == NET_UNIX)
		return network->pathlen == 0
		    || (network->pathlen == one->pathlen
			&& memcmp(network->path, one->path, one->pathlen) == 0);
	return (network->port == 0 || network->port == one->port)
	    && net_same_bits(network->addr, one->addr, network->bits);
}

/* -------------------------------------------------- text ---------------- */

static const char from_expected[] =
    "is no address: expected one such as "
    "192.0.2.1 or 2001:db8::1, a network such as 192.0.2.0/24 or "
    "2001:db8::/32, or unix";
static const char to_expected[] =
    "is no address: expected one such as "
    "127.0.0.1:80, [::1]:80, :80, a network such as 192.0.2.0/24:80 or "
    "[2001:db8::]/32:80, or unix:PATH";

static const char has_zone[] = "has a zone: leave it out, addresses are "
			       "compared without it";

/* Digits up to `most`. Returns where they end, NULL if there are none. */
static const char *
read_number(const char *at, unsigned int most, unsigned int *out)
{
	const char *from = at;
	unsigned int v = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		v = v * 10 + (unsigned int)(*at - '0');
		if (v > most)
			return NULL;
	}
	*out = v;
	return at > from ? at : NULL;
}

/* No bit of the address may be set that the network does not have. */
static int
has_rest(const struct net *net)
{
	unsigned int i, size = net->kinds == NET_V4 ? 4 : 16;
	unsigned int whole = net->bits / 8;

	if (whole < size
	    && (unsigned char)(net->addr[whole] << net->bits % 8) != 0)
		return 1;
	for (i = whole + 1; i < size; i++)
		if (net->addr[i] != 0)
			return 1;
	return 0;
}

/* The n bytes of an address, without brackets. */
static int
read_addr(const char *text, size_t n, struct net *net)
{
	char addr[INET6_ADDRSTRLEN];

	if (n == 0 || n >= sizeof addr)
		return -1;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (inet_pton(AF_INET, addr, net->addr) == 1) {
		net->kinds = NET_V4;
		net->bits = 32;
	} else if (inet_pton(AF_INET6, addr, net->addr) == 1) {
		net->kinds = NET_V6;
		net->bits = 128;
	} else
		return -1;
	return 0;
}

/* "/BITS", if it is there. */
static const char *
read_bits(const char *at, struct net *net, const char **why)
{
	unsigned int most = net->bits;

	if (*at == '/') {
		at = read_number(at + 1, most, &net->bits);
		if (at == NULL)
			*why = most == 32
			    ? "has no prefix length: expected /0 to /32"
			    : "has no prefix length: expected /0 to /128";
		else if (has_rest(net))
			*why = "has bits behind the prefix: write the first "
			       "address of the network";
	}
	unmap(net);
	return at;
}

static const char *
parse_unix(const char *text, size_t n, struct net *net)
{
	net->kinds = NET_UNIX;
	net->path = text;
	net->pathlen = n;
	return NULL;
}

const char *
net_parse_from(const char *text, size_t n, struct net *net)
{
	size_t addr = strcspn(text, "/");
	const char *at, *why = NULL;

	memset(net, 0, sizeof *net);
	if (strcmp(text, "unix") == 0)
		return parse_unix("", 0, net);
	if (n > 0 && text[0] == '[' && memchr(text, ']', n) != NULL)
		return "has brackets: they are for ports, which are not "
		       "compared here";
	if (memchr(text, '%', addr) != NULL)
		return has_zone;
	if (read_addr(text, addr, net) < 0)
		return from_expected;
	at = read_bits(text + addr, net, &why);
	return why != NULL ? why : *at != '\0' ? from_expected : NULL;
}

/* ":PORT", if it is there, and the end. */
static const char *
parse_port(const char *at, struct net *net)
{
	if (*at == '\0')
		return NULL;
	if (*at != ':')
		return to_expected;
	at = read_number(at + 1, 65535, &net->port);
	if (at == NULL || *at != '\0' || net->port == 0)
		return "has no port: expected 1 to 65535 behind the colon";
	return NULL;
}

/* An IPv6 address stands in brackets if a port follows. */
static const char *
parse_inet(const char *text, struct net *net)
{
	const char *end, *why = NULL, *colon = strchr(text, ':');
	int brackets = text[0] == '[';

	if (brackets) {
		end = strchr(++text, ']');
		if (end == NULL)
			return to_expected;
	} else if (colon != NULL && strchr(colon + 1, ':') != NULL)
		end = text + strcspn(text, "/");
	else
		end = text + strcspn(text, "/:");
	if (memchr(text, '%', (size_t)(end - text)) != NULL)
		return has_zone;
	if (read_addr(text, (size_t)(end - text), net) < 0
	    || (brackets && net->kinds != NET_V6))
		return to_expected;
	text = read_bits(end + brackets, net, &why);
	return why != NULL ? why : parse_port(text, net);
}

const char *
net_parse_to(char *text, size_t n, struct net *net)
{
	memset(net, 0, sizeof *net);
	if (strcmp(text, "unix") == 0 || strcmp(text, "unix:") == 0)
		return parse_unix("", 0, net);
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, n - 5, net);
	if (text[0] == '/')
		return parse_unix(text, n, net);
	if (text[0] == '@' && n > 1) {
		text[0] = '\0'; /* as the kernel has it */
		return parse_unix(text, n, net);
	}
	if (text[0] == ':' && text[1] != ':') {
		net->kinds = NET_INET;
		return parse_port(text, net);
	}
	return parse_inet(text, net);
}
