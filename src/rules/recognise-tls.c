/* SPDX-License-Identifier: 0BSD */
/*
 * recognise-tls.c - the ClientHello of TLS: server_name and ALPN.
 *
 * The hello may be split over records at any byte, and a record over
 * segments, so it is read through a reader that steps over record headers.
 * Whatever is not exactly as RFC 8446 and RFC 6066 have it gives no name: a
 * wrong guess would be worse than the default worker.
 */
#include "../../lib/detect.h"

#include <string.h>

#include "recognise.h"

#define RECORD_HEADER 5
#define RECORD_HANDSHAKE 0x16
#define RECORD_MOST (16384 + 2048)
#define CLIENT_HELLO 1
#define HELLO_MOST 65536UL /* more than is ever looked at */
#define EXT_SERVER_NAME 0
#define EXT_ALPN 16
#define NAME_TYPE_HOST 0

/* Why reading stopped. The first reason stays. */
enum stop { GOING, STOP_SHORT, STOP_BAD };

struct reader {
	const unsigned char *p; /* the next byte, and how many */
	size_t n;
	size_t in_record;   /* left of the record at p */
	unsigned long left; /* left of the hello, once known */
	enum stop stop;
};

/* Check as much of a record's header as is there. */
static enum answer
record_header(const unsigned char *p, size_t n)
{
	size_t len;

	if ((n > 0 && p[0] != RECORD_HANDSHAKE) || (n > 1 && p[1] != 3)
	    || (n > 2 && p[2] > 4))
		return ANSWER_NO;
	if (n > 3 && p[3] > RECORD_MOST >> 8)
		return ANSWER_NO;
	if (n < RECORD_HEADER)
		return ANSWER_MORE;
	len = (size_t)p[3] << 8 | p[4];
	return len == 0 || len > RECORD_MOST ? ANSWER_NO : ANSWER_YES;
}

/* The next byte of the hello; 0 once reading has stopped. */
static unsigned int
byte(struct reader *r)
{
	enum answer header;

	if (r->stop == GOING && r->left == 0)
		r->stop = STOP_BAD;
	if (r->stop == GOING && r->in_record == 0) {
		header = record_header(r->p, r->n);
		if (header == ANSWER_YES) {
			r->in_record = (size_t)r->p[3] << 8 | r->p[4];
			r->p += RECORD_HEADER;
			r->n -= RECORD_HEADER;
		} else
			r->stop = header == ANSWER_NO ? STOP_BAD : STOP_SHORT;
	}
	if (r->stop == GOING && r->n == 0)
		r->stop = STOP_SHORT;
	if (r->stop != GOING)
		return 0;
	r->n--;
	r->in_record--;
	r->left--;
	return *r->p++;
}

static unsigned int
number(struct reader *r, int bytes)
{
	unsigned int v = 0;

	while (bytes-- > 0)
		v = v << 8 | byte(r);
	return v;
}

static void
bad_unless(struct reader *r, int fine)
{
	if (r->stop == GOING && !fine)
		r->stop = STOP_BAD;
}

static void
skip(struct reader *r, unsigned int n)
{
	bad_unless(r, n <= r->left);
	while (n-- > 0 && r->stop == GOING)
		(void)byte(r);
}

/* One host_name is all that the list may hold: RFC 6066 allows one of each
   type, and no other type exists. */
static void
server_name(struct reader *r, unsigned int len, struct tls_hello *hello)
{
	unsigned char name[NAME_ROOM + 1]; /* with a final dot */
	unsigned int list = number(r, 2), type = number(r, 1);
	unsigned int n = number(r, 2), i;

	bad_unless(r,
	    len >= 5 && list == len - 2 && n == list - 3
		&& type == NAME_TYPE_HOST && n > 0 && n < sizeof name);
	for (i = 0; i < n && r->stop == GOING; i++)
		name[i] = (unsigned char)byte(r);
	if (r->stop != GOING)
		return;
	bad_unless(r, hostname_fold(name, n, 0, hello->name) == 0);
	if (r->stop == GOING)
		hello->name_state = NAME_SEEN;
}

