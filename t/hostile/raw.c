/* SPDX-License-Identifier: 0BSD */
/*
 * t/hostile/raw.c - whatever a sender can put into a message by sendmsg(),
 * before fdferry_recv() and before a channel: each attack, with each room and
 * each option that makes the kernel add control data of its own. After each
 * an honest message must arrive; no descriptor and no memory stays behind.
 *
 * SECONDS: how long to go round (20). Linux; skipped elsewhere.
 */
#include "../../lib/detect.h"

#include "../kit.h"

#ifdef __linux__

#include <sys/syscall.h>

#ifndef SO_PASSPIDFD
# define SO_PASSPIDFD 76
#endif
#ifndef SO_PASSSEC
# define SO_PASSSEC 34
#endif
#ifndef SO_TIMESTAMP
# define SO_TIMESTAMP 29
#endif
#ifndef SO_RXQ_OVFL
# define SO_RXQ_OVFL 40
#endif
#ifndef O_PATH
# define O_PATH 010000000
#endif
#define MOST 253
#define ROOM 8192

static int pair[2], type, some[MOST], path_fd;
static unsigned long attacks, refused_by_kernel, lingering_ms;
static union {
	struct cmsghdr align;
	unsigned char bytes[ROOM];
} control;
static size_t used;

/* ------------------------------------------------ what is sent ---------- */

/* One control message more; `len` is what it says of itself. */
static void
add(int level, int kind, const void *data, size_t size, size_t len)
{
	struct cmsghdr h;

	memset(&h, 0, sizeof h);
	h.cmsg_len = len;
	h.cmsg_level = level;
	h.cmsg_type = kind;
	if (used + CMSG_SPACE(size) > ROOM)
		bail("control data");
	memset(control.bytes + used, 0, CMSG_SPACE(size));
	memcpy(control.bytes + used, &h, sizeof h);
	if (size > 0)
		memcpy(control.bytes + used + CMSG_LEN(0), data, size);
	used += CMSG_SPACE(size);
}

static void
rights(const int *fds, size_t n)
{
	add(SOL_SOCKET, SCM_RIGHTS, fds, n * sizeof *fds,
	    CMSG_LEN(n * sizeof *fds));
}

/* `data` bytes with what was added, the kernel's own errno where it will not;
   `cut` bytes of the control data are kept back, or made up. */
