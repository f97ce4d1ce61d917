/* SPDX-License-Identifier: 0BSD */
/*
 * t/81-proxy.c - the header of the PROXY protocol, whole, in pieces, wrong
 * and random. Every look is at a copy of exactly n bytes, so that memory
 * checkers see a byte read too far.
 */
#include "../lib/detect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "rules/proxy-header.h"
#include "tap.h"

#define COUNT(table) (sizeof table / sizeof table[0])
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"

static struct proxy_header header;

static void
look(const void *data, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		bail("out of memory");
	memcpy(copy, data, n);
	memset(&header, 0x5a, sizeof header);
	recognise_proxy(copy, n, &header);
	free(copy);
}

/* -------------------------------------------------- what came of it ----- */

static void
show(const struct sockaddr_storage *ss, socklen_t len, char *text,
    size_t room)
{
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;
	char addr[INET6_ADDRSTRLEN] = "?";

	memcpy(&v4, ss, sizeof v4);
	memcpy(&v6, ss, sizeof v6);
	if (len == 0)
		(void)snprintf(text, room, "own");
	else if (ss->ss_family == AF_INET && len == sizeof v4) {
		(void)inet_ntop(AF_INET, &v4.sin_addr, addr, sizeof addr);
		(void)snprintf(text, room, "%s:%d", addr, ntohs(v4.sin_port));
	} else if (ss->ss_family == AF_INET6 && len == sizeof v6) {
		(void)inet_ntop(AF_INET6, &v6.sin6_addr, addr, sizeof addr);
		(void)snprintf(text, room, "[%s]:%d", addr,
		    ntohs(v6.sin6_port));
	} else if (ss->ss_family == AF_UNIX && len >= head)
		(void)snprintf(text, room, "unix:%.*s", (int)(len - head),
		    (const char *)ss + head);
	else
		(void)snprintf(text, room, "family %d, length %d",
		    ss->ss_family, (int)len);
}

/* "more", "no", "bad", "LEN own" or "LEN FROM TO". */
static const char *
outcome(void)
{
	static char text[400];
	char from[150], to[150];

	show(&header.from, header.fromlen, from, sizeof from);
	show(&header.to, header.tolen, to, sizeof to);
	if (header.is == ANSWER_YES && header.fromlen == 0
	    && header.tolen == 0)
		(void)snprintf(text, sizeof text, "%d own", (int)header.len);
	else if (header.is == ANSWER_YES)
		(void)snprintf(text, sizeof text, "%d %s %s",
		    (int)header.len, from, to);
	else
		(void)snprintf(text, sizeof text, "%s",
		    header.is == ANSWER_MORE ? "more"
		    : header.malformed ? "bad" : "no");
	/* What is no header has no parts. */
	if (header.is != ANSWER_YES && (header.len != 0 || header.fromlen != 0
	    || header.tolen != 0))
		return "no header, but parts of it";
	return text;
}

static int
same(const char *want)
{
	const char *got = outcome();

	if (strcmp(want, got) == 0)
		return 1;
	printf("# wanted %s, got %s\n", want, got);
	return 0;
}

/* Known from the first `known` bytes on, and never taken back. */
static int
steady(const unsigned char *data, size_t n, size_t known, const char *want)
{
	size_t i;

	for (i = 0; i <= n; i++) {
		look(data, i);
		if (!same(i < known ? "more" : want)) {
			printf("# at byte %lu\n", (unsigned long)i);
			return 0;
		}
	}
	return 1;
}

/* The same, known at whatever byte. */
static int
steady_somewhere(const unsigned char *data, size_t n)
{
	size_t known = 0;
	char want[400];

	look(data, n);
	(void)snprintf(want, sizeof want, "%s", outcome());
	for (look(data, 0); known < n && header.is == ANSWER_MORE; )
		look(data, ++known);
	return steady(data, n, strcmp(want, "more") == 0 ? n + 1 : known,
	    want);
}

/* -------------------------------------------------- version 1 ----------- */

#define A39 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
#define X10 "xxxxxxxxxx"
#define ALL SIZE_ALL		/* the whole text makes it known */
#define SIZE_ALL 999

