/* SPDX-License-Identifier: 0BSD */
/*
 * t/82-config.c - each mistake in a configuration gives one line that says
 * where it is, what is wrong and what was expected; and nothing stays behind.
 */
#include "../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rules/rules.h"
#include "tap.h"

#define COUNT(table) (sizeof table / sizeof table[0])

static struct config config;
static char err[1024];

static int
same(const char *want, const char *got)
{
	if (strcmp(want, got) == 0)
		return 1;
	printf("# wanted %s\n# got    %s\n", want, got);
	return 0;
}

static int
is_empty(void)
{
	return config.nlistens == 0 && config.nworkers == 0
	    && config.nrules == 0 && config.ndefaults == 0
	    && config.nproxies == 0;
}

/* -------------------------------------------------- single lines -------- */

typedef int add_function(struct config *, const char *, const struct place *,
    char *, size_t);

static add_function *
adder(const char *option)
{
	if (strcmp(option, "--listen") == 0)
		return config_listen;
	if (strcmp(option, "--worker") == 0)
		return config_worker;
	if (strcmp(option, "--default") == 0)
		return config_default;
	if (strcmp(option, "--pool") == 0)
		return config_pool;
	if (strcmp(option, "--proxy-from") == 0)
		return config_proxy_from;
	return config_rule;
}

#define NAMED "expected letters, digits, '-', '_' and '.'"
#define WORDS "listen, worker, pool, default and proxy-from"
#define LINES "expected listen, worker, pool, default, proxy-from or NAME: " \
	"key=value -> WORKER"
#define FORM "expected NAME: key=value -> WORKER"
#define FROM "is no address: expected one such as 192.0.2.1 or 2001:db8::1, " \
	"a network such as 192.0.2.0/24 or 2001:db8::/32, or unix"
#define TO "is no address: expected one such as 127.0.0.1:80, [::1]:80, :80, " \
	"a network such as 192.0.2.0/24:80 or [2001:db8::]/32:80, or unix:PATH"
#define PORT "has no port: expected 1 to 65535 behind the colon"
#define COLON "has a colon: ports are not compared, leave it out; an IPv6 " \
	"address stands in brackets, as in [::1]"
#define ADDR "an address is missing: expected one such as 127.0.0.1:80, " \
	"[::1]:80, unix:PATH or @NAME"

#define NETWORK "a network is missing: expected one such as 192.0.2.0/24, " \
	"2001:db8::/32, or unix"
#define LONG64 "abcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefghabcdefgh"
#define LONG256 LONG64 LONG64 LONG64 LONG64
/* The first 86 bytes. */
#define LONG_QUOTED "\"" LONG64 "abcdefghabcdefghabcdef...\""

