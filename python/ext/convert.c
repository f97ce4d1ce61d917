/* SPDX-License-Identifier: 0BSD */
/* convert.c - descriptors, policies and errors, from Python and to it. */
#include "core.h"

#include <errno.h>
#include <limits.h>

PyObject *
raise_errno(int error)
{
	errno = error;
	return PyErr_SetFromErrno(PyExc_OSError);
}

PyObject *
raise_text(int error, const char *text)
{
	PyObject *value = Py_BuildValue("(is)", error, text);

	if (value != NULL) {
		PyErr_SetObject(PyExc_OSError, value);
		Py_DECREF(value);
	}
	return NULL;
}

/* ------------------------------------------------ arguments ------------- */

/* The place of a name, or -1. */
static Py_ssize_t
place_of(PyObject *name, const char *const *names)
{
	Py_ssize_t i;

	for (i = 0; names[i] != NULL; i++)
		if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0)
			return i;
	return -1;
}

int
arguments(const char *function, const char *const *names, size_t least,
    size_t most, PyObject *const *args, Py_ssize_t nargs, PyObject *keywords,
    PyObject **to)
{
	Py_ssize_t i, at, n = keywords != NULL ? PyTuple_GET_SIZE(keywords)
	    : 0;

	if ((size_t)nargs > most) {
		PyErr_Format(PyExc_TypeError, "%s() takes at most %zu "
		    "positional arguments (%zd given)", function, most,
		    nargs);
		return -1;
	}
	for (i = 0; i < nargs; i++)
		to[i] = args[i];
	for (i = 0; i < n; i++) {
		at = place_of(PyTuple_GET_ITEM(keywords, i), names);
		if (at < 0 || to[at] != NULL) {
			PyErr_Format(PyExc_TypeError, at < 0
			    ? "%s() got an unexpected keyword argument '%U'"
			    : "%s() got multiple values for argument '%U'",
			    function, PyTuple_GET_ITEM(keywords, i));
			return -1;
		}
		to[at] = args[nargs + i];
	}
	for (i = 0; i < (Py_ssize_t)least; i++) {
		if (to[i] != NULL)
			continue;
		PyErr_Format(PyExc_TypeError,
		    "%s() missing required argument '%s'", function,
		    names[i]);
		return -1;
	}
	return 0;
}

int
flags_of(PyObject *object, int *flags)
{
	long value = 0;

	if (object != NULL)
		value = PyLong_AsLong(object);
	if (value == -1 && PyErr_Occurred() != NULL)
		return -1;
	if (value < 0 || value > INT_MAX) {
		PyErr_SetString(PyExc_OverflowError, "flags fit an int");
		return -1;
	}
	*flags = (int)value;
	return 0;
}

/* ------------------------------------------------ descriptors ----------- */

static int
fd_of_number(PyObject *number)
{
	long fd = PyLong_AsLong(number);

	if (fd == -1 && PyErr_Occurred() != NULL)
		return -1;
	if (fd < 0) {
		(void)raise_errno(EBADF);
		return -1;
	}
	if (fd > INT_MAX) {
		PyErr_SetString(PyExc_OverflowError,
		    "a file descriptor fits an int");
		return -1;
	}
	return (int)fd;
}

int
fd_by(PyObject *object, PyObject *fileno)
{
	PyObject *number;
	int fd;

	if (PyLong_Check(object))
		return fd_of_number(object);
	number = PyObject_CallMethodObjArgs(object, fileno, NULL);
	if (number == NULL) {
		if (PyErr_ExceptionMatches(PyExc_AttributeError))
			PyErr_Format(PyExc_TypeError, "expected a file "
			    "descriptor, a socket or a file, not %.100s",
			    Py_TYPE(object)->tp_name);
		return -1;
	}
	if (!PyLong_Check(number)) {
		PyErr_SetString(PyExc_TypeError,
		    "fileno() returned something that is no number");
		Py_DECREF(number);
		return -1;
	}
	fd = fd_of_number(number);
	Py_DECREF(number);
	return fd;
}

int
fd_of(PyObject *object)
{
	PyObject *fileno;
	int fd;

	if (PyLong_Check(object))
		return fd_of_number(object);
	fileno = PyUnicode_InternFromString("fileno");
	if (fileno == NULL)
		return -1;
	fd = fd_by(object, fileno);
	Py_DECREF(fileno);
	return fd;
}

int
fd_converter(PyObject *object, void *to)
{
	int fd = fd_of(object);

	*(int *)to = fd;
	return fd >= 0;
}

/*
 * PySequence_Fast() may give the caller's own list, which fileno(),
 * __index__() or another thread can change while it is walked, or in use.
 */
PyObject *
tuple_of(PyObject *iterable, const char *why)
{
	PyObject *fast = PySequence_Fast(iterable, why), *tuple;

	if (fast == NULL || PyTuple_CheckExact(fast))
		return fast;
	tuple = PySequence_Tuple(fast);
	Py_DECREF(fast);
	return tuple;
}

