/* SPDX-License-Identifier: 0BSD */
/*
 * t/26-faults.c - every call that the library makes fails at its Nth time, for
 * every N and every number of that call's page, once and from then on; and a
 * stream moves a few bytes at a time, for every few. Whatever happens: every
 * descriptor is somewhere, none is closed twice, a failure has an errno, what
 * was taken arrives or somebody is told, and nothing hangs.
 *
 * At the first call of each kind every number is tried, once and as a failure
 * that goes on; at the others a share of the numbers. With FAULTS=all in the
 * environment (make check-faults) it is all of them at every call; with
 * FAULTS=few, for tools that make each trial slow, a share at every call.
 *
 * Each trial is a process of its own. The library's sources are compiled with
 * the calls of faults.h renamed.
 */
#include "faults-not.h"

#include "../lib/detect.h"

#include "faults.h"

#include "kit.h"

#include <errno.h>

#define FILES 3

/* What went wrong in this trial, one line each. */
static int wrong;
/* This failure does not end: what needs the call cannot be done. */
static int goes_on;
/* Nothing fails: so that it is seen that a scenario does something. */
static int undisturbed;

static void
check(int good, const char *what)
{
	if (!good) {
		wrong++;
		printf("#   %s\n", what);
	}
}

static int files[FILES];	/* what is sent */

/* The file that a received descriptor is of, or -1. */
static int
which(int fd)
{
	int i;

	for (i = 0; i < FILES; i++)
		if (same_file(fd, files[i]))
			return i;
	return -1;
}

static void
told(ptrdiff_t n, const struct fdferry_result *r)
{
	if (n >= 0)
		return;
	check(errno > 0, "-1 has an errno");
	check(r->error == errno, "result.error is errno");
	check(r->bytes == 0 || r->fds > 0, "-1: nothing was taken");
}

/* ------------------------------------------------ messages -------------- */

static int type;		/* of the pair */
static size_t passed;		/* descriptors in a message: limits differ */

/* Receive until `len` bytes have come, or nothing more does. Counts what is
   accounted for: received, or told to be lost. */
static size_t
receive(int sock, char *data, size_t len, size_t *fds, int *lost)
{
	struct fdferry_opts opts = no_opts();
	struct fdferry_policy policy;
	struct fdferry_result r;
	struct sockaddr_un from;
	size_t at = 0, fromlen;
	struct timespec soon;
	int got[FILES], tries;
	ptrdiff_t n;
	size_t i;

	memset(&policy, 0, sizeof policy);
	policy.size = sizeof policy;
	policy.most = 100;
	policy.kinds = ~FDFERRY_KIND_BIT(FDFERRY_KIND_DIRECTORY);
	opts.policy = &policy;
	opts.from = (struct sockaddr *)&from;
	opts.fromlen = &fromlen;
	opts.deadline = &soon;
	for (tries = 0; at < len && tries < 40; tries++) {
		(void)memset(&soon, 0, sizeof soon);
		(void)fdferry_deadline(&soon, 40);
		fromlen = sizeof from;
		r = fresh();
		n = fdferry_recv(sock, data + at, len - at, got, FILES - 1, 0,
		    &opts, &r);
		told(n, &r);
		for (i = 0; i < r.fds; i++) {
			if (got[i] < 0)
				continue;
			check(which(got[i]) >= 0, "a file that was sent");
			/* Where no flag does it, a call has to. */
			check(fault_fcntl_failed()
				|| fcntl(got[i], F_GETFD) & FD_CLOEXEC,
			    "law 2: close-on-exec");
			*fds += 1;
		}
		*fds += r.surplus + r.refused;
		if (r.flags & FDFERRY_TRUNCATED) {
			check(r.error != 0, "what is lost has a reason");
			*lost = 1;
		}
		fdferry_close(got, r.fds);
		if (n > 0)
			at += (size_t)n;
		else if (tries > 10 && is_quiet(sock))
			break;
	}
	return at;
}