static const struct {
	const char *option;
	const char *text;
	const char *message;
} wrong[] = {
	/* the form of a rule */
	{ "--rule", "", "the rule is empty: " FORM },
	{ "--rule", " \t", "the rule is empty: " FORM },
	{ "--rule", "# only", "the rule is empty: " FORM },
	{ "--rule", "host=a -> w", "\"host=a -> w\": " FORM },
	{ "--rule", "a b: host=a -> w", "\"a b: host=a -> w\": " FORM },
	{ "--rule", "a\x01\xff\"\\: x", "\"a\\x01\\xff\\\"\\\\: x\": " FORM },
	{ "--rule", ": host=a -> w", "a rule's name is missing: " NAMED },
	{ "--rule", "-a: host=a -> w",
	    "a rule's name \"-a\": expected a letter or digit first" },
	{ "--rule", "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefgh"
	    "ijabcde: host=a -> w",
	    "a rule's name \"abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij"
	    "abcdefghijabcde\" is too long: expected at most 64 characters" },
	{ "--rule", "default: host=a -> w", "a rule's name cannot be default: "
	    "expected another, " WORDS " begin other lines" },
	{ "--rule", "listen: host=a -> w", "a rule's name cannot be listen: "
	    "expected another, " WORDS " begin other lines" },
	{ "--rule", "proxy-from: host=a -> w", "a rule's name cannot be "
	    "proxy-from: expected another, " WORDS " begin other lines" },
	{ "--rule", "worker : host=a -> w", "a rule's name cannot be worker: "
	    "expected another, " WORDS " begin other lines" },
	{ "--rule", "a: host=a", "a: no worker: expected -> WORKER behind the "
	    "terms" },
	{ "--rule", "a: host=a # -> w", "a: no worker: expected -> WORKER "
	    "behind the terms" },
	{ "--rule", "a: path=/a->w", "a: no worker: expected -> WORKER behind "
	    "the terms" },
	{ "--rule", "a: -> w", "a: no term: expected key=value before the ->; "
	    "workers for all other connections are the default" },
	{ "--rule", "a: host=a ->", "a: a worker's name is missing: " NAMED },
	{ "--rule", "a: host=a -> w, # x", "a: a worker's name is missing: "
	    NAMED },
	{ "--rule", "a: host=a -> w!", "a: a worker's name \"w!\": " NAMED },
	{ "--rule", "a: host=a -> v w", "a: \"w\" behind a worker's name: "
	    "expected a comma and another one, or the end" },
	{ "--rule", "a: host=a -> w, w", "a: worker \"w\" stands twice: "
	    "expected each once" },
	/* terms */
	{ "--rule", "a: hst=a -> w", "a: unknown key \"hst\": expected from, "
	    "to, listener, proxy, tls, sni, alpn, method, host, path, http2 or "
	    "bytes" },
	{ "--rule", "a: HOST=a -> w", "a: unknown key \"HOST\": expected from, "
	    "to, listener, proxy, tls, sni, alpn, method, host, path, http2 or "
	    "bytes" },
	{ "--rule", "a: host = a -> w", "a: \"host\": expected key=value or "
	    "key!=value without blanks, or -> WORKER" },
	{ "--rule", "a: !host=a -> w", "a: \"\": expected key=value or "
	    "key!=value without blanks, or -> WORKER" },
	{ "--rule", "a: host!a -> w", "a: \"host\": expected key=value or "
	    "key!=value without blanks, or -> WORKER" },
	{ "--rule", "a: host!=a host!=b -> w", "a: host!= stands twice: join "
	    "the values with a comma, as in host!=a,b" },
	{ "--rule", "a: host!= -> w", "a: host!= has no value: expected one "
	    "behind the =, without a blank" },
	{ "--rule", "a: host!=a..b -> w", "a: host!=\"a..b\" has an empty "
	    "label between dots" },
	{ "--rule", "a: tls!=yes -> w", "a: tls!=: expected tls=yes or "
	    "tls=no" },
	{ "--rule", "a: host=a log=no -> w", "a: log=\"no\" is unknown: "
	    "expected log=none, or nothing for a line for each connection" },
	{ "--rule", "a: log=none -> w", "a: no term: expected key=value before "
	    "the ->; workers for all other connections are the default" },
	{ "--rule", "a: host=a -> refuse, w", "a: workers behind refuse never "
	    "get a connection: expected it last" },
	{ "--rule", "a: host=a -> refuse x", "a: \"x\" behind a worker's name: "
	    "expected a comma and another one, or the end" },
	{ "--worker", "refuse=/run/w", "a worker cannot be named refuse: -> "
	    "refuse is there always, and closes the connection" },
	{ "--pool", "refuse=w", "a pool cannot be named refuse: -> refuse is "
	    "there always, and closes the connection" },
	{ "--pool", "p=w, refuse", "refuse is no worker: expected workers "
	    "only" },
	{ "--default", "refuse x", "\"x\" behind a worker's name: expected a "
	    "comma and another one, or the end" },
	{ "--rule", "a: host=a host=b -> w", "a: host= stands twice: join the "
	    "values with a comma, as in host=a,b" },
	{ "--rule", "a: host= -> w", "a: host= has no value: expected one "
	    "behind the =, without a blank" },
	{ "--rule", "a: host=a, b -> w", "a: host= has no value behind the "
	    "comma: expected one, without a blank" },
	{ "--rule", "a: host=\"\" -> w", "a: host=\"\" is empty" },
	{ "--rule", "a: host=\"a", "a: host=\"\\\"a\": the closing quote is "
	    "missing" },
	{ "--rule", "a: host=\"a\\", "a: host=\"\\\"a\\\\\": unknown escape in "
	    "quotes: expected \\\", \\\\ or \\xNN" },
	{ "--rule", "a: host=\"\\x0\"", "a: host=\"\\\"\\\\x0\\\"\": unknown "
	    "escape in quotes: expected \\\", \\\\ or \\xNN" },
	{ "--rule", "a: host=\"a\"b", "a: host=\"\\\"a\\\"b\": text behind the "
	    "closing quote: expected a blank or comma" },
	{ "--rule", "a: host=a\"b", "a: host=\"a\\\"b\": a quote inside a "
	    "word: quote the whole of it" },
	/* values */
	{ "--rule", "a: host=a*b.example -> w", "a: host=\"a*b.example\" has a "
	    "* inside a label: * stands for one whole label, as in "
	    "*.example" },
	{ "--rule", "a: sni=a.**.example -> w", "a: sni=\"a.**.example\" has a "
	    "** that is not its first label: it stands for one or more, as in "
	    "**.example" },
	{ "--rule", "a: sni=***.example -> w", "a: sni=\"***.example\" has a * "
	    "inside a label: * stands for one whole label, as in *.example" },
	{ "--rule", "a: sni=**a.example -> w", "a: sni=\"**a.example\" has a * "
	    "inside a label: * stands for one whole label, as in *.example" },
	{ "--rule", "a: sni=(no) -> w", "a: sni=\"(no)\" is no host name: "
	    NAMED },
	{ "--rule", "a: host=a*.example -> w", "a: host=\"a*.example\" has a * "
	    "inside a label: * stands for one whole label, as in *.example" },
	{ "--rule", "a: host=a..b -> w", "a: host=\"a..b\" has an empty label "
	    "between dots" },
	{ "--rule", "a: host=. -> w", "a: host=\".\" is empty" },
	{ "--rule", "a: host=a:80 -> w", "a: host=\"a:80\" " COLON },
	{ "--rule", "a: host=::1 -> w", "a: host=\"::1\" " COLON },
	{ "--rule", "a: host=[::g] -> w", "a: host=\"[::g]\" is no IPv6 "
	    "address: expected one such as [2001:db8::1], without a port" },
	{ "--rule", "a: sni=[::1] -> w", "a: sni=\"[::1]\" is an address: TLS "
	    "sends names only" },
	{ "--rule", "a: host=a,\xc3\xa4 -> w", "a: host=\"\\xc3\\xa4\" is no "
	    "host name: " NAMED },
	{ "--rule", "a: host=\"a\\x00\" -> w", "a: host=\"a\\x00\" has a NUL "
	    "byte, which only bytes= can have" },
	{ "--rule", "a: tls=true -> w", "a: tls=\"true\" is unknown: expected "
	    "yes or no" },
	{ "--rule", "a: proxy=yes,no -> w", "a: proxy= has two values: "
	    "expected yes or no" },
	{ "--rule", "a: proxy=192.0.2.1 -> w", "a: proxy=\"192.0.2.1\" is "
	    "unknown: expected yes or no" },
	{ "--rule", "a: http2=yes,no -> w", "a: http2= has two values: "
	    "expected yes or no" },
	{ "--rule", "a: listener=a:b -> w", "a: listener=\"a:b\" has a colon: "
	    "it separates names in LISTEN_FDNAMES" },
	{ "--rule", "a: listener=\"\" -> w", "a: listener=\"\" is empty" },
	{ "--rule", "a: listener=" LONG256 " -> w", "a: listener=" LONG_QUOTED
	    " is too long: a listener's name has at most 255 characters" },
	{ "--rule", "a: alpn=" LONG256 " -> w", "a: alpn=" LONG_QUOTED
	    " is too long: a protocol's name has at most 255 bytes" },
	{ "--rule", "a: alpn=h2,\"\" -> w", "a: alpn=\"\" is empty" },
	{ "--rule", "a: method=\"A B\" -> w", "a: method=\"A B\" is no method: "
	    "expected one such as GET" },
	{ "--rule", "a: method=ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG -> w",
	    "a: method=\"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG\" is too long: a "
	    "method has at most 32 characters" },
	{ "--rule", "a: path=v1 -> w", "a: path=\"v1\" is no path: expected "
	    "one that begins with /" },
	{ "--rule", "a: path=/v?x -> w", "a: path=\"/v?x\" has a query or "
	    "fragment: only the path before it is compared" },
	{ "--rule", "a: path=\"/a b\" -> w", "a: path=\"/a b\" has a character "
	    "that no request holds: write it as the client sends it, %20 for "
	    "a blank" },
	{ "--rule", "a: bytes=abcdefghijabcdefghijabcdefghijabcdefghijabcdefghi"
	    "jabcdefghijabcde -> w", "a: bytes=\"abcdefghijabcdefghijabcdefghij"
	    "abcdefghijabcdefghijabcdefghijabcde\" is too long: expected at "
	    "most 64 bytes" },
	{ "--rule", "a: from=localhost -> w", "a: from=\"localhost\" " FROM },
	{ "--rule", "a: from=192.0.2.0/24x -> w", "a: from=\"192.0.2.0/24x\" "
	    FROM },
	{ "--rule", "a: from=192.0.2.0:80 -> w", "a: from=\"192.0.2.0:80\" "
	    FROM },
	{ "--rule", "a: from=192.0.2.1/24 -> w", "a: from=\"192.0.2.1/24\" has "
	    "bits behind the prefix: write the first address of the network" },
	{ "--rule", "a: from=2001:db8::/28 -> w", "a: from=\"2001:db8::/28\" "
	    "has bits behind the prefix: write the first address of the "
	    "network" },
	{ "--rule", "a: from=192.0.2.0/33 -> w", "a: from=\"192.0.2.0/33\" has "
	    "no prefix length: expected /0 to /32" },
	{ "--rule", "a: from=::/ -> w", "a: from=\"::/\" has no prefix length: "
	    "expected /0 to /128" },
	{ "--rule", "a: from=[::1] -> w", "a: from=\"[::1]\" has brackets: "
	    "they are for ports, which are not compared here" },
	{ "--rule", "a: from=fe80::1%lo -> w", "a: from=\"fe80::1%lo\" has a "
	    "zone: leave it out, addresses are compared without it" },
	{ "--rule", "a: to=[fe80::1%lo]:80 -> w", "a: to=\"[fe80::1%lo]:80\" "
	    "has a zone: leave it out, addresses are compared without it" },
	{ "--rule", "a: to=*:80 -> w", "a: to=\"*:80\" " TO },
	{ "--rule", "a: to=[::1 -> w", "a: to=\"[::1\" " TO },
	{ "--rule", "a: to=[::1]80 -> w", "a: to=\"[::1]80\" " TO },
	{ "--rule", "a: to=[127.0.0.1]:80 -> w", "a: to=\"[127.0.0.1]:80\" "
	    TO },
	{ "--rule", "a: to=@ -> w", "a: to=\"@\" " TO },
	{ "--rule", "a: to=: -> w", "a: to=\":\" " PORT },
	{ "--rule", "a: to=127.0.0.1:0 -> w", "a: to=\"127.0.0.1:0\" " PORT },
	{ "--rule", "a: to=:65536 -> w", "a: to=\":65536\" " PORT },
	{ "--rule", "a: to=:80x -> w", "a: to=\":80x\" " PORT },
	/* the other options */
	{ "--listen", "", ADDR },
	{ "--worker", "", "a worker \"\": expected NAME=ADDR" },
	{ "--worker", "/run/w", "a worker \"/run/w\": expected NAME=ADDR" },
	{ "--worker", "w=", ADDR },
	{ "--worker", "=/run/w", "a worker's name is missing: " NAMED },
	{ "--worker", "w =/run/w", "a worker's name \"w \": expected letters, "
	    "digits, '-', '_' and '.', and the = without blanks" },
	{ "--worker", "a/b=/run/w", "a worker's name \"a/b\": expected "
	    "letters, digits, '-', '_' and '.', and the = without blanks" },
	{ "--default", "", "a worker's name is missing: " NAMED },
	{ "--default", "-> w", "a worker's name \"->\": " NAMED },
	{ "--proxy-from", "", NETWORK },
	{ "--proxy-from", "# 192.0.2.1", NETWORK },
	{ "--proxy-from", "\"\"", NETWORK },
	{ "--proxy-from", "192.0.2.1,", NETWORK },
	{ "--proxy-from", "192.0.2.1 , ,::1", NETWORK },
	{ "--proxy-from", "::1, localhost", "\"localhost\" " FROM },
	{ "--proxy-from", "192.0.2.1/24", "\"192.0.2.1/24\" has bits behind "
	    "the prefix: write the first address of the network" },
	{ "--proxy-from", "[::1]", "\"[::1]\" has brackets: they are for "
	    "ports, which are not compared here" },
	{ "--proxy-from", "unix:/run/s", "\"unix:/run/s\" " FROM },
	{ "--proxy-from", "\"::1\\x00\"", "\"::1\\x00\" has a NUL byte: "
	    "expected a network" },
	{ "--proxy-from", "\"::1", "\"\\\"::1\": the closing quote is "
	    "missing" },
	{ "--proxy-from", "::1 ::2", "\"::2\" behind a network: expected a "
	    "comma and another one, or the end" },
	{ "--default", "a b", "\"b\" behind a worker's name: expected a comma "
	    "and another one, or the end" }
};