int
fds_fill(PyObject *tuple, int *fds, Py_ssize_t n)
{
	PyObject *fileno = NULL, *object;	/* numbers need no word */
	Py_ssize_t i;
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++) {
		object = PyTuple_GET_ITEM(tuple, i);
		if (fileno == NULL && !PyLong_Check(object)) {
			fileno = PyUnicode_InternFromString("fileno");
			if (fileno == NULL)
				return -1;
		}
		fds[i] = fd_by(object, fileno);
		rc = fds[i] < 0 ? -1 : 0;
	}
	Py_XDECREF(fileno);
	return rc;
}

Py_ssize_t
fds_of(PyObject *iterable, int *fds, Py_ssize_t most, PyObject **keep)
{
	Py_ssize_t n;

	*keep = tuple_of(iterable, NOT_ITERABLE);
	if (*keep == NULL)
		return -1;
	n = PyTuple_GET_SIZE(*keep);
	if (n > most) {
		(void)raise_errno(EINVAL);
		return -1;
	}
	return fds_fill(*keep, fds, n) == 0 ? n : -1;
}

/* They are closed if that fails. */
PyObject *
list_of_fds(const struct state *state, int *fds, size_t n)
{
	PyObject *list, *numbers = PyList_New((Py_ssize_t)n), *fd;
	size_t i;
	int rc = numbers != NULL ? 0 : -1;

	for (i = 0; i < n && rc == 0; i++) {
		fd = PyLong_FromLong(fds[i]);
		if (fd == NULL)
			rc = -1;
		else
			PyList_SET_ITEM(numbers, (Py_ssize_t)i, fd);
	}
	/* An empty one, as list.__new__() makes it. */
	list = rc == 0 ? PyType_GenericNew((PyTypeObject *)state->fdlist,
	    NULL, NULL) : NULL;
	if (list != NULL && n > 0)
		rc = PyList_SetSlice(list, 0, 0, numbers);
	Py_XDECREF(numbers);
	if (list != NULL && rc == 0)
		return list;
	Py_XDECREF(list);
	fdferry_close(fds, n);
	return NULL;
}

/* ------------------------------------------------ policies -------------- */

static int
ids_of(PyObject *object, const char *name, unsigned long **ids, size_t *nids)
{
	PyObject *list = PyObject_GetAttrString(object, name), *tuple;
	Py_ssize_t i, n;

	if (list == NULL)
		return -1;
	tuple = tuple_of(list, "a policy lists ids as an iterable");
	Py_DECREF(list);
	if (tuple == NULL)
		return -1;
	n = PyTuple_GET_SIZE(tuple);
	*ids = PyMem_Malloc(((size_t)n + 1) * sizeof **ids);
	if (*ids == NULL) {
		(void)PyErr_NoMemory();
		Py_DECREF(tuple);
		return -1;
	}
	for (i = 0; i < n && PyErr_Occurred() == NULL; i++)
		(*ids)[i] = PyLong_AsUnsignedLong(PyTuple_GET_ITEM(tuple, i));
	*nids = (size_t)n;
	Py_DECREF(tuple);
	return PyErr_Occurred() != NULL ? -1 : 0;
}

static int
kind_of(PyObject *name)
{
	const char *text = PyUnicode_AsUTF8(name);
	int kind;

	if (text == NULL)
		return -1;
	for (kind = 0; kind <= FDFERRY_KIND_PIDFD; kind++)
		if (strcmp(text, fdferry_kind_name(kind)) == 0)
			return kind;
	PyErr_Format(PyExc_ValueError, "no kind of descriptor: %R", name);
	return -1;
}

static int
kinds_of(PyObject *object, unsigned long *kinds)
{
	PyObject *list = PyObject_GetAttrString(object, "kinds"), *tuple;
	Py_ssize_t i;
	int kind = 0;

	if (list == NULL)
		return -1;
	tuple = tuple_of(list, "a policy lists kinds as an iterable");
	Py_DECREF(list);
	if (tuple == NULL)
		return -1;
	for (i = 0; i < PyTuple_GET_SIZE(tuple) && kind >= 0; i++) {
		kind = kind_of(PyTuple_GET_ITEM(tuple, i));
		if (kind >= 0)
			*kinds |= FDFERRY_KIND_BIT(kind);
	}
	Py_DECREF(tuple);
	return kind < 0 ? -1 : 0;
}

int
policy_of(PyObject *object, struct policy *p)
{
	PyObject *most;

	memset(p, 0, sizeof *p);
	p->c.size = sizeof p->c;
	if (object == NULL || object == Py_None)
		return 0;
	if (ids_of(object, "uids", &p->uids, &p->c.nuids) < 0
	    || ids_of(object, "gids", &p->gids, &p->c.ngids) < 0
	    || kinds_of(object, &p->c.kinds) < 0)
		return -1;
	p->c.uids = p->uids;
	p->c.gids = p->gids;
	most = PyObject_GetAttrString(object, "most");
	if (most == NULL)
		return -1;
	p->c.most = PyLong_AsSize_t(most);
	Py_DECREF(most);
	return PyErr_Occurred() != NULL ? -1 : 1;
}

void
policy_free(struct policy *p)
{
	PyMem_Free(p->uids);
	PyMem_Free(p->gids);
	p->uids = p->gids = NULL;
}
