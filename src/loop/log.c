/* SPDX-License-Identifier: 0BSD */
/*
 * log.c - lines on standard error, through a bounded buffer.
 *
 * Programs of exec: write to the same standard error, so each write is of
 * whole lines, and not larger than what a pipe takes in one piece.
 */
#include "../../lib/detect.h"

#include <event2/event.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "log.h"

#define BUFFER 65536
#define LINE 4096
/* What a pipe that polls writable takes at once (_POSIX_PIPE_BUF). */
#define PIECE 512
#define WHEN 64	 /* the time as text */
#define NOTE 128 /* a line that says how many were lost */
#define PAUSE_FIRST_MS 50
#define PAUSE_MOST_MS 1000
/* The end of a line, with the mark that it was cut. */
#define TAIL (sizeof ",\"cut\":true}\n")

static struct {
	enum log_form form;
	struct event *later;
	char buffer[BUFFER]; /* whole lines, except the first when cut */
	size_t used;
	size_t piece, most; /* bytes of a write, of a line */
	int pause_ms;
	char line[LINE];
	size_t len;
	int over, cut; /* a field did not fit; some did not */
	time_t second; /* whose text this is */
	char second_text[40];
	unsigned long long dropped; /* lines, and nobody was told */
	unsigned long long lost;    /* lines, in all */
} log_;

/* Of this second as text: most lines have that of the line before. */
static const char *
second_text(time_t second)
{
	struct tm utc;

	if (log_.second_text[0] != '\0' && log_.second == second)
		return log_.second_text;
	log_.second = second;
	if (gmtime_r(&second, &utc) == NULL
	    || strftime(log_.second_text, sizeof log_.second_text,
		   "%Y-%m-%dT%H:%M:%S", &utc)
		== 0)
		log_.second_text[0] = '\0';
	return log_.second_text;
}

/* RFC 3339, UTC, milliseconds; its length. */
static size_t
time_text(char out[WHEN])
{
	struct timespec now;
	const char *text;
	size_t n;
	long ms;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	text = second_text(now.tv_sec);
	ms = (long)(now.tv_nsec / 1000000);
	n = strlen(text);
	memcpy(out, text, n);
	out[n] = '.';
	out[n + 1] = (char)('0' + ms / 100 % 10);
	out[n + 2] = (char)('0' + ms / 10 % 10);
	out[n + 3] = (char)('0' + ms % 10);
	out[n + 4] = 'Z';
	out[n + 5] = '\0';
	return n + 5;
}

/* ------------------------------------------------ the buffer ------------ */

/* Straight into the buffer, where there is room: a line may be half-made. */
static void
note_dropped(void)
{
	char when[WHEN];
	int n;

	if (log_.dropped == 0 || NOTE > BUFFER - log_.used)
		return;
	(void)time_text(when);
	n = snprintf(log_.buffer + log_.used, NOTE,
	    log_.form == LOG_JSON ? "{\"time\":\"%s\",\"event\":\"lines-"
				    "dropped\",\"lines\":%llu}\n"
				  : "%s lines-dropped lines=%llu\n",
	    when, log_.dropped);
	log_.used += (size_t)n;
	log_.dropped = 0;
}

/* As many whole lines as one write may have, and at least one. */
static size_t
next_write(const char *lines, size_t len)
{
	const char *end = lines, *next;

	while ((next = memchr(end, '\n', len - (size_t)(end - lines))) != NULL
	    && (end == lines || (size_t)(next + 1 - lines) <= log_.piece))
		end = next + 1;
	return (size_t)(end - lines);
}

/*
 * Write what standard error takes now; whether it took anything. What it
 * does not take stays, whatever the error: a disk may have room again, and
 * then a line of which a part was written is completed.
 */
