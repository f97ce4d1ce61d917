/* SPDX-License-Identifier: 0BSD */
/*
 * t/78-channel-sleep.c - fdferry_channel_wait() sleeps as long as there is
 * nothing to do, not a millisecond less than its deadline says, and says why if
 * it cannot sleep. poll() is the test's own: sleeping moves the time.
 */
#include <limits.h>
#include <poll.h>

int own_poll(struct pollfd *p, nfds_t n, int timeout);

#define poll own_poll
#include "fakechan.h"
#undef poll

static struct {
	int error, times;	/* so many calls fail so */
	int calls, timeout, events, sockets, fd;	/* of the last one */
	int arrives;		/* at this call a message comes; 0: none */
} slept;

int
own_poll(struct pollfd *p, nfds_t n, int timeout)
{
	slept.calls++;
	slept.timeout = timeout;
	slept.sockets = (int)n;
	slept.events = n > 0 ? p->events : 0;
	slept.fd = n > 0 ? p->fd : -1;
	if (slept.times > 0) {
		slept.times--;
		errno = slept.error;
		return -1;
	}
	if (slept.arrives == slept.calls) {
		(void)fdferry_channel_send(t.b, "x", 1, NULL, 0, 0, NULL);
		(void)fdferry_channel_work(t.b);
		return 1;
	}
	if (timeout < 0)
		bail("nothing would end this");
	wire_ms += timeout;
	return 0;
}

/* Two that know each other, at the time of 1 second. */
static void
awake(void)
{
	wire_ms = 1000;
	begin(NULL, NULL);
	work();
	memset(&slept, 0, sizeof slept);
}

static int
wait_until(int64_t seconds, long ns)
{
	struct timespec when;

	when.tv_sec = (time_t)seconds;
	when.tv_nsec = ns;
	return fdferry_channel_wait(t.a, &t.ev, &when);
}

static void
rounding(void)
{
	static const struct {
		int sec;
		long ns, ms;
	} deadlines[] = { { 3, 0, 2000 }, { 3, 1, 2001 }, { 3, 999999, 2001 },
		{ 3, 1000000, 2001 }, { 3, 1000001, 2002 },
		{ 3, 999000000, 2999 }, { 3, 999999999, 3000 },
		{ 1, 1, 1 }, { 1001, 0, 1000000 } };
	size_t i, good = 0;

	for (i = 0; i < sizeof deadlines / sizeof deadlines[0]; i++) {
		awake();
		if (wait_until(deadlines[i].sec, deadlines[i].ns) == -1
		    && errno == ETIMEDOUT && slept.calls == 1
		    && slept.timeout == deadlines[i].ms)
			good++;
		else
			diag("%d s %ld ns: %d ms, %d times", deadlines[i].sec,
			    deadlines[i].ns, slept.timeout, slept.calls);
		finish();
	}
	is((long)i, (long)good, "a deadline is rounded up to milliseconds");
	awake();
	fails_with(ETIMEDOUT, wait_until(1, 0), "one that is now");
	fails_with(ETIMEDOUT, wait_until(0, 999999999), "one that is over");
	fails_with(ETIMEDOUT, wait_until(-5, 0), "one before all time");
	is(0, slept.calls, "none of them is waited for");
	finish();
}

/* More milliseconds than poll() takes. */
static void
far_away(void)
{
	const int64_t end = 1000 + (int64_t)INT_MAX + 10;
	struct timespec when;

	awake();
	fails_with(ETIMEDOUT, wait_until(end / 1000, (long)(end % 1000)
	    * 1000000), "a deadline in 25 days is kept");
	is(2, slept.calls, "in two parts");
	is(10, slept.timeout, "of which the second is the rest");
	ok(wire_ms == end, "at its millisecond");
	finish();
	awake();
	slept.arrives = 1;
	is(1, fdferry_channel_wait(t.a, &t.ev, NULL),
	    "no deadline: a wait ends with a message");
	is(-1, slept.timeout, "however long that takes");
	is(POLLIN, slept.events, "of the socket only that is asked");
	is(fdferry_channel_fd(t.a), slept.fd, "of its own one");
	(void)event(t.b);
	(void)fake_deadline(&when, 1);
	fails_with(ETIMEDOUT, fdferry_channel_wait(t.b, &t.ev, &when),
	    "the other waits");
	is(fdferry_channel_fd(t.b), slept.fd, "for its own one");
	finish();
}

