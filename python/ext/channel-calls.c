/* SPDX-License-Identifier: 0BSD */
/* channel-calls.c - what is sent and answered over a _core.Channel. */
#include "channel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>

/* ------------------------------------------------ messages and offers --- */

/* Copies for the channel, so that the caller may close its own. */
static int
duplicate(int *fds, Py_ssize_t n)
{
	Py_ssize_t i;
	int error;

	for (i = 0; i < n; i++) {
		fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (fds[i] >= 0)
			continue;
		error = errno;
		fdferry_close(fds, (size_t)i);
		(void)raise_errno(error);
		return -1;
	}
	return 0;
}

/* Tell the id. The copies of a call that failed are closed. */
static PyObject *
queued(struct channel *c, int rc, unsigned long id, int give, int *fds,
    Py_ssize_t nfds)
{
	int error = errno;

	if (rc < 0 && !give)
		fdferry_close(fds, (size_t)nfds);
	errno = error;
	if (rc < 0)
		return channel_answer(c, rc);
	(void)channel_turn(c);
	channel_wake(c);
	channel_leave(c);
	return PyLong_FromUnsignedLong(id);
}

/* With the descriptors that are the channel's if this succeeds. */
static PyObject *
send_given(struct channel *c, const Py_buffer *data, int *fds, Py_ssize_t n,
    int give)
{
	unsigned long id = 0;
	int rc;

	if (!give && duplicate(fds, n) < 0)
		return NULL;
	if (channel_enter(c) < 0) {
		if (!give)
			fdferry_close(fds, (size_t)n);
		return NULL;
	}
	rc = fdferry_channel_send(c->ch, data->buf, (size_t)data->len, fds,
	    (size_t)n, FDFERRY_GIVE, &id);
	return queued(c, rc, id, give, fds, n);
}

PyObject *
channel_send(struct channel *c, PyObject *args)
{
	PyObject *iterable, *keep, *id = NULL;
	Py_buffer data;
	Py_ssize_t n;
	int *fds, give;

	if (!PyArg_ParseTuple(args, "y*Op", &data, &iterable, &give))
		return NULL;
	keep = tuple_of(iterable, NOT_ITERABLE);
	n = keep != NULL ? PyTuple_GET_SIZE(keep) : 0;
	fds = PyMem_Malloc(((size_t)n + 1) * sizeof *fds);
	if (fds == NULL && keep != NULL)
		(void)PyErr_NoMemory();
	if (fds != NULL && keep != NULL && fds_fill(keep, fds, n) == 0)
		id = send_given(c, &data, fds, n, give);
	PyMem_Free(fds);
	Py_XDECREF(keep);
	PyBuffer_Release(&data);
	return id;
}

PyObject *
channel_handoff(struct channel *c, PyObject *args)
{
	PyObject *seconds, *id = NULL;
	Py_buffer data;
	struct timespec when;
	unsigned long number = 0;
	int64_t ms;
	int fd, give, rc;

	if (!PyArg_ParseTuple(args, "y*O&Op", &data, fd_converter, &fd,
	    &seconds, &give))
		return NULL;
	ms = milliseconds(seconds);
	if (ms != -2 && (give || duplicate(&fd, 1) == 0)) {
		(void)fdferry_deadline(&when, ms > LONG_MAX / 2
		    ? LONG_MAX / 2 : (long)ms);
		if (channel_enter(c) == 0) {
			rc = fdferry_channel_handoff(c->ch, data.buf,
			    (size_t)data.len, fd, FDFERRY_GIVE,
			    ms >= 0 ? &when : NULL, &number);
			id = queued(c, rc, number, give, &fd, 1);
		} else if (!give)
			fdferry_close(&fd, 1);
	}
	PyBuffer_Release(&data);
	return id;
}

/* Something was queued: let it leave now if it can. */
static PyObject *
said(struct channel *c, int rc)
{
	if (rc == 0)
		(void)channel_turn(c);
	return channel_answer(c, rc);
}

PyObject *
channel_cancel(struct channel *c, PyObject *args)
{
	unsigned long id;

	if (!PyArg_ParseTuple(args, "k", &id) || channel_enter(c) < 0)
		return NULL;
	return said(c, fdferry_channel_cancel(c->ch, id));
}

PyObject *
channel_look(struct channel *c, PyObject *args)
{
	unsigned long id;
	int fd;

	if (!PyArg_ParseTuple(args, "k", &id) || channel_enter(c) < 0)
		return NULL;
	fd = fdferry_channel_look(c->ch, id);
	if (fd < 0)
		return channel_answer(c, -1);
	channel_leave(c);
	return PyLong_FromLong(fd);
}

PyObject *
channel_accept(struct channel *c, PyObject *args)
{
	unsigned long id;

	if (!PyArg_ParseTuple(args, "k", &id) || channel_enter(c) < 0)
		return NULL;
	return said(c, fdferry_channel_accept(c->ch, id));
}

PyObject *
channel_refuse(struct channel *c, PyObject *args)
{
	unsigned long id;
	unsigned int reason;

	if (!PyArg_ParseTuple(args, "kI", &id, &reason) || channel_enter(c) < 0)
		return NULL;
	return said(c, fdferry_channel_refuse(c->ch, id, reason));
}

/* Add a number to the dictionary, which is dropped if that fails. */
static void
put(PyObject **stats, const char *name, unsigned long value)
{
	PyObject *number;

	if (*stats == NULL)
		return;
	number = PyLong_FromUnsignedLong(value);
	if (number == NULL
	    || PyDict_SetItemString(*stats, name, number) < 0)
		Py_CLEAR(*stats);
	Py_XDECREF(number);
}

PyObject *
channel_count(struct channel *c, PyObject *none)
{
	struct fdferry_channel_stats s;
	PyObject *stats;

	(void)none;
	if (channel_enter(c) < 0)
		return NULL;
	s.size = sizeof s;
	if (fdferry_channel_count(c->ch, &s) < 0)
		return channel_answer(c, -1);
	channel_leave(c);
	stats = PyDict_New();
	put(&stats, "queued", s.queued);
	put(&stats, "unanswered", s.unanswered);
	put(&stats, "offers", s.offers);
	put(&stats, "held", s.held);
	put(&stats, "accepted", s.accepted);
	put(&stats, "refused", s.refused);
	put(&stats, "gone", s.gone);
	put(&stats, "in_doubt", s.in_doubt);
	put(&stats, "dropped", s.dropped);
	put(&stats, "peer_bytes", s.peer_bytes);
	put(&stats, "peer_fds", s.peer_fds);
	put(&stats, "peer_offers", s.peer_offers);
	return stats;
}
