/* SPDX-License-Identifier: 0BSD */
/* skalibs.c - ancil_send_fd() and unixmessage of skalibs, as subjects. */
#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <skalibs/ancil.h>
#include <skalibs/unixmessage.h>

#include "subject.h"

static int out, in;
static unixmessage_sender sender;
static unixmessage_receiver receiver;

static void
ancil_open(int one, int other)
{
	out = one;
	in = other;
}

static void
ancil_send(const int *fds, size_t n)
{
	(void)n;
	if (ancil_send_fd(out, fds[0], '=') < 0)
		subject_die("ancil_send_fd");
}

/* Neither function waits by itself; ask before waiting is what it takes. */
static void
readable(void)
{
	struct pollfd p = { in, POLLIN, 0 };

	(void)poll(&p, 1, -1);
}

static void
ancil_recv(size_t n)
{
	int fd;

	(void)n;
	while ((fd = ancil_recv_fd(in, '=')) < 0 && errno == EAGAIN)
		readable();
	if (fd < 0)
		subject_die("ancil_recv_fd");
	(void)close(fd);
}

static void
unixmessage_open(int one, int other)
{
	static char main_space[UNIXMESSAGE_BUFSIZE];
	static char aux_space[UNIXMESSAGE_AUXBUFSIZE];

	ancil_open(one, other);
	if (one >= 0)
		unixmessage_sender_init(&sender, one);
	if (other >= 0 && !unixmessage_receiver_init(&receiver, other,
	    main_space, sizeof main_space, aux_space, sizeof aux_space))
		subject_die("unixmessage_receiver_init");
}

static void
unixmessage_send(const int *fds, size_t n)
{
	unixmessage m = { .s = (char *)"", .len = 1, .fds = (int *)fds,
	    .nfds = (unsigned int)n };

	if (!unixmessage_put(&sender, &m)
	    || unixmessage_sender_flush(&sender) <= 0)
		subject_die("unixmessage_put");
}

static void
unixmessage_recv(size_t n)
{
	unixmessage m;
	size_t i;
	int rc;

	while ((rc = unixmessage_receive(&receiver, &m)) == 0)
		readable();
	if (rc < 0 || m.nfds != n)
		subject_die("unixmessage_receive");
	for (i = 0; i < n; i++)
		(void)close(m.fds[i]);
}

const struct subject subjects[] = {
	{ "ancil", 1, ancil_open, ancil_send, ancil_recv, NULL, NULL },
	{ "unixmessage", SUBJECT_MOST, unixmessage_open, unixmessage_send,
	    unixmessage_recv, NULL, NULL },
	{ NULL, 0, NULL, NULL, NULL, NULL, NULL }
};
