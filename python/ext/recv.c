/* SPDX-License-Identifier: 0BSD */
/* recv.c - recv_fds() and recv_fd(). */
#include "core.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

#ifndef MSG_CMSG_CLOEXEC
# define MSG_CMSG_CLOEXEC 0
#endif

/* As socket.recvmsg() tells it. */
static PyObject *
address_object(const struct sockaddr_un *un, size_t len)
{
	const size_t begin = offsetof(struct sockaddr_un, sun_path);
	size_t n = 0;

	if (len == 0 || len > sizeof *un)
		Py_RETURN_NONE;
	if (len > begin && un->sun_path[0] == '\0')
		return PyBytes_FromStringAndSize(un->sun_path,
		    (Py_ssize_t)(len - begin));
	while (begin + n < len && un->sun_path[n] != '\0')
		n++;
	return PyUnicode_DecodeFSDefaultAndSize(un->sun_path, (Py_ssize_t)n);
}

/* ------------------------------------------------ receiving ------------- */

struct incoming {
	struct waiting w;
	struct policy policy;
	struct fdferry_opts opts;
	struct fdferry_result r;
	struct sockaddr_un from;
	size_t fromlen;
	ptrdiff_t n;
	int fds[FDS_MOST];
};

/* The rest of what both calls begin with: 0, or -1 with an exception. */
static int
incoming_begin(const struct state *state, struct incoming *in,
    PyObject *policy, int flags)
{
	int has;

	in->policy.uids = in->policy.gids = NULL;
	if (check_flags(flags, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, &in->w) < 0)
		return -1;
	in->w.fd = fd_by(in->w.sock, state->fileno);
	if (in->w.fd < 0)
		return -1;
	memset(&in->opts, 0, sizeof in->opts);
	in->opts.size = sizeof in->opts;
	in->r.size = sizeof in->r;
	has = policy_of(policy, &in->policy);
	if (has > 0)
		in->opts.policy = &in->policy.c;
	return has < 0 ? -1 : 0;
}

/* One message, or -1 with an exception: nothing was consumed. */
static int
receive(const struct state *state, struct incoming *in, void *buf,
    size_t len, size_t room)
{
	for (;;) {
		in->fromlen = sizeof in->from;
		Py_BEGIN_ALLOW_THREADS
		in->n = fdferry_recv(in->w.fd, buf, len, in->fds, room,
		    FDFERRY_NONBLOCK, &in->opts, &in->r);
		Py_END_ALLOW_THREADS
		if (in->n >= 0 || (in->r.flags & FDFERRY_TRUNCATED))
			return 0;
		if (in->r.error != EAGAIN) {
			(void)raise_errno(in->r.error);
			return -1;
		}
		if (wait_again(state, &in->w) < 0)
			return -1;
	}
}

/* Python's half makes the exception, which keeps what did arrive. */
static void
raise_loss(const struct state *state, const struct incoming *in,
    PyObject *data, PyObject *fds, PyObject *address)
{
	PyObject *error = PyObject_CallFunction(state->loss, "iOOnnIO",
	    in->r.error, data, fds, (Py_ssize_t)in->r.surplus,
	    (Py_ssize_t)in->r.refused,
	    in->r.flags, address);

	if (error == NULL)
		return;
	PyErr_SetObject((PyObject *)Py_TYPE(error), error);
	Py_DECREF(error);
}

/* Takes over `data`. */
static PyObject *
received(const struct state *state, struct incoming *in, PyObject *data)
{
	PyObject *fds, *address, *flags, *all = NULL;

	fds = list_of_fds(state, in->fds, in->n >= 0 ? in->r.fds : 0);
	address = fds != NULL ? address_object(&in->from, in->n >= 0
	    && in->opts.from != NULL ? in->fromlen : 0) : NULL;
	flags = PyLong_FromLong(in->r.flags & FDFERRY_DATA_TRUNCATED
	    ? MSG_TRUNC : 0);
	if (address == NULL || flags == NULL) {
		if (fds != NULL && in->n >= 0)
			fdferry_close(in->fds, in->r.fds);
	} else if (in->r.error != 0)
		raise_loss(state, in, data, fds, address);
	else {
		all = PyTuple_Pack(4, data, fds, flags, address);
		if (all == NULL)
			fdferry_close(in->fds, in->r.fds);
	}
	Py_XDECREF(flags);
	Py_XDECREF(address);
	Py_XDECREF(fds);
	Py_DECREF(data);
	return all;
}

