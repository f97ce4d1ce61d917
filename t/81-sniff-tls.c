/* SPDX-License-Identifier: 0BSD */
/*
 * t/81-sniff-tls.c - the server name and ALPN of a ClientHello, whole, in
 * pieces, wrong and random. Every look is at a copy of exactly n bytes, so
 * that memory checkers see a byte read too far.
 */
#include "../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hellos.h"
#include "rules/recognise.h"
#include "tap.h"

static struct tls_hello hello;

static void
look(const unsigned char *data, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		bail("out of memory");
	memcpy(copy, data, n);
	memset(&hello, 0x5a, sizeof hello);
	recognise_tls(copy, n, &hello);
	free(copy);
}

/* -------------------------------------------------- a hello by hand ----- */

struct bytes {
	unsigned char b[80000];
	size_t n;
};

static void
put(struct bytes *to, unsigned long v, int bytes)
{
	while (bytes-- > 0)
		to->b[to->n++] = (unsigned char)(v >> 8 * bytes);
}

static void
put_bytes(struct bytes *to, const void *from, size_t n)
{
	memcpy(to->b + to->n, from, n);
	to->n += n;
}

static void
put_ext(struct bytes *to, unsigned int type, const void *body, size_t n)
{
	put(to, type, 2);
	put(to, n, 2);
	put_bytes(to, body, n);
}

static void
put_name(struct bytes *to, const char *name, size_t n)
{
	struct bytes body;

	body.n = 0;
	put(&body, n + 3, 2);
	put(&body, 0, 1);
	put(&body, n, 2);
	put_bytes(&body, name, n);
	put_ext(to, 0, body.b, body.n);
}

/* What a message has before its extensions. */
static struct {
	size_t session, ciphers, methods;	/* bytes */
} head = { 0, 2, 1 };

static void
put_list(struct bytes *to, size_t n, int bytes)
{
	put(to, n, bytes);
	memset(to->b + to->n, 0x13, n);
	to->n += n;
}

/* The handshake message around extensions; no extensions at all if NULL. */
static void
wrap(struct bytes *to, const struct bytes *ext)
{
	size_t n = 2 + 32 + 1 + head.session + 2 + head.ciphers + 1
	    + head.methods + (ext != NULL ? 2 + ext->n : 0);

	to->n = 0;
	put(to, 1, 1);
	put(to, n, 3);
	put(to, 0x0303, 2);
	memset(to->b + to->n, 0x77, 32);
	to->n += 32;
	put_list(to, head.session, 1);
	put_list(to, head.ciphers, 2);
	put_list(to, head.methods, 1);
	if (ext != NULL) {
		put(to, ext->n, 2);
		put_bytes(to, ext->b, ext->n);
	}
}

/* In records of at most `most` bytes; the first of `first`. */
static void
records(struct bytes *to, const unsigned char *body, size_t n, size_t first,
    size_t most)
{
	size_t at = 0, piece = first;

	to->n = 0;
	for (; at < n; at += piece, piece = most) {
		if (piece > n - at)
			piece = n - at;
		put(to, 0x16, 1);
		put(to, 0x0303, 2);
		put(to, piece, 2);
		put_bytes(to, body + at, piece);
	}
}

/* Look at extensions in one record. */
static void
look_at_ext(const struct bytes *ext)
{
	static struct bytes message, out;

	wrap(&message, ext);
	records(&out, message.b, message.n, message.n, message.n);
	look(out.b, out.n);
}

/* -------------------------------------------------- properties ---------- */

static int
steady(enum answer before, enum answer now)
{
	return before == ANSWER_MORE || before == now;
}