static void
woken(void)
{
	static const int harmless[] = { EINTR, EAGAIN };
	static const int bad[] = { EINVAL, ENOMEM, EFAULT };
	int i;

	for (i = 0; i < 2; i++) {
		awake();
		slept.error = harmless[i];
		slept.times = 3;
		slept.arrives = 4;
		is(1, wait_until(60, 0), i == 0 ? "EINTR does not end a wait"
		    : "nor does EAGAIN");
		is(FDFERRY_EVENT_MESSAGE, t.ev.type, "the message does");
		is(4, slept.calls, "it went on sleeping");
		finish();
	}
	for (i = 0; i < 3; i++) {
		awake();
		slept.error = bad[i];
		slept.times = 1;
		fails_with(bad[i], wait_until(60, 0),
		    "a poll() that fails ends it: the caller learns why");
		is(1, slept.calls, "it does not spin");
		slept.arrives = 2;
		is(1, wait_until(60, 0), "the channel is as it was");
		finish();
	}
}

/* What is due before the deadline. */
static void
due(void)
{
	static const char data[20000];
	struct fdferry_channel_opts o = chan_opts();

	awake();
	wires[1].recv_fail = ENOBUFS;
	slept.arrives = 2;
	is(1, wait_until(60, 0), "no memory in the kernel: it reads later");
	is(2, slept.calls, "after a pause");
	finish();
	awake();
	wires[1].recv_fail = ENOBUFS;
	fails_with(ETIMEDOUT, wait_until(1, 5000000), "a deadline in the pause");
	is(0, slept.sockets, "in it the socket would wake for nothing");
	is(5, slept.timeout, "and no longer than the deadline");
	finish();
	awake();
	wires[1].recv_fail = ENOMEM;
	wires[1].recv_fails = 2;
	wire_calls = 0;
	(void)fdferry_channel_work(t.a);
	(void)fdferry_channel_work(t.a);
	is(1, wire_calls, "the kernel is not asked again before");
	wire_ms += 10;
	(void)fdferry_channel_work(t.a);
	is(2, wire_calls, "and then is");
	finish();
	awake();
	wires[1].recv_most = 33;
	(void)fdferry_channel_send(t.b, data, sizeof data, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.b);
	is(1, wait_until(60, 0), "a message in 600 receives is waited for");
	ok(wire_ms == 1000, "in no time, for all of it is here");
	ok(slept.calls > 0 && slept.timeout == 0, "others have their turn");
	finish();
	o.doubt_ms = 70;
	wire_ms = 1000;
	begin(&o, NULL);
	work();
	memset(&slept, 0, sizeof slept);
	(void)offer(30);
	(void)fdferry_channel_work(t.a);
	is(1, wait_until(60, 0),
	    "an offer that nobody answers has an end");
	ok(t.ev.type == FDFERRY_EVENT_HANDOFF
	    && t.ev.outcome == FDFERRY_IN_DOUBT, "in doubt");
	ok(wire_ms == 1000 + 30 + 70, "when its time and doubt_ms are over");
	is(2, slept.calls, "it has woken for each");
	finish();
}

/* Who only sends is not asked to read, but not for ever. */
static void
sending(void)
{
	int i;

	awake();
	(void)fdferry_channel_send(t.b, "y", 1, NULL, 0, 0, NULL);
	(void)fdferry_channel_work(t.b);
	for (i = 0; i < 40; i++) {
		(void)fdferry_channel_send(t.a, "x", 1, NULL, 0, 0, NULL);
		if (wait_until(60, 0) != 1 || t.ev.type != FDFERRY_EVENT_SENT)
			break;
		if (timeout_of(t.a) != 0)
			break;
	}
	is(16, i, "one who sends and waits: 16 are sent, more is to be done");
	is(FDFERRY_EVENT_MESSAGE, t.ev.type, "then the peer is heard");
	is(0, slept.calls, "nothing of that is waited for");
	finish();
}

int
main(void)
{
	int before;

	chan_need();
	plan(5 + 10 + 2 * 3 + 3 * 3 + 5 + 2 + 3 + 4 + 3 + 1);
	wire_reset();
	file = fresh_fd();
	before = all_fds();
	rounding();
	far_away();
	woken();
	due();
	sending();
	is(before, all_fds(), "nothing leaks in all of it");
	return tap_bad;
}