static void
wrong_lines(void)
{
	char want[1024], title[80];
	struct place place;
	size_t i;
	int r;

	place.line = 0;
	for (i = 0; i < COUNT(wrong); i++) {
		place.file = wrong[i].option;
		r = adder(place.file)(&config, wrong[i].text, &place, err,
		    sizeof err);
		(void)snprintf(want, sizeof want, "%s: %s", wrong[i].option,
		    wrong[i].message);
		(void)snprintf(title, sizeof title, "%s, mistake %lu",
		    wrong[i].option, (unsigned long)i);
		ok(r == -1 && same(want, err) && is_empty(), title);
		config_free(&config);
	}
}

/* Options take an address as it is; nothing needs to be quoted. */
static void
right_lines(void)
{
	struct place place = { "--listen", 0 };
	char *longest = malloc(CONFIG_LINE_MOST + 2);

	if (longest == NULL)
		bail("out of memory");
	memset(longest, 'a', CONFIG_LINE_MOST + 1);
	longest[CONFIG_LINE_MOST + 1] = '\0';
	ok(config_listen(&config, "unix:/a \"b\" #c ", &place, err, sizeof err)
	    == 0 && same("unix:/a \"b\" #c ", config.listens[0].addr),
	    "an option's address is taken as it is");
	ok(config_worker(&config, "w=/a=b c", &place, err, sizeof err) == 0
	    && same("w", config.workers[0].name)
	    && same("/a=b c", config.workers[0].addr), "a worker's, too");
	ok(config_rule(&config, "a.b-C_1 :host=x,y\ttls=no->w , v#w",
	    &place, err, sizeof err) < 0
	    && config_rule(&config, " a.b-C_1 :host=x,y\ttls=no  ->w , v #w ",
	    &place, err, sizeof err) == 0
	    && same("a.b-C_1", config.rules[0].name)
	    && config.rules[0].nterms == 2 && config.rules[0].nworkers == 2
	    && same("v", config.rules[0].workers[1]),
	    "blanks and comments in a rule");
	ok(config_proxy_from(&config, " 192.0.2.0/24,unix , \"::1\" # x",
	    &place, err, sizeof err) == 0 && config.nproxies == 3
	    && config_proxy_from(&config, "192.0.2.9", &place, err,
	    sizeof err) == 0 && config.nproxies == 4
	    && config_proxy_from(&config, "::2,x", &place, err,
	    sizeof err) < 0 && config.nproxies == 4,
	    "networks of proxies; with a wrong one, none is added");
	ok(config_default(&config, "w,v", &place, err, sizeof err) == 0
	    && config.ndefaults == 2 && same("w", config.defaults[0]),
	    "two defaults");
	ok(config_default(&config, "x", &place, err, sizeof err) < 0
	    && same("--listen: a second default (the first: --listen): "
	    "expected one, as in default a, b", err) && config.ndefaults == 2,
	    "a second default is refused");
	ok(config_listen(&config, longest, &place, err, sizeof err) < 0
	    && same("--listen: the line is too long: expected at most 8192 "
	    "bytes", err), "a line too long is refused");
	longest[CONFIG_LINE_MOST] = '\0';
	ok(config_listen(&config, longest, &place, err, sizeof err) == 0,
	    "the longest line is not");
	ok(config_rule(&config, "", &place, err, 20) < 0
	    && same("--listen: the rule ", err), "a message is cut to fit");
	ok(config_rule(&config, "", &place, NULL, 0) < 0, "or left out");
	free(longest);
	config_free(&config);
	ok(is_empty(), "after config_free() it is empty");
}