static void
messages(void)
{
	static const char text[] = "a message in many pieces, as it may be";
	struct fdferry_result r = fresh();
	struct fdferry_opts opts = no_opts();
	struct timespec soon = { 0, 0 };
	char data[sizeof text];
	int pair[2], give[FILES], lost = 0, error;
	size_t fds = 0, got, i, sent = 0;
	ptrdiff_t n;

	if (socketpair(AF_UNIX, type, 0, pair) < 0)
		bail("socketpair");
	for (i = 0; i < passed; i++)
		give[i] = dup(files[i]);
	(void)fdferry_deadline(&soon, 2000);
	opts.deadline = &soon;
	n = fdferry_send(pair[0], text, sizeof text, give, passed,
	    FDFERRY_GIVE, &opts, &r);
	told(n, &r);
	for (i = 0; i < passed; i++)
		check(is_open(give[i]) == (n < 0 && r.fds == 0),
		    "law 6: given if and only if taken");
	if (n < 0 && r.fds == 0)
		for (i = 0; i < passed; i++)
			(void)close(give[i]);
	if (n > 0)
		sent = (size_t)n;
	/* The rest goes without descriptors, as the header says. */
	while (n > 0 && sent < sizeof text && type == SOCK_STREAM) {
		n = fdferry_send(pair[0], text + sent, sizeof text - sent,
		    NULL, 0, 0, NULL, &r);
		if (n > 0)
			sent += (size_t)n;
	}
	got = receive(pair[1], data, sent, &fds, &lost);
	check(memcmp(data, text, got) == 0, "as it was sent");
	check(!undisturbed || (fds == passed && !lost), "undisturbed, all");
	check(got <= sent && fds <= passed, "and no more");
	if (!goes_on) {
		check(got == sent, "law 3: all that was taken arrives");
		check(sent == 0 || fds == passed || lost,
		    "law 1: each is accounted for");
		check(fault_parted() || is_quiet(pair[1]), "and nothing else");
	}
	errno = error = EDOM;
	fdferry_close(pair, 2);
	check(errno == error, "fdferry_close() keeps errno");
}

static void
streams(void)
{
	type = SOCK_STREAM;
	messages();
}

static void
datagrams(void)
{
	type = SOCK_DGRAM;
	messages();
}

static void
records(void)
{
	type = SOCK_SEQPACKET;
	messages();
}

/* One descriptor, and pieces of data. */
static void
single(void)
{
	struct fdferry_result r = fresh();
	char a[2], b[3];
	struct iovec iov[2];
	int pair[2], fd, tries, lent = dup(files[0]);
	ptrdiff_t n;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		bail("socketpair");
	n = fdferry_send_fd(pair[0], lent, FDFERRY_GIVE, NULL, &r);
	told(n, &r);
	check(is_open(lent) == (r.fds == 0), "law 6: given, or not");
	if (r.fds == 0)
		(void)close(lent);
	for (tries = 0; r.fds > 0 && tries < 5; tries++) {
		r = fresh();
		fd = fdferry_recv_fd(pair[1], FDFERRY_NONBLOCK, NULL, &r);
		if (fd >= 0) {
			check(which(fd) == 0, "the file that was sent");
			(void)close(fd);
			break;
		}
		told(-1, &r);
		if (r.flags & FDFERRY_TRUNCATED)
			break;
	}
	check(tries < 5 || goes_on, "it arrives, or it is told");
	iov[0].iov_base = a;
	iov[1].iov_base = b;
	iov[0].iov_len = 2;
	iov[1].iov_len = 3;
	memcpy(a, "12", 2);
	memcpy(b, "345", 3);
	n = fdferry_sendv(pair[1], iov, 2, NULL, 0, FDFERRY_NONBLOCK, NULL, &r);
	told(n, &r);
	if (n > 0) {
		memset(a, 0, 2);
		n = fdferry_recvv(pair[0], iov, 2, NULL, 0, FDFERRY_NONBLOCK,
		    NULL, &r);
		told(n, &r);
		check(n <= 0 || a[0] == '1', "pieces");
	}
	fdferry_close(pair, 2);
}

/* Nothing comes, and nothing more can go: until the deadline. */
static void
waiting(void)
{
	static char big[8192];
	struct fdferry_opts opts = no_opts();
	struct fdferry_result r = fresh();
	struct timespec soon = { 0, 0 };
	int pair[2], fd = -1, i;
	ptrdiff_t n = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		bail("socketpair");
	opts.deadline = &soon;
	(void)fdferry_deadline(&soon, 5);
	told(fdferry_recv(pair[1], big, 1, &fd, 1, 0, &opts, &r), &r);
	check(r.fds == 0 && r.bytes == 0, "nothing came");
	for (i = 0; n >= 0 && r.error == 0 && i < 1000; i++) {
		(void)fdferry_deadline(&soon, 5);
		n = fdferry_send(pair[0], big, sizeof big, NULL, 0, 0, &opts,
		    &r);
		told(n, &r);
	}
	check(i < 1000, "it is full at last");
	fdferry_close(pair, 2);
}

