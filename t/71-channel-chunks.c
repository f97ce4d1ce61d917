/* SPDX-License-Identifier: 0BSD */
/*
 * t/71-channel-chunks.c - more descriptors and data than one kernel message
 * holds arrive complete and in order, or not at all.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "chan.h"
#include "tap.h"

#define MANY 10000
#define FILES 16
#define MIDDLE 700

static struct two t;
static int files[FILES];
static int many[MANY];		/* files, in a pattern that shows the order */

static struct fdferry_channel_opts
large(void)
{
	struct fdferry_channel_opts o = chan_opts();

	o.most_fds = o.most_held = MANY;
	return o;
}

static int
pattern(int i)
{
	return (i * 5 + i / FILES) % FILES;
}

/* Does the last event hold the first `n` of many[]? Sees a sample of them
   only after the first thousand, but counts all. */
static int
whole(size_t n)
{
	size_t i;

	if (t.ev.type != FDFERRY_EVENT_MESSAGE || t.ev.nfds != n)
		return 0;
	for (i = 0; i < n; i += i < 1000 ? 1 : 7)
		if (!same_file(t.ev.fds[i], many[i]))
			return 0;
	return same_file(t.ev.fds[n - 1], many[n - 1]);
}

static void
ten_thousand(int type, const char *name)
{
	struct fdferry_channel_opts o = large();
	struct rlimit lim;
	int before = all_fds();

	(void)getrlimit(RLIMIT_NOFILE, &lim);
	if (lim.rlim_cur < MANY + 200) {
		skip(name, "the hard limit of open files is too low");
		return;
	}
	if (two_open(&t, type, &o, &o) < 0) {
		skip(name, "no such sockets here");
		return;
	}
	(void)fdferry_channel_send(t.a, "all", 3, many, MANY, 0, NULL);
	(void)two_event(&t, t.b);
	ok(whole(MANY) && t.ev.len == 3
	    && (two_drop(&t), two_close(&t), all_fds() == before), name);
}

/* The middle of a message has left; then the sender takes it back. */
static void
taken_back(void)
{
	struct fdferry_channel_opts o = large();
	static char data[400000];
	struct fdferry_channel_stats n;
	unsigned long id;
	int before = all_fds(), held, some;

	n.size = sizeof n;
	(void)two_open(&t, SOCK_STREAM, &o, &o);
	two_turn(&t);
	(void)fdferry_channel_send(t.a, data, sizeof data, many, MIDDLE, 0,
	    &id);
	/* Only one side works: the socket fills. */
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.b);
	held = all_fds();
	(void)fdferry_channel_count(t.b, &n);
	/* With few in a frame its data fill the socket sooner. */
	some = fdferry_max_fds() < 102 ? (int)fdferry_max_fds() : 102;
	ok(held > before + some && n.held == MIDDLE,
	    "part of it is with the receiver, the whole is counted");
	(void)fdferry_channel_cancel(t.a, id);
	ok(two_event(&t, t.a) == FDFERRY_EVENT_FAILED
	    && t.ev.error == ECANCELED, "taken back in the middle");
	ok(two_quiet(&t, t.b), "the receiver has no part of it");
	(void)fdferry_channel_count(t.b, &n);
	ok(n.held == 0 && all_fds() == before + 2, "and holds nothing");
	(void)fdferry_channel_send(t.a, "x", 1, many, 3, 0, NULL);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && whole(3),
	    "the channel goes on");
	two_drop(&t);
	two_close(&t);
	ok(all_fds() == before, "taken back: nothing leaks");
}

