/* SPDX-License-Identifier: 0BSD */
/*
 * t/33-hostile.c - control data is hostile input: lengths are clamped to
 * what is there, unknown types are never taken for descriptors.
 *
 * The backend is compiled in, with our own take and discard.
 */
#include "../lib/backend-cmsg.c"

#include <stdio.h>

#include "tap.h"

#ifdef FDFERRY_BACKEND_CMSG

static int taken[64];
static size_t ntaken;
static int discarded;

void
fdferry__take(struct fdferry__inbox *inbox, int fd)
{
	(void)inbox;
	if (ntaken < 64)
		taken[ntaken++] = fd;
}

void
fdferry__take_all(struct fdferry__inbox *inbox, const unsigned char *slots,
    size_t n)
{
	int fd;

	for (; n > 0; n--, slots += sizeof fd) {
		memcpy(&fd, slots, sizeof fd);
		fdferry__take(inbox, fd);
	}
}

void
fdferry__discard(int fd)
{
	(void)fd;
	discarded++;
}

static union recv_control control;

/* One message at `at` that claims `length` bytes and holds 7, 8, 9 ... */
static void
put(size_t at, size_t length, int level, int type, int count)
{
	struct cmsghdr header;
	int i, fd;

	memset(&header, 0, sizeof header);
	header.cmsg_len = (socklen_t)length;
	header.cmsg_level = level;
	header.cmsg_type = type;
	memcpy(control.bytes + at, &header, sizeof header);
	for (i = 0; i < count; i++) {
		fd = 7 + i;
		memcpy(control.bytes + at + CMSG_LEN((size_t)i * sizeof fd),
		    &fd, sizeof fd);
	}
}

static void
walk(size_t len)
{
	struct fdferry__inbox inbox;

	memset(&inbox, 0, sizeof inbox);
	ntaken = 0;
	discarded = 0;
	walk_control(control.bytes, len, &inbox);
}

int
main(void)
{
	const size_t one = CMSG_SPACE(sizeof (int));
	size_t len;
	int over = 0;

	plan(9);
	put(0, CMSG_LEN(2 * sizeof (int)), SOL_SOCKET, SCM_RIGHTS, 2);
	walk(CMSG_SPACE(2 * sizeof (int)));
	ok(ntaken == 2 && taken[0] == 7 && taken[1] == 8, "two descriptors");
	put(0, CMSG_LEN(60 * sizeof (int)), SOL_SOCKET, SCM_RIGHTS, 1);
	walk(CMSG_LEN(sizeof (int)));
	ok(ntaken == 1, "cmsg_len left uncut: only what is there");
	put(0, (size_t)-1, SOL_SOCKET, SCM_RIGHTS, 1);
	walk(CMSG_LEN(sizeof (int)));
	ok(ntaken == 1, "cmsg_len of all ones");
	put(0, CMSG_LEN(0) - 1, SOL_SOCKET, SCM_RIGHTS, 1);
	put(one, CMSG_LEN(sizeof (int)), SOL_SOCKET, SCM_RIGHTS, 1);
	walk(2 * one);
	ok(ntaken == 0, "cmsg_len below the header ends the walk");
	put(0, CMSG_LEN(sizeof (int)), SOL_SOCKET, SCM_RIGHTS, 1);
	walk(2 * one);
	ok(ntaken == 2, "two messages: both");
	put(0, CMSG_LEN(sizeof (int)), SOL_SOCKET, 0x7777, 1);
	walk(2 * one);
	ok(ntaken == 1 && discarded == 0, "an unknown type is passed over");
	put(0, CMSG_LEN(sizeof (int)), SOL_SOCKET + 1, SCM_RIGHTS, 1);
	walk(one);
	ok(ntaken == 0, "SCM_RIGHTS of another level is none");
	put(0, CMSG_LEN(sizeof (int)), SOL_SOCKET, FDFERRY_QUIRK_SCM_PIDFD, 1);
	walk(one);
	ok(FDFERRY_QUIRK_SCM_PIDFD < 0 || (ntaken == 0 && discarded == 1),
	    "SCM_PIDFD is closed");
	put(0, (size_t)-1, SOL_SOCKET, SCM_RIGHTS, 2);
	for (len = 0; len < CMSG_LEN(2 * sizeof (int)); len++) {
		walk(len);
		if (len < CMSG_LEN(0) ? ntaken != 0
		    : ntaken != (len - CMSG_LEN(0)) / sizeof (int))
			over++;
	}
	ok(over == 0, "cut at every length: whole descriptors only");
	return tap_bad;
}

#else

int
main(void)
{
	printf("1..0 # SKIP no backend cmsg\n");
	return 0;
}

#endif
