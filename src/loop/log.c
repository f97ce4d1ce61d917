/* SPDX-License-Identifier: 0BSD */
/*
 * log.c - lines on standard error, through a bounded buffer.
 */
#include "../../lib/detect.h"

#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "log.h"

#define BUFFER 65536
#define LINE 4096
/* What a pipe that polls writable takes at once (_POSIX_PIPE_BUF). */
#define PIECE 512

static struct {
	enum log_form form;
	struct event *later;
	char buffer[BUFFER];	/* whole lines, except the first when cut */
	size_t used;
	char line[LINE];
	size_t len;
	unsigned long long dropped;
} log_;

/* Write what standard error takes now. */
static void
flush(int wait_ms)
{
	struct pollfd p;
	size_t done = 0, piece;
	ssize_t n;

	p.fd = 2;
	p.events = POLLOUT;
	while (done < log_.used && poll(&p, 1, wait_ms) == 1) {
		piece = log_.used - done;
		if (piece > PIECE)
			piece = PIECE;
		n = write(2, log_.buffer + done, piece);
		if (n < 0 && (errno == EINTR || errno == EAGAIN
		    || errno == EWOULDBLOCK))
			break;
		if (n <= 0) {
			/* Nobody reads any more: nothing to keep it for. */
			done = log_.used;
			break;
		}
		done += (size_t)n;
	}
	log_.used -= done;
	memmove(log_.buffer, log_.buffer + done, log_.used);
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = { 0, 50000 };

	(void)fd;
	(void)what;
	(void)arg;
	flush(0);
	if (log_.used > 0)
		(void)event_add(log_.later, &soon);
}

void
log_init(struct event_base *base, enum log_form form)
{
	log_.form = form;
	log_.later = evtimer_new(base, on_later, NULL);
	if (log_.later == NULL)
		die(1, "out of memory");
}

/* ------------------------------------------------ one line -------------- */

static void
put(const char *text, size_t len)
{
	if (log_.len + len > LINE - 2)	/* room for the end */
		len = LINE - 2 - log_.len;
	memcpy(log_.line + log_.len, text, len);
	log_.len += len;
}

static void
put_word(const char *text)
{
	put(text, strlen(text));
}

/* May this stand in a text line without quotes? */
static int
plain(const char *text)
{
	return *text != '\0' && text[strspn(text, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.:/@%+-_[]*,?&~")] == '\0';
}

/* A JSON string; it fits as a whole or is cut before its closing quote. */
static void
put_string(const char *text)
{
	char out[ESCAPE_MOST];
	size_t n;

	put("\"", 1);
	for (; *text != '\0' && log_.len < LINE - 512; text++) {
		n = escape_json((unsigned char)*text, out);
		put(out, n);
	}
	put("\"", 1);
}

static void
put_key(const char *key)
{
	if (log_.form == LOG_JSON) {
		put(",\"", 2);
		put_word(key);
		put("\":", 2);
		return;
	}
	put(" ", 1);
	put_word(key);
	put("=", 1);
}

/* RFC 3339, UTC, milliseconds. */
static void
put_time(void)
{
	struct timespec now;
	struct tm utc;
	char text[40], all[64];

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &utc) == NULL
	    || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc) == 0)
		text[0] = '\0';
	(void)snprintf(all, sizeof all, "%s.%03ldZ", text,
	    (long)(now.tv_nsec / 1000000));
	put_word(all);
}

void
log_begin(const char *event)
{
	log_.len = 0;
	if (log_.form == LOG_NONE)
		return;
	if (log_.form == LOG_JSON)
		put("{\"time\":\"", 9);
	put_time();
	if (log_.form == LOG_JSON) {
		put("\",\"event\":", 10);
		put_string(event);
	} else {
		put(" ", 1);
		put_word(event);
	}
}

void
log_text(const char *key, const char *value)
{
	if (log_.form == LOG_NONE)
		return;
	put_key(key);
	if (log_.form == LOG_TEXT && plain(value))
		put_word(value);
	else
		put_string(value);
}

void
log_number(const char *key, unsigned long long value)
{
	char text[32];

	if (log_.form == LOG_NONE)
		return;
	put_key(key);
	(void)snprintf(text, sizeof text, "%llu", value);
	put_word(text);
}

/* The line into the buffer, or counted as dropped. */
static int
keep(void)
{
	if (log_.len > BUFFER - log_.used)
		flush(0);
	if (log_.len > BUFFER - log_.used)
		return 0;
	memcpy(log_.buffer + log_.used, log_.line, log_.len);
	log_.used += log_.len;
	return 1;
}

void
log_end(void)
{
	unsigned long long dropped = log_.dropped;

	if (log_.form == LOG_NONE)
		return;
	if (log_.form == LOG_JSON)
		put("}", 1);
	log_.line[log_.len++] = '\n';
	if (!keep()) {
		log_.dropped++;
		return;
	}
	if (dropped > 0) {
		log_.dropped = 0;
		log_begin("lines-dropped");
		log_number("lines", dropped);
		log_end();
		return;
	}
	/* One write for all lines of this round of the loop. */
	if (log_.later != NULL)
		event_active(log_.later, EV_TIMEOUT, 1);
}

void
log_finish(void)
{
	flush(200);
}