static int
flush(int wait_ms)
{
	struct pollfd p;
	size_t done = 0;
	ssize_t n;

	p.fd = 2;
	p.events = POLLOUT;
	while (done < log_.used && poll(&p, 1, wait_ms) == 1) {
		n = write(2, log_.buffer + done,
		    next_write(log_.buffer + done, log_.used - done));
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	log_.used -= done;
	memmove(log_.buffer, log_.buffer + done, log_.used);
	if (done == 0)
		return 0;
	note_dropped();
	return 1;
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	struct timeval in;

	(void)fd;
	(void)what;
	(void)arg;
	if (flush(0))
		log_.pause_ms = PAUSE_FIRST_MS;
	if (log_.used == 0)
		return;
	in.tv_sec = log_.pause_ms / 1000;
	in.tv_usec = log_.pause_ms % 1000 * 1000;
	(void)event_add(log_.later, &in);
	log_.pause_ms *= 2;
	if (log_.pause_ms > PAUSE_MOST_MS)
		log_.pause_ms = PAUSE_MOST_MS;
}

/* Into a pipe goes no more than it takes in one piece: it would wait for its
   reader, or mix with what others write. */
static void
find_limits(void)
{
	struct stat st;
	long most;

	log_.piece = PIECE;
	log_.most = LINE;
	if (fstat(2, &st) < 0 || !S_ISFIFO(st.st_mode))
		return;
	most = fpathconf(2, _PC_PIPE_BUF);
	if (most > PIECE)
		log_.piece = most < LINE ? (size_t)most : LINE;
	log_.most = log_.piece;
}

void
log_init(struct event_base *base, enum log_form form)
{
	log_.form = form;
	log_.pause_ms = PAUSE_FIRST_MS;
	find_limits();
	log_.later = evtimer_new(base, on_later, NULL);
	if (log_.later == NULL)
		die(1, "out of memory");
}

int
log_wanted(void)
{
	return log_.form != LOG_NONE;
}

unsigned long long
log_lost(void)
{
	return log_.lost;
}

/* ------------------------------------------------ one line -------------- */

/* All of it or nothing; what is kept free is for the end. */
static void
put(const char *text, size_t len)
{
	if (log_.over || log_.len + len > log_.most - TAIL) {
		log_.over = 1;
		return;
	}
	memcpy(log_.line + log_.len, text, len);
	log_.len += len;
}

static void
put_word(const char *text)
{
	put(text, strlen(text));
}

/* May all of this stand in a text line without quotes? Its length, or 0. */
static size_t
plain(const char *text)
{
	static const char others[] = ".:/@%+-_[]*,?&~";
	size_t n;
	char c;

	for (n = 0; (c = text[n]) != '\0'; n++)
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
			|| (c >= '0' && c <= '9'))
		    && memchr(others, c, sizeof others - 1) == NULL)
			return 0;
	return n;
}

/* A JSON string. A long one is cut, so that short fields behind it fit. */
static void
put_string(const char *text)
{
	const size_t most = log_.most - TAIL - log_.most / 8;
	char out[ESCAPE_MOST];
	size_t n;

	put("\"", 1);
	for (; *text != '\0'; text++) {
		n = escape_json((unsigned char)*text, out);
		if (log_.len + n > most) {
			log_.cut = 1;
			break;
		}
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

/* A field that does not fit is left out: half of it would not be JSON. */
static void
end_field(size_t began)
{
	if (!log_.over)
		return;
	log_.len = began;
	log_.over = 0;
	log_.cut = 1;
}

void
log_begin(const char *event)
{
	char when[WHEN];

	log_.len = 0;
	log_.over = log_.cut = 0;
	if (log_.form == LOG_NONE)
		return;
	if (log_.form == LOG_JSON)
		put("{\"time\":\"", 9);
	put(when, time_text(when));
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
	size_t began = log_.len, n;

	if (log_.form == LOG_NONE)
		return;
	put_key(key);
	n = log_.form == LOG_TEXT ? plain(value) : 0;
	if (n > 0 && n < log_.most / 2)
		put(value, n);
	else
		put_string(value);
	end_field(began);
}

void
log_number(const char *key, unsigned long long value)
{
	size_t began = log_.len;
	char text[32], *at = text + sizeof text;

	if (log_.form == LOG_NONE)
		return;
	put_key(key);
	do
		*--at = (char)('0' + value % 10);
	while ((value /= 10) > 0);
	put(at, (size_t)(text + sizeof text - at));
	end_field(began);
}

/* The line into the buffer, behind the number of those that were lost. */
static int
keep(void)
{
	size_t need = log_.len + (log_.dropped > 0 ? NOTE : 0);

	if (need > BUFFER - log_.used)
		(void)flush(0);
	if (need > BUFFER - log_.used)
		return 0;
	note_dropped();
	memcpy(log_.buffer + log_.used, log_.line, log_.len);
	log_.used += log_.len;
	return 1;
}

void
log_end(void)
{
	const char *end = log_.form == LOG_JSON
	    ? log_.cut ? ",\"cut\":true}\n" : "}\n"
	    : log_.cut ? " cut=yes\n"
		       : "\n";

	if (log_.form == LOG_NONE)
		return;
	memcpy(log_.line + log_.len, end, strlen(end));
	log_.len += strlen(end);
	if (!keep()) {
		log_.dropped++;
		log_.lost++;
	}
	/* One flush for all lines of this round of the loop. */
	if (log_.later != NULL)
		event_active(log_.later, EV_TIMEOUT, 1);
}

void
log_finish(void)
{
	while (log_.used > 0 && flush(200))
		continue;
}