static int
send_raw(size_t data, long cut)
{
	static char bytes[70000];
	struct iovec iov;
	struct msghdr m;
	ssize_t n;

	memset(&m, 0, sizeof m);
	iov.iov_base = bytes;
	iov.iov_len = data;
	m.msg_iov = &iov;
	m.msg_iovlen = data > 0;
	m.msg_control = control.bytes;
	m.msg_controllen = (size_t)((long)used + cut);
	n = sendmsg(pair[1], &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	used = 0;
	attacks++;
	if (n < 0)
		refused_by_kernel++;
	return n < 0 ? -1 : 0;
}

static void
credentials(void)
{
	struct ucred c;

	c.pid = getpid();
	c.uid = geteuid();
	c.gid = getegid();
	add(SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof c, CMSG_LEN(sizeof c));
}

static void
several(void)
{
	size_t i;

	for (i = 0; i < 40; i++)
		rights(some + i * 3, 3);
	(void)send_raw(1, 0);
}

static void
between(void)
{
	rights(some, 2);
	credentials();
	rights(some + 2, 1);
	(void)send_raw(5, 0);
}

static void
empty_ones(void)
{
	rights(some, 0);
	rights(some, 1);
	rights(some, 0);
	(void)send_raw(1, 0);
}

static void
only_empty(void)
{
	rights(some, 0);
	(void)send_raw(1, 0);
}

static void
most(void)
{
	rights(some, MOST);
	(void)send_raw(1, 0);
}

static void
too_many(void)
{
	rights(some, MOST);
	rights(some, 1);
	(void)send_raw(1, 0);
}

/* A length that leaves a part of an int behind; padding that is none. */
static void
odd_lengths(void)
{
	size_t len;

	for (len = 0; len < CMSG_LEN(3 * sizeof (int)) + 3; len++) {
		add(SOL_SOCKET, SCM_RIGHTS, some, 3 * sizeof (int), len);
		(void)send_raw(1, 0);
	}
	add(SOL_SOCKET, SCM_RIGHTS, some, 3 * sizeof (int), (size_t)-1);
	(void)send_raw(1, 0);
}

static void
odd_ends(void)
{
	long cut;

	for (cut = -40; cut <= 40; cut += 3) {
		rights(some, 2);
		rights(some + 2, 1);
		(void)send_raw(1, cut);
	}
}

static void
odd_kinds(void)
{
	int kind;

	for (kind = 0; kind < 12; kind++) {
		add(SOL_SOCKET, kind, some, 4, CMSG_LEN(4));
		rights(some, 1);
		(void)send_raw(1, 0);
		add(41, kind, some, 4, CMSG_LEN(4));
		rights(some, 1);
		(void)send_raw(1, 0);
	}
}

static void
closed_ones(void)
{
	int fds[3];

	fds[0] = some[0];
	fds[1] = -1;
	fds[2] = 100000;
	rights(fds, 3);
	(void)send_raw(1, 0);
}

static void
no_data(void)
{
	rights(some, 1);
	(void)send_raw(0, 0);
}

static void
with_data(void)
{
	rights(some, 3);
	(void)send_raw(20000, 0);
}

static void
path_only(void)
{
	rights(&path_fd, 1);
	(void)send_raw(1, 0);
}

static void
pipe_end(void)
{
	int ends[2];

	if (pipe(ends) < 0)
		bail("pipe");
	(void)close(ends[0]);
	rights(&ends[1], 1);
	(void)send_raw(1, 0);
	(void)close(ends[1]);
}

/* The socket over itself, both of its ends, and one within another. */
static void
itself(void)
{
	int inner[2];

	rights(pair, 2);
	(void)send_raw(1, 0);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, inner) < 0)
		bail("socketpair");
	(void)fdferry_send(inner[0], "x", 1, inner, 2, FDFERRY_NONBLOCK, NULL,
	    NULL);
	(void)fdferry_send(inner[1], "x", 1, inner, 2, FDFERRY_NONBLOCK, NULL,
	    NULL);
	rights(inner, 2);
	(void)send_raw(1, 0);
	(void)close(inner[0]);
	(void)close(inner[1]);
}

/* A TCP connection that would make its last close() wait. */
static void
lingering(void)
{
	struct sockaddr_in in;
	struct sockaddr *at = (struct sockaddr *)(void *)&in;
	socklen_t len = sizeof in;
	struct linger l = { 1, 8 };
	static char much[400000];
	int s = socket(AF_INET, SOCK_STREAM, 0), c, far;

	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	c = socket(AF_INET, SOCK_STREAM, 0);
	if (s < 0 || c < 0 || bind(s, at, sizeof in) < 0 || listen(s, 1) < 0
	    || getsockname(s, at, &len) < 0 || connect(c, at, len) < 0
	    || (far = accept(s, NULL, NULL)) < 0) {
		(void)close(s);
		(void)close(c);
		return;
	}
	(void)send(c, much, sizeof much, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)send(c, much, sizeof much, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)setsockopt(c, SOL_SOCKET, SO_LINGER, &l, sizeof l);
	rights(&c, 1);
	(void)send_raw(1, 0);
	/* The receiver's is the last. */
	l.l_onoff = 0;
	(void)close(c);
	(void)close(s);
	(void)close(far);
}

static void
flood(void)
{
	int i;

	for (i = 0; i < 2000; i++) {
		rights(some, (size_t)(i % 50) + 1);
		if (send_raw(1, 0) < 0)
			break;
	}
}

static void
flood_of_data(void)
{
	int i;

	for (i = 0; i < 300 && send_raw(1, 0) == 0; i++)
		;
}

