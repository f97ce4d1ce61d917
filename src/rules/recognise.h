/* SPDX-License-Identifier: 0BSD */
/*
 * recognise.h - what the first bytes of a connection are.
 *
 * Pure functions of (data, n): they keep nothing between calls, read n bytes
 * and no more, and take time linear in n. More bytes of the same connection
 * never turn a yes or a no into something else.
 */
#ifndef RECOGNISE_H
#define RECOGNISE_H 1

#include <stddef.h>

#include "hostname.h"

enum answer { ANSWER_NO, ANSWER_YES, ANSWER_MORE };

/* How much is known of the name that a client asks for. */
enum name_state {
	NAME_MORE, /* nothing yet */
	NAME_NONE, /* there is none, or what is there is malformed */
	NAME_SEEN, /* in name[], but what follows may make it NAME_NONE */
	NAME_SURE  /* in name[] */
};
/* Is there surely none? More, if and only if the state is NAME_MORE. */

#define ALPN_LOOKED_AT 256
#define ALPN_MOST 255 /* bytes of a protocol's name */

/* A ClientHello of TLS. */
struct tls_hello {
	enum answer is; /* known from the first six bytes */
	enum name_state name_state;
	enum answer nameless; /* it is whole, without a server_name */
	char name[NAME_ROOM]; /* server_name, folded; else "" */
	enum answer whole;    /* no: it is malformed, or none */
	int alpn_seen;	      /* all of the extension */
	size_t nalpn;
	char alpn[ALPN_LOOKED_AT]; /* each with its length before it;
					   whole ones only, as many as fit */
};

void
recognise_tls(const unsigned char *data, size_t n, struct tls_hello *hello);

/* Does the hello offer this protocol, of at most ALPN_MOST bytes? */
int hello_offers(const struct tls_hello *hello, const char *name, size_t n);

/* A part of the bytes; `whole` once its end has been seen. */
struct slice {
	const unsigned char *text; /* NULL: not reached, or none */
	size_t len;
	int whole;
};

/* A request of HTTP/1.0 or HTTP/1.1. */
struct http1_request {
	enum answer is; /* yes with a whole request line */
	struct slice method;
	struct slice target; /* as sent */
	struct slice path;   /* of the target, without the query */
	enum name_state name_state;
	/* well formed, and neither the target nor Host names a host */
	enum answer nameless;
	char name[NAME_ROOM]; /* of the target or Host; else "" */
};

void recognise_http1(const unsigned char *data, size_t n,
    struct http1_request *request);

/* The 24 bytes that a client of HTTP/2 without TLS begins with. */
enum answer recognise_http2(const unsigned char *data, size_t n);

/* A character of a method or a field name. */
int http_token_char(int c);

#define HTTP_METHOD_MOST 32

#endif