static void
full_and_on(void)
{
	ok(two_event(&t, t.b) == FDFERRY_EVENT_DROPPED
	    && t.ev.reason == FDFERRY_REASON_TABLE && t.ev.error == EMFILE,
	    "table full in the middle: the receiver is told");
	while (two_event(&t, t.a) == FDFERRY_EVENT_SENT)
		continue;
	ok(t.ev.type == FDFERRY_EVENT_REJECTED && t.ev.error == EMFILE,
	    "and the sender");
	(void)fdferry_channel_send(t.a, "y", 1, many, 200, 0, NULL);
	ok(two_event(&t, t.b) == FDFERRY_EVENT_MESSAGE && whole(200),
	    "the table is free again, the channel goes on");
	two_drop(&t);
}

/* This kernel's receive fails, and what went with it cannot be known. */
static void
full_and_ended(void)
{
	ok(two_event(&t, t.b) == FDFERRY_EVENT_END && t.ev.error == EMFILE
	    && two_quiet(&t, t.b),
	    "table full in the middle: the receiver is told by the end");
	fdferry_channel_free(t.b);
	fdferry_close(&t.sock[1], 1);
	t.b = NULL;
	while (two_event(&t, t.a) == FDFERRY_EVENT_SENT
	    || t.ev.type == FDFERRY_EVENT_FAILED)
		continue;
	ok(t.ev.type == FDFERRY_EVENT_END && t.ev.error == ECONNRESET,
	    "and the sender, when it ends");
	skip("the channel goes on",
	    "a full table ends it: this kernel's receive fails");
}

static void
table_full(void)
{
	struct fdferry_channel_opts o = large();
	struct rlimit old, low;
	int before = all_fds(), lowest, ends = chan_loses_step(SOCK_STREAM);

	(void)two_open(&t, SOCK_STREAM, &o, &o);
	two_turn(&t);
	lowest = dup(0);
	(void)close(lowest);
	(void)getrlimit(RLIMIT_NOFILE, &old);
	low = old;
	/* The first frame still fits, the second does not. */
	low.rlim_cur = (rlim_t)lowest + 300;
	(void)setrlimit(RLIMIT_NOFILE, &low);
	(void)fdferry_channel_send(t.a, "x", 1, many, MIDDLE, 0, NULL);
	if (ends)
		full_and_ended();
	else
		full_and_on();
	(void)setrlimit(RLIMIT_NOFILE, &old);
	two_close(&t);
	ok(all_fds() == before, "table full: nothing leaks");
}

/* Several at once, both ways, through sockets that hold little. */
static void
at_once(int type, const char *name)
{
	struct fdferry_channel_opts o = large();
	static unsigned char data[70000];
	int before = all_fds(), size = 4096, i, good = 0;

	for (i = 0; i < (int)sizeof data; i++)
		data[i] = (unsigned char)(i * 3 + i / 256);
	if (two_open(&t, type, &o, &o) < 0) {
		skip(name, "no such sockets here");
		return;
	}
	for (i = 0; i < 2; i++)
		(void)setsockopt(t.sock[i], SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof size);
	for (i = 0; i < 6; i++) {
		(void)fdferry_channel_send(t.a, data, sizeof data
		    - (size_t)i, many, (size_t)(MIDDLE - i), 0, NULL);
		(void)fdferry_channel_send(t.b, data, (size_t)i, many,
		    (size_t)(300 + i), 0, NULL);
	}
	for (i = 0; i < 6; i++) {
		while (two_event(&t, t.b) == FDFERRY_EVENT_SENT)
			continue;
		good += whole((size_t)(MIDDLE - i))
		    && t.ev.len == sizeof data - (size_t)i
		    && memcmp(t.ev.data, data, t.ev.len) == 0;
		two_drop(&t);
		while (two_event(&t, t.a) == FDFERRY_EVENT_SENT)
			continue;
		good += whole((size_t)(300 + i)) && t.ev.len == (size_t)i;
		two_drop(&t);
	}
	two_close(&t);
	ok(good == 12 && all_fds() == before, name);
}

/*
 * As a user whom the kernel counts (root is not): nobody reads, so too many
 * are in flight. Exit status: a bit for each that did not hold.
 */
