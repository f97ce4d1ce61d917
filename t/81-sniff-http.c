/* SPDX-License-Identifier: 0BSD */
/*
 * t/81-sniff-http.c - requests of HTTP/1 and the preface of HTTP/2, whole,
 * in pieces, wrong and random. Every look is at a copy of exactly n bytes,
 * so that memory checkers see a byte read too far.
 */
#include "../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/recognise.h"
#include "tap.h"

/* What is compared: slices point into a copy that is gone. */
struct outcome {
	enum answer is, http2, nameless;
	enum name_state name_state;
	char name[NAME_ROOM];
	char method[64], path[2048];
	int method_whole, path_whole;
};

static struct outcome out;

static void
keep(const struct slice *s, char *to, size_t room, int *whole)
{
	if (s->len >= room)
		bail("a test larger than this test");
	if (s->text != NULL)
		memcpy(to, s->text, s->len);
	to[s->text != NULL ? s->len : 0] = '\0';
	*whole = s->whole;
}

static void
look(const char *data, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);
	struct http1_request r;

	if (copy == NULL)
		bail("out of memory");
	memcpy(copy, data, n);
	memset(&r, 0x5a, sizeof r);
	recognise_http1(copy, n, &r);
	out.is = r.is;
	out.http2 = recognise_http2(copy, n);
	out.name_state = r.name_state;
	out.nameless = r.nameless;
	strcpy(out.name, r.name);
	memset(out.method, 0, sizeof out.method);
	memset(out.path, 0, sizeof out.path);
	if (r.is != ANSWER_NO) {
		keep(&r.method, out.method, sizeof out.method,
		    &out.method_whole);
		keep(&r.path, out.path, sizeof out.path, &out.path_whole);
	}
	free(copy);
}

/* -------------------------------------------------- properties ---------- */

static int
steady(enum answer before, enum answer now)
{
	return before == ANSWER_MORE || before == now;
}

static int
name_follows(const struct outcome *a, const struct outcome *b)
{
	switch (a->name_state) {
	case NAME_MORE:
		return 1;
	case NAME_SEEN:
		return b->name_state == NAME_NONE
		    || (b->name_state != NAME_MORE
		    && strcmp(a->name, b->name) == 0);
	case NAME_NONE:
	case NAME_SURE:
		break;
	}
	return a->name_state == b->name_state && strcmp(a->name, b->name) == 0;
}

/* A part only grows until it is whole. */
static int
part_follows(const char *a, int a_whole, const char *b, int b_whole)
{
	return a_whole ? b_whole && strcmp(a, b) == 0
	    : strncmp(a, b, strlen(a)) == 0;
}

static int
follows(const struct outcome *a, const struct outcome *b)
{
	if (!steady(a->is, b->is) || !steady(a->http2, b->http2)
	    || !steady(a->nameless, b->nameless) || !name_follows(a, b))
		return 0;
	/* A name and none exclude each other, and are known together. */
	if ((b->nameless == ANSWER_MORE) != (b->name_state == NAME_MORE)
	    || (b->nameless == ANSWER_YES && b->name_state != NAME_NONE))
		return 0;
	return b->is == ANSWER_NO
	    || (part_follows(a->method, a->method_whole, b->method,
	    b->method_whole) && part_follows(a->path, a->path_whole, b->path,
	    b->path_whole));
}

/* Is each prefix a step to the next? Ends with the look at all of it. */
static int
every_prefix(const char *data, size_t n)
{
	struct outcome before;
	size_t i;

	memset(&out, 0, sizeof out);
	look(data, 0);
	for (i = 1; i <= n; i++) {
		before = out;
		look(data, i);
		if (!follows(&before, &out)) {
			printf("# turns at byte %lu\n", (unsigned long)i);
			return 0;
		}
	}
	return 1;
}

/* -------------------------------------------------- tables -------------- */

#define H "GET /x HTTP/1.1\r\n"

