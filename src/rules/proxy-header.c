/* SPDX-License-Identifier: 0BSD */
/*
 * proxy-header.c - the header of the PROXY protocol, as HAProxy's specification
 * (proxy-protocol.txt, 2020) has it.
 *
 * Who is believed is not decided here. What is not exactly right is
 * malformed: a wrong guess would be an address that the proxy did not tell.
 */
#include "../../lib/detect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "proxy-header.h"

#define V1_BEGIN "PROXY"
#define V1_MOST 107 /* bytes of the line with its CR LF */
#define V2_BEGIN "\r\n\r\n\0\r\nQUIT\n"
#define V2_HEAD 16  /* before the addresses */
#define V2_PATH 108 /* of a Unix socket, filled up with NUL */
#define TLV_CRC32C 3

/* Begins data with these bytes? */
static enum answer
begins(const unsigned char *data, size_t n, const char *what, size_t len)
{
	size_t common = n < len ? n : len;

	if (common > 0 && memcmp(data, what, common) != 0)
		return ANSWER_NO;
	return n < len ? ANSWER_MORE : ANSWER_YES;
}

static void
bad(struct proxy_header *h)
{
	memset(h, 0, sizeof *h);
	h->is = ANSWER_NO;
	h->malformed = 1;
}

/* -------------------------------------------------- addresses ----------- */

static unsigned int
be16(const unsigned char *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

/* Returns the length of what it writes. */
static socklen_t
set_inet(struct sockaddr_storage *to, const unsigned char *addr,
    unsigned int port)
{
	struct sockaddr_in v4;

	memset(&v4, 0, sizeof v4);
	v4.sin_family = AF_INET;
	v4.sin_port = htons((uint16_t)port);
	memcpy(&v4.sin_addr, addr, 4);
	memcpy(to, &v4, sizeof v4);
	return sizeof v4;
}

/* ::ffff:192.0.2.1 is an IPv4 client, here as elsewhere. */
static socklen_t
set_inet6(struct sockaddr_storage *to, const unsigned char *addr,
    unsigned int port)
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		255, 255 };
	struct sockaddr_in6 v6;

	if (memcmp(addr, mapped, sizeof mapped) == 0)
		return set_inet(to, addr + 12, port);
	memset(&v6, 0, sizeof v6);
	v6.sin6_family = AF_INET6;
	v6.sin6_port = htons((uint16_t)port);
	memcpy(&v6.sin6_addr, addr, 16);
	memcpy(to, &v6, sizeof v6);
	return sizeof v6;
}

/* Its name may be longer than sun_path is on this system. */
static socklen_t
set_unix(struct sockaddr_storage *to, const unsigned char *path)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	struct sockaddr_un un;
	size_t len = V2_PATH;

	while (len > 0 && path[len - 1] == '\0')
		len--;
	if (len > sizeof *to - head)
		len = sizeof *to - head;
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	memcpy(to, &un, head);
	memcpy((char *)to + head, path, len);
	return (socklen_t)(head + len);
}

/* -------------------------------------------------- version 1 ----------- */

/* A port, without zeros before it; -1: it is none. */
static long
read_port(const char *text)
{
	long port = 0;
	size_t n = strspn(text, "0123456789"), i;

	if (n == 0 || n > 5 || text[n] != '\0' || (n > 1 && text[0] == '0'))
		return -1;
	for (i = 0; i < n; i++)
		port = port * 10 + (text[i] - '0');
	return port <= 65535 ? port : -1;
}

static socklen_t
read_end(int family, const char *addr, const char *port,
    struct sockaddr_storage *to)
{
	unsigned char bytes[16];
	long number = read_port(port);

	if (number < 0 || inet_pton(family, addr, bytes) != 1)
		return 0;
	return family == AF_INET ? set_inet(to, bytes, (unsigned int)number)
				 : set_inet6(to, bytes, (unsigned int)number);
}

/* Four words behind single blanks: two addresses, two ports. */
static int
read_words(int family, char *text, struct proxy_header *h)
{
	char *word[4];
	int i;

	for (i = 0; i < 4; i++) {
		word[i] = text;
		text = strchr(text, ' ');
		if ((text != NULL) != (i < 3))
			return 0;
		if (text != NULL)
			*text++ = '\0';
	}
	h->fromlen = read_end(family, word[0], word[2], &h->from);
	h->tolen = read_end(family, word[1], word[3], &h->to);
	return h->fromlen > 0 && h->tolen > 0;
}

