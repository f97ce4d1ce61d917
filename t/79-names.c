/* SPDX-License-Identifier: 0BSD */
/*
 * t/79-names.c - what bindings and logs need: names of events, the socket of
 * a channel, and the lines that are said beside a hand-off.
 */
#include "../lib/detect.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

static void
names(void)
{
	ok(strcmp(fdferry_event_name(FDFERRY_EVENT_NONE), "none") == 0
	    && strcmp(fdferry_event_name(FDFERRY_EVENT_MESSAGE), "message")
	    == 0
	    && strcmp(fdferry_event_name(FDFERRY_EVENT_WITHDRAWN),
	    "withdrawn") == 0
	    && strcmp(fdferry_event_name(FDFERRY_EVENT_HANDOFF), "handoff")
	    == 0
	    && strcmp(fdferry_event_name(FDFERRY_EVENT_END), "end") == 0,
	    "events have names");
	ok(strcmp(fdferry_outcome_name(FDFERRY_ACCEPTED), "accepted") == 0
	    && strcmp(fdferry_outcome_name(FDFERRY_REFUSED_BACK),
	    "refused-back") == 0
	    && strcmp(fdferry_outcome_name(FDFERRY_IN_DOUBT), "in-doubt")
	    == 0, "outcomes have names");
	ok(strcmp(fdferry_reason_name(FDFERRY_REASON_BUSY), "busy") == 0
	    && strcmp(fdferry_reason_name(FDFERRY_REASON_LOST), "lost") == 0
	    && strcmp(fdferry_reason_name(FDFERRY_REASON_OWN + 7), "own")
	    == 0, "reasons have names");
	ok(strcmp(fdferry_event_name(FDFERRY_EVENT_END + 1), "unknown") == 0
	    && strcmp(fdferry_event_name(-1), "unknown") == 0
	    && strcmp(fdferry_outcome_name(99), "unknown") == 0
	    && strcmp(fdferry_outcome_name(-5), "unknown") == 0
	    && strcmp(fdferry_reason_name(FDFERRY_REASON_LOST + 1),
	    "unknown") == 0, "what is not known is said to be so");
}

static void
sockets(void)
{
	struct two t;
	pid_t pid;
	int status;

	if (strcmp(fdferry_feature_get("backend"), "none") == 0) {
		skip("the socket of a channel", "no backend");
		skip("not in a child", "no backend");
		skip("not of nothing", "no backend");
		return;
	}
	if (two_open(&t, SOCK_STREAM, NULL, NULL) < 0)
		bail("no channel");
	ok(fdferry_channel_fd(t.a) == t.sock[0]
	    && fdferry_channel_fd(t.b) == t.sock[1],
	    "a channel tells its socket");
	pid = tap_fork();
	if (pid == 0)
		_exit(fdferry_channel_fd(t.a) == -1 && errno == ECHILD
		    ? 0 : 1);
	ok(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0,
	    "but not to a child: ECHILD");
	fails_with(EINVAL, fdferry_channel_fd(NULL), "nor without one");
	two_close(&t);
}

static void
writing(void)
{
	char meta[64], line[] = "path=/a\\x0ab\\x5c\\xc3\\xa9\n";
	ptrdiff_t n;

	memset(meta, '#', sizeof meta);
	n = fdferry_meta_put(meta, sizeof meta, 0, "path", "/a\nb\\\303\251",
	    7);
	is((long)strlen(line), (long)n, "a line is as long as it should be");
	ok(n > 0 && memcmp(meta, line, (size_t)n) == 0 && meta[n] == '#',
	    "what does not print is \\xNN, and nothing lies behind it");
	n = fdferry_meta_put(meta, sizeof meta, (size_t)n, "empty", NULL, 0);
	ok(n == (ptrdiff_t)strlen(line) + 7
	    && memcmp(meta + strlen(line), "empty=\n", 7) == 0,
	    "the next one is behind it; a value may be empty");
	memset(meta, '#', sizeof meta);
	ok(fdferry_meta_put(meta, 6, 0, "rule", "ab", 2) == -1
	    && errno == EMSGSIZE && meta[0] == '#',
	    "too long by two: EMSGSIZE, and nothing is written");
	ok(fdferry_meta_put(meta, 8, 0, "rule", "ab", 2) == 8
	    && meta[8] == '#', "one that just fits");
	fails_with(EMSGSIZE, (long)fdferry_meta_put(meta, 7, 0, "rule", "ab",
	    2), "too long by one");
	fails_with(EMSGSIZE, (long)fdferry_meta_put(NULL, 0, 0, "rule", "ab",
	    2), "no room at all");
	ok(fdferry_meta_put(meta, 60, 0, "", "", 0) == -1 && errno == EINVAL
	    && fdferry_meta_put(meta, 60, 0, NULL, "", 0) == -1
	    && fdferry_meta_put(meta, 60, 0, "a=b", "", 0) == -1
	    && fdferry_meta_put(meta, 60, 0, "A", "", 0) == -1
	    && fdferry_meta_put(meta, 60, 0, "a\nb", "", 0) == -1
	    && fdferry_meta_put(meta, 60, 61, "a", "", 0) == -1
	    && fdferry_meta_put(meta, 60, 0, "a", NULL, 1) == -1
	    && errno == EINVAL, "what can be no line: EINVAL");
}

/* Is the next line this one? */
static int
next_is(const char *meta, size_t *at, const char *key, const char *value)
{
	struct fdferry_meta line;
	char got[64];
	size_t n;

	line.size = sizeof line;
	if (fdferry_meta_next(meta, strlen(meta), at, &line) != 1)
		return 0;
	n = fdferry_meta_value(&line, got, sizeof got);
	return line.keylen == strlen(key)
	    && memcmp(line.key, key, line.keylen) == 0
	    && n == strlen(value) && memcmp(got, value, n) == 0;
}

