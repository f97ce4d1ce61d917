/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-control.c - questions about control data: limits, buffers that
 * are too small, flags.
 */
#include "selftest-probes.h"

#ifdef FDFERRY_BACKEND_CMSG

# include "selftest-kit.h"

/* A stream pair and something to send, or the answer "no pair". */
struct scene {
	int pair[2];
	int fd;
	int other;
	struct st_got got;
};

static int
scene(struct st_report *r, struct scene *s)
{
	if (st_pair(SOCK_STREAM, s->pair) < 0
	    || (s->fd = st_thing(&s->other)) < 0) {
		(void)st_check(r, 0, "set-up: %s", st_errno(errno));
		return 0;
	}
	return 1;
}

/* The read end of the thing goes: is another copy open in this process? */
static int
copies_left(struct scene *s)
{
	(void)close(s->fd);
	s->fd = -1;
	return !st_is_closed(s->other);
}

void
st_ask_layout(struct st_report *r)
{
	struct cmsghdr header;

	st_answer(r,
	    "cmsghdr %lu, cmsg_len %lu, CMSG_LEN(0) %lu, "
	    "CMSG_SPACE(4) %lu",
	    (unsigned long)sizeof header, (unsigned long)sizeof header.cmsg_len,
	    (unsigned long)CMSG_LEN(0), (unsigned long)CMSG_SPACE(4));
}

/* ------------------------------------------------ the limit ------------- */

static const char lost[] = "success without delivery";

/* Send `n` in one message: what became of it, in words; NULL if all arrived. */
static const char *
attempt(struct st_report *r, size_t n)
{
	static struct scene s;
	const char *what = NULL;
	int error;

	if (!scene(r, &s))
		return "set-up";
	error = st_send(s.pair[0], "n", 1, s.fd, n);
	if (error != 0)
		what = st_errno(error);
	else {
		st_recv(s.pair[1], 1, st_room(n), 0, &s.got);
		if (s.got.n < 0)
			what = lost;
		else if (s.got.nfds != n)
			what = "delivery of fewer";
		st_close(&s.got);
	}
	(void)close(s.fd);
	(void)close(s.other);
	(void)close(s.pair[0]);
	(void)close(s.pair[1]);
	return what;
}

/* Are `n` lost in two messages as well? Then not the message is too large. */
static int
lost_in_two(size_t n)
{
	static struct st_got got;
	int first[2], second[2], fd, other;
	size_t arrived;

	if (st_pair(SOCK_STREAM, first) < 0 || st_pair(SOCK_STREAM, second) < 0
	    || (fd = st_thing(&other)) < 0
	    || st_send(first[0], "n", 1, fd, n / 2) != 0
	    || st_send(second[0], "n", 1, fd, n - n / 2) != 0)
		return 0;
	st_recv(first[1], 1, st_room(n), 0, &got);
	arrived = got.nfds;
	st_close(&got);
	st_recv(second[1], 1, st_room(n), 0, &got);
	st_close(&got);
	return arrived + got.nfds < n;
}

void
st_ask_message_limit(struct st_report *r)
{
	long table = st_limit_fds(ST_MOST);
	size_t good = 0, bad, middle;
	const char *what;

	bad = table > 60 ? (size_t)table - 40 : 20;
	if (attempt(r, bad - 1) == NULL) {
		st_answer(r, "%lu or more", (unsigned long)(bad - 1));
		return;
	}
	while (bad - good > 1) {
		middle = good + (bad - good) / 2;
		if (attempt(r, middle) == NULL)
			good = middle;
		else
			bad = middle;
	}
	what = attempt(r, bad);
	if (what == lost && lost_in_two(bad))
		st_answer(r, "as many as may be in flight, then %s", lost);
	else
		st_answer(r, "%lu, then %s", (unsigned long)good,
		    what != NULL ? what : "all arrive");
}

/* ------------------------------------------------ too small ------------- */