/* ------------------------------------------------ what it is ------------ */

static void
described(void)
{
	struct fdferry_info info;
	struct fdferry_peercred peer;
	int fds[9], i, n = 0;

	fds[n++] = dup(files[0]);
	if (pipe(fds + n) == 0)
		n += 2;
	fds[n++] = open("/", O_RDONLY);
	fds[n++] = open("/dev/null", O_RDWR);
	fds[n++] = socket(AF_INET, SOCK_STREAM, 0);
	(void)listen(fds[n - 1], 1);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fds + n) == 0)
		n += 2;
	for (i = 0; i < n; i++) {
		memset(&info, 0, sizeof info);
		info.size = sizeof info;
		if (fdferry_describe(fds[i], &info) < 0)
			check(errno > 0, "-1 has an errno");
		else
			check(fdferry_kind_name(info.kind)[0] != '\0'
				&& info.local.len <= sizeof info.local.at,
			    "a description that can be read");
		memset(&peer, 0, sizeof peer);
		peer.size = sizeof peer;
		if (fdferry_peer(fds[i], &peer) < 0)
			check(errno > 0, "-1 has an errno");
		else if (peer.known & FDFERRY_PEER_UID)
			check(peer.uid == (unsigned long)geteuid(),
			    "it is we");
	}
	for (i = 0; i < n; i++)
		(void)close(fds[i]);
}

static void
addressed(void)
{
#ifdef AF_INET6
	/* A zone: sin6_addr is at 8, sin6_scope_id at 24, everywhere. */
	union {
		struct sockaddr_storage ss;
		unsigned char bytes[28];
	} in6;
	char text[80];

	memset(&in6, 0, sizeof in6);
	in6.ss.ss_family = AF_INET6;
	in6.bytes[8] = 0xfe;
	in6.bytes[9] = 0x80;
	in6.bytes[24] = in6.bytes[27] = 1;
	check(fdferry_addr_text((struct sockaddr *)&in6.ss, 28, text,
		  sizeof text) < sizeof text && text[0] == '[',
	    "an address as text");
#endif
}

/* ------------------------------------------------ channels -------------- */

struct end {
	struct fdferry_channel *ch;
	int queued, final;	/* messages and hand-offs, and their ends */
	int over;
	int got, taken;		/* of the peer */
};

static struct end ends[2];

/* Of hand-offs. Where nothing fails none is waited for, however slow this
   machine is. */
static long
patience(void)
{
	return undisturbed ? 5000 : 20;
}

static void
event(struct end *e, const struct fdferry_event *ev)
{
	int fd;
	size_t i;

	for (i = 0; i < ev->nfds; i++)
		if (ev->fds[i] >= 0) {
			check(which(ev->fds[i]) >= 0, "a file that was sent");
			(void)close(ev->fds[i]);
		}
	switch (ev->type) {
	case FDFERRY_EVENT_SENT:
	case FDFERRY_EVENT_FAILED: e->final++; break;
	case FDFERRY_EVENT_REJECTED: e->final += ev->nfds > 0; break;
	case FDFERRY_EVENT_HANDOFF:
		e->final++;
		check(ev->outcome >= FDFERRY_ACCEPTED
			&& ev->outcome <= FDFERRY_IN_DOUBT,
		    "an outcome");
		/* fdferry_outcome_name() and the others make no call. */
		check(fdferry_outcome_name(ev->outcome)[0] != 'u', "its name");
		break;
	case FDFERRY_EVENT_MESSAGE: e->got++; break;
	case FDFERRY_EVENT_OFFER:
		fd = fdferry_channel_look(e->ch, ev->id);
		check(fd < 0 || which(fd) >= 0, "a look at what is offered");
		if (e->taken++ == 0)
			(void)fdferry_channel_accept(e->ch, ev->id);
		else
			(void)fdferry_channel_refuse(e->ch, ev->id,
			    FDFERRY_REASON_BUSY);
		break;
	case FDFERRY_EVENT_END: e->over = 1; break;
	default: break;
	}
	check(fdferry_event_name(ev->type)[0] != 'u'
		&& fdferry_reason_name(ev->reason)[0] != 'u',
	    "names");
}

