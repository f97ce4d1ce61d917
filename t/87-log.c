/* SPDX-License-Identifier: 0BSD */
/*
 * t/87-log.c - lines on standard error: each in one write, none lost and not
 * counted, whatever write() says and after whichever byte.
 */
#include "../lib/detect.h"

#include <ctype.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

/* ------------------------------------------------ what is below --------- */

static char sink[1 << 20];
static size_t outlen;
static long space;		/* bytes that write() takes yet */
static int error;		/* and then says */
static int writable = 1;	/* poll() */
static int is_pipe;
static long pipe_buf;
static int writes, torn;	/* calls; those that ended within a line */
static size_t largest;

static ssize_t
fake_write(int fd, const void *data, size_t len)
{
	(void)fd;
	writes++;
	if (((const char *)data)[len - 1] != '\n')
		torn++;
	if (len > largest)
		largest = len;
	if (space == 0) {
		errno = error;
		return -1;
	}
	if (len > (size_t)space)
		len = (size_t)space;
	memcpy(sink + outlen, data, len);
	outlen += len;
	space -= (long)len;
	return (ssize_t)len;
}

static int
fake_poll(struct pollfd *p, nfds_t n, int ms)
{
	(void)n;
	(void)ms;
	p->revents = (short)(writable ? POLLOUT : 0);
	return writable;
}

static int
fake_fstat(int fd, struct stat *st)
{
	(void)fd;
	memset(st, 0, sizeof *st);
	st->st_mode = is_pipe ? S_IFIFO : S_IFREG;
	return 0;
}

static long
fake_fpathconf(int fd, int name)
{
	(void)fd;
	return name == _PC_PIPE_BUF ? pipe_buf : -1;
}

#define write fake_write
#define poll fake_poll
#define fstat fake_fstat
#define fpathconf fake_fpathconf
#include "../src/loop/log.c"

/* The loop: only one timer, which the tests call. */
static struct event *const timer = (struct event *)&log_;
static int pending;

struct event *
event_new(struct event_base *base, evutil_socket_t fd, short what,
    event_callback_fn f, void *arg)
{
	(void)base;
	(void)fd;
	(void)what;
	(void)arg;
	return f == on_later ? timer : NULL;
}

int
event_add(struct event *ev, const struct timeval *in)
{
	(void)in;
	pending = ev == timer;
	return 0;
}

void
event_active(struct event *ev, int what, short n)
{
	(void)what;
	(void)n;
	pending = ev == timer;
}

void
die(int status, const char *fmt, ...)
{
	(void)fmt;
	exit(status);
}

static void
turn(void)
{
	while (pending) {
		pending = 0;
		on_later(-1, EV_TIMEOUT, NULL);
		if (space == 0 || !writable)
			break;
	}
}

static void
begin(enum log_form form)
{
	memset(&log_, 0, sizeof log_);
	outlen = largest = 0;
	writes = torn = pending = 0;
	space = 1 << 30;
	writable = 1;
	log_init(NULL, form);
}

/* ------------------------------------------------ what came ------------- */

/* A flat object of strings, numbers and true, and nothing else. */
static const char *
json_string(const char *s)
{
	if (*s++ != '"')
		return NULL;
	for (; *s != '"'; s++) {
		if ((unsigned char)*s < 0x20)
			return NULL;
		if (*s == '\\' && *++s == '\0')
			return NULL;
	}
	return s + 1;
}

static int
json_line(const char *s)
{
	if (*s++ != '{')
		return 0;
	for (;;) {
		s = json_string(s);
		if (s == NULL || *s++ != ':')
			return 0;
		if (*s == '"')
			s = json_string(s);
		else if (strncmp(s, "true", 4) == 0)
			s += 4;
		else
			for (; isdigit((unsigned char)*s); s++)
				continue;
		if (s == NULL)
			return 0;
		if (*s == '}')
			return s[1] == '\0';
		if (*s++ != ',')
			return 0;
	}
}

static long lines, wrong, told;

/* Lines of events, and those that are told to be lost; each must be JSON. */
static void
count_lines(void)
{
	char *line, *end, *n;

	lines = wrong = told = 0;
	sink[outlen] = '\0';
	for (line = sink; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		n = strstr(line, "\"lines\":");
		if (!json_line(line))
			wrong++;
		else if (n != NULL)
			told += atol(n + 8);
		else
			lines++;
	}
	if (*line != '\0')
		wrong++;
}

static void
one_line(long i)
{
	log_begin("delivered");
	log_text("worker", "w");
	log_text("path", "/a path with \"quotes\" and \\ and \n");
	log_number("n", (unsigned long long)i);
	log_end();
}

