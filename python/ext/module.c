/* SPDX-License-Identifier: 0BSD */
/* module.c - the module fdferry._core, and the calls that only ask. */
#include "core.h"

#include <errno.h>
#include <fcntl.h>

/* ------------------------------------------------ what it is ------------ */

/* NULL where the system cannot tell. */
static PyObject *
number_or_none(long value)
{
	if (value < 0)
		Py_RETURN_NONE;
	return PyLong_FromLong(value);
}

static PyObject *
text_or_none(const struct fdferry_addr *addr)
{
	if (addr->len == 0)
		Py_RETURN_NONE;
	return PyUnicode_DecodeUTF8(addr->text,
	    (Py_ssize_t)strlen(addr->text), "backslashreplace");
}

static PyObject *
core_describe(PyObject *module, PyObject *object)
{
	struct fdferry_info info;
	int fd = fd_of(object), rc, error;

	(void)module;
	if (fd < 0)
		return NULL;
	info.size = sizeof info;
	Py_BEGIN_ALLOW_THREADS
	rc = fdferry_describe(fd, &info);
	error = errno;
	Py_END_ALLOW_THREADS
	if (rc < 0)
		return raise_errno(error);
	return Py_BuildValue("sOONNNNNNNN", fdferry_kind_name(info.kind),
	    info.access & FDFERRY_READABLE ? Py_True : Py_False,
	    info.access & FDFERRY_WRITABLE ? Py_True : Py_False,
	    number_or_none(info.status), number_or_none(info.seals),
	    number_or_none(info.family), number_or_none(info.type),
	    number_or_none(info.protocol), number_or_none(info.listening),
	    text_or_none(&info.local), text_or_none(&info.peer));
}

static PyObject *
core_peer(PyObject *module, PyObject *object)
{
	struct fdferry_peercred p;
	int fd = fd_of(object);

	(void)module;
	if (fd < 0)
		return NULL;
	p.size = sizeof p;
	if (fdferry_peer(fd, &p) < 0)
		return PyErr_SetFromErrno(PyExc_OSError);
	return Py_BuildValue("NNN",
	    number_or_none(p.known & FDFERRY_PEER_UID ? (long)p.uid : -1),
	    number_or_none(p.known & FDFERRY_PEER_GID ? (long)p.gid : -1),
	    number_or_none(p.known & FDFERRY_PEER_PID ? p.pid : -1));
}

static PyObject *
core_features(PyObject *module, PyObject *none)
{
	PyObject *all = PyDict_New(), *text;
	const char *name, *value;
	size_t i;

	(void)module;
	(void)none;
	for (i = 0; all != NULL && fdferry_feature(i, &name, &value) == 0;
	    i++) {
		text = PyUnicode_FromString(value);
		if (text == NULL
		    || PyDict_SetItemString(all, name, text) < 0)
			Py_CLEAR(all);
		Py_XDECREF(text);
	}
	return all;
}

static PyObject *
core_version(PyObject *module, PyObject *none)
{
	(void)module;
	(void)none;
	return PyUnicode_FromString(fdferry_version());
}

static PyObject *
core_max_fds(PyObject *module, PyObject *none)
{
	(void)module;
	(void)none;
	return PyLong_FromSize_t(fdferry_max_fds());
}

/* ------------------------------------------------ names ----------------- */

static PyObject *
core_event_name(PyObject *module, PyObject *number)
{
	long type = PyLong_AsLong(number);

	(void)module;
	if (type == -1 && PyErr_Occurred() != NULL)
		return NULL;
	return PyUnicode_FromString(fdferry_event_name((int)type));
}

static PyObject *
core_outcome_name(PyObject *module, PyObject *number)
{
	long outcome = PyLong_AsLong(number);

	(void)module;
	if (outcome == -1 && PyErr_Occurred() != NULL)
		return NULL;
	return PyUnicode_FromString(fdferry_outcome_name((int)outcome));
}

