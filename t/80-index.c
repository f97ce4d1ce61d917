/* SPDX-License-Identifier: 0BSD */
/*
 * t/80-index.c - an index of rules decides as a walk over all of them does:
 * random rules, random connections, at any length of their bytes.
 */
#include "../lib/detect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "rules/index.h"
#include "rules/rules.h"
#include "tap.h"

#define COUNT(table) (sizeof table / sizeof table[0])

/* -------------------------------------------------- chance -------------- */

static unsigned long state;

static unsigned int
chance(unsigned int n)
{
	state = (state * 1103515245UL + 12345UL) & 0x7fffffffUL;
	return (unsigned int)(state >> 12) % n;
}

#define ONE_OF(table) ((table)[chance(COUNT(table))])

/* -------------------------------------------------- rules --------------- */

static char text[4096];

static void
put(const char *more)
{
	if (strlen(text) + strlen(more) >= sizeof text)
		bail("a rule of this test is too long");
	strcat(text, more);
}

static const char *const labels[] = { "a", "b", "c", "example", "org" };

static void
put_name(void)
{
	unsigned int n = 1 + chance(4);

	while (n-- > 0) {
		put(ONE_OF(labels));
		if (n > 0)
			put(".");
	}
}

static void
put_pattern(int host)
{
	unsigned int n = 1 + chance(4), i, kind = chance(20);

	if (kind == 0)
		put("(none)");
	else if (kind == 1 && host)
		put("[::1]");
	else if (kind == 2 && host)
		put("[::ffff:1.2.3.4]");
	else if (kind < 10)
		put_name();
	else
		for (i = 0; i < n; i++) {
			put(i > 0 ? "." : "");
			put(i == 0 && chance(3) == 0 ? "**"
			    : chance(3) == 0 ? "*" : ONE_OF(labels));
		}
}

static void
put_address(int network, int port)
{
	static const char *const v4[] = { "10.0.0.0/8", "10.1.0.0/16",
		"10.1.2.0/24", "10.1.2.128/25", "10.1.2.3", "0.0.0.0/0",
		"11.0.0.0/8", "10.1.2.3/32", "10.1.2.2/31" };
	static const char *const v6[] = { "2001:db8::/32", "::/0", "::1",
		"2001:db8:8000::/33", "2001:db8::1", "2001:db8:0:1::/64",
		"::ffff:10.1.0.0/112" };
	static const char *const ports[] = { "80", "443" };
	unsigned int kind = chance(port ? 5 : 4);

	(void)network;
	if (kind == 0) {
		put("unix");
		if (port && chance(2) > 0)
			put(chance(2) > 0 ? ":/run/s" : ":/run/t");
	} else if (kind == 1) {
		put(port ? "2001:db8::/32" : ONE_OF(v6));
	} else if (kind == 4) {
		put(":");
		put(ONE_OF(ports));
	} else {
		put(ONE_OF(v4));
		if (port && chance(2) > 0) {
			put(":");
			put(ONE_OF(ports));
		}
	}
}

static void
put_value(unsigned int key)
{
	static const char *const listeners[] = { "l", "m", "n" };
	static const char *const protocols[] = { "h2", "http/1.1", "x" };
	static const char *const methods[] = { "GET", "POST", "CONNECT" };
	static const char *const paths[] = { "/", "/v1", "/v1/x", "/v2" };
	static const char *const bytes[] = { "G", "\"\\x16\"", "SSH", "POST" };

	switch (key) {
	case 0: put_address(1, 0); break;
	case 1: put_address(0, 1); break;
	case 2: put(ONE_OF(listeners)); break;
	case 3: put_pattern(0); break;
	case 4: put_pattern(1); break;
	case 5: put(ONE_OF(protocols)); break;
	case 6: put(ONE_OF(methods)); break;
	case 7: put(ONE_OF(paths)); break;
	case 8: put(ONE_OF(bytes)); break;
	}
}

static void
put_term(unsigned int key)
{
	static const char *const keys[] = { "from", "to", "listener", "sni",
		"host", "alpn", "method", "path", "bytes" };
	unsigned int n = chance(3) == 0 ? 1 + chance(4) : 1;

	put(keys[key]);
	put(chance(6) == 0 ? "!=" : "=");
	while (n-- > 0) {
		put_value(key);
		put(n > 0 ? "," : " ");
	}
}

static void
make_rule(unsigned int i)
{
	static const char *const switches[] = { "tls=yes ", "tls=no ",
		"proxy=yes ", "proxy=no ", "http2=no " };
	/* Names and addresses more often than others. */
	static const unsigned int keys[] = { 0, 0, 1, 2, 3, 3, 3, 4, 4, 4, 5,
		6, 7, 8 };
	unsigned int n = 1 + chance(3), used = 0, key;

	(void)snprintf(text, sizeof text, "r%u: ", i);
	if (chance(8) == 0)
		put(ONE_OF(switches));
	while (n-- > 0) {
		key = ONE_OF(keys);
		if (used >> key & 1)
			continue;
		used |= 1U << key;
		put_term(key);
	}
	put("-> w");
}

