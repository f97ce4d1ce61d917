/* SPDX-License-Identifier: 0BSD */
/*
 * t/80-rules.c - how rules decide: by address, by first bytes, in order, and
 * as soon as they can.
 */
#include "../lib/detect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "hellos.h"
#include "rule.h"
#include "tap.h"

#define COUNT(table) (sizeof table / sizeof table[0])

static const struct place option = { "--rule", 0 };
static struct config config;
static struct facts facts;
static struct seen seen;

static void
add_rule(const char *text)
{
	char err[512];

	if (config_rule(&config, text, &option, err, sizeof err) < 0) {
		printf("# %s\n", err);
		bail("a rule of this test is wrong");
	}
}

/* The name of the rule, "default", or "more". The bytes are copied, so that
   memory checkers see one read too far. */
static const char *
decide(const void *data, size_t n, int final)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);
	const struct rule *rule = NULL;
	int done;

	if (copy == NULL)
		bail("out of memory");
	memcpy(copy, data, n);
	facts.data = n > 0 ? copy : NULL;
	facts.n = n;
	facts.final = final;
	memset(&seen, 0x5a, sizeof seen);
	done = config_decide(&config, &facts, &rule, &seen);
	free(copy);
	return !done ? "more" : rule != NULL ? rule->name : "default";
}

static int
same(const char *want, const char *got)
{
	if (strcmp(want, got) == 0)
		return 1;
	printf("# wanted %s, got %s\n", want, got);
	return 0;
}

/* -------------------------------------------------- bytes --------------- */

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n"
#define HOST(name) GET("/") "Host: " name "\r\n\r\n"