static void
fetch(struct end *e)
{
	struct fdferry_event ev;

	ev.size = sizeof ev;
	while (fdferry_channel_next(e->ch, &ev) > 0)
		event(e, &ev);
}

/* One whose end has come is freed, as every user would: then the other one
   sees it. */
static void
turn(struct end *e)
{
	if (e->ch == NULL)
		return;
	(void)fdferry_channel_work(e->ch);
	fetch(e);
	if (e->over) {
		fdferry_channel_free(e->ch);
		e->ch = NULL;
	}
}

/* Both ends at once, until all that was queued has ended; bounded. */
static void
exchange(int pass_ms)
{
	struct fdferry_event ev;
	struct timespec soon = { 0, 0 };
	long wants;
	int i;

	for (i = 0; i < (goes_on ? 6 : 200); i++) {
		turn(&ends[0]);
		turn(&ends[1]);
		if (ends[0].ch != NULL)
			(void)fdferry_channel_wants(ends[0].ch, &wants);
		if (ends[0].final >= ends[0].queued
		    && ends[1].final >= ends[1].queued)
			break;
		if (i < 4 || ends[0].ch == NULL || fdferry_deadline(&soon, pass_ms) < 0)
			continue;
		ev.size = sizeof ev;
		if (fdferry_channel_wait(ends[0].ch, &ev, &soon) > 0)
			event(&ends[0], &ev);
	}
}

static void
open_ends(int kind)
{
	static struct fdferry_policy policy;	/* outlives the channels */
	struct fdferry_channel_opts opts;
	int pair[2], i;

	memset(ends, 0, sizeof ends);
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.flags = FDFERRY_GIVE;
	opts.doubt_ms = patience();
	opts.inflight_ms = 20;
	policy.size = sizeof policy;
	policy.kinds = ~FDFERRY_KIND_BIT(FDFERRY_KIND_DIRECTORY);
	opts.policy = &policy;
	if (socketpair(AF_UNIX, kind, 0, pair) < 0)
		bail("socketpair");
	for (i = 0; i < 2; i++) {
		ends[i].ch = fdferry_channel_new(pair[i], &opts);
		if (ends[i].ch == NULL) {
			check(errno > 0, "no channel has an errno");
			(void)close(pair[i]);
		} else
			check(fdferry_channel_fd(ends[i].ch) == pair[i],
			    "its socket");
	}
}

/* A message or a hand-off; what was not queued is ours. */
static void
queue(struct end *e, int handoff, size_t nfds)
{
	struct timespec soon = { 0, 0 };
	unsigned long id;
	int give[FILES], rc;
	size_t i;

	if (e->ch == NULL)
		return;
	for (i = 0; i < nfds; i++)
		give[i] = dup(files[i]);
	(void)fdferry_deadline(&soon, patience());
	if (handoff)
		rc = fdferry_channel_handoff(e->ch, "about it", 8, give[0],
		    FDFERRY_GIVE, &soon, &id);
	else
		rc = fdferry_channel_send(e->ch, "hello", 5, give, nfds,
		    FDFERRY_GIVE, &id);
	if (rc == 0) {
		e->queued++;
		return;
	}
	check(errno > 0, "what is not queued has an errno");
	for (i = 0; i < nfds; i++) {
		check(is_open(give[i]), "and was not given");
		(void)close(give[i]);
	}
}

static void
channel(int kind)
{
	struct fdferry_channel_stats stats;
	int i;

	open_ends(kind);
	if (ends[0].ch != NULL && ends[1].ch != NULL) {
		queue(&ends[0], 0, passed);
		queue(&ends[0], 1, 1);
		queue(&ends[1], 0, 1);
		queue(&ends[1], 0, 0);
		exchange(5);
		queue(&ends[0], 1, 1);	/* this one is refused */
		queue(&ends[1], 0, 0);
		if (ends[1].ch != NULL)
			(void)fdferry_channel_cancel(ends[1].ch, 0);
		exchange(5);
		for (i = 0; i < 2; i++) {
			stats.size = sizeof stats;
			check(ends[i].final <= ends[i].queued,
			    "what was queued ends once");
			if (goes_on)
				continue;
			check(ends[i].ch == NULL
				|| fdferry_channel_count(ends[i].ch, &stats) < 0
				|| stats.held == 0,
			    "nothing is held");
			/* Of datagrams nobody sees that the other end has
			   gone, as the header says. */
			check(ends[i].final == ends[i].queued
				|| (kind == SOCK_DGRAM && ends[1 - i].over),
			    i == 0 ? "what was queued ends (0)"
				   : "what was queued ends (1)");
			check(!undisturbed
				|| (ends[i].got == 2 - i && !ends[i].over
				    && ends[i].taken == 2 * i),
			    "undisturbed, all of it arrives");
		}
	}
	for (i = 0; i < 2; i++)
		if (ends[i].ch != NULL)
			fdferry_channel_free(ends[i].ch);
}

