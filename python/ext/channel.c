/* SPDX-License-Identifier: 0BSD */
/*
 * channel.c - _core.Channel: a channel of the library, for any thread.
 *
 * One lock a channel: the library wants one thread at a time. Who waits for
 * an event lets go of it, and of the interpreter; what another thread queues
 * meanwhile wakes it through a pipe.
 */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

/* ------------------------------------------------ the lock -------------- */

/*
 * A child of fork() has one thread, and the lock may be another's for ever:
 * it goes without.
 */
static void
enter(struct channel *c)
{
	if (c->pid != (long)getpid()
	    || PyThread_acquire_lock(c->lock, NOWAIT_LOCK))
		return;
	Py_BEGIN_ALLOW_THREADS
	(void)PyThread_acquire_lock(c->lock, WAIT_LOCK);
	Py_END_ALLOW_THREADS
}

void
channel_leave(struct channel *c)
{
	if (c->pid == (long)getpid())
		PyThread_release_lock(c->lock);
}

/* With the lock, or an exception and without. */
int
channel_enter(struct channel *c)
{
	enter(c);
	if (c->ch != NULL)
		return 0;
	channel_leave(c);
	PyErr_SetString(PyExc_ValueError, "operation on closed channel");
	return -1;
}

void
channel_wake(struct channel *c)
{
	if (c->waiting > 0)
		(void)!write(c->wake[1], "", 1);
}

/* Leave, and None, or an exception for a call that failed. */
PyObject *
channel_answer(struct channel *c, int rc)
{
	int error = errno;

	if (rc >= 0)
		channel_wake(c);
	channel_leave(c);
	if (rc < 0)
		return raise_errno(error);
	Py_RETURN_NONE;
}

/* ------------------------------------------------ making ---------------- */

static PyObject *
channel_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
	struct fdferry_channel_opts opts;
	struct channel *c;
	PyObject *policy;
	int fd, give, has;

	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	if (keywords != NULL && PyDict_Size(keywords) > 0) {
		PyErr_SetString(PyExc_TypeError, "no keywords");
		return NULL;
	}
	if (!PyArg_ParseTuple(args, "O&pkkkkkllO", fd_converter, &fd, &give,
	    &opts.most_bytes, &opts.most_fds, &opts.most_held,
	    &opts.most_offers, &opts.queue_bytes, &opts.doubt_ms,
	    &opts.inflight_ms, &policy))
		return NULL;
	c = (struct channel *)type->tp_alloc(type, 0);
	if (c == NULL)
		return NULL;
	c->wake[0] = c->wake[1] = -1;
	c->pid = (long)getpid();
	c->lock = PyThread_allocate_lock();
	has = policy_of(policy, &c->policy);
	if (has > 0)
		opts.policy = &c->policy.c;
	opts.flags = give ? FDFERRY_GIVE : 0;
	if (c->lock == NULL)
		(void)PyErr_NoMemory();
	else if (has >= 0)
		c->ch = fdferry_channel_new(fd, &opts);
	if (c->ch != NULL)
		return (PyObject *)c;
	if (PyErr_Occurred() == NULL)
		(void)PyErr_SetFromErrno(PyExc_OSError);
	Py_DECREF(c);
	return NULL;
}

static void
channel_dealloc(struct channel *c)
{
	PyTypeObject *type = Py_TYPE(c);

	fdferry_channel_free(c->ch);
	fdferry_close(c->wake, 2);
	if (c->lock != NULL)
		PyThread_free_lock(c->lock);
	policy_free(&c->policy);
	type->tp_free((PyObject *)c);
	Py_DECREF(type);
}

static PyObject *
channel_free(struct channel *c, PyObject *none)
{
	struct fdferry_channel *ch;

	(void)none;
	enter(c);
	ch = c->ch;
	c->ch = NULL;
	channel_wake(c);
	channel_leave(c);
	Py_BEGIN_ALLOW_THREADS
	fdferry_channel_free(ch);
	Py_END_ALLOW_THREADS
	Py_RETURN_NONE;
}