/* -------------------------------------------------- as a whole ---------- */

static const struct {
	const char *workers;	/* separated by blanks */
	const char *rules;	/* by newlines */
	const char *fallback;
	const char *message;	/* NULL: it is right */
} wholes[] = {
	{ "w", NULL, "w", NULL },
	{ "w", "a: host=x -> w", "w", NULL },
	{ NULL, NULL, NULL, "no worker: worker NAME=ADDR is needed" },
	{ "w", NULL, NULL, "no default: default WORKER is needed, for "
	    "connections that no rule matches" },
	{ "w v", NULL, "x", "--default: default: unknown worker \"x\": "
	    "expected one of w, v" },
	{ "w v", "a: host=x -> w, z", "w", "--rule: a: unknown worker \"z\": "
	    "expected one of w, v" },
	{ "w v w", NULL, "w", "--worker: worker \"w\" is there already "
	    "(--worker): expected another name" },
	{ "w", "a: host=x -> w\na: host=y -> w", "w", "--rule: rule \"a\" is "
	    "there already (--rule): expected another name" },
	{ "w", "a: sni=x tls=no -> w", "w", "--rule: a: tls=no and sni= never "
	    "match together: a server name is sent with TLS only: leave tls= "
	    "out" },
	{ "w", "a: host=x tls=yes -> w", "w", "--rule: a: tls=yes and host= "
	    "never match together: TLS hides the Host: use sni=" },
	{ "w", "a: tls=yes method=GET -> w", "w", "--rule: a: tls=yes and "
	    "method= never match together: TLS hides the request" },
	{ "w", "a: tls=yes path=/ -> w", "w", "--rule: a: tls=yes and path= "
	    "never match together: TLS hides the request" },
	{ "w", "a: tls=yes http2=yes -> w", "w", "--rule: a: tls=yes and "
	    "http2=yes never match together: http2= is HTTP/2 without TLS" },
	{ "w", "a: sni=x host=x -> w", "w", "--rule: a: sni= and host= never "
	    "match together: a connection is TLS, which hides the Host, or it "
	    "is not: make it two rules" },
	{ "w", "a: sni=x method=GET -> w", "w", "--rule: a: sni= and method= "
	    "never match together: TLS hides the request" },
	{ "w", "a: sni=x path=/ -> w", "w", "--rule: a: sni= and path= never "
	    "match together: TLS hides the request" },
	{ "w", "a: sni=x http2=yes -> w", "w", "--rule: a: sni= and http2=yes "
	    "never match together: http2= is HTTP/2 without TLS" },
	{ "w", "a: http2=yes host=x -> w", "w", "--rule: a: http2=yes and "
	    "host= never match together: host= reads HTTP/1 only" },
	{ "w", "a: http2=yes method=GET -> w", "w", "--rule: a: http2=yes and "
	    "method= never match together: method= reads HTTP/1 only" },
	{ "w", "a: http2=yes path=/ -> w", "w", "--rule: a: http2=yes and "
	    "path= never match together: path= reads HTTP/1 only" },
	{ "w", "a: alpn=h2 tls=no -> w", "w", "--rule: a: tls=no and alpn= "
	    "never match together: protocols are offered with TLS only: leave "
	    "tls= out" },
	{ "w", "a: alpn=h2 host=x -> w", "w", "--rule: a: alpn= and host= "
	    "never match together: TLS hides the Host: use sni=" },
	{ "w", "a: alpn=h2 method=GET -> w", "w", "--rule: a: alpn= and "
	    "method= never match together: TLS hides the request" },
	{ "w", "a: path=/ alpn=h2 -> w", "w", "--rule: a: alpn= and path= "
	    "never match together: TLS hides the request" },
	{ "w", "a: alpn=h2 http2=yes -> w", "w", "--rule: a: alpn= and "
	    "http2=yes never match together: http2= is HTTP/2 without TLS: "
	    "alpn=h2 is HTTP/2 inside it" },
	{ "w", "a: bytes=GET alpn=h2 -> w", "w", "--rule: a: bytes= and alpn= "
	    "never match together: what begins with these bytes is never what "
	    "alpn= asks for" },
	{ "w", "a: alpn=h2 sni=x tls=yes http2=no listener=l from=::1 "
	    "bytes=\"\x16\" -> w", "w", NULL },
	{ "w", "a: proxy=yes -> w", "w", "--rule: a: proxy=yes never matches: "
	    "no proxy is believed without proxy-from NETWORK" },
	{ "w", "a: proxy=no -> w", "w", NULL },
	{ "w", "a: sni=x tls=yes http2=no -> w\n"
	    "b: host=x method=GET path=/ tls=no http2=no -> w", "w", NULL },
	{ "w", "a: bytes=\"\\x05\" tls=yes -> w", "w", "--rule: a: bytes= and "
	    "tls= never match together: what begins with these bytes is never "
	    "what tls= asks for" },
	{ "w", "a: bytes=POST,PUT method=GET -> w", "w", "--rule: a: bytes= "
	    "and method= never match together: what begins with these bytes "
	    "is never what method= asks for" },
	{ "w", "a: bytes=\"\\x16\\x03\\x01\",GET tls=yes -> w", "w", NULL },
	{ "w", "a: bytes=\"GET /v\" path=/v1 method=GET -> w", "w", NULL },
	{ "w", "a: from=192.0.2.0/24 to=[::1]:80 -> w", "w", "--rule: a: from= "
	    "and to= never match together: one is IPv4, the other IPv6 or a "
	    "Unix socket" },
	{ "w", "a: from=unix to=:80 -> w", "w", "--rule: a: from= and to= "
	    "never match together: one is IPv4, the other IPv6 or a Unix "
	    "socket" },
	{ "w", "a: from=unix,::1 to=:80 -> w\nb: from=unix to=/x -> w\n"
	    "c: from=::ffff:1.2.3.4 to=127.0.0.1 -> w", "w", NULL },
	{ "w", "a: method=CONNECT path=/ -> w", "w", "--rule: a: "
	    "method=CONNECT and path= never match together: such a request "
	    "has no path" },
	{ "w", "a: method=CONNECT,GET path=/ -> w", "w", NULL },
	/* what is excluded contradicts the same only */
	{ "w", "a: tls=no sni!=x -> w\nb: sni=x host!=x,(none) -> w\n"
	    "c: host=**.x host!=a.x,**.b.x -> w\nd: http2=yes method!=GET -> w",
	    "w", NULL },
	{ "w", "a: host=x host!=y,X. -> w", "w", "--rule: a: host= and host!= "
	    "never match together: all values of the one are among those of "
	    "the other" },
	{ "w", "a: sni=a.x,b.x sni!=*.x -> w", "w", "--rule: a: sni= and sni!= "
	    "never match together: all values of the one are among those of "
	    "the other" },
	{ "w", "a: host=**.x host!=**.x -> w", "w", "--rule: a: host= and "
	    "host!= never match together: all values of the one are among "
	    "those of the other" },
	{ "w", "a: sni=*.x,(none) sni!=*.x -> w\nb: sni=(none) sni!=* -> w",
	    "w", NULL },
	{ "w", "a: from=::1 from!=::1 -> w", "w", "--rule: a: from= and from!= "
	    "never match together: all values of the one are among those of "
	    "the other" },
	{ "w", "a: from=10.0.0.0/8 from!=10.0.0.1 -> w", "w", NULL },
	{ "w", "a: bytes=GET method!=GET -> w", "w", NULL },
	{ "w", "a: bytes=\"GET \" method!=POST -> w", "w", NULL },
	{ "w", "a: tls=yes sni=(none) -> w", "w", NULL },
	{ "w", "a: tls=no sni=(none) -> w", "w", "--rule: a: tls=no and sni= "
	    "never match together: a server name is sent with TLS only: leave "
	    "tls= out" },
	/* refuse */
	{ "w", "a: host=x -> refuse\nb: host=y -> w, refuse", "refuse", NULL },
	{ "w", "refuse: host=x -> refuse", "w, refuse", NULL },
	{ "", "a: host=x -> refuse", "refuse", "no worker: worker NAME=ADDR "
	    "is needed" }
};