/* One rule "r" with these terms; what follows is decided, not final. */
static const struct {
	const char *terms;
	const char *data;
	const char *outcome;
} looks[] = {
	/* as early as can be */
	{ "method=POST", "", "more" },
	{ "method=POST", "P", "more" },
	{ "method=POST", "GE", "default" },
	{ "method=POST", "PU", "default" },
	{ "method=GET", "GETT", "default" },
	{ "method=GET", "GET ", "more" },
	{ "method=GET", GET("/"), "r" },
	{ "method=GET", "GE / HTTP/1.1\r\n", "default" },
	{ "method=get", GET("/"), "default" },
	{ "method=GET,POST", "POST / HTTP/1.0\r\n", "r" },
	{ "method=GET,POST", "PU", "default" },
	{ "method=GET", "\x16", "default" },
	{ "path=/v1", "GET /v", "more" },
	{ "path=/v1", "GET /v2", "default" },
	{ "path=/v1", "GET /v1", "more" },
	{ "path=/v1", "GET /v10", "default" },
	{ "path=/v1", "GET /v ", "default" },
	{ "path=/v1", "GET http://a/v2", "default" },
	{ "path=/v1", GET("/v1"), "r" },
	{ "path=/v1", GET("/v1/x"), "r" },
	{ "path=/v1", GET("/v1?q"), "r" },
	{ "path=/v1", GET("/v1#q"), "default" },
	{ "path=/v1", GET("/V1"), "default" },
	{ "path=/v1", GET("/%761"), "default" },
	{ "path=/v1", GET("http://a/v1?q"), "r" },
	{ "path=/v1/", GET("/v1/x"), "r" },
	{ "path=/v1/", GET("/v1/"), "r" },
	{ "path=/v1/", GET("/v1"), "default" },
	{ "path=/v1/", GET("/v1?/"), "default" },
	{ "path=/", GET("/x"), "r" },
	{ "path=/", GET("http://a"), "r" },
	{ "path=/", "OPTIONS * HTTP/1.1\r\n", "default" },
	{ "path=/", "CONNECT a:1 HTTP/1.1\r\n", "default" },
	{ "path=/a,/b", GET("/b/c"), "r" },
	{ "path=\"/a,b\"", GET("/a,b"), "r" },
	{ "path=\"/a\\x2cb\"", GET("/a,b"), "r" },
	{ "path=/v1", "GET /v1 HTTP/1.1\n", "default" },
	{ "host=a.example", GET("/") "Host: a.example\r\n", "more" },
	{ "host=a.example", GET("/") "Host: b.example\r\n", "default" },
	{ "host=a.example", HOST("a.example"), "r" },
	{ "host=A.Example.", HOST("a.eXample:80"), "r" },
	{ "host=a.example", HOST("a.example.org"), "default" },
	{ "host=a.example", HOST("a.exampl"), "default" },
	{ "host=*.example", HOST("a.example"), "r" },
	{ "host=*.example", HOST("example"), "default" },
	{ "host=*.example", HOST("a.b.example"), "default" },
	{ "host=*.*.example", HOST("a.b.example"), "r" },
	{ "host=api.*.example", HOST("api.eu.example"), "r" },
	{ "host=api.*.example", HOST("api.example"), "default" },
	{ "host=api.*", HOST("api.example"), "r" },
	{ "host=api.*", HOST("api"), "default" },
	{ "host=*", HOST("localhost"), "r" },
	{ "host=*", HOST("a.b"), "default" },
	{ "host=*", HOST("[::1]"), "default" },
	{ "host=*", GET("/") "\r\n", "default" },
	{ "host=[0:0::1]", HOST("[::1]:80"), "r" },
	{ "host=a,b", HOST("b"), "r" },
	{ "host=a", GET("/") "Host: a\r\nHost: a\r\n\r\n", "default" },
	{ "host=a", GET("/") "Host: a\n\r\n", "default" },
	{ "host=a", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "r" },
	{ "host=b", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", "default" },
	{ "host=b", "GET http://a/", "default" },
	{ "host=a", "CONNECT a:443 HTTP/1.1\r\n\r\n", "r" },
	{ "host=a", "GET / HTTP/1.0\r\n\r\n", "default" },
	{ "host=a", "\x05\x01", "default" },
	{ "host=a path=/v1", "GET /v2", "default" },
	{ "host=a path=/v1", GET("/v1"), "more" },
	{ "host=a path=/v1", GET("/v1") "Host: a\r\n\r\n", "r" },
	{ "tls=yes", "", "more" },
	{ "tls=yes", "\x16\x03\x01\x02", "more" },
	{ "tls=yes", "G", "default" },
	{ "tls=no", "", "more" },
	{ "tls=no", "G", "r" },
	{ "tls=no", "\x16\x03\x05", "r" },
	{ "tls=no host=a", "\x16", "default" },
	{ "sni=a", "G", "default" },
	{ "http2=yes", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r", "more" },
	{ "http2=yes", PREFACE, "r" },
	{ "http2=yes", "PRI * HTTP/2.0\r\n\r\nX", "default" },
	{ "http2=yes", "G", "default" },
	{ "http2=no", "P", "more" },
	{ "http2=no", "G", "r" },
	{ "http2=no", PREFACE, "default" },
	{ "method=PRI", PREFACE, "default" },
	{ "bytes=\"\\x05\\x01\"", "\x05", "more" },
	{ "bytes=\"\\x05\\x01\"", "\x05\x01\x03", "r" },
	{ "bytes=\"\\x05\\x01\"", "\x05\x02", "default" },
	{ "bytes=SSH-,EHLO", "EH", "more" },
	{ "bytes=SSH-,EHLO", "EHLO x", "r" },
	{ "bytes=\"\\\\\\\"\"", "\\\"", "r" },
	{ "tls=no http2=no", "PR", "more" },
	{ "tls=no http2=no", "PX", "r" }
};

/* Whatever is decided early is decided for good. */
static int
every_prefix(const void *data, size_t n)
{
	const char *first = "more", *now;
	size_t i;

	for (i = 0; i <= n; i++) {
		now = decide(data, i, 0);
		if (strcmp(first, "more") != 0 && strcmp(first, now) != 0) {
			printf("# %s turns into %s at byte %lu\n", first, now,
			    (unsigned long)i);
			return 0;
		}
		first = now;
	}
	return 1;
}

static void
each_look(void)
{
	char rule[200];
	const char *data;
	size_t i, n;
	int good;

	for (i = 0; i < COUNT(looks); i++) {
		data = looks[i].data;
		n = strlen(data);
		(void)snprintf(rule, sizeof rule, "r: %s -> w",
		    looks[i].terms);
		add_rule(rule);
		good = same(looks[i].outcome, decide(data, n, 0));
		/* Waiting over: what is not known is no. */
		good = good && same(strcmp(looks[i].outcome, "r") == 0 ? "r"
		    : "default", decide(data, n, 1));
		ok(good && every_prefix(data, n), rule);
		config_free(&config);
	}
}

static void
tls(void)
{
	add_rule("mail: sni=mail.* -> w");
	add_rule("www: sni=*.EXAMPLE.com -> w");
	add_rule("tls: tls=yes -> w");
	ok(same("www", decide(hello13, sizeof hello13, 0))
	    && every_prefix(hello13, sizeof hello13), "sni: by a label's star");
	ok(seen.what == SEEN_TLS && strcmp(seen.name, "www.example.com") == 0
	    && seen.path[0] == '\0', "and the name is told");
	ok(same("more", decide(hello13, sizeof hello13 - 1, 0))
	    && same("tls", decide(hello13, sizeof hello13 - 1, 1)),
	    "a hello that is never whole has no name, but is TLS");
	ok(same("tls", decide(hello_nameless, sizeof hello_nameless, 0))
	    && every_prefix(hello_nameless, sizeof hello_nameless),
	    "no server name: the rule behind");
	ok(same("tls", decide(hello12, sizeof hello12, 0)),
	    "a star is one label, not two");
	config_free(&config);
	add_rule("tls: tls=yes -> w");
	ok(same("more", decide(hello13, 5, 0))
	    && same("tls", decide(hello13, 6, 0)), "tls=yes needs six bytes");
	config_free(&config);
}

static void
order(void)
{
	const char *get = GET("/"), *full = HOST("a");

	add_rule("one: host=a -> w");
	add_rule("two: method=GET -> w");
	ok(same("more", decide(get, strlen(get), 0)),
	    "the second waits while the first may match");
	ok(same("one", decide(full, strlen(full), 0)), "and the first wins");
	ok(same("two", decide(get, strlen(get), 1)),
	    "at the end, the second has what it needs");
	full = HOST("b");
	ok(same("two", decide(full, strlen(full), 0)),
	    "the second, once the first is no");
	ok(same("default", decide("", 0, 1)), "no byte at the end: default");
	config_free(&config);
	add_rule("two: method=GET -> w");
	add_rule("one: host=a -> w");
	ok(same("two", decide(get, strlen(get), 0)),
	    "the first decides without what the second needs");
	config_free(&config);
	ok(same("default", decide("", 0, 0)), "no rule: default, at once");
}

/* -------------------------------------------------- addresses ----------- */

static struct sockaddr_storage peer, local;

static socklen_t
at(struct sockaddr_storage *ss, const char *text, unsigned int port)
{
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;
	struct sockaddr_un un;

	memset(ss, 0, sizeof *ss);
	memset(&v4, 0, sizeof v4);
	memset(&v6, 0, sizeof v6);
	memset(&un, 0, sizeof un);
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1) {
		v4.sin_family = AF_INET;
		v4.sin_port = htons((unsigned short)port);
		memcpy(ss, &v4, sizeof v4);
		return sizeof v4;
	}
	if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1) {
		v6.sin6_family = AF_INET6;
		v6.sin6_port = htons((unsigned short)port);
		memcpy(ss, &v6, sizeof v6);
		return sizeof v6;
	}
	un.sun_family = AF_UNIX;
	memcpy(un.sun_path, text, strlen(text));
	if (text[0] == '@')
		un.sun_path[0] = '\0';
	memcpy(ss, &un, sizeof un);
	/* A path with its NUL, as most kernels have it. */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path)
	    + strlen(text) + (text[0] != '@' && text[0] != '\0'));
}