static void
many(long from, long to)
{
	for (; from < to; from++) {
		one_line(from);
		if (from % 7 == 0)
			turn();
	}
	turn();
}

/* ------------------------------------------------ tests ----------------- */

static void
test_one_write(void)
{
	begin(LOG_JSON);
	many(0, 500);
	count_lines();
	is(500, lines, "500 lines");
	is(0, wrong, "all of them JSON");
	is(0, torn, "no write ends within a line");
	ok(largest <= PIECE, "none is larger than a pipe takes at once");
}

static void
test_errors(void)
{
	static const int all[] = { EAGAIN, EINTR, EIO, ENOSPC, EFBIG, EPIPE,
	    EBADF, ENXIO, EINVAL, EDQUOT };
	char name[64];
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		begin(LOG_JSON);
		many(0, 10);
		space = 333;
		error = all[i];
		many(10, 2000);
		ok(log_lost() > 100, "many do not fit");
		space = 1 << 30;
		turn();
		many(2000, 2010);
		count_lines();
		(void)snprintf(name, sizeof name, "errno %d: no line is lost "
		    "and not counted", error);
		is(2010, lines + told, name);
		is((long)log_lost(), told, "the total is the same");
		is(0, wrong, "what was half-written is completed");
	}
}

/* It is told without waiting for another line. */
static void
test_told_alone(void)
{
	begin(LOG_JSON);
	writable = 0;
	many(0, 2000);
	is(0, (long)outlen, "nobody takes anything");
	writable = 1;
	turn();
	count_lines();
	is(2000, lines + told, "the count comes when somebody does");
	ok(told > 0 && log_.dropped == 0, "and only once");
}

static void
test_every_byte(void)
{
	long at, good = 0;

	for (at = 0; at < 1200; at++) {
		begin(LOG_JSON);
		space = at;
		error = ENOSPC;
		many(0, 8);
		space = 1 << 30;
		turn();
		count_lines();
		good += lines == 8 && wrong == 0 && told == 0;
	}
	is(1200, good, "a disk that is full after any byte, and then not");
}

static void
fields(size_t len, int byte)
{
	static char text[6000];
	int i;

	memset(text, byte, len);
	text[len] = '\0';
	log_begin("delivered");
	log_text("rule", text);
	for (i = 0; i < 4; i++)
		log_text(i % 2 ? "path" : "name", text);
	log_number("looked_ms", 1234567890123456789ull);
	log_end();
	turn();
}

/* A pipe of a system where they take 512 bytes at once; and any other. */
static void
test_long(int small)
{
	static const char bytes[] = "a\"\n\xff";
	size_t len, i, most = small ? 512 : 4096;
	long good = 0, all = 0, cut = 0, short_ones = 0;

	is_pipe = small;
	pipe_buf = 512;
	for (i = 0; i < sizeof bytes - 1; i++)
		for (len = 0; len < 5200; len += len < 600 ? 1 : 97) {
			begin(LOG_JSON);
			fields(len, bytes[i]);
			all++;
			cut += outlen > 12 && memcmp(sink + outlen - 12,
			    "\"cut\":true}\n", 12) == 0;
			short_ones += strstr(sink, "looked_ms") != NULL
			    && len <= 50;
			good += writes == 1 && outlen <= most;
			count_lines();
			good -= lines != 1 || wrong != 0;
		}
	is(all, good, small ? "fields of any length into a small pipe"
	    : "fields of any length into a file");
	ok(cut > 0 && cut < all, "those that are cut say so");
	ok(short_ones > 0, "those that fit are whole");
	begin(LOG_TEXT);
	fields(5000, 'a');
	sink[outlen] = '\0';
	ok(outlen <= most && strcmp(sink + outlen - 9, " cut=yes\n") == 0,
	    "the same as text");
	is_pipe = 0;
}

static void
test_end(void)
{
	begin(LOG_JSON);
	writable = 0;
	many(0, 3);
	writable = 1;
	log_finish();
	count_lines();
	is(3, lines, "the end writes what is left");
	begin(LOG_JSON);
	space = 0;
	error = ENOSPC;
	many(0, 3);
	log_finish();
	is(0, (long)outlen, "and does not wait for a disk");
	begin(LOG_NONE);
	many(0, 3);
	log_finish();
	is(0, writes, "no log: nothing is written");
}

int
main(void)
{
	plan(4 + 4 * 10 + 3 + 1 + 4 + 4 + 3);
	test_one_write();
	test_errors();
	test_told_alone();
	test_every_byte();
	test_long(0);
	test_long(1);
	test_end();
	return tap_bad;
}