static PyObject *
core_reason_name(PyObject *module, PyObject *number)
{
	unsigned long reason = PyLong_AsUnsignedLong(number);

	(void)module;
	if (PyErr_Occurred() != NULL)
		return NULL;
	return PyUnicode_FromString(fdferry_reason_name(
	    (unsigned int)reason));
}

/* ------------------------------------------------ beside a hand-off ----- */

/* One line as (key, value): 0, or -1 with an exception. */
static int
append_line(PyObject *list, const struct fdferry_meta *line)
{
	PyObject *value, *pair;
	size_t n = fdferry_meta_value(line, NULL, 0);
	int rc;

	value = PyBytes_FromStringAndSize(NULL, (Py_ssize_t)n);
	if (value == NULL)
		return -1;
	(void)fdferry_meta_value(line, PyBytes_AS_STRING(value), n);
	pair = Py_BuildValue("s#N", line->key, (Py_ssize_t)line->keylen,
	    value);
	if (pair == NULL)
		return -1;
	rc = PyList_Append(list, pair);
	Py_DECREF(pair);
	return rc;
}

static PyObject *
core_meta_read(PyObject *module, PyObject *args)
{
	PyObject *list;
	Py_buffer meta;
	struct fdferry_meta line;
	size_t at = 0;

	(void)module;
	if (!PyArg_ParseTuple(args, "y*:meta_read", &meta))
		return NULL;
	list = PyList_New(0);
	line.size = sizeof line;
	while (list != NULL && fdferry_meta_next(meta.buf, (size_t)meta.len,
	    &at, &line) == 1)
		if (append_line(list, &line) < 0)
			Py_CLEAR(list);
	PyBuffer_Release(&meta);
	return list;
}

static PyObject *
core_meta_line(PyObject *module, PyObject *args)
{
	char line[FDFERRY_HANDOFF_DATA];
	const char *key;
	Py_buffer value;
	ptrdiff_t n;
	int error;

	(void)module;
	if (!PyArg_ParseTuple(args, "sy*:meta_line", &key, &value))
		return NULL;
	n = fdferry_meta_put(line, sizeof line, 0, key, value.buf,
	    (size_t)value.len);
	error = errno;
	PyBuffer_Release(&value);
	if (n < 0)
		return raise_errno(error);
	return PyBytes_FromStringAndSize(line, (Py_ssize_t)n);
}

/* ------------------------------------------------ descriptors ----------- */

/* Each once; what is negative is passed over. Never fails. */
static PyObject *
core_close_fds(PyObject *module, PyObject *iterable)
{
	PyObject *tuple = tuple_of(iterable, NOT_ITERABLE);
	Py_ssize_t i, n;
	long fd;
	int *fds;

	(void)module;
	if (tuple == NULL)
		return NULL;
	n = PyTuple_GET_SIZE(tuple);
	fds = PyMem_Malloc(((size_t)n + 1) * sizeof *fds);
	if (fds == NULL) {
		Py_DECREF(tuple);
		return PyErr_NoMemory();
	}
	for (i = 0; i < n; i++) {
		fd = PyLong_AsLong(PyTuple_GET_ITEM(tuple, i));
		fds[i] = (int)fd;
	}
	Py_DECREF(tuple);
	if (PyErr_Occurred() == NULL) {
		Py_BEGIN_ALLOW_THREADS
		fdferry_close(fds, (size_t)n);
		Py_END_ALLOW_THREADS
	}
	PyMem_Free(fds);
	if (PyErr_Occurred() != NULL)
		return NULL;
	Py_RETURN_NONE;
}

/*
 * Are `n` more descriptors free in this process's table? What arrives at a
 * full table is lost, so whoever receives asks first.
 */
static PyObject *
core_room(PyObject *module, PyObject *args)
{
	int fds[64], fd, n, i;

	(void)module;
	if (!PyArg_ParseTuple(args, "O&i:room", fd_converter, &fd, &n))
		return NULL;
	if (n < 0 || n > 64) {
		PyErr_SetString(PyExc_ValueError, "0 to 64");
		return NULL;
	}
	for (i = 0; i < n; i++) {
		fds[i] = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (fds[i] < 0)
			break;
	}
	fdferry_close(fds, (size_t)i);
	return PyBool_FromLong(i == n);
}