/* Each piece of `text` up to one of `ends`. */
static void
add_each(const char *option, const char *text, const char *ends)
{
	struct place place;
	char line[200];
	size_t n;

	place.file = option;
	place.line = 0;
	for (; text != NULL && *text != '\0'; text += n + (text[n] != '\0')) {
		n = strcspn(text, ends);
		(void)snprintf(line, sizeof line, "%.*s%s", (int)n, text,
		    strcmp(option, "--worker") == 0 ? "=/run/w" : "");
		if (adder(option)(&config, line, &place, err, sizeof err) < 0) {
			printf("# %s\n", err);
			bail("a line of this test is wrong");
		}
	}
}

static void
whole_configs(void)
{
	char title[80];
	size_t i;
	int r, right;

	for (i = 0; i < COUNT(wholes); i++) {
		add_each("--worker", wholes[i].workers, " ");
		add_each("--rule", wholes[i].rules, "\n");
		add_each("--default", wholes[i].fallback, "");
		err[0] = '\0';
		r = config_check(&config, err, sizeof err);
		right = wholes[i].message == NULL ? r == 0 && same("", err)
		    : r == -1 && same(wholes[i].message, err);
		(void)snprintf(title, sizeof title, "whole %lu: %.60s",
		    (unsigned long)i, wholes[i].rules != NULL
		    ? wholes[i].rules : "no rule");
		title[strcspn(title, "\n")] = '\0';
		ok(right, title);
		config_free(&config);
	}
}