/* ------------------------------------------------ turning --------------- */

static PyObject *
channel_fileno(struct channel *c, PyObject *none)
{
	int fd;

	(void)none;
	if (channel_enter(c) < 0)
		return NULL;
	fd = fdferry_channel_fd(c->ch);
	if (fd < 0)
		return channel_answer(c, -1);
	channel_leave(c);
	return PyLong_FromLong(fd);
}

static PyObject *
channel_wants(struct channel *c, PyObject *none)
{
	unsigned int wants;
	long ms;

	(void)none;
	if (channel_enter(c) < 0)
		return NULL;
	wants = fdferry_channel_wants(c->ch, &ms);
	channel_leave(c);
	return Py_BuildValue("Il", wants, ms);
}

/* With the lock; the interpreter is let go. */
int
channel_turn(struct channel *c)
{
	int rc, error;

	Py_BEGIN_ALLOW_THREADS
	rc = fdferry_channel_work(c->ch);
	error = errno;
	Py_END_ALLOW_THREADS
	errno = error;
	return rc;
}

static PyObject *
channel_work(struct channel *c, PyObject *none)
{
	(void)none;
	if (channel_enter(c) < 0)
		return NULL;
	return channel_answer(c, channel_turn(c));
}

/* Its descriptors are closed if that fails. */
static PyObject *
event_tuple(const struct fdferry_event *e)
{
	PyObject *fds = PyList_New((Py_ssize_t)e->nfds), *fd, *all = NULL;
	size_t i;

	for (i = 0; i < e->nfds && fds != NULL; i++) {
		fd = PyLong_FromLong(e->fds[i]);
		if (fd == NULL)
			Py_CLEAR(fds);
		else
			PyList_SET_ITEM(fds, (Py_ssize_t)i, fd);
	}
	if (fds != NULL)
		all = Py_BuildValue("iiiIkky#O", e->type, e->outcome,
		    e->error, e->reason, e->id, e->count,
		    e->data != NULL ? (const char *)e->data : "",
		    e->data != NULL ? (Py_ssize_t)e->len : (Py_ssize_t)0,
		    fds);
	Py_XDECREF(fds);
	for (i = 0; i < e->nfds && all == NULL; i++)
		if (e->fds[i] >= 0)
			(void)close(e->fds[i]);
	return all;
}

/* With the lock: 1 and *tuple, 0: none, -1: exception. */
static int
next(struct channel *c, PyObject **tuple)
{
	struct fdferry_event event;
	int n;

	event.size = sizeof event;
	n = fdferry_channel_next(c->ch, &event);
	if (n == 0)
		return 0;
	*tuple = n > 0 ? event_tuple(&event)
	    : PyErr_SetFromErrno(PyExc_OSError);
	return *tuple != NULL ? 1 : -1;
}

static PyObject *
channel_next(struct channel *c, PyObject *none)
{
	PyObject *tuple;
	int n;

	(void)none;
	if (channel_enter(c) < 0)
		return NULL;
	n = next(c, &tuple);
	channel_leave(c);
	if (n == 0)
		Py_RETURN_NONE;
	return n > 0 ? tuple : NULL;
}

/* ------------------------------------------------ waiting --------------- */

static int
wake_make(struct channel *c)
{
	int i, p[2];

	if (c->wake[0] >= 0)
		return 0;
	if (pipe(p) < 0) {
		(void)PyErr_SetFromErrno(PyExc_OSError);
		return -1;
	}
	for (i = 0; i < 2; i++) {
		(void)fcntl(p[i], F_SETFD, FD_CLOEXEC);
		(void)fcntl(p[i], F_SETFL, O_NONBLOCK);
		c->wake[i] = p[i];
	}
	return 0;
}