static void
alpn(struct reader *r, unsigned int len, struct tls_hello *hello)
{
	unsigned int list = number(r, 2), n, i, c;
	int room = 1;

	bad_unless(r, len >= 4 && list == len - 2);
	while (list > 0 && r->stop == GOING) {
		n = number(r, 1);
		bad_unless(r, n > 0 && n < list);
		room = room && hello->nalpn + 1 + n <= sizeof hello->alpn;
		if (room)
			hello->alpn[hello->nalpn] = (char)n;
		for (i = 1; i <= n && r->stop == GOING; i++) {
			c = byte(r);
			if (room)
				hello->alpn[hello->nalpn + i] = (char)c;
		}
		if (r->stop != GOING)
			return;
		if (room)
			hello->nalpn += 1 + n;
		list -= 1 + n;
	}
	hello->alpn_seen = r->stop == GOING;
}

int
hello_offers(const struct tls_hello *hello, const char *name, size_t n)
{
	size_t at, len;

	for (at = 0; at < hello->nalpn; at += 1 + len) {
		len = (unsigned char)hello->alpn[at];
		if (len == n && memcmp(hello->alpn + at + 1, name, n) == 0)
			return 1;
	}
	return 0;
}

static void
extensions(struct reader *r, struct tls_hello *hello)
{
	unsigned long long once = 0; /* types below 64, all that matter */
	unsigned int type, len;

	while (r->left > 0 && r->stop == GOING) {
		type = number(r, 2);
		len = number(r, 2);
		bad_unless(r, len <= r->left);
		if (type < 64) {
			bad_unless(r, !(once >> type & 1));
			once |= 1ULL << type;
		}
		if (r->stop != GOING)
			return;
		if (type == EXT_SERVER_NAME)
			server_name(r, len, hello);
		else if (type == EXT_ALPN)
			alpn(r, len, hello);
		else
			skip(r, len);
	}
}

static void
client_hello(struct reader *r, struct tls_hello *hello)
{
	unsigned int n;

	r->left = 4;
	bad_unless(r, number(r, 1) == CLIENT_HELLO);
	n = number(r, 3);
	bad_unless(r, n <= HELLO_MOST);
	r->left = n;
	bad_unless(r, number(r, 1) == 3); /* legacy_version */
	skip(r, 1 + 32);		  /* and random */
	n = number(r, 1);		  /* legacy_session_id */
	bad_unless(r, n <= 32);
	skip(r, n);
	n = number(r, 2); /* cipher_suites */
	bad_unless(r, n >= 2 && n % 2 == 0);
	skip(r, n);
	n = number(r, 1); /* compression_methods */
	bad_unless(r, n >= 1);
	skip(r, n);
	if (r->stop != GOING || r->left == 0)
		return; /* TLS 1.2 may end here */
	n = number(r, 2);
	bad_unless(r, n == r->left);
	extensions(r, hello);
}

/* A record of the handshake, and in it the first byte of a hello. */
static enum answer
begins_hello(const unsigned char *data, size_t n)
{
	enum answer header = record_header(data, n);

	if (header != ANSWER_YES)
		return header;
	if (n == RECORD_HEADER)
		return ANSWER_MORE;
	return data[RECORD_HEADER] == CLIENT_HELLO ? ANSWER_YES : ANSWER_NO;
}

void
recognise_tls(const unsigned char *data, size_t n, struct tls_hello *hello)
{
	struct reader r;

	memset(hello, 0, sizeof *hello);
	hello->is = begins_hello(data, n);
	hello->name_state = hello->is == ANSWER_NO ? NAME_NONE : NAME_MORE;
	hello->whole = hello->is == ANSWER_NO ? ANSWER_NO : ANSWER_MORE;
	hello->nameless = hello->whole;
	if (hello->is != ANSWER_YES)
		return;
	memset(&r, 0, sizeof r);
	r.p = data;
	r.n = n;
	client_hello(&r, hello);
	if (hello->name_state == NAME_SEEN)
		hello->nameless = ANSWER_NO;
	if (r.stop == STOP_SHORT)
		return;
	hello->whole = r.stop == GOING ? ANSWER_YES : ANSWER_NO;
	if (hello->name_state != NAME_SEEN)
		hello->nameless = hello->whole;
	if (r.stop == GOING && hello->name_state == NAME_SEEN)
		hello->name_state = NAME_SURE;
	else
		hello->name_state = NAME_NONE;
	if (hello->name_state == NAME_NONE)
		hello->name[0] = '\0';
	if (r.stop == STOP_BAD)
		hello->nalpn = 0;
}