static const struct {
	void (*send)(void);
	const char *name;
} ATTACKS[] = {
	{ several, "forty control messages" },
	{ between, "credentials between descriptors" },
	{ empty_ones, "control messages of no descriptor around one" },
	{ only_empty, "a control message of no descriptor" },
	{ most, "as many as there may be" },
	{ too_many, "one more" },
	{ odd_lengths, "cmsg_len of every number" },
	{ odd_ends, "msg_controllen that cuts, and that makes up" },
	{ odd_kinds, "other kinds and levels before one" },
	{ closed_ones, "descriptors that are none" },
	{ no_data, "descriptors without data" },
	{ with_data, "descriptors with much data" },
	{ path_only, "O_PATH" },
	{ pipe_end, "a pipe that nobody reads" },
	{ itself, "the socket over itself" },
	{ lingering, "a connection that lingers" },
	{ flood, "as many messages as the socket takes" },
	{ flood_of_data, "and without descriptors" }
};
#define NATTACKS (sizeof ATTACKS / sizeof ATTACKS[0])

/* ------------------------------------------------ who receives ---------- */

static const struct {
	int option;
	const char *name;
} ASKED[] = {
	{ 0, "nothing asked" },
	{ SO_PASSCRED, "SO_PASSCRED" },
	{ SO_PASSPIDFD, "SO_PASSPIDFD" },
	{ SO_TIMESTAMP, "SO_TIMESTAMP" },
	{ SO_PASSSEC, "SO_PASSSEC" },
	{ SO_RXQ_OVFL, "SO_RXQ_OVFL" },
	{ -1, "all of them" }
};
#define NASKED (sizeof ASKED / sizeof ASKED[0])

static void
open_pair(size_t asked)
{
	size_t i;
	int one = 1;

	if (socketpair(AF_UNIX, type, 0, pair) < 0)
		bail("socketpair");
	for (i = 0; i < NASKED; i++)
		if (ASKED[i].option > 0
		    && (i == asked || ASKED[asked].option < 0))
			(void)setsockopt(pair[0], SOL_SOCKET, ASKED[i].option,
			    &one, sizeof one);
}

/* Take all that is there; whether every result keeps to the header. */
static int
drain(size_t room, const struct fdferry_policy *policy)
{
	static char buf[4096];
	struct fdferry_result got;
	struct fdferry_opts o = no_opts();
	int fds[300], good = 1;
	ptrdiff_t n;
	size_t i;

	o.policy = policy;
	for (;;) {
		memset(fds, -1, sizeof fds);
		got = fresh();
		n = fdferry_recv(pair[0], buf, sizeof buf, fds, room,
		    FDFERRY_NONBLOCK, &o, &got);
		if (n < 0 && got.error == EAGAIN)
			return good;
		if (got.fds > room || (got.surplus > 0 && got.error == 0)
		    || (n < 0) != (got.bytes == 0 && n != 0))
			good = 0;
		for (i = 0; i < got.fds; i++) {
			if (fds[i] < 0)
				continue;
			if (fcntl(fds[i], F_GETFD) != FD_CLOEXEC)
				good = 0;
			fdferry_close(&fds[i], 1);
		}
		if (n < 0 || (got.flags & FDFERRY_EOF))
			return good && n >= 0;
	}
}

/* An honest message arrives, whatever was there before. */
static int
honest(void)
{
	struct fdferry_result got;
	char byte[2] = "";
	int fd = -1, good;

	got = fresh();
	good = fdferry_send(pair[1], "h", 1, some, 1, FDFERRY_NONBLOCK, NULL,
	    NULL) == 1;
	good = good && fdferry_recv(pair[0], byte, 1, &fd, 1, FDFERRY_NONBLOCK,
	    NULL, &got) == 1 && byte[0] == 'h' && fd >= 0
	    && same_file(fd, some[0]) && got.surplus == 0 && got.error == 0;
	if (fd >= 0)
		fdferry_close(&fd, 1);
	return good;
}

/* One attack, before a receiver that asked for this and has this room. */
static int
one(size_t attack, size_t asked, size_t room, const struct fdferry_policy *p)
{
	long begun;
	int good;

	open_pair(asked);
	ATTACKS[attack].send();
	begun = now_ms();
	good = drain(room, p);
	lingering_ms = (unsigned long)(now_ms() - begun) > lingering_ms
	    ? (unsigned long)(now_ms() - begun) : lingering_ms;
	good = honest() && good;
	if (!good)
		diag("%s, %s, room %lu, type %d", ATTACKS[attack].name,
		    ASKED[asked].name, (unsigned long)room, type);
	fdferry_close(pair, 2);
	return good;
}