/* With the lock, which is let go meanwhile. -1: exception. */
static int
rest(struct channel *c, int64_t end)
{
	unsigned int wants;
	int64_t left = end < 0 ? -1 : end - now_ms();
	char drain[64];
	long ms;
	int fd, n;

	if (wake_make(c) < 0)
		return -1;
	wants = fdferry_channel_wants(c->ch, &ms);
	if (left >= 0 && (ms < 0 || left < ms))
		ms = left > INT_MAX ? INT_MAX : (long)left;
	fd = wants != 0 ? fdferry_channel_fd(c->ch) : -1;
	c->waiting++;
	channel_leave(c);
	n = poll_once(fd, (short)((wants & FDFERRY_WANT_READ ? POLLIN : 0)
	    | (wants & FDFERRY_WANT_WRITE ? POLLOUT : 0)), c->wake[0],
	    ms > INT_MAX ? INT_MAX : (int)ms);
	enter(c);
	c->waiting--;
	(void)!read(c->wake[0], drain, sizeof drain);
	return n < 0 ? -1 : 0;
}

/*
 * With the lock: what is there, after some work. 1 and *tuple, 0: nothing
 * yet, -1: exception; EPIPE: nothing can follow.
 */
static int
look(struct channel *c, PyObject **tuple)
{
	static const struct timespec past;
	struct fdferry_event event;
	int n, error;

	event.size = sizeof event;
	Py_BEGIN_ALLOW_THREADS
	n = fdferry_channel_wait(c->ch, &event, &past);
	error = errno;
	Py_END_ALLOW_THREADS
	if (n < 0 && error == ETIMEDOUT)
		return 0;
	*tuple = n > 0 ? event_tuple(&event) : raise_errno(error);
	return *tuple != NULL ? 1 : -1;
}

/* An event, or None when the time is over. */
static PyObject *
channel_wait(struct channel *c, PyObject *seconds)
{
	PyObject *tuple = NULL;
	int64_t ms = milliseconds(seconds), end;
	int n = 0;

	if (ms == -2 || channel_enter(c) < 0)
		return NULL;
	end = ms < 0 ? -1 : now_ms() + ms;
	while (n == 0 && c->ch != NULL) {
		n = look(c, &tuple);
		if (n == 0 && end >= 0 && now_ms() >= end)
			break;
		if (n == 0)
			n = rest(c, end);
	}
	if (n == 0 && c->ch == NULL) {
		PyErr_SetString(PyExc_ValueError,
		    "the channel was closed meanwhile");
		n = -1;
	}
	channel_leave(c);
	if (n == 0)
		Py_RETURN_NONE;
	return n > 0 ? tuple : NULL;
}

/* ------------------------------------------------ the type -------------- */

#define NONE METH_NOARGS
#define SOME METH_VARARGS
#define METHOD(name, how) \
	{ #name, (PyCFunction)(void (*)(void))channel_##name, how, NULL }

static PyMethodDef methods[] = {
	METHOD(fileno, NONE),
	METHOD(wants, NONE),
	METHOD(work, NONE),
	METHOD(next, NONE),
	METHOD(wait, METH_O),
	METHOD(free, NONE),
	METHOD(send, SOME),
	METHOD(handoff, SOME),
	METHOD(cancel, SOME),
	METHOD(look, SOME),
	METHOD(accept, SOME),
	METHOD(refuse, SOME),
	METHOD(count, NONE),
	{ NULL, NULL, 0, NULL }
};

static PyType_Slot slots[] = {
	{ Py_tp_new, channel_new },
	{ Py_tp_dealloc, channel_dealloc },
	{ Py_tp_methods, methods },
	{ 0, NULL }
};

static PyType_Spec spec = {
	"fdferry._core.Channel", sizeof (struct channel), 0,
	Py_TPFLAGS_DEFAULT, slots
};

int
add_channel(PyObject *module)
{
	PyObject *type = PyType_FromSpec(&spec);

	if (type == NULL)
		return -1;
	if (PyModule_AddObject(module, "Channel", type) == 0)
		return 0;
	Py_DECREF(type);
	return -1;
}