/* More bytes only make more of it known. */
static int
follows(const struct tls_hello *a, const struct tls_hello *b)
{
	if (!steady(a->is, b->is) || !steady(a->whole, b->whole)
	    || !steady(a->nameless, b->nameless))
		return 0;
	/* A name and none exclude each other, and are known together. */
	if ((b->nameless == ANSWER_MORE) != (b->name_state == NAME_MORE)
	    || (b->nameless == ANSWER_YES && (b->name_state != NAME_NONE
	    || b->whole != ANSWER_YES)))
		return 0;
	/* A list that has been seen is taken back only if all is malformed. */
	if (a->alpn_seen && b->whole != ANSWER_NO && (!b->alpn_seen
	    || a->nalpn != b->nalpn
	    || memcmp(a->alpn, b->alpn, a->nalpn) != 0))
		return 0;
	switch (a->name_state) {
	case NAME_MORE:
		return 1;
	case NAME_SEEN:
		return b->name_state == NAME_NONE
		    || (b->name_state != NAME_MORE
		    && strcmp(a->name, b->name) == 0);
	case NAME_NONE:
	case NAME_SURE:
		return a->name_state == b->name_state
		    && strcmp(a->name, b->name) == 0;
	}
	return 0;
}

/* Returns the first prefix that breaks the rule, -1 if none does. Ends with
   the look at all of it. */
static long
every_prefix(const unsigned char *data, size_t n)
{
	struct tls_hello before;
	size_t i;

	look(data, 0);
	for (i = 1; i <= n; i++) {
		before = hello;
		look(data, i);
		if (!follows(&before, &hello))
			return (long)i;
	}
	return -1;
}

static int
sure(const char *name)
{
	if (hello.is == ANSWER_YES && hello.name_state == NAME_SURE
	    && hello.whole == ANSWER_YES
	    && strcmp(hello.name, name) == 0)
		return 1;
	printf("# is %d, state %d, name %s\n", hello.is, hello.name_state,
	    hello.name);
	return 0;
}

static int
none(void)
{
	return hello.is == ANSWER_YES && hello.name_state == NAME_NONE
	    && hello.name[0] == '\0';
}

/* -------------------------------------------------- tests --------------- */

static void
real_hellos(void)
{
	long at = every_prefix(hello13, sizeof hello13);

	ok(at < 0 && sure("www.example.com"),
	    "TLS 1.3: the name, at every length of what has arrived");
	ok(hello.nalpn == 12 && memcmp(hello.alpn, "\2h2\10http/1.1", 12) == 0,
	    "TLS 1.3: ALPN");
	ok(hello_offers(&hello, "h2", 2) && hello_offers(&hello, "http/1.1", 8)
	    && !hello_offers(&hello, "h", 1) && !hello_offers(&hello, "2", 1)
	    && !hello_offers(&hello, "H2", 2) && !hello_offers(&hello, "", 0),
	    "TLS 1.3: each protocol, as a whole");
	at = every_prefix(hello12, sizeof hello12);
	ok(at < 0 && sure("mail.example.org") && hello.nalpn == 0,
	    "TLS 1.2: the name, no ALPN");
	at = every_prefix(hello_nameless, sizeof hello_nameless);
	ok(at < 0 && none() && hello.whole == ANSWER_YES,
	    "no server name is none");
	look(hello12, sizeof hello12 - 1);
	ok((hello.name_state == NAME_SEEN || hello.name_state == NAME_MORE)
	    && hello.whole == ANSWER_MORE,
	    "a hello that lacks one byte is not sure of its name");
}

static void
split(void)
{
	static struct bytes out;
	const unsigned char *message = hello12 + 5;
	size_t n = sizeof hello12 - 5, i;
	long bad = -1;

	for (i = 1; i < n && bad < 0; i++) {
		records(&out, message, n, i, n);
		look(out.b, out.n);
		if (!sure("mail.example.org"))
			bad = (long)i;
	}
	ok(bad < 0, "two records, split at every byte");
	for (i = 1, bad = -1; i < 40 && bad < 0; i++) {
		records(&out, message, n, i, i);
		if (every_prefix(out.b, out.n) >= 0
		    || !sure("mail.example.org"))
			bad = (long)i;
	}
	ok(bad < 0, "records of 1 to 39 bytes, at every length");
	records(&out, message, n, 3, n);
	out.b[5 + 3] = 0x17;
	look(out.b, out.n);
	ok(none(), "a record of another type in between: no name");
	records(&out, message, n, 3, n);
	out.b[5 + 3 + 3] = out.b[5 + 3 + 4] = 0;
	look(out.b, out.n);
	ok(none(), "an empty record in between: no name");
}