static const struct {
	const char *text;
	size_t known;
	const char *outcome;
} lines[] = {
	{ "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", ALL,
	    "45 192.0.2.1:56324 198.51.100.2:443" },
	{ "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", ALL,
	    "56 255.255.255.255:65535 255.255.255.255:65535" },
	{ "PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", ALL,
	    "32 0.0.0.0:0 0.0.0.0:0" },
	{ "PROXY TCP6 2001:db8::1 2001:DB8::2 1 2\r\n", ALL,
	    "40 [2001:db8::1]:1 [2001:db8::2]:2" },
	{ "PROXY TCP6 " A39 " " A39 " 65535 65535\r\n", ALL,
	    "104 [" A39 "]:65535 [" A39 "]:65535" },
	{ "PROXY UNKNOWN\r\n", ALL, "15 own" },
	{ "PROXY UNKNOWN anything\t\x80 \"\r\n", ALL, "28 own" },
	{ "PROXY UNKNOWN " A39 " " A39 " 65535 65535\r\n", ALL, "107 own" },
	/* the 107 bytes */
	{ "PROXY UNKNOWN " A39 " " A39 " 65535 65535x\r\n", 106, "bad" },
	{ "PROXY " X10 X10 X10 X10 X10 X10 X10 X10 X10 X10, 106, "bad" },
	{ "PROXY UNKNOWN " A39 " " A39 " 65535 65535\rx", ALL, "bad" },
	/* the end of the line */
	{ "PROXY UNKNOWN\n", ALL, "bad" },
	{ "PROXY UNKNOWN\r\r\n", 15, "bad" },
	{ "PROXY UNKNOWN\rx\r\n", 15, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\rx", ALL, "bad" },
	/* words and blanks */
	{ "PROXY\r\n", ALL, "bad" },
	{ "PROXY \r\n", ALL, "bad" },
	{ "PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4  192.0.2.1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1  192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2  1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1  2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 2 3\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 \r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1\t192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4\r\n", ALL, "bad" },
	{ "PROXY TCP4 \r\n", ALL, "bad" },
	{ "PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY tcp4 192.0.2.1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY UNKNOWNX\r\n", ALL, "bad" },
	{ "PROXY UNKNOW\r\n", ALL, "bad" },
	{ "PROXYTCP4 192.0.2.1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY / HTTP/1.1\r\n", ALL, "bad" },
	/* addresses and ports */
	{ "PROXY TCP4 192.0.2.01 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 localhost 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2.3 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 ::1 ::1 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP6 ::1 192.0.2.2 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP6 ::1%lo ::1 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP6 [::1] ::1 1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 65536 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 00001 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 00\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 +1 2\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 2x\r\n", ALL, "bad" },
	{ "PROXY TCP4 192.0.2.1 192.0.2.2 1 99999999999\r\n", ALL, "bad" },
	/* none at all */
	{ "G", 1, "no" },
	{ "proxy UNKNOWN\r\n", 1, "no" },
	{ " PROXY UNKNOWN\r\n", 1, "no" },
	{ "POST / HTTP/1.1\r\n", 2, "no" },
	{ "PROXIMITY\r\n", 5, "no" },
	{ "\r\n\r\nPROXY", 5, "no" },
	{ "\r\nGET", 3, "no" }
};

static void
version1(void)
{
	unsigned char data[300];
	size_t i, n, known;
	char title[80];

	for (i = 0; i < COUNT(lines); i++) {
		n = strlen(lines[i].text);
		memcpy(data, lines[i].text, n);
		/* What follows does not change it. */
		memcpy(data + n, "PROXY GET / \r\n\0\x16", 17);
		known = lines[i].known == ALL ? n : lines[i].known;
		(void)snprintf(title, sizeof title, "v1, %lu: %.40s",
		    (unsigned long)i, lines[i].text);
		title[strcspn(title, "\r\n\t")] = '\0';
		ok(steady(data, n + 17, known, lines[i].outcome), title);
	}
	n = sizeof "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0x\r\n" - 1;
	look("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\0x\r\n", n);
	ok(same("bad"), "v1: a NUL byte ends no address");
	look("PROXY UNKNOWN\0 \r\n", 17);
	ok(same("bad"), "v1: nor a word");
	look("PROXY UNKNOWN \0\r\n", 17);
	ok(same("17 own"), "v1: behind UNKNOWN all is ignored");
}

/* -------------------------------------------------- version 2 ----------- */

struct bytes {
	unsigned char b[16 + 65535 + 32];
	size_t n;
};

static struct bytes v2;

static void
put(const void *from, size_t n)
{
	memcpy(v2.b + v2.n, from, n);
	v2.n += n;
}

/* A header of `len` bytes, behind its head, or as many as it says. */
static void
head(unsigned int command, unsigned int form, unsigned int len)
{
	v2.n = 0;
	put(SIGNATURE, 12);
	v2.b[12] = (unsigned char)command;
	v2.b[13] = (unsigned char)form;
	v2.b[14] = (unsigned char)(len >> 8);
	v2.b[15] = (unsigned char)(len & 255);
	v2.n = 16;
}

#define INET "\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"
#define INET_IS "192.0.2.1:56324 198.51.100.2:443"
#define INET6 "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1" \
	"\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\2\0\1\1\xbb"
#define INET6_IS "[2001:db8::1]:1 [2001:db8::2]:443"

/* Heads with hostile or odd contents; then come as many bytes as they say. */
static const struct {
	unsigned int command, form, len;
	const char *body;
	size_t nbody;
	size_t known;		/* bytes that make it known */
	const char *outcome;
	const char *what;
} heads[] = {
	{ 0x21, 0x11, 12, INET, 12, 28, "28 " INET_IS, "TCP over IPv4" },
	{ 0x21, 0x12, 12, INET, 12, 28, "28 " INET_IS, "UDP over IPv4" },
	{ 0x21, 0x21, 36, INET6, 36, 52, "52 " INET6_IS, "TCP over IPv6" },
	{ 0x21, 0x22, 36, INET6, 36, 52, "52 " INET6_IS, "UDP over IPv6" },
	{ 0x21, 0x11, 15, INET "\4\0\0", 15, 31, "31 " INET_IS,
	    "an empty extra" },
	{ 0x21, 0x11, 24, INET "\1\0\2h2\xff\0\4abcd", 24, 40,
	    "40 " INET_IS, "extras are skipped" },
	{ 0x21, 0x21, 300, INET6 "\xee\1\5", 39, 316, "316 " INET6_IS,
	    "a long extra" },
	{ 0x20, 0, 0, "", 0, 16, "16 own", "LOCAL" },
	{ 0x20, 0x11, 12, INET, 12, 28, "28 own", "LOCAL with addresses" },
	{ 0x20, 0xff, 5, "\3\0\4xx", 5, 21, "21 own",
	    "LOCAL: family and the rest are ignored" },
	{ 0x20, 0x31, 300, "", 0, 316, "316 own", "LOCAL: its length is not" },
	{ 0x21, 0x00, 0, "", 0, 16, "16 own", "PROXY, nothing specified" },
	{ 0x21, 0x00, 7, "whatevr", 7, 23, "23 own", "with a body" },
	{ 0x21, 0x01, 12, INET, 12, 28, "28 own", "no family" },
	{ 0x21, 0x10, 3, "abc", 3, 19, "19 own", "no protocol" },
	/* wrong */
	{ 0x11, 0x11, 12, INET, 12, 13, "bad", "version 1" },
	{ 0x31, 0x11, 12, INET, 12, 13, "bad", "version 3" },
	{ 0x01, 0x11, 12, INET, 12, 13, "bad", "version 0" },
	{ 0xa1, 0x11, 12, INET, 12, 13, "bad", "version 10" },
	{ 0x22, 0x11, 12, INET, 12, 13, "bad", "command 2" },
	{ 0x2f, 0x11, 12, INET, 12, 13, "bad", "command 15" },
	{ 0x21, 0x41, 12, INET, 12, 14, "bad", "family 4" },
	{ 0x21, 0xf1, 12, INET, 12, 14, "bad", "family 15" },
	{ 0x21, 0x13, 12, INET, 12, 14, "bad", "protocol 3" },
	{ 0x21, 0x1f, 12, INET, 12, 14, "bad", "protocol 15" },
	{ 0x21, 0x11, 0, INET, 0, 16, "bad", "IPv4 without addresses" },
	{ 0x21, 0x11, 11, INET, 11, 16, "bad", "IPv4 in 11 bytes" },
	{ 0x21, 0x21, 35, INET6, 35, 16, "bad", "IPv6 in 35 bytes" },
	{ 0x21, 0x31, 215, "", 0, 16, "bad", "Unix in 215 bytes" },
	{ 0x21, 0x11, 13, INET "\4", 13, 29, "bad", "a third of an extra" },
	{ 0x21, 0x11, 14, INET "\4\0", 14, 30, "bad", "two thirds" },
	{ 0x21, 0x11, 15, INET "\4\0\1", 15, 31, "bad",
	    "an extra longer than the header" },
	{ 0x21, 0x11, 16, INET "\4\xff\xff\0", 16, 32, "bad",
	    "an extra of 65535 bytes" },
	{ 0x21, 0x11, 18, INET "\3\0\3\0\0\0", 18, 34, "bad",
	    "a checksum of three bytes" },
	{ 0x21, 0x11, 20, INET "\3\0\5\0\0\0\0\0", 20, 36, "bad",
	    "a checksum of five bytes" }
};

static void
version2(void)
{
	size_t i;

	for (i = 0; i < COUNT(heads); i++) {
		head(heads[i].command, heads[i].form, heads[i].len);
		memset(v2.b + 16, 0, heads[i].len);
		memcpy(v2.b + 16, heads[i].body, heads[i].nbody);
		v2.n += heads[i].len;
		put("GET / HTTP/1.1\r\n", 16);
		ok(steady(v2.b, v2.n, heads[i].known, heads[i].outcome),
		    heads[i].what);
	}
	look(SIGNATURE, 12);
	ok(same("more"), "the signature alone");
	ok(steady((const unsigned char *)"\r\n\r\n\0\r\nQUIX\n!", 13, 11,
	    "no"), "another one");
}

static void
unix_ends(void)
{
	char from[108], to[108], want[300];

	memset(from, 0, sizeof from);
	memset(to, 'p', sizeof to);
	memcpy(from, "/run/client", 11);
	head(0x21, 0x31, 216);
	put(from, 108);
	put(to, 108);
	(void)snprintf(want, sizeof want, "232 unix:/run/client unix:%.108s",
	    to);
	ok(steady(v2.b, v2.n, 232, want), "Unix: paths, of 108 bytes as well");
	memset(from, 0, sizeof from);
	head(0x21, 0x32, 216);
	put(from, 108);
	put("\0abstract", 9);
	put(from, 99);
	look(v2.b, v2.n);
	ok(header.is == ANSWER_YES
	    && header.fromlen == offsetof(struct sockaddr_un, sun_path)
	    && header.tolen == offsetof(struct sockaddr_un, sun_path) + 9
	    && memcmp((char *)&header.to
	    + offsetof(struct sockaddr_un, sun_path), "\0abstract", 9) == 0,
	    "Unix: no name, and an abstract one");
}

/* -------------------------------------------------- checksum ------------ */

/* The remainder, by long division of polynomials, first bit first: another
   way than the code's. */
static unsigned long
crc32c_slowly(const unsigned char *data, size_t n)
{
	unsigned long r = 0xffffffffUL, out = 0;
	size_t i;
	int bit, in;

	for (i = 0; i < n; i++)
		for (bit = 0; bit < 8; bit++) {
			in = data[i] >> bit & 1;
			in ^= (int)(r >> 31 & 1);
			r = r << 1 & 0xffffffffUL;
			if (in)
				r ^= 0x1edc6f41UL;
		}
	for (bit = 0; bit < 32; bit++)
		out |= (r >> bit & 1) << (31 - bit);
	return out ^ 0xffffffffUL;
}

/* Put the checksum of v2 at the four NUL bytes there. */
static void
seal(size_t at)
{
	unsigned long crc = crc32c_slowly(v2.b, v2.n);

	v2.b[at] = (unsigned char)(crc >> 24);
	v2.b[at + 1] = (unsigned char)(crc >> 16 & 255);
	v2.b[at + 2] = (unsigned char)(crc >> 8 & 255);
	v2.b[at + 3] = (unsigned char)(crc & 255);
}

/* Behind IPv4 addresses: some padding, a checksum, more padding. */
static void
with_checksum(size_t padding)
{
	size_t at;

	head(0x21, 0x11, (unsigned int)(12 + 3 + padding + 7 + 4));
	put(INET, 12);
	v2.b[v2.n] = 4;
	v2.b[v2.n + 1] = (unsigned char)(padding >> 8);
	v2.b[v2.n + 2] = (unsigned char)(padding & 255);
	memset(v2.b + v2.n + 3, 'x', padding);
	v2.n += 3 + padding;
	put("\3\0\4\0\0\0\0", 7);
	at = v2.n - 4;
	put("\1\0\1a", 4);
	seal(at);
}

/* As HAProxy 2.6 sent them, once: a unique id and a checksum, a checksum over
   IPv6, a health check, version 1. */
static const char with_id[] = SIGNATURE "\x21\x11\0\x1d\x7f\0\0\1\x7f\0\0\1"
    "\xc2\x92\xbd\xe3\3\0\4\x83\xa8\x25\x89\5\0\7ID-7874" "hello";
static const char over_inet6[] = SIGNATURE "\x21\x21\0\x2b\0\0\0\0\0\0\0\0\0\0"
    "\0\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\xb5\xce\xa1\x43\3\0\4"
    "\xf7\x97\x9f\x54";
static const char health_check[] = SIGNATURE "\x20\0\0\0";
static const char first_version[] =
    "PROXY TCP4 127.0.0.1 127.0.0.1 59946 39585\r\nhello";

static void
real_ones(void)
{
	ok(steady((const unsigned char *)with_id, sizeof with_id - 1, 45,
	    "45 127.0.0.1:49810 127.0.0.1:48611"),
	    "HAProxy: a unique id and a checksum");
	ok(steady((const unsigned char *)over_inet6, sizeof over_inet6 - 1, 59,
	    "59 [::1]:46542 [::1]:41283"), "HAProxy: IPv6 and a checksum");
	ok(steady((const unsigned char *)health_check,
	    sizeof health_check - 1, 16, "16 own"), "HAProxy: a health check");
	ok(steady((const unsigned char *)first_version,
	    sizeof first_version - 1, 44,
	    "44 127.0.0.1:59946 127.0.0.1:39585"), "HAProxy: version 1");
}

static void
checksums(void)
{
	size_t i, n;
	int missed = 0;

	ok(crc32c_slowly((const unsigned char *)"123456789", 9)
	    == 0xe3069283UL, "the check value of CRC-32C");
	with_checksum(40);
	n = v2.n;
	ok(steady(v2.b, n, n, "82 " INET_IS), "a right checksum");
	/* Any changed bit, wherever it does not change the form. */
	for (i = 16; i < n * 8; i++) {
		if (i / 8 < 16 || (i / 8 >= 28 && i / 8 < 31)
		    || (i / 8 >= n - 11 && i / 8 < n - 8)
		    || (i / 8 >= n - 3 && i / 8 < n - 1))
			continue;
		v2.b[i / 8] ^= (unsigned char)(1 << i % 8);
		look(v2.b, n);
		missed += !(header.is == ANSWER_NO && header.malformed);
		v2.b[i / 8] ^= (unsigned char)(1 << i % 8);
	}
	ok(missed == 0, "each single bit that is wrong is noticed");
	with_checksum(65535 - 26);
	look(v2.b, v2.n);
	ok(same("65551 " INET_IS), "the longest header");
	look(v2.b, v2.n - 1);
	ok(same("more"), "less one byte");
	v2.b[5000] ^= 1;
	look(v2.b, v2.n);
	ok(same("bad"), "with one bit wrong");
	head(0x21, 0x11, 26);
	put(INET "\3\0\4\0\0\0\0\3\0\4\0\0\0\0", 26);
	seal(38);
	look(v2.b, v2.n);
	ok(same("bad"), "two checksums, of which the second is right");
	head(0x21, 0x11, 20);
	put(INET "\3\0\5\0\0\0\0x", 20);
	seal(31);
	look(v2.b, v2.n);
	ok(same("bad"), "a right checksum and a byte more");
}

/* -------------------------------------------------- random -------------- */

static unsigned long seed = 20261124;

static unsigned int
random_below(size_t n)
{
	seed = (seed * 1103515245 + 12345) & 0xffffffffUL;
	return (unsigned int)((seed >> 12) % n);
}

/* Some header, right but for what is done to it afterwards. */
static size_t
any_header(unsigned char *data)
{
	size_t n;

	switch (random_below(4)) {
	case 0:
		with_checksum(random_below(30));
		break;
	case 1:
		head(0x20 + random_below(2), random_below(4) << 4 | 1, 236);
		memset(v2.b + 16, 0, 236);
		v2.n += 236;
		break;
	default:
		v2.n = 0;
		n = random_below(8);
		put(lines[n].text, strlen(lines[n].text));
	}
	put("GET / HTTP/1.1\r\n\r\n", 18);
	memcpy(data, v2.b, v2.n);
	return v2.n;
}

static void
mutations(void)
{
	static unsigned char data[sizeof v2.b];
	size_t n, k;
	int round, bad = 0;

	for (round = 0; round < 4000 && !bad; round++) {
		n = any_header(data);
		for (k = random_below(4); k > 0; k--)
			data[random_below(n < 40 ? n : 40)]
			    = (unsigned char)random_below(256);
		look(data, n);
		bad = header.is > ANSWER_MORE || header.len > n
		    || (header.is == ANSWER_YES) != (header.len > 0)
		    || header.fromlen > sizeof header.from
		    || header.tolen > sizeof header.to
		    || !steady_somewhere(data, n);
	}
	ok(!bad, "4000 headers with random changes, each at every length");
}

int
main(void)
{
	plan((int)(COUNT(lines) + COUNT(heads)) + 3 + 2 + 2 + 4 + 8 + 1);
	version1();
	version2();
	unix_ends();
	real_ones();
	checksums();
	mutations();
	return tap_bad;
}
