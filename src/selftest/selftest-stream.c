/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-stream.c - questions about bytes beside descriptors, and about
 * how much may be under way.
 */
#include "selftest-probes.h"

#ifdef FDFERRY_BACKEND_CMSG

# include "selftest-kit.h"

/* What arrives, read by read: "AABB+1 CC" is four bytes with one
   descriptor, then two without. */
static void
tell_reads(struct st_report *r, int sock, size_t first, size_t rest)
{
	struct st_got got;
	char text[200] = "";
	size_t at = 0;
	int i;

	for (i = 0; i < 6 && at < sizeof text - 80; i++) {
		st_recv(sock, i == 0 ? first : rest, st_room(8), 0, &got);
		if (got.n < 0 || (got.n == 0 && got.nfds == 0))
			break;
		at += (size_t)snprintf(text + at, sizeof text - at, "%s%.*s",
		    i > 0 ? " " : "", (int)got.n, got.data);
		if (got.nfds > 0)
			at += (size_t)snprintf(text + at, sizeof text - at,
			    "+%lu", (unsigned long)got.nfds);
	}
	st_answer(r, "%s", text);
}

void
st_ask_glue(struct st_report *r)
{
	int pair[2], other, fd;

	if (st_pair(SOCK_STREAM, pair) < 0 || (fd = st_thing(&other)) < 0)
		return;
	(void)st_send(pair[0], "AA", 2, fd, 0);
	(void)st_send(pair[0], "BB", 2, fd, 1);
	(void)st_send(pair[0], "CC", 2, fd, 0);
	(void)st_send(pair[0], "DD", 2, fd, 1);
	(void)close(pair[0]);
	tell_reads(r, pair[1], 60, 60);
}

void
st_ask_short_read(struct st_report *r)
{
	int pair[2], other, fd;

	if (st_pair(SOCK_STREAM, pair) < 0 || (fd = st_thing(&other)) < 0)
		return;
	(void)st_send(pair[0], "XYZ", 3, fd, 1);
	(void)close(pair[0]);
	tell_reads(r, pair[1], 1, 60);
}

/* ------------------------------------------------ no bytes -------------- */

/* An empty record with a descriptor, then one byte. */
static void
zero(struct st_report *r, int type)
{
	struct st_got got;
	int pair[2], other, fd, error;

	if (st_pair(type, pair) < 0) {
		st_answer(r, "no such socket");
		return;
	}
	if ((fd = st_thing(&other)) < 0)
		return;
	error = st_send(pair[0], "", 0, fd, 1);
	if (error != 0) {
		st_answer(r, "%s", st_errno(error));
		return;
	}
	(void)st_send(pair[0], "Z", 1, fd, 0);
	st_recv(pair[1], 8, st_room(4), 0, &got);
	if (got.n == 0)
		st_answer(r,
		    got.nfds == 1 ? "delivered"
				  : "message delivered, descriptor lost");
	else if (got.n == 1)
		st_answer(r,
		    got.nfds == 1 ? "delivered with the next byte"
				  : "success, and lost");
	else
		st_answer(r, "%s", st_errno(got.error));
}

/*
 * On a stream there are no records, and a byte behind would be glued to it:
 * nothing else is sent, and receiving does not wait for what is readable.
 */
void
st_ask_zero_alone(struct st_report *r)
{
	struct st_got got;
	int pair[2], other, fd, error;

	if (st_pair(SOCK_STREAM, pair) < 0 || (fd = st_thing(&other)) < 0)
		return;
	error = st_send(pair[0], "", 0, fd, 1);
	if (error != 0) {
		st_answer(r, "%s", st_errno(error));
		return;
	}
	(void)usleep(100000);
	st_recv_now(pair[1], 8, st_room(4), 0, &got);
	if (got.n >= 0)
		st_answer(r,
		    got.nfds == 1 ? "delivered"
				  : "message delivered, descriptor lost");
	else if (got.error == EAGAIN || got.error == EWOULDBLOCK)
		st_answer(r, "success, and lost");
	else
		st_answer(r, "%s", st_errno(got.error));
}

void
st_ask_zero_datagram(struct st_report *r)
{
	zero(r, SOCK_DGRAM);
}

void
st_ask_zero_seqpacket(struct st_report *r)
{
	zero(r, SOCK_SEQPACKET);
}

/* Nothing was sent: is nothing told as cut, when there is no room? */
void
st_ask_empty_datagram(struct st_report *r)
{
	struct st_got got;
	int pair[2];

	if (st_pair(SOCK_DGRAM, pair) < 0)
		return;
	(void)st_send(pair[0], "", 0, -1, 0);
	st_recv(pair[1], 0, 0, 0, &got);
	if (got.n != 0)
		st_answer(r, "%s", st_errno(got.error));
	else
		st_answer(r, got.flags & MSG_TRUNC ? "MSG_TRUNC" : "not told");
}

