/* SPDX-License-Identifier: 0BSD */
/* send.c - send_fds() and send_fd(). */
#include "core.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#ifndef MSG_NOSIGNAL
# define MSG_NOSIGNAL 0
#endif
#define SEND_MOST 512		/* descriptors: above every fdferry_max_fds() */
#define PIECES_MOST 1024	/* of data in one message */
#define PIECES_FEW 8		/* that need no memory of their own */

/* ------------------------------------------------ addresses ------------- */

/* A path, str or bytes; a name that begins with NUL is abstract. */
static int
address_of(PyObject *object, struct sockaddr_un *un, size_t *len)
{
	PyObject *path;
	Py_ssize_t n;
	int rc = -1;

	if (PyByteArray_Check(object))
		path = PyBytes_FromObject(object);
	else if (PyUnicode_Check(object))
		path = PyUnicode_EncodeFSDefault(object);
	else if (PyBytes_Check(object)) {
		path = object;
		Py_INCREF(path);
	} else {
		PyErr_SetString(PyExc_TypeError,
		    "an address is a path, as str or bytes");
		return -1;
	}
	if (path == NULL)
		return -1;
	n = PyBytes_GET_SIZE(path);
	memset(un, 0, sizeof *un);
	un->sun_family = AF_UNIX;
	if (n >= (Py_ssize_t)sizeof un->sun_path)
		PyErr_SetString(PyExc_OSError, "AF_UNIX path too long");
	else {
		memcpy(un->sun_path, PyBytes_AS_STRING(path), (size_t)n);
		/* Abstract names have a length, paths end with NUL. */
		*len = offsetof(struct sockaddr_un, sun_path) + (size_t)n
		    + (n > 0 && un->sun_path[0] != '\0');
		rc = 0;
	}
	Py_DECREF(path);
	return rc;
}

/* ------------------------------------------------ sending --------------- */

struct outgoing {
	PyObject *keep, *keep_fds;
	Py_ssize_t pieces, nviews, nfds;
	size_t total;
	struct iovec *iov;
	Py_buffer *views;
	/* Not cleared: */
	struct iovec few[PIECES_FEW];
	Py_buffer few_views[PIECES_FEW];
	int fds[SEND_MOST];
};

static void
outgoing_free(struct outgoing *o)
{
	while (o->nviews > 0)
		PyBuffer_Release(&o->views[--o->nviews]);
	if (o->iov != o->few)
		PyMem_Free(o->iov);
	if (o->views != o->few_views)
		PyMem_Free(o->views);
	Py_XDECREF(o->keep);
	Py_XDECREF(o->keep_fds);
}

static int
outgoing_room(struct outgoing *o)
{
	if (o->pieces <= PIECES_FEW)
		return 0;
	o->iov = PyMem_Malloc((size_t)o->pieces * sizeof *o->iov);
	o->views = PyMem_Malloc((size_t)o->pieces * sizeof *o->views);
	if (o->iov != NULL && o->views != NULL)
		return 0;
	(void)PyErr_NoMemory();
	return -1;
}

static int
outgoing_data(struct outgoing *o, PyObject *buffers)
{
	Py_buffer *view;
	PyObject *piece;
	Py_ssize_t i;

	o->keep = tuple_of(buffers,
	    "buffers must be an iterable of bytes-like objects");
	if (o->keep == NULL)
		return -1;
	o->pieces = PyTuple_GET_SIZE(o->keep);
	if (o->pieces > PIECES_MOST) {
		PyErr_SetString(PyExc_OSError, "too many buffers");
		o->pieces = 0;
		return -1;
	}
	if (outgoing_room(o) < 0)
		return -1;
	for (i = 0; i < o->pieces; i++) {
		piece = PyTuple_GET_ITEM(o->keep, i);
		if (PyBytes_CheckExact(piece)) {
			o->iov[i].iov_base = PyBytes_AS_STRING(piece);
			o->iov[i].iov_len = (size_t)PyBytes_GET_SIZE(piece);
		} else {
			view = &o->views[o->nviews];
			if (PyObject_GetBuffer(piece, view, PyBUF_SIMPLE)
			    < 0)
				return -1;
			o->nviews++;
			o->iov[i].iov_base = view->buf;
			o->iov[i].iov_len = (size_t)view->len;
		}
		o->total += o->iov[i].iov_len;
	}
	return 0;
}