static int
in_flight_child(void)
{
	struct fdferry_channel_opts o = large();
	struct rlimit lim = { 100, 100 };
	unsigned long id;
	int bad = 0, before, i, ends = chan_loses_step(SOCK_STREAM);

	for (i = 0; i < 3; i++)
		many[i] = files[i];
	before = open_fds();
	if (setrlimit(RLIMIT_NOFILE, &lim) < 0
	    || (geteuid() == 0 && setuid((uid_t)(20000 + getpid() % 40000)) < 0))
		return 64;
	o.inflight_ms = 30;
	(void)two_open(&t, SOCK_STREAM, &o, &o);
	two_turn(&t);
	(void)fdferry_channel_send(t.a, "x", 1, many, 253 * 5, 0, &id);
	for (i = 0; i < 300; i++) {
		(void)fdferry_channel_work(t.a);
		if (fdferry_channel_next(t.a, &t.ev) == 1)
			break;
		nap(1);
	}
	if (fdferry_max_fds() == 1 && t.ev.type == FDFERRY_EVENT_NONE)
		return 128;	/* one a frame: the socket is full before */
	if (t.ev.type == FDFERRY_EVENT_SENT)
		return 32;	/* this kernel has no such limit */
	if (t.ev.type != FDFERRY_EVENT_FAILED || t.ev.id != id
	    || t.ev.error != ETOOMANYREFS)
		bad |= 1;
	/* The receiver drops what had come, and room is made. It cannot
	   have the first frame: its table is too small for that. */
	for (i = 0; i < 50; i++)
		two_turn(&t);
	while (fdferry_channel_next(t.b, &t.ev) == 1)
		if (ends ? t.ev.type != FDFERRY_EVENT_END
		    || t.ev.error != EMFILE
		    : t.ev.type != FDFERRY_EVENT_DROPPED)
			bad |= 2;
	while (fdferry_channel_next(t.a, &t.ev) == 1)
		if (t.ev.type != FDFERRY_EVENT_REJECTED)
			bad |= 4;
	if (open_fds() != before + 2)
		bad |= 8;
	if (ends)
		return bad;
	(void)fdferry_channel_send(t.a, "y", 1, many, 3, 0, NULL);
	if (two_event(&t, t.b) != FDFERRY_EVENT_MESSAGE || !whole(3))
		bad |= 16;
	return bad;
}

static void
in_flight(void)
{
	const char *name = "ETOOMANYREFS for real: both sides are as before";
	int status = 0;
	pid_t pid = tap_fork();

	if (pid == 0)
		_exit(in_flight_child());
	(void)waitpid(pid, &status, 0);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
	if (status == 32 || status == 64)
		skip(name, status == 32 ? "no such limit here"
		    : "no other user to become");
	else if (status == 128)
		skip(name, "the socket is full before too many are in flight");
	else
		ok(status == 0, name);
	if (status != 0)
		printf("# status %d\n", status);
}

int
main(void)
{
	struct rlimit lim;
	int i;

	chan_need();
	plan(16);
	tap_alarm(240);	/* an emulator is slow with so many */
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0 && lim.rlim_cur < 11000) {
		lim.rlim_cur = lim.rlim_max < 11000 ? lim.rlim_max : 11000;
		(void)setrlimit(RLIMIT_NOFILE, &lim);
	}
	for (i = 0; i < FILES; i++)
		files[i] = fresh_fd();
	for (i = 0; i < MANY; i++)
		many[i] = files[pattern(i)];
	ten_thousand(SOCK_STREAM, "stream: 10,000 in one message");
	ten_thousand(SOCK_SEQPACKET, "seqpacket: 10,000 in one message");
	ten_thousand(SOCK_DGRAM, "datagram: 10,000 in one message");
	taken_back();
	table_full();
	at_once(SOCK_STREAM, "stream: several at once, both ways");
	at_once(SOCK_DGRAM, "datagram: several at once, both ways");
	in_flight();
	return tap_bad;
}