static PyObject *
recv_fds(const struct state *state, struct incoming *in, Py_ssize_t bufsize,
    Py_ssize_t maxfds)
{
	PyObject *data = PyBytes_FromStringAndSize(NULL, bufsize);

	if (data == NULL)
		return NULL;
	in->opts.from = (struct sockaddr *)(void *)&in->from;
	in->opts.fromlen = &in->fromlen;
	if (receive(state, in, PyBytes_AS_STRING(data), (size_t)bufsize,
	    maxfds < FDS_MOST ? (size_t)maxfds : FDS_MOST) < 0) {
		Py_DECREF(data);
		return NULL;
	}
	if (in->n < bufsize
	    && _PyBytes_Resize(&data, in->n < 0 ? 0 : in->n) < 0) {
		if (in->n >= 0)
			fdferry_close(in->fds, in->r.fds);
		return NULL;
	}
	return received(state, in, data);
}

/* bufsize or maxfds: -1, an exception. */
static Py_ssize_t
size_of(PyObject *number)
{
	Py_ssize_t size = PyNumber_AsSsize_t(number, PyExc_OverflowError);

	if (size >= 0 || PyErr_Occurred() != NULL)
		return size < 0 ? -1 : size;
	PyErr_SetString(PyExc_ValueError,
	    "bufsize and maxfds cannot be negative");
	return -1;
}

PyObject *
core_recv_fds(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
    PyObject *keywords)
{
	static const char *const names[] = { "sock", "bufsize", "maxfds",
	    "flags", "policy", NULL };
	PyObject *a[5] = { NULL, NULL, NULL, NULL, NULL }, *all = NULL;
	struct state *state = PyModule_GetState(module);
	struct incoming in;
	Py_ssize_t bufsize, maxfds;
	int flags;

	if (arguments("recv_fds", names, 3, 4, args, nargs, keywords, a) < 0
	    || flags_of(a[3], &flags) < 0)
		return NULL;
	bufsize = size_of(a[1]);
	maxfds = bufsize < 0 ? -1 : size_of(a[2]);
	if (maxfds < 0)
		return NULL;
	memset(&in.w, 0, sizeof in.w);
	in.w.sock = a[0];
	if (incoming_begin(state, &in, a[4], flags) == 0)
		all = recv_fds(state, &in, bufsize, maxfds);
	policy_free(&in.policy);
	return all;
}

/* On seqpacket an empty record may be the end: a loop would spin. */
static int
is_end(const struct incoming *in)
{
	int type = 0;
	socklen_t len = sizeof type;

	if (in->n > 0 || in->r.error != 0)
		return 0;
	if (in->r.flags & FDFERRY_EOF)
		return 1;
	return getsockopt(in->w.fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0
	    && type == SOCK_SEQPACKET;
}

/* The descriptor, or NULL: none came, or one was lost. */
static PyObject *
one_fd(const struct state *state, struct incoming *in, char byte)
{
	PyObject *data, *fd;
	int error = in->r.error;

	if (in->n >= 0 && in->r.fds == 1 && in->fds[0] >= 0) {
		fd = PyLong_FromLong(in->fds[0]);
		if (fd == NULL)
			fdferry_close(in->fds, 1);
		return fd;
	}
	if (is_end(in)) {
		PyErr_SetObject(state->end, NULL);
		return NULL;
	}
	if (error == 0)
		return raise_errno(EBADMSG);
	in->r.fds = 0;		/* a slot without a descriptor */
	data = PyBytes_FromStringAndSize(&byte, in->n > 0 ? in->n : 0);
	return data != NULL ? received(state, in, data) : NULL;
}

PyObject *
core_recv_fd(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
    PyObject *keywords)
{
	static const char *const names[] = { "sock", "flags", "policy",
	    NULL };
	PyObject *a[3] = { NULL, NULL, NULL }, *fd = NULL;
	struct state *state = PyModule_GetState(module);
	struct incoming in;
	char byte = 0;
	int flags;

	if (arguments("recv_fd", names, 1, 2, args, nargs, keywords, a) < 0
	    || flags_of(a[1], &flags) < 0)
		return NULL;
	memset(&in.w, 0, sizeof in.w);
	in.w.sock = a[0];
	if (incoming_begin(state, &in, a[2], flags) == 0
	    && receive(state, &in, &byte, 1, 1) == 0)
		fd = one_fd(state, &in, byte);
	policy_free(&in.policy);
	return fd;
}