static struct config config;

static void
make_config(unsigned int nrules, int proxies)
{
	static const struct place place = { "--rule", 0 };
	char err[512];
	unsigned int i;

	for (i = 0; i < nrules; i++) {
		make_rule(i);
		if (config_rule(&config, text, &place, err, sizeof err) < 0) {
			printf("# %s\n", err);
			bail("a rule of this test is wrong");
		}
	}
	if (proxies
	    && config_proxy_from(&config, "10.1.2.0/24, ::1, unix", &place,
	    err, sizeof err) < 0)
		bail("a network of this test is wrong");
}

static struct rule_index *
make_index(void)
{
	struct rule_index *x = index_new(&config);
	size_t i;

	for (i = 0; i < config.nrules && x != NULL; i++)
		if (index_add(x, i) < 0)
			bail("out of memory");
	if (x == NULL)
		bail("out of memory");
	return x;
}

/* -------------------------------------------------- connections --------- */

static unsigned char data[4096];
static size_t ndata;

static void
add(const void *from, size_t n)
{
	memcpy(data + ndata, from, n);
	ndata += n;
}

static void
add_number(size_t number, int bytes)
{
	while (bytes-- > 0)
		data[ndata++] = (unsigned char)(number >> 8 * bytes & 255);
}

static void
add_hello(void)
{
	size_t ext, n, at;

	add("\x16\3\1\0\0\1\0\0\0\3\3", 11);
	memset(data + ndata, 'r', 32);
	ndata += 32;
	add("\0\0\2\x13\1\1\0\0\0", 9);
	ext = ndata;
	text[0] = '\0';
	put_name();
	if (chance(4) > 0) {
		n = strlen(text);
		add_number(0, 2);
		add_number(n + 5, 2);
		add_number(n + 3, 2);
		add_number(0, 1);
		add_number(n, 2);
		add(text, n);
	}
	if (chance(2) > 0)
		add("\0\x10\0\5\0\3\2h2", 9);
	if (chance(8) == 0)
		add("\0\0\0\0", 4); /* perhaps twice, and malformed */
	at = ndata;
	ndata = ext - 2;
	add_number(at - ext, 2);
	n = ext - 2 - 9;
	ndata = 6;
	add_number(n + 2 + at - ext, 3);
	ndata = 3;
	add_number(at - 5, 2);
	ndata = at;
}

static void
add_request(void)
{
	static const char *const lines[] = { "GET / HTTP/1.1\r\n",
		"GET /v1?q HTTP/1.1\r\n", "POST /v1/x HTTP/1.0\r\n",
		"GET http://b.example/v2 HTTP/1.1\r\n", "GET /v1\r\n",
		"CONNECT a.b:443 HTTP/1.1\r\n" };
	static const char *const odd[] = { "Host: [::1]:80\r\n", "Host:\r\n",
		"Host: a\r\nHost: a\r\n", "Host: A.Example.:80\r\n",
		"Host: [::ffff:1.2.3.4]\r\n", "Host: !\r\n" };

	text[0] = '\0';
	put(ONE_OF(lines));
	if (chance(3) > 0) {
		put("Host: ");
		put_name();
		put("\r\n");
	} else if (chance(2) > 0)
		put(ONE_OF(odd));
	put(chance(8) == 0 ? "X: y\n\r\n" : "X: y\r\n\r\n");
	add(text, strlen(text));
}

static void
make_data(void)
{
	static const char *const headers[] = {
		"PROXY TCP4 10.1.2.3 10.0.0.1 1 80\r\n",
		"PROXY TCP6 2001:db8::1 2001:db8::2 1 443\r\n",
		"PROXY UNKNOWN\r\n", "PROXY TCP4 x\r\n",
		"PROXY /v1 HTTP/1.1\r\nHost: a\r\n\r\n" };
	static const char *const others[] = { "SSH-2.0\r\n", "EHLO x\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\x16\3\1\2" };
	const char *header;

	ndata = 0;
	if (chance(4) == 0) {
		header = ONE_OF(headers);
		add(header, strlen(header));
	}
	switch (chance(5)) {
	case 0: header = ONE_OF(others);
		add(header, strlen(header));
		break;
	case 1:
	case 2: {
		/* The builder counts from the beginning of the buffer. */
		size_t before = ndata;
		unsigned char keep[64];

		memcpy(keep, data, before);
		ndata = 0;
		add_hello();
		memmove(data + before, data, ndata);
		memcpy(data, keep, before);
		ndata += before;
		break;
	}
	default: add_request();
	}
}