/* Each before a channel: it ends, or goes on; nothing of it stays. */
static int
before_channel(size_t attack, size_t asked)
{
	struct fdferry_channel_opts o;
	struct fdferry_channel *ch;
	struct fdferry_event ev;
	size_t i;
	int turn;

	open_pair(asked);
	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	ch = fdferry_channel_new(pair[0], &o);
	if (ch == NULL)
		bail("channel");
	ATTACKS[attack].send();
	for (turn = 0; turn < 40; turn++) {
		(void)fdferry_channel_work(ch);
		ev.size = sizeof ev;
		while (fdferry_channel_next(ch, &ev) == 1)
			for (i = 0; i < ev.nfds; i++)
				if (ev.fds[i] >= 0)
					(void)close(ev.fds[i]);
	}
	fdferry_channel_free(ch);
	fdferry_close(pair, 2);
	return 1;
}

/* ------------------------------------------------ the end of it --------- */

/* Resident memory, in KiB. */
static long
memory(void)
{
	long pages = 0, all;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f == NULL)
		return 0;
	if (fscanf(f, "%ld %ld", &all, &pages) != 2)
		pages = 0;
	(void)fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static int good, good_channel;

static void
round_of_all(void)
{
	static const size_t rooms[] = { 0, 1, 2, 40, 300 };
	static unsigned long nobody = 4242424;
	struct fdferry_policy kinds, uids;
	size_t a, o, r;

	memset(&kinds, 0, sizeof kinds);
	kinds.size = sizeof kinds;
	kinds.kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_SHM);
	memset(&uids, 0, sizeof uids);
	uids.size = sizeof uids;
	uids.uids = &nobody;
	uids.nuids = 1;
	for (a = 0; a < NATTACKS; a++)
		for (o = 0; o < NASKED; o++) {
			for (r = 0; r < sizeof rooms / sizeof rooms[0]; r++)
				good &= one(a, o, rooms[r], NULL);
			good &= one(a, o, 2, &kinds);
			good &= one(a, o, 2, &uids);
			good_channel &= before_channel(a, o);
		}
}

static void
every_type(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	size_t i;

	for (i = 0; i < 3; i++) {
		type = types[i];
		round_of_all();
	}
}

int
main(void)
{
	const char *text = getenv("SECONDS");
	long seconds = text != NULL ? atol(text) : 20, begun, first;
	unsigned long rounds;
	char name[200];
	struct rlimit files;
	size_t i;

	need_backend();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 1024) {
		files.rlim_cur = 1024;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	plan(6);
	(void)alarm((unsigned int)seconds + 300);
	(void)signal(SIGPIPE, SIG_DFL);
	path_fd = open("/", O_PATH | O_CLOEXEC);
	for (i = 0; i < MOST; i++)
		some[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (path_fd < 0 || some[MOST - 1] < 0)
		bail("open");
	good = good_channel = 1;
	begun = now_ms();
	group(every_type, "no descriptor stays");
	first = memory();
	for (rounds = 1; rounds < 3 || now_ms() - begun < seconds * 1000;
	    rounds++)
		every_type();
	(void)snprintf(name, sizeof name, "%lu attacks in %lu rounds, %lu of "
	    "them refused by the kernel: after each an honest message arrives",
	    attacks, rounds, refused_by_kernel);
	ok(good, name);
	ok(good_channel, "a channel ends, or goes on");
	ok(attacks > refused_by_kernel && refused_by_kernel > 0,
	    "the kernel took some of them, and not all");
	(void)snprintf(name, sizeof name, "memory does not grow: %ld KiB, %ld "
	    "at the end", first, memory());
	ok(memory() <= first + 2048, name);
	(void)snprintf(name, sizeof name, "no receiver waited for a socket to "
	    "linger: %lu ms at most", lingering_ms);
	ok(lingering_ms < 4000, name);
	return tap_bad;
}

#else

int
main(void)
{
	printf("1..0 # SKIP these attacks are Linux's\n");
	return 0;
}

#endif