static void
connection(const char *from, const char *to, unsigned int port)
{
	facts.peer = (const struct sockaddr *)(const void *)&peer;
	facts.peerlen = at(&peer, from, 40000);
	facts.local = (const struct sockaddr *)(const void *)&local;
	facts.locallen = at(&local, to, port);
}

static const struct {
	const char *term;
	const char *from;
	const char *to;
	unsigned int port;
	int match;
} addresses[] = {
	{ "from=192.0.2.1", "192.0.2.1", "192.0.2.9", 80, 1 },
	{ "from=192.0.2.1", "192.0.2.2", "192.0.2.9", 80, 0 },
	{ "from=192.0.2.0/24", "192.0.2.255", "192.0.2.9", 80, 1 },
	{ "from=192.0.2.0/24", "192.0.3.0", "192.0.2.9", 80, 0 },
	{ "from=192.0.2.128/25", "192.0.2.127", "192.0.2.9", 80, 0 },
	{ "from=192.0.2.128/25", "192.0.2.128", "192.0.2.9", 80, 1 },
	{ "from=192.0.2.4/30", "192.0.2.7", "192.0.2.9", 80, 1 },
	{ "from=192.0.2.4/30", "192.0.2.8", "192.0.2.9", 80, 0 },
	{ "from=192.0.2.0/24", "::ffff:192.0.2.7", "::1", 80, 1 },
	{ "from=::ffff:192.0.2.0/120", "192.0.2.7", "192.0.2.9", 80, 1 },
	{ "from=192.0.2.1/32", "192.0.2.1", "192.0.2.9", 80, 1 },
	{ "from=0.0.0.0/0", "198.51.100.1", "192.0.2.9", 80, 1 },
	{ "from=0.0.0.0/0", "2001:db8::1", "::1", 80, 0 },
	{ "from=::/0", "2001:db8::1", "::1", 80, 1 },
	{ "from=::/0", "::ffff:192.0.2.7", "::1", 80, 0 },
	{ "from=2001:db8::/32", "2001:db8:ffff::1", "::1", 80, 1 },
	{ "from=2001:db8::/32", "2001:db9::1", "::1", 80, 0 },
	{ "from=2001:db8::/33", "2001:db8:8000::1", "::1", 80, 0 },
	{ "from=::1", "::1", "::1", 80, 1 },
	{ "from=::1,192.0.2.1", "192.0.2.1", "::1", 80, 1 },
	{ "from=unix", "", "/run/s", 0, 1 },
	{ "from=unix", "/run/c", "/run/s", 0, 1 },
	{ "from=unix", "192.0.2.1", "192.0.2.9", 80, 0 },
	{ "from=0.0.0.0/0,::/0", "", "/run/s", 0, 0 },
	{ "to=192.0.2.9", "192.0.2.1", "192.0.2.9", 80, 1 },
	{ "to=192.0.2.9:80", "192.0.2.1", "192.0.2.9", 80, 1 },
	{ "to=192.0.2.9:80", "192.0.2.1", "192.0.2.9", 81, 0 },
	{ "to=192.0.2.9:80", "::ffff:192.0.2.1", "::ffff:192.0.2.9", 80, 1 },
	{ "to=192.0.2.0/24:80", "192.0.2.1", "192.0.2.9", 80, 1 },
	{ "to=192.0.2.0/24:80", "192.0.2.1", "192.0.3.9", 80, 0 },
	{ "to=:443", "192.0.2.1", "192.0.2.9", 443, 1 },
	{ "to=:443", "::1", "::1", 443, 1 },
	{ "to=:443", "::1", "::1", 444, 0 },
	{ "to=:443", "", "/run/s", 0, 0 },
	{ "to=::1", "::1", "::1", 80, 1 },
	{ "to=[::1]", "::1", "::1", 80, 1 },
	{ "to=[::1]:80", "::1", "::1", 80, 1 },
	{ "to=[::1]:80", "::1", "::1", 81, 0 },
	{ "to=[2001:db8::]/32:80", "::1", "2001:db8::7", 80, 1 },
	{ "to=2001:db8::/32", "::1", "2001:db8::7", 80, 1 },
	{ "to=unix", "", "/run/s", 0, 1 },
	{ "to=unix:/run/s", "", "/run/s", 0, 1 },
	{ "to=/run/s", "", "/run/s", 0, 1 },
	{ "to=unix:/run/s", "", "/run/s2", 0, 0 },
	{ "to=unix:/run/s", "", "@/run/s", 0, 0 },
	{ "to=unix:/run/s", "192.0.2.1", "192.0.2.9", 80, 0 },
	{ "to=@name", "", "@name", 0, 1 },
	{ "to=@name", "", "@name2", 0, 0 },
	{ "to=\"unix:/run/a b\"", "", "/run/a b", 0, 1 },
	{ "from=192.0.2.1 to=:80", "192.0.2.1", "192.0.2.9", 80, 1 },
	{ "from=192.0.2.1 to=:80", "192.0.2.1", "192.0.2.9", 81, 0 },
	{ "from=192.0.2.1 to=:80", "192.0.2.2", "192.0.2.9", 80, 0 }
};