static void
many_workers(void)
{
	char name[80];
	int i;

	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof name, "worker-with-number-%d", i);
		add_each("--worker", name, " ");
	}
	add_each("--default", "none", "");
	ok(config_check(&config, err, sizeof err) < 0 && strlen(err) < 300
	    && strstr(err, " more") != NULL, "a long list of workers is cut");
	config_free(&config);
}

/* -------------------------------------------------- files --------------- */

static char path[] = "/tmp/fdferry-82-XXXXXX";

/* Read a file of n bytes. */
static int
read_file(const char *text, size_t n)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fwrite(text, 1, n, f) != n || fclose(f) != 0)
		bail("a file cannot be written");
	err[0] = '\0';
	return config_file(&config, path, err, sizeof err);
}

static int
refused(const char *text, size_t n, const char *message)
{
	char want[1024];
	int bad = read_file(text, n) == -1;

	(void)snprintf(want, sizeof want, "%s%s", path, message);
	bad = !(bad && same(want, err) && is_empty());
	config_free(&config);
	return !bad;
}

#define REFUSED(text, message) refused(text, sizeof text - 1, message)

static void
right_file(void)
{
	static const char text[] =
	    "# a comment, then an empty line\r\n"
	    "\r\n"
	    "listen 127.0.0.1:80\t# with a comment\r\n"
	    "  listen \"unix:/run/a # \\\"b\\\" \\x41\"\n"
	    "worker a=/run/a#1\n"
	    "worker\tb=\"@b c\" # comment\n"
	    "proxy-from 192.0.2.0/24, unix # comment\n"
	    "\tproxy-from\t::1\n"
	    "p: proxy=yes -> a\n"
	    "listening: bytes=\"#\\x00 \\\\\" -> a # -> c\n"
	    "default a, b\r";

	ok(read_file(text, sizeof text - 1) == 0 && same("", err)
	    && config_check(&config, err, sizeof err) == 0, "a right file");
	ok(config.nlistens == 2 && same("127.0.0.1:80", config.listens[0].addr)
	    && same("unix:/run/a # \"b\" A", config.listens[1].addr), "its listens");
	ok(config.nworkers == 2 && same("/run/a#1", config.workers[0].addr)
	    && same("b", config.workers[1].name)
	    && same("@b c", config.workers[1].addr), "its workers");
	ok(config.nrules == 2 && same("listening", config.rules[1].name)
	    && config.rules[1].nworkers == 1, "its rules");
	ok(config.nproxies == 3, "its proxies");
	ok(config.ndefaults == 2 && same("b", config.defaults[1]),
	    "its default");
	ok(config_file(&config, path, err, sizeof err) == -1
	    && config.nlistens == 2 && config.nworkers == 2
	    && config.nrules == 2 && config.ndefaults == 2
	    && config.nproxies == 3, "a second file fails (two defaults), and adds nothing");
	config_free(&config);
	ok(read_file("", 0) == 0 && is_empty(), "an empty file is no mistake");
}