/* What a buffer of `room` bytes got of `sent`, and whether it was told. */
static void
cut(struct st_report *r, size_t sent, size_t room)
{
	struct scene s;
	const char *told;
	size_t fits, i;
	int leaks;

	if (!scene(r, &s))
		return;
	if (st_send(s.pair[0], "n", 1, s.fd, sent) != 0) {
		(void)st_check(r, 0, "send: %s", st_errno(errno));
		return;
	}
	st_recv(s.pair[1], 1, room, 0, &s.got);
	if (s.got.n < 0) {
		st_answer(r, "%s", st_errno(s.got.error));
		return;
	}
	fits = room > CMSG_LEN(0) ? (room - CMSG_LEN(0)) / sizeof(int) : 0;
	for (i = 0; i < s.got.nfds; i++)
		if (fcntl(s.got.fds[i], F_GETFD) < 0)
			s.got.cmsg_len = (size_t)-1;
	st_close(&s.got);
	leaks = copies_left(&s);
	told = s.got.flags & MSG_CTRUNC ? "MSG_CTRUNC" : "not told";
	st_answer(r, "%s, %s%s%s%s",
	    s.got.nfds == 0	     ? "none"
		: s.got.nfds == sent ? "all"
		: s.got.nfds == fits ? "what fits"
				     : "fewer",
	    told, leaks ? ", others leak" : ", no leak",
	    s.got.cmsg_len == (size_t)-1 ? ", junk in the buffer"
		: s.got.cmsg_len > room	 ? ", cmsg_len uncut"
					 : "",
	    s.got.controllen > room ? ", controllen above the buffer" : "");
}

void
st_ask_room_len(struct st_report *r)
{
	cut(r, 1, CMSG_LEN(sizeof(int)));
}

void
st_ask_room_space(struct st_report *r)
{
	cut(r, 5, CMSG_SPACE(sizeof(int)));
}

/* A room for one, padded: does a second one slip through? */
void
st_ask_room_padding(struct st_report *r)
{
	if (CMSG_SPACE(sizeof(int)) < CMSG_LEN(2 * sizeof(int)))
		st_answer(r, "no padding");
	else
		cut(r, 2, CMSG_SPACE(sizeof(int)));
}

void
st_ask_room_none(struct st_report *r)
{
	cut(r, 2, 0);
}

void
st_ask_read(struct st_report *r)
{
	struct scene s;
	char c;

	if (!scene(r, &s))
		return;
	(void)st_send(s.pair[0], "n", 1, s.fd, 2);
	if (!st_readable(s.pair[1]) || read(s.pair[1], &c, 1) != 1)
		st_answer(r, "%s", st_errno(errno));
	else
		st_answer(r,
		    copies_left(&s) ? "descriptors leak"
				    : "descriptors are closed");
}

/* ------------------------------------------------ full table ------------ */

void
st_ask_full_table(struct st_report *r)
{
	struct scene s;
	int filler = -1, fd;

	if (!scene(r, &s))
		return;
	if (st_send(s.pair[0], "n", 1, s.fd, 3) != 0 || st_limit_fds(48) > 48) {
		(void)st_check(r, 0, "set-up: %s", st_errno(errno));
		return;
	}
	while ((fd = dup(0)) >= 0)
		filler = fd;
	(void)close(filler); /* one place is free */
	st_recv(s.pair[1], 1, st_room(3), 0, &s.got);
	if (s.got.n >= 0) {
		st_answer(r, "%lu of 3, %s, data delivered",
		    (unsigned long)s.got.nfds,
		    s.got.flags & MSG_CTRUNC ? "MSG_CTRUNC" : "not told");
		return;
	}
	fd = s.got.error;
	st_recv(s.pair[1], 1, st_room(3), 0, &s.got);
	st_answer(r, "%s, data %s", st_errno(fd),
	    s.got.n == 1 ? "stays" : "lost");
}

/* ------------------------------------------------ sending --------------- */

void
st_ask_send_len(struct st_report *r)
{
	struct scene s;
	int error;

	if (!scene(r, &s))
		return;
	error =
	    st_send_control(s.pair[0], "n", 1, s.fd, 1, CMSG_LEN(sizeof(int)));
	if (error != 0) {
		st_answer(r, "%s", st_errno(error));
		return;
	}
	st_recv(s.pair[1], 1, st_room(4), 0, &s.got);
	st_answer(r, s.got.nfds == 1 ? "taken" : "taken, nothing arrives");
}

/* Two rights messages of one descriptor each. */
static int
send_two(int sock, int fd)
{
	union {
		struct cmsghdr header;
		long double ld;
		unsigned char bytes[256];
	} control;
	struct cmsghdr header;
	struct msghdr msg;
	struct iovec iov;
	const size_t one = CMSG_SPACE(sizeof fd);
	char c = '2';
	size_t i;

	memset(&control, 0, sizeof control);
	memset(&msg, 0, sizeof msg);
	memset(&header, 0, sizeof header);
	header.cmsg_level = SOL_SOCKET;
	header.cmsg_type = SCM_RIGHTS;
	header.cmsg_len = (socklen_t)CMSG_LEN(sizeof fd);
	for (i = 0; i < 2; i++) {
		memcpy(control.bytes + i * one, &header, sizeof header);
		memcpy(control.bytes + i * one + CMSG_LEN(0), &fd, sizeof fd);
	}
	iov.iov_base = &c;
	iov.iov_len = 1;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = (socklen_t)(2 * one);
	return st_sendmsg(sock, &msg);
}

