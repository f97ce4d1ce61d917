/* SPDX-License-Identifier: 0BSD */
/*
 * recognise-http.c - a request of HTTP/1.0 or 1.1; the preface of HTTP/2.
 *
 * Servers disagree about malformed requests (bare LF, two Host fields, a
 * blank before the colon), and what two of them read differently can be
 * steered to the wrong one. So nothing is forgiven here: a malformed request
 * line is no HTTP, a malformed header section gives no name.
 */
#include "../../lib/detect.h"

#include <string.h>

#include "recognise.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#define PREFACE_LEN (sizeof PREFACE - 1)

enum answer
recognise_http2(const unsigned char *data, size_t n)
{
	size_t len = n < PREFACE_LEN ? n : PREFACE_LEN;

	if (n > 0 && memcmp(data, PREFACE, len) != 0)
		return ANSWER_NO;
	return n < PREFACE_LEN ? ANSWER_MORE : ANSWER_YES;
}

static int
alpha(int c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int
digit(int c)
{
	return c >= '0' && c <= '9';
}

int
http_token_char(int c)
{
	return alpha(c) || digit(c)
	    || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* RFC 9112 wants fewer; browsers send more. A # would end the path for some
   servers and not for others. */
static int
target_char(int c)
{
	return c > ' ' && c < 0x7f && c != '#';
}

/* Of a field's value: no control character but the tab. */
static int
value_char(int c)
{
	return (c >= ' ' && c != 0x7f) || c == '\t';
}

/* The bytes from `at` that `fits` takes. */
static size_t
span(const unsigned char *data, size_t at, size_t n, int (*fits)(int))
{
	size_t i = at;

	while (i < n && fits(data[i]))
		i++;
	return i - at;
}

static struct slice
slice(const unsigned char *text, size_t len, int whole)
{
	struct slice s;

	s.text = text;
	s.len = len;
	s.whole = whole;
	return s;
}

static int
is_method(const struct http1_request *r, const char *name)
{
	return r->method.whole && r->method.len == strlen(name)
	    && memcmp(r->method.text, name, r->method.len) == 0;
}

/* -------------------------------------------------- request line -------- */

/* "http://": its length, 0 if the target cannot become one, or n + 1 if it
   still may. */
static size_t
scheme(const unsigned char *t, size_t n)
{
	size_t i = 1, k;

	if (n == 0)
		return 1;
	if (!alpha(t[0]))
		return 0;
	while (i < n
	    && (alpha(t[i]) || digit(t[i]) || t[i] == '+' || t[i] == '-'
		|| t[i] == '.'))
		i++;
	for (k = 0; k < 3; k++, i++) {
		if (i >= n)
			return n + 1;
		if (t[i] != "://"[k])
			return 0;
	}
	return i;
}

/* Up to the query. */
static void
set_path(struct http1_request *r, const unsigned char *t, size_t n, int whole)
{
	const unsigned char *query = memchr(t, '?', n);

	if (query != NULL)
		r->path = slice(t, (size_t)(query - t), 1);
	else
		r->path = slice(t, n, whole);
}

static void
set_name(struct http1_request *r, const unsigned char *text, size_t n)
{
	r->name_state =
	    hostname_fold(text, n, 1, r->name) == 0 ? NAME_SEEN : NAME_NONE;
}

/* http://example/path?query. Returns -1 if it is none. */
static int
absolute_form(struct http1_request *r)
{
	const unsigned char *t = r->target.text;
	size_t n = r->target.len, at = scheme(t, n), end;

	if (at == 0)
		return -1;
	if (at > n)
		return r->target.whole ? -1 : 0;
	for (end = at; end < n && t[end] != '/' && t[end] != '?'; end++)
		continue;
	if (end == n && !r->target.whole)
		return 0;
	set_name(r, t + at, end - at);
	if (end < n && t[end] == '/')
		set_path(r, t + end, n - end, r->target.whole);
	else /* an empty path means the root */
		r->path = slice((const unsigned char *)"/", 1, 1);
	return 0;
}

/* Which of the four forms of RFC 9112, 3.2; as far as it is there. */
static int
target_form(struct http1_request *r)
{
	const unsigned char *t = r->target.text;
	size_t n = r->target.len;

	if (n == 0)
		return r->target.whole ? -1 : 0;
	if (is_method(r, "CONNECT")) {
		if (r->target.whole)
			set_name(r, t, n);
		return 0;
	}
	if (t[0] == '/') {
		set_path(r, t, n, r->target.whole);
		return 0;
	}
	if (t[0] == '*')
		return is_method(r, "OPTIONS") && n == 1 ? 0 : -1;
	return absolute_form(r);
}

/* " HTTP/1.x" CR LF behind the target: the bytes it takes, 0 if there are
   not enough, n + 1 if it is none. */
static size_t
version(const unsigned char *data, size_t n)
{
	static const char form[] = " HTTP/1.x\r\n";
	size_t i;

	for (i = 0; i < sizeof form - 1; i++) {
		if (i == n)
			return 0;
		if (form[i] == 'x' ? !digit(data[i]) : data[i] != form[i])
			return n + 1;
	}
	return i;
}

/* Returns the bytes of the request line, 0 unless it is whole and right. */
static size_t
request_line(const unsigned char *data, size_t n, struct http1_request *r)
{
	size_t at = span(data, 0, n, http_token_char), len, end;

	r->method = slice(data, at, at < n);
	if (at > HTTP_METHOD_MOST || (at < n && (at == 0 || data[at] != ' ')))
		r->is = ANSWER_NO;
	if (at == n || r->is == ANSWER_NO)
		return 0;
	at++;
	len = span(data, at, n, target_char);
	r->target = slice(data + at, len, at + len < n);
	if (target_form(r) < 0)
		r->is = ANSWER_NO;
	at += len;
	end = version(data + at, n - at);
	if (end > n - at)
		r->is = ANSWER_NO;
	return r->is == ANSWER_NO ? 0 : end == 0 ? 0 : at + end;
}

/* -------------------------------------------------- header section ------ */

static int
is_host(const unsigned char *name, size_t n)
{
	size_t i;

	for (i = 0; i < 4 && i < n; i++)
		if ((name[i] | 0x20) != "host"[i])
			return 0;
	return n == 4;
}

static int
blank(int c)
{
	return c == ' ' || c == '\t';
}

/* A value that begins at data[at] and ends before CR LF at data[end]. An empty
   one is as good as none (RFC 9112, 3.2). */
static void
host_value(struct http1_request *r, const unsigned char *data, size_t at,
    size_t end)
{
	while (at < end && blank(data[at]))
		at++;
	while (end > at && blank(data[end - 1]))
		end--;
	if (at < end)
		set_name(r, data + at, end - at);
}

/* CR LF at data[at]? */
static enum answer
line_end(const unsigned char *data, size_t at, size_t n)
{
	if (at < n && data[at] != '\r')
		return ANSWER_NO;
	if (at + 1 < n && data[at + 1] != '\n')
		return ANSWER_NO;
	return at + 2 <= n ? ANSWER_YES : ANSWER_MORE;
}

/*
 * Walk the fields from data[at]. Yes: the section has ended, all is well;
 * no: it is malformed. The target's host, if it has one, beats Host, but two
 * Host fields are malformed all the same.
 */
static enum answer
header_section(const unsigned char *data, size_t at, size_t n,
    struct http1_request *r)
{
	int from_target = r->name_state != NAME_MORE, hosts = 0;
	enum answer end;
	size_t name, value;

	for (;;) {
		name = span(data, at, n, http_token_char);
		if (at + name == n)
			return ANSWER_MORE;
		if (name == 0) /* the empty line, or nonsense */
			return line_end(data, at, n);
		if (data[at + name] != ':')
			return ANSWER_NO;
		value = at + name + 1;
		value += span(data, value, n, value_char);
		end = line_end(data, value, n);
		if (end != ANSWER_YES)
			return end;
		if (is_host(data + at, name)) {
			if (hosts++ > 0)
				return ANSWER_NO;
			if (!from_target)
				host_value(r, data, at + name + 1, value);
		}
		at = value + 2;
	}
}

void
recognise_http1(const unsigned char *data, size_t n, struct http1_request *r)
{
	size_t line;

	memset(r, 0, sizeof *r);
	r->is = ANSWER_MORE;
	r->name_state = NAME_MORE;
	line = n > 0 ? request_line(data, n, r) : 0;
	if (line > 0) {
		r->is = ANSWER_YES;
		switch (header_section(data, line, n, r)) {
		case ANSWER_MORE: break;
		case ANSWER_YES:
			if (r->name_state == NAME_MORE)
				r->nameless = ANSWER_YES;
			r->name_state =
			    r->name_state == NAME_SEEN ? NAME_SURE : NAME_NONE;
			break;
		case ANSWER_NO: r->name_state = NAME_NONE; break;
		}
	} else if (r->is == ANSWER_NO)
		r->name_state = NAME_NONE;
	if (r->name_state == NAME_NONE)
		r->name[0] = '\0';
	if (r->name_state == NAME_MORE)
		r->nameless = ANSWER_MORE;
}
