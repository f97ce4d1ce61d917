/* SPDX-License-Identifier: 0BSD */
/* ours.c - the calls of the message layer, and the list of all subjects. */
#include "../lib/detect.h"
#include <sys/socket.h>
#include <unistd.h>
#include <fdferry.h>
#include "ours.h"
#include "subject.h"

static int out, in;

static void
open_ends(int one, int other)
{
	out = one;
	in = other;
}

static void
send_flags(const int *fds, size_t n, unsigned int flags)
{
	if (fdferry_send(out, "", 1, fds, n, flags, NULL, NULL) != 1)
		subject_die("fdferry_send");
}

static void
message_send(const int *fds, size_t n)
{
	send_flags(fds, n, 0);
}

/* Who receives many has to ask how many came. */
static void
get(int *fds, size_t n, unsigned int flags)
{
	struct fdferry_result r = { sizeof r, 0, 0, 0, 0, 0, 0, 0 };
	char byte;

	if (fdferry_recv(in, &byte, 1, fds, n, flags, NULL, &r) != 1
	    || r.fds != n)
		subject_die("fdferry_recv");
}

static void
recv_flags(size_t n, unsigned int flags)
{
	int fds[SUBJECT_MOST];
	size_t i;

	get(fds, n, flags);
	for (i = 0; i < n; i++)
		(void)close(fds[i]);
}

static void
message_recv(size_t n)
{
	recv_flags(n, 0);
}

static void
close_recv(size_t n)
{
	int fds[SUBJECT_MOST];

	get(fds, n, 0);
	fdferry_close(fds, n);
}

static void
pair_send(const int *fds, size_t n)
{
	(void)n;
	if (fdferry_send_fd(out, fds[0], 0, NULL, NULL) != 0)
		subject_die("fdferry_send_fd");
}

static void
pair_recv(size_t n)
{
	int fd = fdferry_recv_fd(in, 0, NULL, NULL);

	(void)n;
	if (fd < 0)
		subject_die("fdferry_recv_fd");
	(void)close(fd);
}

/* What is this TCP socket? Carries nothing. */
static void
describe_open(int one, int other)
{
	(void)other;
	(void)one;
	out = socket(AF_INET, SOCK_STREAM, 0);
}

static void
describe(const int *fds, size_t n)
{
	static struct fdferry_info info;

	(void)fds;
	(void)n;
	info.size = sizeof info;
	if (fdferry_describe(out, &info) != 0)
		subject_die("fdferry_describe");
}

static void
nothing(size_t n)
{
	(void)n;
}

/* The same when the caller says what the socket is. */
static void
told_send(const int *fds, size_t n)
{
	send_flags(fds, n, FDFERRY_UNIX);
}

const struct subject subjects[] = {
	{ "raw", SUBJECT_MOST, raw_open, raw_send, raw_recv, NULL, NULL },
	{ "message", SUBJECT_MOST, open_ends, message_send, message_recv,
	    NULL, NULL },
	{ "told", SUBJECT_MOST, open_ends, told_send, message_recv, NULL,
	    NULL },
	{ "close", SUBJECT_MOST, open_ends, message_send, close_recv, NULL,
	    NULL },
	{ "pair", 1, open_ends, pair_send, pair_recv, NULL, NULL },
	{ "channel", SUBJECT_MOST, channel_open, channel_send, channel_recv,
	    channel_settle, NULL },
	{ "loop", SUBJECT_MOST, channel_open, loop_send, channel_recv,
	    channel_settle, NULL },
	{ "handoff", 1, channel_open, handoff_send, handoff_recv,
	    channel_settle, NULL },
	{ "describe", 0, describe_open, describe, nothing, NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL, NULL }
};
