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
#include "rules/index.h"
#include "rules/rules.h"
#include "tap.h"

#define COUNT(table) (sizeof table / sizeof table[0])

static const struct place option = { "--rule", 0 };
static struct config config;
static struct decide_input facts;
static struct recognised seen;

static void
add_rule(const char *text)
{
	char err[512];

	if (config_rule(&config, text, &option, err, sizeof err) < 0) {
		printf("# %s\n", err);
		bail("a rule of this test is wrong");
	}
}

/* What is decided by a walk over all rules, and by an index of them, which
   must be the same. */
static const char *
decide_both_ways(void)
{
	const struct rule *rule = NULL, *same = NULL;
	struct recognised also;
	int done, done_too;
	size_t i;

	memset(&seen, 0x5a, sizeof seen);
	done = config_decide(&config, &facts, &rule, &seen);
	config.index = index_new(&config);
	for (i = 0; i < config.nrules && config.index != NULL; i++)
		if (index_add(config.index, i) < 0)
			bail("out of memory");
	if (config.index == NULL)
		bail("out of memory");
	memset(&also, 0x5a, sizeof also);
	done_too = config_decide(&config, &facts, &same, &also);
	index_free(config.index);
	config.index = NULL;
	if (done != done_too || rule != same || seen.ended != also.ended
	    || seen.undecided != also.undecided)
		return "another by index";
	return !done ? "more" : rule != NULL ? rule->name : "default";
}

/* The name of the rule, "default", or "more". The bytes are copied, so that
   memory checkers see one read too far. */
static const char *
decide(const void *data, size_t n, enum look_end ended)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);
	const char *name;

	if (copy == NULL)
		bail("out of memory");
	memcpy(copy, data, n);
	facts.data = n > 0 ? copy : NULL;
	facts.n = n;
	facts.ended = ended;
	name = decide_both_ways();
	free(copy);
	return name;
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
	{ "alpn=h2", "G", "default" },
	{ "alpn=h2", "\x16\x03\x01\x02", "more" },
	{ "alpn=h2", "\x16\x03\x01\x02\x01\x02", "default" },
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
	{ "tls=no http2=no", "PX", "r" },
	/* names at any depth */
	{ "host=**.example", HOST("a.b.example"), "r" },
	{ "host=**.example", HOST("a.example"), "r" },
	{ "host=**.example", HOST("example"), "default" },
	{ "host=**.example", HOST("a.example.org"), "default" },
	{ "host=**.a.*", HOST("x.y.a.b"), "r" },
	{ "host=**.a.*", HOST("a.b"), "default" },
	{ "host=**", HOST("a"), "r" },
	{ "host=**", HOST("[::1]"), "default" },
	{ "host=**", GET("/") "\r\n", "default" },
	/* no name at all */
	{ "host=(none)", "", "more" },
	{ "host=(none)", "\x05", "default" },
	{ "host=(none)", GET("/"), "more" },
	{ "host=(none)", GET("/") "\r\n", "r" },
	{ "host=(none)", "GET / HTTP/1.0\r\n\r\n", "r" },
	{ "host=(none)", GET("/") "Host:\r\n", "more" },
	{ "host=(none)", GET("/") "Host:\r\n\r\n", "r" },
	{ "host=(none)", GET("/") "Host: \t\r\n\r\n", "r" },
	{ "host=(none)", GET("/") "Host:\r\nHost:\r\n\r\n", "default" },
	{ "host=(none)", GET("/") "Host: a\r\n", "default" },
	{ "host=(none)", GET("/") "Host: !\r\n\r\n", "default" },
	{ "host=(none)", GET("/") "Host: :80\r\n\r\n", "default" },
	{ "host=(none)", GET("/") "X: y\n\r\n", "default" },
	{ "host=(none)", "GET http://a/ HTTP/1.1\r\n\r\n", "default" },
	{ "host=(none)", "GET http:///x HTTP/1.1\r\n\r\n", "default" },
	{ "host=a,(none)", HOST("a"), "r" },
	{ "host=a,(none)", GET("/") "\r\n", "r" },
	{ "sni=(none)", "", "more" },
	{ "sni=(none)", "G", "default" },
	{ "sni=(none)", "\x16\x03\x01\x02\x00\x01", "more" },
	/* all but these */
	{ "host!=a", "", "more" },
	{ "host!=a", "\x05", "r" },
	{ "host!=a", GET("/"), "more" },
	{ "host!=a", GET("/") "Host: b\r\n", "r" },
	{ "host!=a", GET("/") "Host: a\r\n", "more" },
	{ "host!=a", HOST("a"), "default" },
	{ "host!=a", GET("/") "Host: a\r\nHost: a\r\n\r\n", "r" },
	{ "host!=a,*.b", HOST("x.b"), "default" },
	{ "host!=(none)", GET("/") "\r\n", "default" },
	{ "host!=(none)", HOST("a"), "r" },
	{ "host=* host!=a", HOST("a"), "default" },
	{ "host=* host!=a", HOST("b"), "r" },
	{ "host=* host!=a", GET("/") "Host: b\r\n", "more" },
	{ "host!=a host=*", "\x05", "default" },
	{ "sni!=a", "\x16", "more" },
	{ "sni!=a", "G", "r" },
	{ "alpn!=h2", "G", "r" },
	{ "method!=GET", "GE", "more" },
	{ "method!=GET", "P", "r" },
	{ "method!=GET,POST", GET("/"), "default" },
	{ "path!=/v1", "GET /v", "more" },
	{ "path!=/v1", "GET /v10", "r" },
	{ "path!=/v1", GET("/v1/x"), "default" },
	{ "bytes!=SSH-", "SS", "more" },
	{ "bytes!=SSH-", "EH", "r" },
	{ "bytes!=SSH-", "SSH-2", "default" }
};