void
st_ask_seqpacket(struct st_report *r)
{
	int pair[2], other, fd;

	if (st_pair(SOCK_SEQPACKET, pair) < 0) {
		st_answer(r, "%s", st_errno(errno));
		return;
	}
	if ((fd = st_thing(&other)) < 0)
		return;
	(void)st_send(pair[0], "AA", 2, fd, 1);
	(void)st_send(pair[0], "BB", 2, -1, 0);
	(void)close(pair[0]);
	tell_reads(r, pair[1], 60, 60);
}

/* ------------------------------------------------ in flight ------------- */

# define STREAMS 10 /* each with 4 messages: some hold 8 of one byte */
# define EACH 20    /* descriptors in one message */

/* What arrives of all that was sent. */
static size_t
arrived(int pairs[][2])
{
	struct st_got got;
	size_t n = 0;
	int i, j;

	for (i = 0; i < STREAMS; i++)
		for (j = 0; j < 4; j++) {
			st_recv_now(pairs[i][1], 1, st_room(EACH), 0, &got);
			n += got.nfds;
			st_close(&got);
		}
	return n;
}

/* 40 messages of 20 descriptors, unread, by a user whose limit is 64. */
void
st_ask_in_flight(struct st_report *r)
{
	int pairs[STREAMS][2], other, fd, error, i;
	int privileged;

	if ((fd = st_thing(&other)) < 0)
		return;
	privileged = st_drop_root() < 0;
	(void)st_limit_fds(64);
	for (i = 0; i < STREAMS; i++)
		if (st_pair(SOCK_STREAM, pairs[i]) < 0)
			return;
	for (i = 0; i < 4 * STREAMS; i++) {
		error = st_send(pairs[i / 4][0], "n", 1, fd, EACH);
		if (error != 0) {
			st_answer(r, "%s", st_errno(error));
			return;
		}
	}
	if (arrived(pairs) < 4 * STREAMS * EACH)
		st_answer(r, "success without delivery");
	else
		st_answer(r, "none below 800%s", privileged ? ", as root" : "");
}

/* ------------------------------------------------ nobody receives ------- */

static void
on_alarm(int sig)
{
	(void)sig;
}

/* A socket that may wait, but for this flag. */
void
st_ask_full_dontwait(struct st_report *r)
{
	static const char block[4096];
	struct sigaction act;
	struct itimerval soon;
	int pair[2];
	ssize_t n;

	if (MSG_DONTWAIT == 0) {
		st_answer(r, "no flag");
		return;
	}
	if (st_pair(SOCK_STREAM, pair) < 0)
		return;
	memset(&act, 0, sizeof act);
	act.sa_handler = on_alarm; /* without SA_RESTART: EINTR */
	(void)sigaction(SIGALRM, &act, NULL);
	memset(&soon, 0, sizeof soon);
	soon.it_value.tv_sec = 1;
	(void)setitimer(ITIMER_REAL, &soon, NULL);
	do
		n = send(pair[0], block, sizeof block, MSG_DONTWAIT);
	while (n > 0);
	if (n == 0 || errno == EINTR)
		st_answer(r, "waits");
	else
		st_answer(r, "%s", st_errno(errno));
}

/* By O_NONBLOCK: not every kernel knows MSG_DONTWAIT when sending. */
static int
full_of_data(int sock)
{
	static const char block[1024];
	size_t len = sizeof block;
	ssize_t n;

	(void)fcntl(sock, F_SETFL, O_NONBLOCK);
	for (;;) {
		n = write(sock, block, len);
		if (n < 0 && len == 1)
			return errno == EAGAIN || errno == EWOULDBLOCK;
		if (n < 0)
			len = 1; /* to the last byte */
	}
}

/* A stream is full of data; then a descriptor. */
void
st_ask_full_stream(struct st_report *r)
{
	int pair[2], other, fd, error;

	if (st_pair(SOCK_STREAM, pair) < 0 || (fd = st_thing(&other)) < 0)
		return;
	if (!full_of_data(pair[0])) {
		st_answer(r, "%s for data", st_errno(errno));
		return;
	}
	error = st_send(pair[0], "n", 1, fd, 1);
	st_answer(r, "%s", error != 0 ? st_errno(error) : "success");
}

# define MESSAGES 4096

/* Datagrams of one byte and one descriptor. */
void
st_ask_full_datagram(struct st_report *r)
{
	int pair[2], other, fd, error = 0, i;

	if (st_pair(SOCK_DGRAM, pair) < 0 || (fd = st_thing(&other)) < 0)
		return;
	(void)fcntl(pair[0], F_SETFL, O_NONBLOCK);
	for (i = 0; i < MESSAGES && error == 0; i++)
		error = st_send(pair[0], "n", 1, fd, 1);
	if (error == 0)
		st_answer(r, "none below %d", MESSAGES);
	else
		st_answer(r, "%s", st_errno(error));
}

#else
typedef int st_stream_unused; /* ISO C wants a declaration */
#endif