static void
wrong_files(void)
{
	static char longest[CONFIG_LINE_MOST + 10];
	char want[300];

	ok(REFUSED("listen\n", ":1: " ADDR), "listen alone");
	ok(REFUSED("listen a b\n", ":1: \"a b\": more than one address: "
	    "expected one a line, in quotes if it has blanks"),
	    "two addresses");
	ok(REFUSED("listen \"\"\n", ":1: \"\\\"\\\"\": the address is empty"),
	    "an empty address");
	ok(REFUSED("listen \"@\\x00\"\n", ":1: \"\\\"@\\\\x00\\\"\": an address "
	    "with a NUL byte: write @NAME for an abstract one"),
	    "an address with a NUL byte");
	ok(REFUSED("listen \"a\n", ":1: \"\\\"a\": the closing quote is "
	    "missing"), "an open quote");
	ok(REFUSED("\nworker a b=/c\n", ":2: a worker's name \"a b\": expected "
	    "letters, digits, '-', '_' and '.', and the = without blanks"),
	    "two words for a worker");
	ok(REFUSED("default\n", ":1: a worker's name is missing: " NAMED),
	    "default alone");
	(void)snprintf(want, sizeof want, ":2: a second default (the first: "
	    "%s:1): expected one, as in default a, b", path);
	ok(REFUSED("default a\ndefault b\n", want), "a second default");
	ok(REFUSED("lisen 127.0.0.1:80\n", ":1: \"lisen 127.0.0.1:80\": "
	    LINES), "an unknown word");
	ok(REFUSED("listen :80\r\n\r\n#\n r: tls=yes -> a#b\r",
	    ":4: r: a worker's name \"a#b\": " NAMED),
	    "lines are counted from 1; a mark in a word begins no comment");
	ok(REFUSED("r: path=\"/a # b\" -> a\n", ":1: r: path=\"/a # b\" has "
	    "a character that no request holds: write it as the client sends "
	    "it, %20 for a blank"), "nor does a mark in quotes");
	ok(REFUSED("default a\n\0", ":2: a NUL byte: expected text"),
	    "a NUL byte");
	ok(REFUSED("default a\nproxy-from\n", ":2: " NETWORK),
	    "proxy-from alone");
	ok(REFUSED("proxy-from ::1, x\n", ":1: \"x\" " FROM),
	    "a proxy that is none");
	ok(REFUSED("proxy-from: proxy=yes -> a\n", ":1: a rule's name cannot "
	    "be proxy-from: expected another, " WORDS " begin other lines"),
	    "proxy-from as a rule");
	ok(REFUSED("Proxy-from unix\n", ":1: \"Proxy-from unix\": " LINES)
	    && REFUSED("worker=a\n", ":1: \"worker=a\": " LINES),
	    "words that are nearly right");
	ok(REFUSED("\xef\xbb\xbf" "listen :80\n", ":1: \"\\xef\\xbb\\xbflisten "
	    ":80\": " LINES), "a byte order mark");
	memset(longest, '#', sizeof longest);
	ok(refused(longest, sizeof longest, ":1: the line is too long: "
	    "expected at most 8192 bytes"), "a line too long");
	longest[CONFIG_LINE_MOST] = '\r';
	longest[CONFIG_LINE_MOST + 1] = '\n';
	ok(read_file(longest, CONFIG_LINE_MOST + 2) == 0, "the longest line");
	(void)unlink(path);
	(void)snprintf(want, sizeof want, "%s: cannot be opened: %s", path,
	    strerror(ENOENT));
	ok(config_file(&config, path, err, sizeof err) == -1
	    && same(want, err), "no such file");
	ok(config_file(&config, "/", err, sizeof err) == -1
	    && strncmp(err, "/: cannot be ", 13) == 0 && is_empty(),
	    "a directory");
}

static void
places(void)
{
	char want[300];

	(void)read_file("worker w=/w\n\nr: host=a tls=yes -> w\ndefault w\n",
	    45);
	(void)snprintf(want, sizeof want, "%s:3: r: tls=yes and host= never "
	    "match together: TLS hides the Host: use sni=", path);
	ok(config_check(&config, err, sizeof err) == -1 && same(want, err),
	    "what is found at the end has its line, too");
	config_free(&config);
	(void)unlink(path);
}

int
main(void)
{
	int fds = open_fds(), fd = mkstemp(path);

	plan((int)(COUNT(wrong) + COUNT(wholes)) + 11 + 1 + 8 + 21 + 2);
	if (fd < 0)
		bail("no temporary file");
	(void)close(fd);
	wrong_lines();
	right_lines();
	whole_configs();
	many_workers();
	right_file();
	wrong_files();
	places();
	ok(open_fds() == fds, "no file stays open");
	return tap_bad;
}