static const struct {
	const char *data;
	size_t n;
	enum answer is;
	const char *name;
} first_bytes[] = {
	{ "", 0, ANSWER_MORE, "no byte: not known" },
	{ "\x16", 1, ANSWER_MORE, "a handshake record so far" },
	{ "\x16\x03\x01\x02\x00", 5, ANSWER_MORE, "its header" },
	{ "\x16\x03\x01\x02\x00\x01", 6, ANSWER_YES, "and a hello: TLS" },
	{ "\x16\x03\x00\x00\x01\x01", 6, ANSWER_YES, "version 3.0, length 1" },
	{ "\x16\x03\x04\x48\x00\x01", 6, ANSWER_YES, "version 3.4, longest" },
	{ "\x16\x03\x05", 3, ANSWER_NO, "version 3.5" },
	{ "\x16\x02", 2, ANSWER_NO, "version 2" },
	{ "\x16\xfe\xff", 3, ANSWER_NO, "DTLS" },
	{ "\x16\x03\x01\x00\x00", 5, ANSWER_NO, "an empty record" },
	{ "\x16\x03\x01\x49", 4, ANSWER_NO, "a record too long" },
	{ "\x16\x03\x01\x48\x01", 5, ANSWER_NO, "a record one byte too long" },
	{ "\x16\x03\x01\x02\x00\x02", 6, ANSWER_NO, "a hello of the server" },
	{ "\x17", 1, ANSWER_NO, "application data" },
	{ "\x80\x2e\x01\x03\x01", 5, ANSWER_NO, "a hello of SSL 2" },
	{ "G", 1, ANSWER_NO, "text" }
};

static void
beginnings(void)
{
	size_t i;

	for (i = 0; i < sizeof first_bytes / sizeof first_bytes[0]; i++) {
		look((const unsigned char *)first_bytes[i].data,
		    first_bytes[i].n);
		ok(hello.is == first_bytes[i].is, first_bytes[i].name);
	}
}