static void
channel_of_bytes(void)
{
	channel(SOCK_STREAM);
}

static void
channel_of_records(void)
{
	channel(SOCK_SEQPACKET);
}

static void
channel_of_datagrams(void)
{
	channel(SOCK_DGRAM);
}

/* ------------------------------------------------ trials ---------------- */

static const struct scenario {
	void (*run)(void);
	const char *name;
	int kind;		/* the type of sockets that it needs, or 0 */
	int stream;		/* may move few bytes at a time */
} scenarios[] = {
	{ streams, "messages on a stream", SOCK_STREAM, 1 },
	{ datagrams, "messages as datagrams", SOCK_DGRAM, 0 },
	{ records, "messages as records", SOCK_SEQPACKET, 0 },
	{ single, "one descriptor", SOCK_STREAM, 1 },
	{ waiting, "waiting in vain", SOCK_STREAM, 0 },
	{ described, "what it is, and whose", 0, 0 },
	{ addressed, "an address as text", 0, 0 },
	{ channel_of_bytes, "a channel on a stream", SOCK_STREAM, 1 },
	{ channel_of_records, "a channel of records", SOCK_SEQPACKET, 0 },
	{ channel_of_datagrams, "a channel of datagrams", SOCK_DGRAM, 0 }
};
#define NSCENARIOS (sizeof scenarios / sizeof scenarios[0])

/* What a process of a trial tells. */
struct answer {
	int wrong;
	long calls;
	unsigned char log[FAULT_LOG];
};

static void
trial(const struct scenario *s, const struct fault_plan *plan,
    struct answer *answer)
{
	long i;
	int before, after;

	before = open_fds();
	goes_on = plan->on;
	undisturbed = plan->at < 0;
	fault_plan(plan);
	s->run();
	answer->calls = fault_count();
	for (i = 0; i < answer->calls && i < FAULT_LOG; i++)
		answer->log[i] = (unsigned char)fault_log(i);
	after = open_fds();
	check(before == after, "law 1: a descriptor is left, or gone");
	check(fault_closed_twice() == 0, "law 6: closed twice");
	answer->wrong = wrong;
}

/* Run it in a process of its own; 0 and its answer, or -1: it was killed. */
static int
in_child(const struct scenario *s, const struct fault_plan *plan,
    struct answer *answer)
{
	int tell[2], status;
	ssize_t n;
	size_t at;
	pid_t pid;