static void
reading(void)
{
	static const char meta[] = "rule=r=1\n\n=x\nnothing\nBad key=1\n"
	    "path=/\\x41\\x5C\\xzz\\x4\\\nlast=";
	struct fdferry_meta line;
	char got[4] = "###";
	size_t at = 0;

	ok(next_is(meta, &at, "rule", "r=1"), "a line; its value has a =");
	ok(next_is(meta, &at, "path", "/A\\\\xzz\\x4\\"),
	    "what is no line is passed over; escapes that are none stay");
	ok(next_is(meta, &at, "last", ""), "the last needs no LF");
	line.size = sizeof line;
	ok(fdferry_meta_next(meta, strlen(meta), &at, &line) == 0
	    && at == strlen(meta) && fdferry_meta_next(meta, strlen(meta),
	    &at, &line) == 0, "then there are no more");
	at = 0;
	ok(fdferry_meta_next("a=\\x41bcd", 9, &at, &line) == 1
	    && fdferry_meta_value(&line, got, 2) == 4
	    && memcmp(got, "Ab#", 3) == 0
	    && fdferry_meta_value(&line, NULL, 0) == 4,
	    "a value longer than the room: its length is told");
	at = 0;
	memset(&line, 0x5a, sizeof line);
	line.size = sizeof line.size;
	ok(fdferry_meta_next("a=b", 3, &at, &line) == 1 && at == 3
	    && line.keylen == (size_t)0x5a5a5a5a5a5a5a5aull,
	    "a line with room for its size: found, and nothing is written");
	line.size = sizeof line;
	at = 0;
	ok(fdferry_meta_next(NULL, 0, &at, &line) == 0, "nothing at all");
	fails_with(EINVAL, fdferry_meta_next(NULL, 1, &at, &line),
	    "no memory of some length");
	line.size = sizeof line.size - 1;
	fails_with(EINVAL, fdferry_meta_next("a=b", 3, &at, &line),
	    "a size that cannot be");
}

/* Any bytes: whatever is found lies within them. */
static void
garbage(void)
{
	struct fdferry_meta line;
	unsigned long seed = 4711, rounds;
	char value[48], *meta;
	size_t len, at, i;
	int good = 1;

	line.size = sizeof line;
	for (rounds = 0; rounds < 20000; rounds++) {
		len = rounds % 48;
		meta = malloc(len > 0 ? len : 1);	/* its end is guarded */
		if (meta == NULL)
			bail("no memory");
		for (i = 0; i < len; i++) {
			seed = (seed * 1103515245 + 12345) & 0x7fffffff;
			meta[i] = "a=\n\\x4b\0\377"[seed / 65536 % 9];
		}
		at = 0;
		while (fdferry_meta_next(meta, len, &at, &line) == 1)
			if (line.key < meta || line.keylen == 0
			    || line.value + line.valuelen > meta + len
			    || fdferry_meta_value(&line, value, sizeof value)
			    > line.valuelen)
				good = 0;
		if (at != len)
			good = 0;
		free(meta);
	}
	ok(good, "20000 pieces of garbage");
}

/* Every byte as a value and as a key, and every two as an escape. */
static void
every_byte(void)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	struct fdferry_meta line;
	unsigned char byte, got[8];
	char meta[40], key[2] = "a";
	size_t at, n;
	int c, d, values = 0, keys = 0, escapes = 0, plain;

	for (c = 0; c < 256; c++) {
		byte = (unsigned char)c;
		at = 0;
		line.size = sizeof line;
		n = (size_t)fdferry_meta_put(meta, sizeof meta, 0, "k", &byte,
		    1);
		plain = c >= 0x20 && c < 0x7f && c != '\\';
		values += n == (plain ? 4u : 7u)
		    && fdferry_meta_next(meta, n, &at, &line) == 1
		    && line.valuelen == (plain ? 1u : 4u)
		    && fdferry_meta_value(&line, got, sizeof got) == 1
		    && got[0] == c;
		key[0] = (char)c;
		plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
		    || c == '-' || c == '_';
		keys += (fdferry_meta_put(meta, sizeof meta, 0, key, "", 0)
		    > 0) == plain;
	}
	is(256, values, "every byte comes as it was put");
	is(256, keys, "and every byte is part of a key or is not");
	memcpy(meta, "k=\\x..", 7);
	for (c = 1; c < 256; c++)
		for (d = 1; d < 256; d++) {
			meta[4] = (char)c;
			meta[5] = (char)d;
			at = 0;
			line.size = sizeof line;
			if (c == '\n' || d == '\n'
			    || fdferry_meta_next(meta, 6, &at, &line) != 1) {
				escapes++;
				continue;
			}
			n = fdferry_meta_value(&line, got, sizeof got);
			if (strchr(hex, c) == NULL || strchr(hex, d) == NULL)
				escapes += n == 4 && got[0] == '\\';
			else
				escapes += n == 1 && got[0]
				    == strtoul(meta + 4, NULL, 16);
		}
	is(255 * 255, escapes, "every two digits, and what are none");
	line.size = sizeof line - 1;
	is(0, (long)fdferry_meta_value(&line, got, 8), "a line too short");
	is(0, (long)fdferry_meta_value(NULL, got, 8), "no line");
	ok(fdferry_feature_get(NULL) == NULL && fdferry_feature_get("") == NULL,
	    "no feature has no name");
}

int
main(void)
{
	plan(27 + 6);
	group(names, "names");
	group(sockets, "sockets");
	writing();
	reading();
	garbage();
	every_byte();
	return tap_bad;
}
