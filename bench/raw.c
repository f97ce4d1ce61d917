/* SPDX-License-Identifier: 0BSD */
/*
 * raw.c - the floor: sendmsg(), recvmsg() and close(), as well as they can be
 * written by hand for exactly this, without a check that is not needed here.
 */
#include "../lib/detect.h"
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "ours.h"
#include "subject.h"

static union {
	char room[CMSG_SPACE(SUBJECT_MOST * sizeof (int))];
	struct cmsghdr align;
} control;
static int out, in;

void
raw_open(int one, int other)
{
	out = one;
	in = other;
}

void
raw_send(const int *fds, size_t n)
{
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { 0 };
	struct cmsghdr *c = &control.align;

	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = control.room;
	m.msg_controllen = CMSG_SPACE(n * sizeof (int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof (int));
	memcpy(CMSG_DATA(c), fds, n * sizeof (int));
	if (sendmsg(out, &m, MSG_NOSIGNAL) != 1)
		subject_die("sendmsg");
}

void
raw_recv(size_t n)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { 0 };
	struct cmsghdr *c;
	int fds[SUBJECT_MOST];
	size_t i;

	m.msg_iov = &iov;
	m.msg_iovlen = 1;
	m.msg_control = control.room;
	m.msg_controllen = sizeof control.room;
	if (recvmsg(in, &m, MSG_CMSG_CLOEXEC) != 1
	    || (c = CMSG_FIRSTHDR(&m)) == NULL
	    || c->cmsg_len != CMSG_LEN(n * sizeof (int)))
		subject_die("recvmsg");
	memcpy(fds, CMSG_DATA(c), n * sizeof (int));
	for (i = 0; i < n; i++)
		(void)close(fds[i]);
}
