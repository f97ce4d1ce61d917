/* SPDX-License-Identifier: 0BSD */
/* private.h - what the files behind rules.h share. */
#ifndef RULES_PRIVATE_H
#define RULES_PRIVATE_H 1

#include "hostname.h"
#include "proxy-header.h"
#include "rules.h"
#include "recognise.h"

/* -------------------------------------------------- text.c -------------- */

/* Where a message goes, and what it begins with. */
struct complaint {
	char *err;
	size_t errlen;
	const char *where; /* "--rule", "FILE:LINE"; NULL: nowhere */
};

/* Always -1. */
int complain(const struct complaint *c, const char *fmt, ...);
int out_of_memory(const struct complaint *c);

/* "text", as it would stand in a configuration; cut when long. */
#define QUOTE_ROOM 96
const char *quote(char room[QUOTE_ROOM], const char *text, size_t n);

/* "FILE:LINE" or "--rule"; what it takes is the caller's to free. */
char *place_text(const struct place *place);

int is_blank(int c);
const char *skip_blanks(const char *text);
/* Length without a comment and the blanks before it. */
size_t without_comment(const char *line, size_t n);
/* Length of a name: letters, digits, `-`, `_`, `.`. */
size_t name_span(const char *text);

/*
 * One word: in quotes, or up to a blank or one of `ends`. Writes what it
 * stands for to *out (to be freed), its length to *len. Returns where it
 * ends, or NULL with a message, or NULL without one in *why if memory ran
 * out.
 */
const char *read_word(const char *at, const char *ends, char **out, size_t *len,
    const char **why);

/* One more of n elements fits into what is returned; NULL: no memory. */
void *grow(void *list, size_t n, size_t size);
void free_names(char **names, size_t n);

/* -------------------------------------------------- network.c ----------- */

/* An address, a network, or a kind of address; v4-mapped ones are v4. */
enum net_kind { NET_NONE = 0, NET_UNIX = 1, NET_V4 = 2, NET_V6 = 4 };
#define NET_INET (NET_V4 | NET_V6)

struct net {
	unsigned int kinds; /* of enum net_kind */
	unsigned int bits;  /* that count */
	unsigned int port;  /* 0: any */
	unsigned char addr[16];
	const char *path; /* NET_UNIX; "" is any */
	size_t pathlen;
};

/* Both return NULL or what is wrong. `path` stays part of `text`, where an
   `@` is turned into the NUL that begins an abstract name. */
const char *net_parse_from(const char *text, size_t n, struct net *net);
const char *net_parse_to(char *text, size_t n, struct net *net);
/* Where a socket is; kinds is NET_NONE if that is not known. */
void net_of(const struct sockaddr *addr, socklen_t len, struct net *net);
int net_has(const struct net *network, const struct net *one);
int net_same_bits(const unsigned char *a, const unsigned char *b,
    unsigned int bits);

/* -------------------------------------------------- key.c --------------- */

enum key {
	KEY_FROM,
	KEY_TO,
	KEY_LISTENER,
	KEY_PROXY,
	KEY_TLS,
	KEY_SNI,
	KEY_ALPN,
	KEY_METHOD,
	KEY_HOST,
	KEY_PATH,
	KEY_HTTP2,
	KEY_BYTES,
	NKEYS
};

struct value {
	char *text; /* folded where case does not matter */
	size_t len;
	int yes;  /* of keys that are yes or no */
	int none; /* of names: there is none */
	struct net net;
};

/* key=value,value; with `not` key!=value,value: none of them. */
struct term {
	enum key key;
	int negated; /* never of keys that are yes or no */
	struct value *values;
	size_t nvalues;
};

extern const char *const key_names[NKEYS];
enum key key_find(const char *text, size_t n); /* NKEYS: none */
int key_looks(enum key key);	 /* at bytes of the client's own */
int key_is_switch(enum key key); /* yes or no */
/* Check text and len, set the rest. NULL or what is wrong. */
const char *key_value(enum key key, struct value *value);

/* -------------------------------------------------- match.c ------------- */

/*
 * What the terms of a rule ask of a connection. The bytes and addresses are
 * those of the client: a header of a proxy that is believed is not part of
 * the bytes, and its addresses are taken.
 */
struct term_input {
	struct proxy_header header; /* a believed one; else no */
	const unsigned char *data;
	size_t n;
	struct tls_hello hello;
	struct http1_request request;
	enum answer http2;
	struct net peer;
	struct net local;
	const char *listener;
};

enum answer term_answer(const struct term *term, const struct term_input *in);
enum answer rule_answer(const struct rule *rule, const struct term_input *in);

/*
 * The first rule that is not no: yes or more, and its number; or no. With
 * `final` more is no. Walks all rules; index.h has another way to the same
 * answer.
 */
enum answer first_rule(const struct config *config, const struct term_input *in,
    int final, size_t *number);

/* -------------------------------------------------- decide.c ------------ */

void read_bytes(struct term_input *in, const unsigned char *data, size_t n);

/* Does it need bytes, of some connections? */
int rule_looks(const struct config *config, const struct rule *rule);

/* -------------------------------------------------- check.c ------------- */

/* Can it ever match? 0, or -1 with a message. */
int check_rule(const struct config *config, const struct rule *rule,
    const struct complaint *c);

/* -------------------------------------------------- parse.c ------------- */

/* The name at `at`: its length, or 0 with a message. */
size_t read_name(const char *at, const char *what, const struct complaint *c);
char *copy_text(const char *text, size_t n); /* NULL: no memory */
int parse_rule(const char *text, struct rule *rule, const struct complaint *c);
int parse_worker(const char *text, int literal, struct worker *worker,
    const struct complaint *c);
int parse_pool(const char *text, struct pool *pool, const struct complaint *c);
int parse_address(const char *text, int literal, char **addr,
    const struct complaint *c);
/* WORKER[, WORKER...] up to the end; the last may be `refuse`, unless `refuse`
   is NULL. */
int parse_names(const char *at, char ***names, size_t *n, int *refuse,
    const struct complaint *c);
void free_rule(struct rule *rule);
void free_worker(struct worker *worker);
void free_pool(struct pool *pool);

/* -------------------------------------------------- proxy-networks.c ---- */

/* NETWORK[, NETWORK...] up to the end. Some may be added on failure. */
int parse_networks(const char *at, struct config *config,
    const struct complaint *c);
/* May this peer tell whose a connection is? */
int believed(const struct config *config, const struct net *peer);

/* -------------------------------------------------- rules.c ------------- */

/* Free what was added since. */
void config_cut(struct config *config, const struct config *before);

#endif