/* Drop what was sent from the front of the pieces. */
static void
advance(struct iovec **iov, int *pieces, size_t n)
{
	while (*pieces > 0 && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		(*iov)++;
		(*pieces)--;
	}
	if (n > 0 && *pieces > 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
}

/*
 * Until all is taken, as a blocking socket does; a non-blocking one takes
 * what it can. Returns the number of bytes, or -1 with an exception if
 * nothing was taken, or a signal's handler raised one.
 */
static Py_ssize_t
send_it(const struct state *state, struct waiting *w, struct outgoing *o,
    const struct fdferry_opts *opts)
{
	struct fdferry_result r;
	struct iovec *iov = o->iov;
	size_t sent = 0, nfds = (size_t)o->nfds;
	int pieces = (int)o->pieces, taken = 0, rc;
	ptrdiff_t n;

	r.size = sizeof r;
	for (;;) {
		Py_BEGIN_ALLOW_THREADS
		n = fdferry_sendv(w->fd, iov, pieces, o->fds, nfds,
		    FDFERRY_NONBLOCK, opts, &r);
		Py_END_ALLOW_THREADS
		if (n >= 0) {
			taken = 1;
			sent += (size_t)n;
			if (sent >= o->total)
				return (Py_ssize_t)sent;
			/* The descriptors went with the first byte. */
			nfds = 0;
			advance(&iov, &pieces, (size_t)n);
		} else if (r.error != EAGAIN) {
			if (taken)
				return (Py_ssize_t)sent;
			(void)raise_errno(r.error);
			return -1;
		}
		rc = taken ? would_wait(w) : 1;
		if (rc > 0)
			rc = wait_again(state, w) < 0 ? -1 : 1;
		if (rc > 0)
			continue;
		/* Out of time: what was sent counts. */
		if (rc < 0 && (!taken
		    || !PyErr_ExceptionMatches(state->timeout)))
			return -1;
		PyErr_Clear();
		return (Py_ssize_t)sent;
	}
}

/* NULL or None: there is none. */
static int
to_address(PyObject *object, struct sockaddr_un *un,
    struct fdferry_opts *opts)
{
	memset(opts, 0, sizeof *opts);
	opts->size = sizeof *opts;
	if (object == NULL || object == Py_None)
		return 0;
	opts->to = (const struct sockaddr *)(const void *)un;
	return address_of(object, un, &opts->tolen);
}

PyObject *
core_send_fds(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
    PyObject *keywords)
{
	static const char *const names[] = { "sock", "buffers", "fds",
	    "flags", "address", NULL };
	PyObject *a[5] = { NULL, NULL, NULL, NULL, NULL };
	struct state *state = PyModule_GetState(module);
	struct waiting w = { 0 };
	struct outgoing o;
	struct sockaddr_un un;
	struct fdferry_opts opts;
	Py_ssize_t n = -1;
	int flags;

	w.sending = 1;
	if (arguments("send_fds", names, 3, 5, args, nargs, keywords, a) < 0
	    || flags_of(a[3], &flags) < 0
	    || check_flags(flags, MSG_DONTWAIT | MSG_NOSIGNAL, &w) < 0
	    || to_address(a[4], &un, &opts) < 0)
		return NULL;
	w.sock = a[0];
	w.fd = fd_by(w.sock, state->fileno);
	if (w.fd < 0)
		return NULL;
	memset(&o, 0, offsetof(struct outgoing, few));
	o.iov = o.few;
	o.views = o.few_views;
	o.nfds = fds_of(a[2], o.fds, SEND_MOST, &o.keep_fds);
	if (o.nfds >= 0 && outgoing_data(&o, a[1]) == 0)
		n = send_it(state, &w, &o, &opts);
	outgoing_free(&o);
	return n < 0 ? NULL : PyLong_FromSsize_t(n);
}

PyObject *
core_send_fd(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
    PyObject *keywords)
{
	static const char *const names[] = { "sock", "fd", "flags", NULL };
	static char nul;
	struct state *state = PyModule_GetState(module);
	PyObject *a[3] = { NULL, NULL, NULL };
	struct waiting w = { 0 };
	struct outgoing o;
	int flags;

	w.sending = 1;
	memset(&o, 0, offsetof(struct outgoing, few));
	if (arguments("send_fd", names, 2, 3, args, nargs, keywords, a) < 0
	    || flags_of(a[2], &flags) < 0
	    || check_flags(flags, MSG_DONTWAIT | MSG_NOSIGNAL, &w) < 0)
		return NULL;
	w.sock = a[0];
	w.fd = fd_by(w.sock, state->fileno);
	o.fds[0] = w.fd < 0 ? -1 : fd_of(a[1]);
	if (o.fds[0] < 0)
		return NULL;
	o.few[0].iov_base = &nul;
	o.few[0].iov_len = 1;
	o.iov = o.few;
	o.total = 1;
	o.pieces = 1;
	o.nfds = 1;
	if (send_it(state, &w, &o, NULL) < 0)
		return NULL;
	Py_RETURN_NONE;
}