void
st_ask_two_messages(struct st_report *r)
{
	struct scene s;
	int error;

	if (!scene(r, &s))
		return;
	error = send_two(s.pair[0], s.fd);
	if (error != 0) {
		st_answer(r, "%s", st_errno(error));
		return;
	}
	st_recv(s.pair[1], 1, st_room(8) + st_room(1), 0, &s.got);
	st_answer(r, "%lu descriptors arrive in %lu", (unsigned long)s.got.nfds,
	    (unsigned long)s.got.messages);
}

void
st_ask_peek(struct st_report *r)
{
	struct scene s;
	int before, opened;

	if (!scene(r, &s))
		return;
	(void)st_send(s.pair[0], "n", 1, s.fd, 2);
	before = st_open_fds();
	st_recv(s.pair[1], 1, st_room(4), MSG_PEEK, &s.got);
	opened = st_open_fds() - before;
	if (s.got.n < 0)
		st_answer(r, "%s", st_errno(s.got.error));
	else
		st_answer(r, "%lu in the buffer, %d opened",
		    (unsigned long)s.got.nfds, opened);
}

/* ------------------------------------------------ close-on-exec --------- */

# if FDFERRY_HAVE_MSG_CMSG_CLOEXEC
#  define CLOEXEC_FLAG MSG_CMSG_CLOEXEC
# else
#  define CLOEXEC_FLAG 0
# endif

/* One descriptor received with `flags`: its flags; -1 if none came. */
static int
received(struct st_report *r, struct scene *s, int flags)
{
	if (!scene(r, s))
		return -1;
	(void)st_send(s->pair[0], "n", 1, s->fd, 1);
	st_recv(s->pair[1], 1, st_room(4), flags, &s->got);
	if (s->got.nfds == 1)
		return fcntl(s->got.fds[0], F_GETFD);
	(void)st_check(r, 0, "it did not arrive");
	return -1;
}

void
st_ask_cloexec_flag(struct st_report *r)
{
	struct scene s;
	int flags;

	if (CLOEXEC_FLAG == 0) {
		st_answer(r, "no flag");
		return;
	}
	flags = received(r, &s, CLOEXEC_FLAG);
	if (flags >= 0)
		st_answer(r, flags & FD_CLOEXEC ? "set" : "ignored");
}

void
st_ask_cloexec_echo(struct st_report *r)
{
	struct scene s;

	if (CLOEXEC_FLAG == 0)
		st_answer(r, "no flag");
	else if (received(r, &s, CLOEXEC_FLAG) >= 0)
		st_answer(r,
		    s.got.flags & CLOEXEC_FLAG ? "echoed" : "not echoed");
}

void
st_ask_cloexec_default(struct st_report *r)
{
	struct scene s;
	int flags = received(r, &s, 0);

	if (flags >= 0)
		st_answer(r, flags & FD_CLOEXEC ? "set" : "clear");
}

/* ------------------------------------------------ credentials ----------- */

# if defined __linux__ && defined SO_PASSCRED
void
st_ask_credentials_cut(struct st_report *r)
{
	struct scene s;
	int on = 1;

	if (!scene(r, &s))
		return;
	if (setsockopt(s.pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on)
	    < 0) {
		st_answer(r, "%s", st_errno(errno));
		return;
	}
	(void)st_send(s.pair[0], "n", 1, s.fd, 1);
	st_recv(s.pair[1], 1, st_room(1), 0, &s.got);
	if (s.got.n < 0)
		st_answer(r, "%s", st_errno(s.got.error));
	else
		st_answer(r, "%s, %s",
		    s.got.nfds == 0
			? "credentials come first and cut the descriptor"
			: "the descriptor arrives",
		    s.got.flags & MSG_CTRUNC ? "MSG_CTRUNC" : "not told");
}
# else
void
st_ask_credentials_cut(struct st_report *r)
{
	st_skip(r, "no SO_PASSCRED");
}
# endif

#else
typedef int st_control_unused; /* ISO C wants a declaration */
#endif