/* Bodies of extensions, with what they lead to: a name, or "" for none. */
#define EXT(hex, name, what) { hex, sizeof hex - 1, name, what }
static const struct {
	const char *ext;
	size_t n;
	const char *name;
	const char *what;
} bodies[] = {
	EXT("\0\0\0\6\0\4\0\0\1a", "a", "the shortest name"),
	EXT("\xff\1\0\1\0\0\0\0\6\0\4\0\0\1a", "a", "behind another one"),
	EXT("\0\0\0\6\0\4\0\0\1A", "a", "case is folded"),
	EXT("\0\0\0\7\0\5\0\0\2a.", "a", "the final dot goes"),
	EXT("\0\0\0\0", "", "an empty extension"),
	EXT("\0\0\0\2\0\0", "", "an empty list"),
	EXT("\0\0\0\5\0\3\0\0\0", "", "an empty name"),
	EXT("\0\0\0\6\0\4\0\0\1.", "", "a dot alone"),
	EXT("\0\0\0\x8\0\6\0\0\3.ab", "", "a dot first"),
	EXT("\0\0\0\x9\0\7\0\0\4a..b", "", "two dots"),
	EXT("\0\0\0\7\0\5\0\0\2a\0", "", "a NUL in the name"),
	EXT("\0\0\0\7\0\5\0\0\2\xc3\xa4", "", "UTF-8 in the name"),
	EXT("\0\0\0\x8\0\6\0\0\3a:1", "", "a port"),
	EXT("\0\0\0\7\0\5\0\0\2*a", "", "a star"),
	EXT("\0\0\0\6\0\4\0\1\1a", "", "lengths that disagree"),
	EXT("\0\0\0\6\0\4\0\0\2a", "", "a name longer than the list"),
	EXT("\0\0\0\6\0\5\0\0\1a", "", "a list longer than the extension"),
	EXT("\0\0\0\6\0\4\1\0\1a", "", "another type of name"),
	EXT("\0\0\0\7\0\4\0\0\1ab", "", "a byte behind the list"),
	EXT("\0\0\0\x0a\0\x8\0\0\1a\0\0\1b", "", "two names"),
	EXT("\0\0\0\x0a\0\x8\0\0\1a\x77\x77\0\0", "",
	    "what looks like an extension inside the list"),
	EXT("\0\0\0\6\0\4\0\0\1a\0\0\0\6\0\4\0\0\1a", "",
	    "the extension twice"),
	EXT("\0\5\0\0\0\5\0\0\0\0\0\6\0\4\0\0\1a", "",
	    "another extension twice"),
	EXT("\0\0\0\6\0\4\0\0\1a\0", "", "half an extension behind it"),
	EXT("\0\0\0\6\0\4\0\0\1a\0\5\0\1", "", "an extension without a body"),
	EXT("\0\x10\0\5\0\3\2h2\0\0\0\6\0\4\0\0\1a", "a", "ALPN before it"),
	EXT("\0\x10\0\2\0\0\0\0\0\6\0\4\0\0\1a", "", "ALPN without protocol"),
	EXT("\0\x10\0\3\0\1\0\0\0\0\6\0\4\0\0\1a", "", "ALPN, empty protocol"),
	EXT("\0\x10\0\5\0\3\0\1x\0\0\0\6\0\4\0\0\1a", "",
	    "ALPN, an empty protocol before another"),
	EXT("\0\x10\0\5\0\3\3h2\0\0\0\6\0\4\0\0\1a", "", "ALPN that overruns"),
	EXT("\0\x10\0\5\0\3\2h2\0\x10\0\5\0\3\2h2\0\0\0\6\0\4\0\0\1a", "",
	    "ALPN twice")
};

static void
extension_bodies(void)
{
	static struct bytes ext, message, out;
	size_t i;
	long at;
	int right;

	for (i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		ext.n = 0;
		put_bytes(&ext, bodies[i].ext, bodies[i].n);
		wrap(&message, &ext);
		records(&out, message.b, message.n, message.n, message.n);
		at = every_prefix(out.b, out.n);
		right = bodies[i].name[0] != '\0' ? sure(bodies[i].name)
		    : none() && hello.whole == ANSWER_NO && hello.nalpn == 0;
		ok(at < 0 && right, bodies[i].what);
	}
}

/* Change one byte of a good message; no name must come of it. */
static int
none_with(const struct bytes *good, size_t at, unsigned int value)
{
	static struct bytes message, out;

	message = *good;
	message.b[at] = (unsigned char)value;
	records(&out, message.b, message.n, message.n, message.n);
	look(out.b, out.n);
	return none();
}

static int
named_with(size_t session, size_t ciphers, size_t methods)
{
	static struct bytes ext;

	head.session = session;
	head.ciphers = ciphers;
	head.methods = methods;
	ext.n = 0;
	put_name(&ext, "a", 1);
	look_at_ext(&ext);
	head.session = 0;
	head.ciphers = 2;
	head.methods = 1;
	return hello.is == ANSWER_YES && hello.name_state == NAME_SURE;
}

static void
message_fields(void)
{
	static struct bytes ext, good;
	size_t ext_len;

	ok(named_with(0, 2, 1) && named_with(32, 1000, 255),
	    "the least and the most of each list");
	ok(!named_with(33, 2, 1) && none(), "a session id of 33 bytes: no name");
	ok(!named_with(0, 0, 1) && none() && !named_with(0, 3, 1) && none(),
	    "no or half cipher suites: no name");
	ok(!named_with(0, 2, 0) && none(), "no compression method: no name");
	ext.n = 0;
	put_name(&ext, "a", 1);
	wrap(&good, &ext);
	ext_len = good.n - ext.n - 2;
	ok(none_with(&good, 4, 2), "a version that is not 3.x: no name");
	ok(none_with(&good, ext_len + 1, 9) && none_with(&good, ext_len + 1, 11),
	    "extensions shorter or longer than the message: no name");
	ok(none_with(&good, 3, good.b[3] - 1U), "a message too short: no name");
	look((const unsigned char *)"\x16\x03\x01\x02\x00\x01\x02\0\0", 9);
	ok(none(), "a message that is never seen whole: no name, no waiting");
	wrap(&good, NULL);
	records(&ext, good.b, good.n, good.n, good.n);
	look(ext.b, ext.n);
	ok(none(), "no extensions at all: no name");
}