/* Whatever is decided early is decided for good. */
static int
every_prefix(const void *data, size_t n)
{
	const char *first = "more", *now;
	size_t i;

	for (i = 0; i <= n; i++) {
		now = decide(data, i, LOOK_ON);
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
		good = same(looks[i].outcome, decide(data, n, LOOK_ON));
		/* Waiting over: what is not known is no. */
		good = good && same(strcmp(looks[i].outcome, "r") == 0 ? "r"
		    : "default", decide(data, n, LOOK_TIME));
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
	ok(same("www", decide(hello13, sizeof hello13, LOOK_ON))
	    && every_prefix(hello13, sizeof hello13), "sni: by a label's star");
	ok(seen.what == RECOGNISED_TLS && strcmp(seen.name, "www.example.com") == 0
	    && seen.path[0] == '\0', "and the name is told");
	ok(same("more", decide(hello13, sizeof hello13 - 1, LOOK_ON))
	    && same("tls", decide(hello13, sizeof hello13 - 1, LOOK_TIME)),
	    "a hello that is never whole has no name, but is TLS");
	ok(same("tls", decide(hello_nameless, sizeof hello_nameless, LOOK_ON))
	    && every_prefix(hello_nameless, sizeof hello_nameless),
	    "no server name: the rule behind");
	ok(same("tls", decide(hello12, sizeof hello12, LOOK_ON)),
	    "a star is one label, not two");
	config_free(&config);
	add_rule("tls: tls=yes -> w");
	ok(same("more", decide(hello13, 5, LOOK_ON))
	    && same("tls", decide(hello13, 6, LOOK_ON)), "tls=yes needs six bytes");
	config_free(&config);
}

static void
tls_names(void)
{
	const size_t n = sizeof hello_nameless;

	add_rule("none: sni=(none) -> w");
	add_rule("not: sni!=**.EXAMPLE.com -> w");
	ok(same("none", decide(hello_nameless, n, LOOK_ON))
	    && same("more", decide(hello_nameless, n - 1, LOOK_ON))
	    && same("default", decide(hello_nameless, n - 1, LOOK_TIME))
	    && every_prefix(hello_nameless, n),
	    "sni: none at all, once the hello is whole");
	ok(same("default", decide(hello13, sizeof hello13, LOOK_ON))
	    && every_prefix(hello13, sizeof hello13),
	    "sni: neither none nor another");
	ok(same("not", decide("G", 1, LOOK_ON)), "sni!=: what is no TLS, too");
	config_free(&config);
}

/* Why is a rule not decided, and which? */
static void
ends(void)
{
	const char *get = GET("/");
	enum look_end end;
	int good = 1;

	add_rule("one: method=POST -> w");
	add_rule("two: host=a -> w");
	add_rule("three: sni!=a path=/ -> w");
	add_rule("four: host=b -> w");
	for (end = LOOK_END; end <= LOOK_ROOM; end++)
		good = good && same("three", decide(get, strlen(get), end))
		    && seen.ended == end && seen.undecided != NULL
		    && same("two", seen.undecided->name)
		    && look_end_name(end)[0] != '\0';
	ok(good, "the first that could not decide is told, and why");
	ok(same("default", decide("", 0, LOOK_END)) && seen.ended == LOOK_END
	    && seen.undecided == &config.rules[0], "for the default as well");
	get = HOST("b");
	ok(same("three", decide(get, strlen(get), LOOK_SIZE))
	    && seen.undecided == NULL && seen.ended == LOOK_ON,
	    "not if all before it were no");
	ok(same("more", decide(get, 1, LOOK_ON)) && seen.undecided == NULL,
	    "nor while more may come");
	config_free(&config);
}

/* Decided at which byte of the hello, and how? */
static int
alpn_rule(const char *text, const void *data, size_t n, const char *outcome,
    size_t first)
{
	int good;

	add_rule(text);
	good = same(outcome, decide(data, n, LOOK_ON)) && every_prefix(data, n)
	    && same(outcome, decide(data, first, LOOK_ON))
	    && same("more", decide(data, first - 1, LOOK_ON))
	    && same("default", decide(data, first - 1, LOOK_TIME));
	config_free(&config);
	return good;
}

static void
alpn(void)
{
	const size_t n = sizeof hello13;
	const size_t ext = 198;		/* where the extension ends */

	ok(alpn_rule("r: alpn=h2 -> w", hello13, n, "r", n)
	    && alpn_rule("r: alpn=http/1.1 -> w", hello13, n, "r", n),
	    "alpn: any of those offered, once the hello is whole");
	ok(alpn_rule("r: alpn=h3,http/1.1 -> w", hello13, n, "r", n),
	    "alpn: any of those asked for");
	ok(alpn_rule("r: alpn=H2 -> w", hello13, n, "default", ext)
	    && alpn_rule("r: alpn=h,http/1.1x,2 -> w", hello13, n, "default",
	    ext), "alpn: exact, and no at the end of the extension");
	ok(alpn_rule("r: alpn=h2 -> w", hello_nameless, sizeof hello_nameless,
	    "default", sizeof hello_nameless), "alpn: no protocol offered");
	add_rule("r: alpn=h2 sni=www.example.com tls=yes -> w");
	ok(same("r", decide(hello13, n, LOOK_ON))
	    && strcmp(seen.alpn, "h2") == 0, "the first offered is told");
	(void)decide("\x16\x03\x01\x02\x00\x01", 6, LOOK_TIME);
	ok(seen.alpn[0] == '\0', "or none");
	config_free(&config);
}

static void
listeners(void)
{
	add_rule("r: listener=web,web2 -> w");
	facts.listener = "web2";
	ok(same("r", decide("", 0, LOOK_ON)) && !config_looks(&config),
	    "listener: its name decides without a byte");
	facts.listener = "we";
	ok(same("default", decide("", 0, LOOK_ON)), "listener: another name");
	facts.listener = "WEB";
	ok(same("default", decide("", 0, LOOK_ON)), "listener: case matters");
	facts.listener = "";
	ok(same("default", decide("", 0, LOOK_ON)), "listener: no name");
	facts.listener = NULL;
	ok(same("default", decide("", 0, LOOK_ON)), "listener: none at all");
	config_free(&config);
}

static void
order(void)
{
	const char *get = GET("/"), *full = HOST("a");

	add_rule("one: host=a -> w");
	add_rule("two: method=GET -> w");
	ok(same("more", decide(get, strlen(get), LOOK_ON)),
	    "the second waits while the first may match");
	ok(same("one", decide(full, strlen(full), LOOK_ON)), "and the first wins");
	ok(same("two", decide(get, strlen(get), LOOK_TIME)),
	    "at the end, the second has what it needs");
	full = HOST("b");
	ok(same("two", decide(full, strlen(full), LOOK_ON)),
	    "the second, once the first is no");
	ok(same("default", decide("", 0, LOOK_TIME)), "no byte at the end: default");
	config_free(&config);
	add_rule("two: method=GET -> w");
	add_rule("one: host=a -> w");
	ok(same("two", decide(get, strlen(get), LOOK_ON)),
	    "the first decides without what the second needs");
	config_free(&config);
	ok(same("default", decide("", 0, LOOK_ON)), "no rule: default, at once");
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
		ok(same(want, decide("", 0, LOOK_ON)) && !config_looks(&config),
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
	ok(same("default", decide("", 0, LOOK_ON)), "no peer address: no network");
	facts.local = NULL;
	ok(same("default", decide("", 0, LOOK_ON)), "no address at all");
	connection("192.0.2.1", "192.0.2.9", 80);
	facts.peerlen = 8;
	ok(same("default", decide("", 0, LOOK_ON)), "half an address is none");
	connection("", "/run/s", 0);
	facts.peerlen = 0;
	ok(same("u", decide("", 0, LOOK_ON)),
	    "a peer without address at a Unix socket is a Unix peer");
	config_free(&config);
	connection("192.0.2.1", "192.0.2.9", 80);
	add_rule("r: from=192.0.2.2 host=a -> w");
	ok(same("default", decide("", 0, LOOK_ON)),
	    "an address that is no decides before any byte");
	ok(config_looks(&config), "but the rule looks at bytes");
	config_free(&config);
}

/* -------------------------------------------------- proxies ------------- */

#define TCP4 "PROXY TCP4 198.51.100.1 203.0.113.2 1000 443\r\n"
#define TCP6 "PROXY TCP6 2001:db8::1 2001:db8::2 1000 443\r\n"
#define UNKNOWN "PROXY UNKNOWN 198.51.100.1\r\n"
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V2_TCP4 SIGNATURE "\x21\x11\0\xf\xc6\x33\x64\1\xcb\0\x71\2\3\xe8" \
	"\1\xbb\4\0\0"
#define V2_LOCAL SIGNATURE "\x20\0\0\0"
#define BAD "PROXY TCP4 198.51.100.1 203.0.113.2 1000\r\n"
#define CASE(terms, data, outcome) { terms, data, sizeof data - 1, outcome }

/* From 192.0.2.1, which is believed, to 192.0.2.9:80. */
static const struct {
	const char *terms;
	const char *data;
	size_t n;
	const char *outcome;
} proxied[] = {
	/* from and to are those of the header, once it is there */
	CASE("from=198.51.100.1", "", "more"),
	CASE("from=198.51.100.1", "PROXY TCP4 198.51.100.1 203", "more"),
	CASE("from=198.51.100.1", TCP4, "r"),
	CASE("from=198.51.100.1", V2_TCP4, "r"),
	CASE("from=192.0.2.1", TCP4, "default"),
	CASE("from=192.0.2.1", V2_TCP4, "default"),
	CASE("from=2001:db8::/32", TCP6, "r"),
	CASE("from=0.0.0.0/0", TCP6, "default"),
	CASE("to=203.0.113.2:443", TCP4, "r"),
	CASE("to=:443", V2_TCP4, "r"),
	CASE("to=:80", TCP4, "default"),
	CASE("from=192.0.2.9 to=:443", "PROXY TCP4 192.0.2.9 ::1", "more"),
	/* or the connection's own */
	CASE("from=192.0.2.1 to=:80", UNKNOWN, "r"),
	CASE("from=192.0.2.1 to=:80", V2_LOCAL, "r"),
	CASE("from=198.51.100.1", UNKNOWN, "default"),
	CASE("from=192.0.2.1", "G", "r"),
	CASE("from=192.0.2.1", "\r\n\r\nG", "r"),
	CASE("from=192.0.2.1", "P", "more"),
	CASE("from=192.0.2.1", "PO", "r"),
	CASE("from=192.0.2.1", "\r\n\r", "more"),
	CASE("from=198.51.100.0/24", "G", "default"),
	/* is one there? */
	CASE("proxy=yes", "", "more"),
	CASE("proxy=yes", TCP4, "r"),
	CASE("proxy=yes", UNKNOWN, "r"),
	CASE("proxy=yes", V2_LOCAL, "r"),
	CASE("proxy=yes", "G", "default"),
	CASE("proxy=yes", BAD, "default"),
	CASE("proxy=no", "", "more"),
	CASE("proxy=no", "PROXY", "more"),
	CASE("proxy=no", "G", "r"),
	CASE("proxy=no", BAD, "r"),
	CASE("proxy=no", TCP4, "default"),
	/* the other terms look behind it */
	CASE("host=a", TCP4, "more"),
	CASE("host=a", TCP4 HOST("a"), "r"),
	CASE("host=a", V2_TCP4 HOST("a"), "r"),
	CASE("host=a", UNKNOWN HOST("a"), "r"),
	CASE("host=a", HOST("a"), "r"),
	CASE("host=a path=/ method=GET from=198.51.100.1 to=:443 proxy=yes",
	    TCP4 HOST("a"), "r"),
	CASE("method=PROXY", "PROXY / HTTP/1.1\r\n", "default"),
	CASE("method=PROXY", TCP4 "PROXY / HTTP/1.1\r\n", "r"),
	CASE("method=GET", "G", "more"),
	CASE("tls=yes", TCP4, "more"),
	CASE("tls=yes", TCP4 "\x16\3\1\2\0\1", "r"),
	CASE("tls=yes", "\x16\3\1\2\0\1", "r"),
	CASE("tls=no", TCP4, "more"),
	CASE("tls=no", "PROXY TCP4 1", "more"),
	CASE("tls=no", TCP4 "G", "r"),
	CASE("http2=yes", V2_TCP4 PREFACE, "r"),
	CASE("bytes=abc", TCP4 "ab", "more"),
	CASE("bytes=abc", TCP4 "abc", "r"),
	CASE("bytes=PROXY", TCP4 "abc", "default"),
	CASE("bytes=PROXY", TCP4 TCP4, "r"),
	CASE("from=203.0.113.9", TCP4 "PROXY TCP4 203.0.113.9 ::1 1 2\r\n",
	    "default"),
	CASE("host=a from=192.0.2.1", HOST("a"), "r"),
	/* nothing is looked for behind a malformed one */
	CASE("host=a", BAD HOST("a"), "default"),
	CASE("tls=yes", BAD "\x16\3\1\2\0\1", "default"),
	CASE("tls=no", BAD "G", "default"),
	CASE("http2=no", BAD "G", "default"),
	CASE("method=GET", BAD HOST("a"), "default"),
	CASE("path=/", BAD HOST("a"), "default"),
	CASE("sni=*", BAD "\x16\3\1\2\0\1", "default"),
	CASE("alpn=h2", BAD "\x16\3\1\2\0\1", "default"),
	CASE("tls=no", SIGNATURE "\x31", "default"),
	CASE("from=198.51.100.1", BAD, "default"),
	CASE("from=192.0.2.1", BAD, "r"),
	CASE("to=192.0.2.9:80", BAD, "r"),
	CASE("bytes=PROXY", BAD, "r"),
	CASE("bytes=\"\\x0d\"", SIGNATURE "\x31", "r"),
	/* where it came in is known before */
	CASE("listener=l", "", "r"),
	CASE("listener=m from=192.0.2.1", "", "default"),
	CASE("listener!=l from=192.0.2.1", "", "default"),
	CASE("listener!=m", "", "r"),
	/* all but these */
	CASE("from!=198.51.100.1", "", "more"),
	CASE("from!=198.51.100.1", TCP4, "default"),
	CASE("from!=192.0.2.1", V2_TCP4, "r"),
	CASE("host!=a", BAD HOST("b"), "default"),
	CASE("host!=b", "PROXY / HTTP/1.1\r\nHost: a\r\n\r\n", "default"),
	CASE("bytes!=PROXY", BAD, "default"),
	/* a v4-mapped client */
	CASE("from=198.51.100.0/24",
	    "PROXY TCP6 ::ffff:198.51.100.1 ::ffff:203.0.113.2 1 443\r\n", "r")
};

static void
believe(const char *networks)
{
	char err[512];

	if (config_proxy_from(&config, networks, &option, err, sizeof err)
	    < 0)
		bail("a network of this test is wrong");
}

static void
each_proxied(void)
{
	char rule[200];
	const char *data, *want;
	size_t i, n;
	int good;

	connection("192.0.2.1", "192.0.2.9", 80);
	facts.listener = "l";
	for (i = 0; i < COUNT(proxied); i++) {
		data = proxied[i].data;
		n = proxied[i].n;
		want = proxied[i].outcome;
		(void)snprintf(rule, sizeof rule, "r: %s -> w",
		    proxied[i].terms);
		add_rule(rule);
		believe("203.0.113.0/24, 192.0.2.0/28");
		good = same(want, decide(data, n, LOOK_ON));
		good = good && same(strcmp(want, "r") == 0 ? "r" : "default",
		    decide(data, n, LOOK_TIME));
		ok(good && every_prefix(data, n), rule);
		config_free(&config);
	}
	facts.listener = NULL;
}

/* What others send is bytes, whatever it looks like. */
/* They come without a header, and some without a byte. */
static void
health_checks(void)
{
	connection("192.0.2.1", "192.0.2.9", 80);
	add_rule("other: from=192.0.2.2 -> w");
	add_rule("health: from=192.0.2.1 proxy=no log=none -> w");
	believe("192.0.2.1");
	ok(same("more", decide("", 0, LOOK_ON)),
	    "no byte yet: a header may come");
	ok(same("health", decide("", 0, LOOK_END))
	    && seen.undecided == NULL && config.rules[1].unlogged,
	    "ended without a byte: no header");
	ok(same("default", decide("", 0, LOOK_TIME))
	    && seen.undecided == &config.rules[0],
	    "without a byte for too long: nobody knows");
	ok(same("default", decide("PROXY", 5, LOOK_END)),
	    "ended within a header: neither");
	ok(same("health", decide("G", 1, LOOK_ON)), "another byte");
	config_free(&config);
}

static void
not_believed(void)
{
	const char *get = TCP4 HOST("a");

	connection("192.0.2.16", "192.0.2.9", 80);
	believe("203.0.113.0/24, 192.0.2.0/28, unix");
	add_rule("forged: from=198.51.100.1 -> w");
	add_rule("port: to=:443 -> w");
	add_rule("header: proxy=yes -> w");
	add_rule("own: from=192.0.2.16 to=:80 -> w");
	ok(same("own", decide(TCP4, sizeof TCP4 - 1, LOOK_ON))
	    && same("own", decide(V2_TCP4, sizeof V2_TCP4 - 1, LOOK_ON))
	    && seen.clientlen == 0, "from elsewhere no address is believed");
	ok(same("own", decide("", 0, LOOK_ON)), "and no byte is waited for");
	config_free(&config);
	believe("192.0.2.0/28");
	add_rule("header: proxy=yes -> w");
	add_rule("a: host=a -> w");
	add_rule("plain: proxy=no bytes=PROXY -> w");
	ok(same("plain", decide(get, strlen(get), LOOK_ON)),
	    "from elsewhere it is no header, and hides what is behind it");
	config_free(&config);
	add_rule("none: proxy=no -> w");
	connection("192.0.2.1", "192.0.2.9", 80);
	ok(same("none", decide("", 0, LOOK_ON)) && !config_looks(&config),
	    "without proxy-from there is no header, at once");
	believe("::1");
	ok(same("none", decide("", 0, LOOK_ON)) && config_looks(&config),
	    "nor from others, but one may come");
	config_free(&config);
	add_rule("r: from=192.0.2.1 -> w");
	ok(same("r", decide(TCP4, sizeof TCP4 - 1, LOOK_ON))
	    && !config_looks(&config), "without proxy-from none is believed");
	believe("::1");
	ok(config_looks(&config), "with it, addresses need bytes, too");
	config_free(&config);
	believe("::1");
	add_rule("r: listener=l -> w");
	ok(!config_looks(&config), "a listener's name does not");
	config_free(&config);
}

static void
unix_proxies(void)
{
	static unsigned char v2[16 + 216] = SIGNATURE "\x21\x31\0\xd8";

	memcpy(v2 + 16, "/run/client", 11);
	memcpy(v2 + 16 + 108, "/run/server", 11);
	believe("unix");
	add_rule("u: from=unix to=/run/server -> w");
	add_rule("r: from=198.51.100.1 -> w");
	connection("", "/run/s", 0);
	ok(same("r", decide(TCP4, sizeof TCP4 - 1, LOOK_ON))
	    && same("u", decide(v2, sizeof v2, LOOK_ON))
	    && every_prefix(v2, sizeof v2), "a proxy at a Unix socket");
	facts.peerlen = 0;
	ok(same("r", decide(TCP4, sizeof TCP4 - 1, LOOK_ON)),
	    "whatever the system calls its address");
	connection("192.0.2.1", "192.0.2.9", 80);
	ok(same("default", decide("", 0, LOOK_ON))
	    && same("default", decide(TCP4, sizeof TCP4 - 1, LOOK_ON)),
	    "and none elsewhere");
	config_free(&config);
	connection("::ffff:192.0.2.1", "::ffff:192.0.2.9", 80);
	believe("192.0.2.0/24");
	add_rule("r: from=198.51.100.1 -> w");
	ok(same("r", decide(TCP4, sizeof TCP4 - 1, LOOK_ON)),
	    "a proxy that an IPv6 socket shows as a mapped address");
	config_free(&config);
}

/* -------------------------------------------------- what is told -------- */

static int
told(const char *data, size_t n, enum recognised_what what, const char *method,
    const char *name, const char *path)
{
	(void)decide(data, n, LOOK_TIME);
	if (seen.what == what && strcmp(seen.method, method) == 0
	    && strcmp(seen.name, name) == 0 && strcmp(seen.path, path) == 0)
		return 1;
	printf("# %s, method %s, name %s, path %s\n",
	    recognised_name(seen.what), seen.method, seen.name, seen.path);
	return 0;
}

#define TOLD(data, what, method, name, path) \
	told(data, sizeof data - 1, what, method, name, path)

static void
tells(void)
{
	static char longest[2000];

	ok(TOLD("", RECOGNISED_NOTHING, "", "", ""), "nothing");
	ok(TOLD("\x05\x01", RECOGNISED_OTHER, "", "", ""), "other");
	ok(TOLD("GE", RECOGNISED_OTHER, "", "", ""), "too little");
	ok(TOLD("\x16\x03\x01\x02\x00\x01", RECOGNISED_TLS, "", "", ""), "TLS");
	ok(TOLD(PREFACE, RECOGNISED_HTTP2, "", "", ""), "HTTP/2");
	ok(TOLD("POST /a?b HTTP/1.0\r\nHost: A:80\r\n\r\n", RECOGNISED_HTTP1, "POST",
	    "a", "/a?b"), "HTTP/1");
	ok(TOLD("GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", RECOGNISED_HTTP1,
	    "GET", "", "/a"), "two hosts are none");
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "AMETHODTHATISTOOLONGTOTELL /", 28);
	(void)decide(longest, sizeof longest, LOOK_TIME);
	ok(seen.what == RECOGNISED_HTTP1 && strlen(seen.path) == 255
	    && strcmp(seen.method, "AMETHODTHATISTOOLONGTOT") == 0,
	    "a long request is cut, and told though it does not end");
	connection("192.0.2.1", "192.0.2.9", 80);
	believe("192.0.2.1");
	ok(TOLD(TCP4, RECOGNISED_NOTHING, "", "", "") && seen.clientlen > 0
	    && memcmp(&((struct sockaddr_in *)&seen.client)->sin_addr,
	    "\xc6\x33\x64\1", 4) == 0, "a header alone, and its client");
	ok(TOLD(TCP4 "GET /a HTTP/1.1\r\nHost: a\r\n\r\n", RECOGNISED_HTTP1, "GET",
	    "a", "/a") && seen.clientlen > 0, "a request behind it");
	ok(TOLD(UNKNOWN, RECOGNISED_NOTHING, "", "", "") && seen.clientlen == 0,
	    "a header that tells no client");
	ok(TOLD("PROXY TCP4", RECOGNISED_OTHER, "", "", "")
	    && seen.clientlen == 0, "a part of one");
	ok(TOLD(BAD HOST("a"), RECOGNISED_BAD_PROXY, "", "", "")
	    && TOLD("PROXY / HTTP/1.1\r\n", RECOGNISED_BAD_PROXY, "", "", "")
	    && seen.clientlen == 0, "a malformed one");
	config_free(&config);
	ok(strcmp(recognised_name(RECOGNISED_BAD_PROXY), "bad-proxy") == 0
	    && strcmp(recognised_name(RECOGNISED_NOTHING), "nothing") == 0
	    && strcmp(recognised_name(RECOGNISED_OTHER), "other") == 0
	    && strcmp(recognised_name(RECOGNISED_TLS), "tls") == 0
	    && strcmp(recognised_name(RECOGNISED_HTTP1), "http1") == 0
	    && strcmp(recognised_name(RECOGNISED_HTTP2), "http2") == 0,
	    "each has a name");
}

int
main(void)
{
	plan((int)(COUNT(looks) + COUNT(addresses) + COUNT(proxied)) + 6 + 6 + 5
	    + 7 + 6 + 8 + 4 + 14 + 3 + 4 + 5);
	each_look();
	tls();
	tls_names();
	ends();
	alpn();
	listeners();
	order();
	each_address();
	odd_addresses();
	each_proxied();
	health_checks();
	not_believed();
	unix_proxies();
	tells();
	return tap_bad;
}