static void
each_address(void)
{
	char rule[200];
	const char *want;
	size_t i;

	for (i = 0; i < COUNT(addresses); i++) {
		(void)snprintf(rule, sizeof rule, "r: %s -> w",
		    addresses[i].term);
		add_rule(rule);
		connection(addresses[i].from, addresses[i].to,
		    addresses[i].port);
		want = addresses[i].match ? "r" : "default";
		/* An address never waits for a byte. */
		ok(same(want, decide("", 0, 0)) && !config_looks(&config),
		    rule);
		config_free(&config);
	}
}

static void
odd_addresses(void)
{
	add_rule("u: from=unix -> w");
	add_rule("r: from=0.0.0.0/0,::/0 -> w");
	connection("192.0.2.1", "192.0.2.9", 80);
	facts.peer = NULL;
	facts.peerlen = 0;
	ok(same("default", decide("", 0, 0)), "no peer address: no network");
	facts.local = NULL;
	ok(same("default", decide("", 0, 0)), "no address at all");
	connection("192.0.2.1", "192.0.2.9", 80);
	facts.peerlen = 8;
	ok(same("default", decide("", 0, 0)), "half an address is none");
	connection("", "/run/s", 0);
	facts.peerlen = 0;
	ok(same("u", decide("", 0, 0)),
	    "a peer without address at a Unix socket is a Unix peer");
	config_free(&config);
	connection("192.0.2.1", "192.0.2.9", 80);
	add_rule("r: from=192.0.2.2 host=a -> w");
	ok(same("default", decide("", 0, 0)),
	    "an address that is no decides before any byte");
	ok(config_looks(&config), "but the rule looks at bytes");
	config_free(&config);
}