static void
sizes(void)
{
	static struct bytes ext, message, out;
	char name[300], alpn[2 + 40 * 10];
	int i;

	memset(name, 'x', sizeof name);
	for (i = 50; i < 300; i += 50)
		name[i] = '.';
	ext.n = 0;
	put_name(&ext, name, 253);
	look_at_ext(&ext);
	ok(hello.name_state == NAME_SURE && strlen(hello.name) == 253,
	    "a name of 253 characters");
	ext.n = 0;
	put_name(&ext, name, 254);
	look_at_ext(&ext);
	ok(none(), "a name of 254 characters is none");
	name[253] = '.';
	ext.n = 0;
	put_name(&ext, name, 254);
	look_at_ext(&ext);
	ok(hello.name_state == NAME_SURE && strlen(hello.name) == 253,
	    "unless the last is a dot");
	ext.n = 0;
	put_name(&ext, (const char *)out.b, 60000);
	wrap(&message, &ext);
	records(&out, message.b, message.n, 16384, 16384);
	look(out.b, out.n);
	ok(none(), "a name of 60000 bytes is none");
	alpn[0] = (char)(400 >> 8);
	alpn[1] = (char)(400 & 255);
	for (i = 0; i < 40; i++)
		memcpy(alpn + 2 + i * 10, "\x9" "protocol9", 10);
	ext.n = 0;
	put_ext(&ext, 16, alpn, sizeof alpn);
	look_at_ext(&ext);
	ok(hello.is == ANSWER_YES && hello.nalpn == 250
	    && hello.alpn[240] == 9, "ALPN is cut behind a whole protocol");
	ext.n = 0;
	put_ext(&ext, 21, out.b, 11000);
	put_name(&ext, "late.example", 12);
	wrap(&message, &ext);
	records(&out, message.b, message.n, 1, 1);
	look(out.b, out.n);
	ok(sure("late.example"), "64 KiB of records of one byte each");
}

static void
mutations(void)
{
	static unsigned char data[sizeof hello13];
	unsigned long seed = 20260101;
	size_t n, at;
	int round, k, bad = 0;

	for (round = 0; round < 20000 && !bad; round++) {
		memcpy(data, hello13, sizeof data);
		for (k = 0; k < 3; k++) {
			seed = seed * 1103515245 + 12345;
			at = (seed >> 16) % (k == 0 ? 80 : sizeof data);
			seed = seed * 1103515245 + 12345;
			data[at] = (unsigned char)(seed >> 16);
		}
		n = (seed >> 8) % (sizeof data + 1);
		look(data, n);
		bad = hello.is > ANSWER_MORE || hello.name_state > NAME_SURE
		    || memchr(hello.name, '\0', sizeof hello.name) == NULL
		    || hello.nalpn > sizeof hello.alpn
		    || hello.whole > ANSWER_MORE
		    || hello_offers(&hello, "no", 2);
		if (round % 100 == 0 && every_prefix(data, sizeof data) >= 0)
			bad = 1;
	}
	ok(!bad, "20000 hellos with random changes, some at every length");
}

int
main(void)
{
	plan((int)(6 + 4 + sizeof first_bytes / sizeof first_bytes[0]
	    + sizeof bodies / sizeof bodies[0] + 9 + 6 + 1));
	real_hellos();
	split();
	beginnings();
	extension_bodies();
	message_fields();
	sizes();
	mutations();
	return tap_bad;
}