/* ------------------------------------------------ the module ------------ */

static PyObject *
core_setup(PyObject *module, PyObject *args)
{
	struct state *s = PyModule_GetState(module);
	PyObject *fdlist, *loss, *end, *timeout;

	if (!PyArg_ParseTuple(args, "OOOO:setup", &fdlist, &loss, &end,
	    &timeout))
		return NULL;
	Py_INCREF(fdlist);
	Py_INCREF(loss);
	Py_INCREF(end);
	Py_INCREF(timeout);
	Py_XSETREF(s->fdlist, fdlist);
	Py_XSETREF(s->loss, loss);
	Py_XSETREF(s->end, end);
	Py_XSETREF(s->timeout, timeout);
	Py_RETURN_NONE;
}

#define NONE METH_NOARGS
#define SOME METH_VARARGS
#define NAMED (METH_FASTCALL | METH_KEYWORDS)
#define METHOD(name, how) \
	{ #name, (PyCFunction)(void (*)(void))core_##name, how, NULL }

static PyMethodDef methods[] = {
	METHOD(send_fds, NAMED),
	METHOD(recv_fds, NAMED),
	METHOD(send_fd, NAMED),
	METHOD(recv_fd, NAMED),
	METHOD(describe, METH_O),
	METHOD(peer, METH_O),
	METHOD(features, NONE),
	METHOD(version, NONE),
	METHOD(max_fds, NONE),
	METHOD(event_name, METH_O),
	METHOD(outcome_name, METH_O),
	METHOD(reason_name, METH_O),
	METHOD(meta_read, SOME),
	METHOD(meta_line, SOME),
	METHOD(close_fds, METH_O),
	METHOD(room, SOME),
	METHOD(setup, SOME),
	{ NULL, NULL, 0, NULL }
};

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
	struct state *s = PyModule_GetState(module);

	Py_VISIT(s->fdlist);
	Py_VISIT(s->loss);
	Py_VISIT(s->end);
	Py_VISIT(s->timeout);
	Py_VISIT(s->fileno);
	return 0;
}

static int
module_clear(PyObject *module)
{
	struct state *s = PyModule_GetState(module);

	Py_CLEAR(s->fdlist);
	Py_CLEAR(s->loss);
	Py_CLEAR(s->end);
	Py_CLEAR(s->timeout);
	Py_CLEAR(s->fileno);
	return 0;
}

static void
module_free(void *module)
{
	(void)module_clear(module);
}

static int
module_exec(PyObject *module)
{
	struct state *s = PyModule_GetState(module);
	PyObject *none = PyLong_FromUnsignedLong(FDFERRY_NONE);

	s->fileno = PyUnicode_InternFromString("fileno");
	if (none == NULL || s->fileno == NULL) {
		Py_XDECREF(none);
		return -1;
	}
	if (PyModule_AddObject(module, "NONE", none) < 0) {
		Py_DECREF(none);
		return -1;
	}
	return add_channel(module);
}

static PyModuleDef_Slot slots[] = {
	{ Py_mod_exec, (void *)module_exec },
#ifdef Py_mod_multiple_interpreters
	{ Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED },
#endif
#ifdef Py_mod_gil
	{ Py_mod_gil, Py_MOD_GIL_NOT_USED },
#endif
	{ 0, NULL }
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT, "fdferry._core", NULL, sizeof (struct state),
	methods, slots, module_traverse, module_clear, module_free
};

/* Before Python 3.9 PyMODINIT_FUNC does not undo -fvisibility=hidden. */
FDFERRY_API PyObject *PyInit__core(void);

FDFERRY_API PyObject *
PyInit__core(void)
{
	return PyModuleDef_Init(&definition);
}
