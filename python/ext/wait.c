/* SPDX-License-Identifier: 0BSD */
/* wait.c - waiting that a signal handler of Python's can end. */
#include "core.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#define PAUSE_MOST 16		/* ms */

int64_t
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
milliseconds(PyObject *seconds)
{
	double s;

	if (seconds == NULL || seconds == Py_None)
		return -1;
	s = PyFloat_AsDouble(seconds);
	if (s == -1 && PyErr_Occurred() != NULL)
		return -2;
	if (isnan(s) || s < 0) {
		PyErr_SetString(PyExc_ValueError,
		    "a timeout is None or a non-negative number of seconds");
		return -2;
	}
	return s > 1e12 ? -1 : (int64_t)ceil(s * 1000);
}

int
poll_once(int fd, short events, int other, int ms)
{
	struct pollfd p[2];
	int n, error;

	p[0].fd = fd;
	p[0].events = events;
	p[1].fd = other;
	p[1].events = POLLIN;
	Py_BEGIN_ALLOW_THREADS
	n = poll(p, other >= 0 ? 2 : 1, ms);
	error = errno;
	Py_END_ALLOW_THREADS
	if (n >= 0)
		return n;
	if (error != EINTR && error != EAGAIN) {
		(void)raise_errno(error);
		return -1;
	}
	return PyErr_CheckSignals() < 0 ? -1 : 0;
}

/* A socket object knows; of a mere descriptor O_NONBLOCK decides. */
static int
ask_patience(struct waiting *w)
{
	PyObject *timeout = NULL;
	int64_t ms;
	int flags;

	if (w->sock != NULL && !PyLong_Check(w->sock))
		timeout = PyObject_CallMethod(w->sock, "gettimeout", NULL);
	if (timeout == NULL) {
		if (PyErr_Occurred() != NULL) {
			if (!PyErr_ExceptionMatches(PyExc_AttributeError))
				return -1;
			PyErr_Clear();
		}
		flags = fcntl(w->fd, F_GETFL);
		w->patience = flags >= 0 && (flags & O_NONBLOCK) ? NEVER
		    : FOREVER;
		return 0;
	}
	ms = milliseconds(timeout);
	Py_DECREF(timeout);
	if (ms == -2)
		return -1;
	w->patience = ms < 0 ? FOREVER : ms == 0 ? NEVER : UNTIL;
	w->deadline = ms > 0 ? now_ms() + ms : 0;
	return 0;
}

int
would_wait(struct waiting *w)
{
	if (w->patience == ASK && ask_patience(w) < 0)
		return -1;
	return w->patience != NEVER;
}

/* Milliseconds left for poll(); -1: for ever. */
static int
left(const struct waiting *w)
{
	int64_t ms;

	if (w->patience == FOREVER)
		return -1;
	ms = w->deadline - now_ms();
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

/*
 * poll() calls an unconnected datagram socket writable while the receiver's
 * queue is full: from the second round on a short, growing pause is first.
 */
static int
pause_before(const struct waiting *w)
{
	int ms = w->rounds > 5 ? PAUSE_MOST : 1 << (w->rounds - 1);
	int most = left(w);

	return poll_once(-1, 0, -1, most >= 0 && most < ms ? most : ms);
}

int
wait_again(const struct state *state, struct waiting *w)
{
	int ms, wants = would_wait(w);

	if (wants < 0)
		return -1;
	if (!wants) {
		(void)raise_errno(EAGAIN);
		return -1;
	}
	ms = left(w);
	if (ms == 0) {
		PyErr_SetString(state->timeout, "timed out");
		return -1;
	}
	if (w->sending && w->rounds > 0 && pause_before(w) < 0)
		return -1;
	w->rounds++;
	return poll_once(w->fd, w->sending ? POLLOUT : POLLIN, -1, left(w))
	    < 0 ? -1 : 0;
}

/* What is not listed is refused, never ignored. */
int
check_flags(int flags, int known, struct waiting *w)
{
	if ((flags & ~known) != 0) {
		(void)raise_text(EINVAL, "a flag that fdferry does not take");
		return -1;
	}
	w->patience = flags & MSG_DONTWAIT ? NEVER : ASK;
	return 0;
}