/* name: NULL is not known yet, "" is none; +name: seen, but not sure. */
static const struct {
	const char *data;
	enum answer is;
	const char *name;
	const char *path;
} requests[] = {
	{ H "Host: a.example\r\n\r\n", ANSWER_YES, "a.example", "/x" },
	{ H "hOsT:\t A.Example.:8080 \t\r\n\r\n", ANSWER_YES, "a.example",
	    "/x" },
	{ H "Host:a\r\nUser-Agent: x \x80 y\r\nAccept: */*\r\n\r\n", ANSWER_YES,
	    "a", "/x" },
	{ H "Empty:\r\nHost: a\r\n\r\nHost: b\r\n", ANSWER_YES, "a", "/x" },
	{ H "Host: [2001:DB8:0::1]:80\r\n\r\n", ANSWER_YES, "[2001:db8::1]",
	    "/x" },
	{ H "Host: [::1]\r\n\r\n", ANSWER_YES, "[::1]", "/x" },
	{ H "Host: 192.0.2.1:80\r\n\r\n", ANSWER_YES, "192.0.2.1", "/x" },
	{ H "Host: a:\r\n\r\n", ANSWER_YES, "a", "/x" },
	{ H "Host: a_b-c\r\n\r\n", ANSWER_YES, "a_b-c", "/x" },
	{ "GET /a/b%2fc?d=/e HTTP/1.0\r\nHost: a\r\n\r\n", ANSWER_YES, "a",
	    "/a/b%2fc" },
	{ "POST // HTTP/1.1\r\nHost: a\r\n\r\n", ANSWER_YES, "a", "//" },
	{ "GET http://B.example:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n",
	    ANSWER_YES, "b.example", "/p" },
	{ "GET http://b?q HTTP/1.1\r\nHost: a\r\n\r\n", ANSWER_YES, "b", "/" },
	{ "GET svn+ssh.x-1://b HTTP/1.0\r\n\r\n", ANSWER_YES, "b", "/" },
	{ "GET http://[::1]:1/ HTTP/1.0\r\n\r\n", ANSWER_YES, "[::1]", "/" },
	{ "CONNECT c.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", ANSWER_YES,
	    "c.example", "" },
	{ "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", ANSWER_YES, "a", "" },
	{ "PRI /x HTTP/1.1\r\nHost: a\r\n\r\n", ANSWER_YES, "a", "/x" },
	/* not finished */
	{ "GE", ANSWER_MORE, NULL, "" },
	{ "GET ", ANSWER_MORE, NULL, "" },
	{ "GET /v1", ANSWER_MORE, NULL, "/v1" },
	{ "GET http://b.exam", ANSWER_MORE, NULL, "" },
	{ "GET http://b.example/", ANSWER_MORE, "+b.example", "/" },
	{ "GET /x HTTP/1.1\r", ANSWER_MORE, NULL, "/x" },
	{ H, ANSWER_YES, NULL, "/x" },
	{ H "Host: a", ANSWER_YES, NULL, "/x" },
	{ H "Host: a\r\n", ANSWER_YES, "+a", "/x" },
	{ H "Host: a\r\n\r", ANSWER_YES, "+a", "/x" },
	/* no name */
	{ H "\r\n", ANSWER_YES, "", "/x" },
	{ "GET /x HTTP/1.0\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Hosts: a\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Hos: a\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host:\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a b\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a,b\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a..b\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: u@a\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a:65536\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a:1:2\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: ::1\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: [::1\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: [::g]\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: [::1]x\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: [fe80::1%251]\r\n\r\n", ANSWER_YES, "", "/x" },
	{ "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", ANSWER_YES, "", "/x" },
	{ "GET http://u@b/x HTTP/1.1\r\nHost: a\r\n\r\n", ANSWER_YES, "",
	    "/x" },
	/* a malformed header section: no name either */
	{ H "Host: a\r\nHost: a\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nhost: b\r\n\r\n", ANSWER_YES, "", "/x" },
	{ "GET http://b/x HTTP/1.1\r\nHost: b\r\nHost: b\r\n\r\n", ANSWER_YES,
	    "", "/x" },
	{ H "Host: a\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nX: y\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\n\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\n folded\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H " Host: a\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host : a\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nX : y\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nX\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\n: y\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nX(y): z\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nX: y\rz\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nX: \x01\r\n\r\n", ANSWER_YES, "", "/x" },
	{ H "Host: a\r\nX: \x7f\r\n\r\n", ANSWER_YES, "", "/x" },
	/* no HTTP/1 */
	{ "GET /x HTTP/1.1\n", ANSWER_NO, "", "" },
	{ "GET /x\r\n", ANSWER_NO, "", "" },
	{ "GET /x HTTP/2.0\r\n", ANSWER_NO, "", "" },
	{ "GET /x HTTP/1.10\r\n", ANSWER_NO, "", "" },
	{ "GET /x http/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET  /x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET /x  HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET /x HTTP/1.1 \r\n", ANSWER_NO, "", "" },
	{ "GET\t/x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ " GET /x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "\r\nGET /x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "G(T /x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET a/b HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET http:/x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET ?x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET * HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "OPTIONS *x HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET /\x80 HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET /\x01 HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "GET /a#b HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "CONNECT  HTTP/1.1\r\n", ANSWER_NO, "", "" },
	{ "EHLO mail.example\r\n", ANSWER_NO, "", "" },
	{ "SSH-2.0-OpenSSH_9.2\r\n", ANSWER_NO, "", "" },
	{ "\x16\x03\x01", ANSWER_NO, "", "" },
	{ "\x05\x01", ANSWER_NO, "", "" },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG", ANSWER_NO, "", "" },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", ANSWER_MORE, NULL, "" },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ANSWER_NO, "", "" }
};

#define COUNT(table) (sizeof table / sizeof table[0])

static int
name_is(const char *name)
{
	if (name == NULL)
		return out.name_state == NAME_MORE && out.name[0] == '\0';
	if (name[0] == '\0')
		return out.name_state == NAME_NONE && out.name[0] == '\0';
	if (name[0] == '+')
		return out.name_state == NAME_SEEN
		    && strcmp(out.name, name + 1) == 0;
	return out.name_state == NAME_SURE && strcmp(out.name, name) == 0;
}

/* A title of one line. */
static const char *
title(const char *data)
{
	static char text[120];
	size_t i;

	for (i = 0; i < sizeof text - 1 && data[i] != '\0'; i++)
		text[i] = data[i] > ' ' && data[i] < 0x7f && data[i] != '#'
		    ? data[i] : '_';
	text[i] = '\0';
	return text;
}

static void
each_request(void)
{
	size_t i;
	int steps;

	for (i = 0; i < COUNT(requests); i++) {
		steps = every_prefix(requests[i].data,
		    strlen(requests[i].data));
		ok(steps && out.is == requests[i].is
		    && name_is(requests[i].name)
		    && strcmp(out.path, requests[i].path) == 0,
		    title(requests[i].data));
	}
}

static void
wholeness(void)
{
	look("GET", 3);
	ok(strcmp(out.method, "GET") == 0 && !out.method_whole,
	    "a method may go on");
	look("GET ", 4);
	ok(strcmp(out.method, "GET") == 0 && out.method_whole,
	    "a blank ends the method");
	look("GET /v1", 7);
	ok(!out.path_whole, "a path may go on");
	look("GET /v1?", 8);
	ok(strcmp(out.path, "/v1") == 0 && out.path_whole,
	    "a question mark ends the path");
	look("GET /v1 ", 8);
	ok(strcmp(out.path, "/v1") == 0 && out.path_whole,
	    "a blank ends the path");
	look(H "Host: a\0b\r\n\r\n", sizeof H "Host: a\0b\r\n\r\n" - 1);
	ok(name_is(""), "a NUL in a header: no name");
	look("GET /\0 HTTP/1.1\r\n", sizeof "GET /\0 HTTP/1.1\r\n" - 1);
	ok(out.is == ANSWER_NO, "a NUL in the target: no HTTP");
}

static void
http2(void)
{
	static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
	size_t i;
	int bad = 0;

	for (i = 0; i < 24; i++) {
		look(preface, i);
		bad = bad || out.http2 != ANSWER_MORE;
	}
	look(preface, 24);
	ok(!bad && out.http2 == ANSWER_YES, "the preface, with its last byte");
	look("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nmore", 28);
	ok(out.http2 == ANSWER_YES, "the preface and more");
	look("PRI * HTTP/2.0\r\n\r\nSN", 20);
	ok(out.http2 == ANSWER_NO, "not quite the preface");
	look("G", 1);
	ok(out.http2 == ANSWER_NO, "no preface from the first byte");
}

/* The largest that can come, in the shapes that could cost most. */
static void
large(void)
{
	const size_t n = 65536;
	char *data = malloc(n);
	size_t i;
	struct http1_request r;

	if (data == NULL)
		bail("out of memory");
	memset(data, 'a', n);
	memcpy(data, H "Host: ", sizeof H "Host: " - 1);
	memcpy(data + n - 4, "\r\n\r\n", 4);
	recognise_http1((unsigned char *)data, n, &r);
	ok(r.is == ANSWER_YES && r.name_state == NAME_NONE,
	    "a Host of 64 KiB is none");
	for (i = sizeof H - 1; i + 4 <= n - 2; i += 4)
		memcpy(data + i, "a:\r\n", 4);
	memcpy(data + i, "\r\n", 2);
	recognise_http1((unsigned char *)data, i + 2, &r);
	ok(r.is == ANSWER_YES && r.name_state == NAME_NONE,
	    "16000 fields and no Host");
	memset(data, 'a', n);
	memcpy(data, "GET /", 5);
	recognise_http1((unsigned char *)data, n, &r);
	ok(r.is == ANSWER_MORE && r.path.len == n - 4,
	    "a target of 64 KiB is not at its end");
	free(data);
}

static void
mutations(void)
{
	static const char good[] = "GET http://b.example/p?q HTTP/1.1\r\n"
	    "Host: a.example:80\r\nAccept: */*\r\n\r\n";
	static const char spice[] = "\r\n :/?*\0[]%Hh\x80";
	char data[sizeof good - 1];
	unsigned long seed = 20260102;
	int round, k, bad = 0;

	for (round = 0; round < 4000 && !bad; round++) {
		memcpy(data, good, sizeof data);
		for (k = 0; k < 2; k++) {
			seed = seed * 1103515245 + 12345;
			data[(seed >> 16) % sizeof data]
			    = spice[(seed >> 8) % (sizeof spice - 1)];
		}
		bad = !every_prefix(data, sizeof data);
	}
	ok(!bad, "4000 requests with random changes, at every length");
}

int
main(void)
{
	plan((int)COUNT(requests) + 7 + 4 + 3 + 1);
	each_request();
	wholeness();
	http2();
	large();
	mutations();
	return tap_bad;
}