static struct sockaddr_storage peer, local;

static socklen_t
make_address(struct sockaddr_storage *ss, const char *path)
{
	static const char *const v4[] = { "10.1.2.3", "10.1.2.200", "10.1.9.9",
		"10.200.0.1", "11.0.0.1", "192.0.2.1" };
	static const char *const v6[] = { "2001:db8::1", "2001:db8:8000::1",
		"2001:db8:0:1::5", "::1", "2001:db9::1", "::ffff:10.1.2.3" };
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	struct sockaddr_un un;

	memset(ss, 0, sizeof *ss);
	memset(&in, 0, sizeof in);
	memset(&in6, 0, sizeof in6);
	memset(&un, 0, sizeof un);
	switch (chance(5)) {
	case 0:
		un.sun_family = AF_UNIX;
		strcpy(un.sun_path, path);
		memcpy(ss, &un, sizeof un);
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path)
		    + strlen(path));
	case 1:
	case 2:
		in6.sin6_family = AF_INET6;
		in6.sin6_port = htons(chance(2) > 0 ? 80 : 443);
		(void)inet_pton(AF_INET6, ONE_OF(v6), &in6.sin6_addr);
		memcpy(ss, &in6, sizeof in6);
		return sizeof in6;
	}
	in.sin_family = AF_INET;
	in.sin_port = htons(chance(2) > 0 ? 80 : 443);
	(void)inet_pton(AF_INET, ONE_OF(v4), &in.sin_addr);
	memcpy(ss, &in, sizeof in);
	return sizeof in;
}

static void
make_connection(struct decide_input *in)
{
	static const char *const listeners[] = { "l", "m", "", "x" };
	static const char *const paths[] = { "/run/s", "/run/t", "" };

	memset(in, 0, sizeof *in);
	in->peer = (struct sockaddr *)(void *)&peer;
	in->peerlen = make_address(&peer, "");
	in->local = (struct sockaddr *)(void *)&local;
	in->locallen = make_address(&local, ONE_OF(paths));
	in->listener = chance(10) > 0 ? ONE_OF(listeners) : NULL;
	make_data();
	in->data = data;
}

/* -------------------------------------------------- both ways ----------- */

/* How often there was what. */
static unsigned long decided, ruled, undecided;

static int
same(struct rule_index *x, const struct decide_input *in)
{
	const struct rule *walked, *found;
	struct recognised a, b;
	int more, more_too;

	more = config_decide(&config, in, &walked, &a);
	config.index = x;
	more_too = config_decide(&config, in, &found, &b);
	config.index = NULL;
	decided++;
	ruled += more && walked != NULL;
	undecided += !more || a.undecided != NULL;
	if (more == more_too && walked == found && a.ended == b.ended
	    && a.undecided == b.undecided && a.what == b.what)
		return 1;
	printf("# walk: %d %s, index: %d %s, %lu bytes of %lu, ended %d\n",
	    more, walked != NULL ? walked->name : "-", more_too,
	    found != NULL ? found->name : "-", (unsigned long)in->n,
	    (unsigned long)ndata, (int)in->ended);
	return 0;
}

/* One connection at some lengths of its bytes. */
static int
follow(struct rule_index *x)
{
	struct decide_input in;
	int i;

	make_connection(&in);
	for (i = 0; i < 6; i++) {
		in.n = i == 0 ? ndata : i == 1 ? 0
		    : chance((unsigned int)ndata + 1);
		in.ended = chance(3) > 0 ? LOOK_ON
					 : (enum look_end)(1 + chance(4));
		if (!same(x, &in))
			return 0;
	}
	return 1;
}

static int
many(unsigned int configs, unsigned int nrules, unsigned int connections)
{
	struct rule_index *x;
	unsigned int i, k;
	int good = 1;

	for (i = 0; i < configs && good; i++) {
		state = i * 7919UL + nrules;
		make_config(1 + chance(nrules), chance(3) == 0);
		x = make_index();
		for (k = 0; k < connections && good; k++)
			good = follow(x);
		if (!good)
			printf("# configuration %u\n", i);
		index_free(x);
		config_free(&config);
	}
	return good;
}

int
main(void)
{
	plan(5);
	ok(many(600, 6, 30), "a few rules");
	ok(many(300, 40, 60), "some rules");
	ok(many(20, 1000, 300), "many rules");
	printf("# %lu decisions, %lu by a rule, %lu waited for bytes\n",
	    decided, ruled, undecided);
	ok(decided > 200000, "that were hundreds of thousands");
	ok(ruled > decided / 4 && undecided > decided / 10,
	    "of many rules, and of many that did not know");
	return tap_bad;
}