/* -------------------------------------------------- what is told -------- */

static int
told(const char *data, size_t n, enum seen_what what, const char *method,
    const char *name, const char *path)
{
	(void)decide(data, n, 1);
	if (seen.what == what && strcmp(seen.method, method) == 0
	    && strcmp(seen.name, name) == 0 && strcmp(seen.path, path) == 0)
		return 1;
	printf("# %s, method %s, name %s, path %s\n",
	    seen_what_name(seen.what), seen.method, seen.name, seen.path);
	return 0;
}

#define TOLD(data, what, method, name, path) \
	told(data, sizeof data - 1, what, method, name, path)

static void
tells(void)
{
	static char longest[2000];

	ok(TOLD("", SEEN_NOTHING, "", "", ""), "nothing");
	ok(TOLD("\x05\x01", SEEN_OTHER, "", "", ""), "other");
	ok(TOLD("GE", SEEN_OTHER, "", "", ""), "too little");
	ok(TOLD("\x16\x03\x01\x02\x00\x01", SEEN_TLS, "", "", ""), "TLS");
	ok(TOLD(PREFACE, SEEN_HTTP2, "", "", ""), "HTTP/2");
	ok(TOLD("POST /a?b HTTP/1.0\r\nHost: A:80\r\n\r\n", SEEN_HTTP1, "POST",
	    "a", "/a?b"), "HTTP/1");
	ok(TOLD("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", SEEN_HTTP1,
	    "GET", "", "/a"), "two hosts are none");
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "AMETHODTHATISTOOLONGTOTELL /", 28);
	(void)decide(longest, sizeof longest, 1);
	ok(seen.what == SEEN_HTTP1 && strlen(seen.path) == 255
	    && strcmp(seen.method, "AMETHODTHATISTOOLONGTOT") == 0,
	    "a long request is cut, and told though it does not end");
	ok(strcmp(seen_what_name(SEEN_NOTHING), "nothing") == 0
	    && strcmp(seen_what_name(SEEN_OTHER), "other") == 0
	    && strcmp(seen_what_name(SEEN_TLS), "tls") == 0
	    && strcmp(seen_what_name(SEEN_HTTP1), "http1") == 0
	    && strcmp(seen_what_name(SEEN_HTTP2), "http2") == 0,
	    "each has a name");
}

int
main(void)
{
	plan((int)(COUNT(looks) + COUNT(addresses)) + 6 + 7 + 6 + 9);
	each_look();
	tls();
	order();
	each_address();
	odd_addresses();
	tells();
	return tap_bad;
}