/* The line without its end: `len` bytes, then a NUL. */
static int
read_line(char *line, size_t len, struct proxy_header *h)
{
	static const char unknown[] = "PROXY UNKNOWN";
	const size_t n = sizeof unknown - 1;

	/* What follows this word means nothing. */
	if (len >= n && memcmp(line, unknown, n) == 0)
		return len == n || line[n] == ' ';
	if (strlen(line) != len)
		return 0;
	if (strncmp(line, "PROXY TCP4 ", 11) == 0)
		return read_words(AF_INET, line + 11, h);
	if (strncmp(line, "PROXY TCP6 ", 11) == 0)
		return read_words(AF_INET6, line + 11, h);
	return 0;
}

/* Nothing is decoded before all of the line is there. */
static void
version1(const unsigned char *data, size_t n, struct proxy_header *h)
{
	char line[V1_MOST];
	size_t len = 0, most = n < V1_MOST ? n : V1_MOST;

	while (len < most && data[len] != '\r' && data[len] != '\n')
		len++;
	if (len + 2 > V1_MOST || (len < n && data[len] == '\n')
	    || (len + 1 < n && data[len + 1] != '\n')) {
		bad(h);
		return;
	}
	if (len + 2 > n)
		return;
	memcpy(line, data, len);
	line[len] = '\0';
	if (!read_line(line, len, h)) {
		bad(h);
		return;
	}
	h->is = ANSWER_YES;
	h->len = len + 2;
}

/* -------------------------------------------------- version 2 ----------- */

/* Of n bytes, with four NUL bytes in place of those at `hole`. */
static uint32_t
crc32c(const unsigned char *data, size_t n, size_t hole)
{
	uint32_t crc = 0xffffffffU;
	size_t i;
	int bit;

	for (i = 0; i < n; i++) {
		if (i < hole || i >= hole + 4)
			crc ^= data[i];
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78U : 0);
	}
	return crc ^ 0xffffffffU;
}

/* What follows the addresses, up to the end of the header. */
static int
extras_fit(const unsigned char *data, size_t at, size_t end)
{
	size_t crc = 0, len;

	while (at < end) {
		if (end - at < 3)
			return 0;
		len = be16(data + at + 1);
		if (len > end - at - 3)
			return 0;
		if (data[at] == TLV_CRC32C) {
			if (len != 4 || crc != 0)
				return 0;
			crc = at + 3;
		}
		at += 3 + len;
	}
	return crc == 0
	    || crc32c(data, end, crc)
	    == ((uint32_t)be16(data + crc) << 16 | be16(data + crc + 2));
}

/* Its two addresses, behind the head, are of this family. */
static void
set_ends(const unsigned char *p, unsigned int family, struct proxy_header *h)
{
	if (family == 1) {
		h->fromlen = set_inet(&h->from, p, be16(p + 8));
		h->tolen = set_inet(&h->to, p + 4, be16(p + 10));
	} else if (family == 2) {
		h->fromlen = set_inet6(&h->from, p, be16(p + 32));
		h->tolen = set_inet6(&h->to, p + 16, be16(p + 34));
	} else {
		h->fromlen = set_unix(&h->from, p);
		h->tolen = set_unix(&h->to, p + V2_PATH);
	}
}

/*
 * LOCAL discards all behind the head, family and checksum too; so do we with
 * an unspecified family or protocol, where the form of it is not known.
 */
static void
version2(const unsigned char *data, size_t n, struct proxy_header *h)
{
	static const size_t sizes[] = { 0, 12, 36, 2 * V2_PATH };
	unsigned int command = n > 12 ? data[12] : 0x20;
	unsigned int form = n > 13 && command == 0x21 ? data[13] : 0;
	unsigned int family = form >> 4;
	size_t len, addresses = 0;

	if ((command != 0x20 && command != 0x21) || family > 3
	    || (form & 15) > 2) {
		bad(h);
		return;
	}
	if (n < V2_HEAD)
		return;
	len = be16(data + 14);
	if ((form & 15) != 0)
		addresses = sizes[family];
	if (len < addresses) {
		bad(h);
		return;
	}
	if (n - V2_HEAD < len)
		return;
	if (addresses > 0
	    && !extras_fit(data, V2_HEAD + addresses, V2_HEAD + len)) {
		bad(h);
		return;
	}
	h->is = ANSWER_YES;
	h->len = V2_HEAD + len;
	if (addresses > 0)
		set_ends(data + V2_HEAD, family, h);
}

void
recognise_proxy(const unsigned char *data, size_t n, struct proxy_header *h)
{
	enum answer v1 = begins(data, n, V1_BEGIN, sizeof V1_BEGIN - 1);
	enum answer v2 = begins(data, n, V2_BEGIN, sizeof V2_BEGIN - 1);

	memset(h, 0, sizeof *h);
	h->is = v1 == ANSWER_NO && v2 == ANSWER_NO ? ANSWER_NO : ANSWER_MORE;
	if (v1 == ANSWER_YES)
		version1(data, n, h);
	else if (v2 == ANSWER_YES)
		version2(data, n, h);
}