	(void)fflush(stdout);
	if (pipe(tell) < 0 || (pid = fork()) < 0)
		bail("fork");
	if (pid == 0) {
		tap_alarm(20);
		(void)close(tell[0]);
		trial(s, plan, answer);
		(void)fflush(stdout);
		for (at = 0; at < sizeof *answer; at += (size_t)n) {
			n = write(tell[1], (char *)answer + at,
			    sizeof *answer - at);
			if (n <= 0)
				_exit(1);
		}
		_exit(0);
	}
	(void)close(tell[1]);
	for (at = 0; at < sizeof *answer; at += (size_t)n) {
		n = read(tell[0], (char *)answer + at, sizeof *answer - at);
		if (n <= 0)
			break;
	}
	(void)close(tell[0]);
	while (waitpid(pid, &status, 0) < 0)
		;
	if (at == sizeof *answer)
		return 0;
	printf("#   killed by signal %d\n",
	    WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	return -1;
}

static long trials;
static unsigned char seen[256];	/* by index in fault_calls */
static int all, few;
/* One of so many numbers is tried at a call whose kind was tried before. */
#define SHARE 4

static int
one(const struct scenario *s, const char *call, const struct fault_plan *plan)
{
	static struct answer answer;
	int bad;
	long i;

	trials++;
	memset(&answer, 0, sizeof answer);
	bad = in_child(s, plan, &answer) < 0 || answer.wrong;
	for (i = 0; i < answer.calls && i < FAULT_LOG; i++)
		seen[answer.log[i]] = 1;
	if (bad)
		diag("%s: call %ld, %s%s: errno %d, %lu bytes at a time",
		    s->name, plan->at, call, plan->on ? " from then on" : "",
		    plan->error, (unsigned long)plan->most);
	return bad;
}

/* Every number of the `at`th call, which is `call`. */
static int
every_errno(const struct scenario *s, const struct fault_call *call, long at,
    int first)
{
	struct fault_plan plan = { -1, 0, 0, 0 };
	int bad = 0, i;

	plan.at = at;
	for (i = 0; call->errnos[i] != 0; i++) {
		if (!all && (few || !first) && i % SHARE != at % SHARE)
			continue;
		plan.error = call->errnos[i];
		plan.on = 0;
		bad += one(s, call->name, &plan);
		/* A signal that never ends is no failure. */
		if (plan.error == EINTR || !(first || all))
			continue;
		plan.on = 1;
		bad += one(s, call->name, &plan);
	}
	return bad;
}

static void
every_call(const struct scenario *s)
{
	static struct answer dry;
	unsigned char met[256];
	struct fault_plan plan = { -1, 0, 0, 0 };
	char text[120];
	int bad = 0;
	long i;

	memset(&dry, 0, sizeof dry);
	if (s->kind == SOCK_SEQPACKET && SOCK_SEQPACKET < 0) {
		skip(s->name, "no such sockets");
		return;
	}
	if (in_child(s, &plan, &dry) < 0 || dry.wrong) {
		ok(0, s->name);
		return;
	}
	if (dry.calls > FAULT_LOG)
		bail("more calls than are logged");
	memset(met, 0, sizeof met);
	for (i = 0; i < dry.calls && bad < 20; i++) {
		bad += every_errno(s, &fault_calls[dry.log[i]], i,
		    !met[dry.log[i]]);
		met[dry.log[i]] = seen[dry.log[i]] = 1;
	}
	(void)snprintf(text, sizeof text, "%s: %ld calls, each of which fails",
	    s->name, dry.calls);
	ok(bad == 0, text);
}

static void
every_piece(const struct scenario *s)
{
	struct fault_plan plan = { -1, 0, 0, 0 };
	char text[120];
	int bad = 0;

	for (plan.most = 1; plan.most <= 70 && bad < 20; plan.most++)
		bad += one(s, "none", &plan);
	(void)snprintf(text, sizeof text, "%s: a few bytes at a time",
	    s->name);
	ok(bad == 0, text);
}

static int
has_type(int kind)
{
	int pair[2];

	if (kind == 0)
		return 1;
	if (kind < 0 || socketpair(AF_UNIX, kind, 0, pair) < 0)
		return 0;
	(void)close(pair[0]);
	(void)close(pair[1]);
	return 1;
}

int
main(void)
{
	char name[] = "/tmp/fdferry.XXXXXX";
	const char *how;
	size_t i;

	for (i = 0; i < FILES; i++) {
		memcpy(name + sizeof name - 7, "XXXXXX", 6);
		files[i] = mkstemp(name);
		if (files[i] < 0 || unlink(name) < 0)
			bail("a temporary file");
	}
	need_backend();
	plan(NSCENARIOS + 3);
	tap_alarm(300);
	how = getenv("FAULTS");
	all = how != NULL && strcmp(how, "all") == 0;
	few = how != NULL && strcmp(how, "few") == 0;
	passed = at_most(FILES);
	for (i = 0; i < NSCENARIOS; i++) {
		if (!has_type(scenarios[i].kind))
			skip(scenarios[i].name, "no such sockets");
		else
			every_call(&scenarios[i]);
	}
	for (i = 0; i < NSCENARIOS; i++)
		if (scenarios[i].stream)
			every_piece(&scenarios[i]);
	for (i = 0; i < fault_ncalls; i++)
		if (!seen[i])
			diag("not called here: %s", fault_calls[i].name);
	diag("%ld trials", trials);
	return tap_bad;
}
