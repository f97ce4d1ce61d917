/* SPDX-License-Identifier: 0BSD */
/*
 * core.h - the extension module fdferry._core: what its files share.
 *
 * It stands on the public header alone. The module passes plain values; the
 * classes that a program sees are Python's (fdferry/__init__.py).
 *
 * Waiting is done here, in poll(), with the interpreter let go, and every
 * call of the library is made with FDFERRY_NONBLOCK: the library goes on
 * after EINTR, and a signal handler of Python's would never run.
 */
#ifndef CORE_H
#define CORE_H 1

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdint.h>

#include "fdferry.h"

#define FDS_MOST 1024		/* no kernel delivers more in one message */

/* What Python's half gives us, by setup(). */
struct state {
	PyObject *fdlist;	/* class: list of received descriptors */
	PyObject *loss;		/* function: the exception of a loss */
	PyObject *end;		/* class: exception of recv_fd() at the end */
	PyObject *timeout;	/* socket.timeout */
	PyObject *fileno;	/* the word, interned */
};

/* ---- convert.c */
struct policy {
	struct fdferry_policy c;
	unsigned long *uids, *gids;	/* PyMem_Malloc() */
};
/* A descriptor of an int or of an object with fileno(); -1: exception. */
int fd_of(PyObject *);
/* The same with the word "fileno", which most callers have at hand. */
int fd_by(PyObject *, PyObject *fileno);
/*
 * Arguments of a METH_FASTCALL function, positional or by name, into `to`;
 * at least `least` of the names, which end with NULL, are needed. The first
 * `most` may be positional. -1: exception.
 */
int arguments(const char *function, const char *const *names, size_t least,
    size_t most, PyObject *const *args, Py_ssize_t nargs, PyObject *keywords,
    PyObject **to);
/* An int that may be left out. -1: exception. */
int flags_of(PyObject *, int *flags);
/* For "O&": into an int. */
int fd_converter(PyObject *, void *);
#define NOT_ITERABLE "fds must be an iterable of files, sockets or descriptors"
/* An iterable as a tuple, or NULL: an exception, with `why` if it is none. */
PyObject *tuple_of(PyObject *, const char *why);
/* The first `n` of a tuple: 0, or -1 with an exception. */
int fds_fill(PyObject *tuple, int *fds, Py_ssize_t n);
/* All of an iterable; more than `most` are EINVAL. -1: an exception. The
   objects live as long as *keep, which is the caller's, or NULL. */
Py_ssize_t fds_of(PyObject *, int *fds, Py_ssize_t most, PyObject **keep);
PyObject *list_of_fds(const struct state *, int *fds, size_t n);
/* None, or an object with uids, gids, most and kinds. Frees nothing. */
int policy_of(PyObject *, struct policy *);
void policy_free(struct policy *);
PyObject *raise_errno(int error);
PyObject *raise_text(int error, const char *text);

/* ---- wait.c */
enum patience { ASK, NEVER, FOREVER, UNTIL };
struct waiting {
	PyObject *sock;		/* whose gettimeout() decides, or NULL */
	int fd;
	int sending;
	enum patience patience;
	int64_t deadline;	/* ms on the monotonic clock */
	int rounds;
};
int64_t now_ms(void);
/* A non-negative number of seconds, or None (-1), as milliseconds rounded
   up; -2: exception. */
int64_t milliseconds(PyObject *);
/* After EAGAIN. 0: try again; -1: exception. */
int wait_again(const struct state *, struct waiting *);
/* Does whoever calls want to wait at all? -1: exception. */
int would_wait(struct waiting *);
/* poll() with the interpreter let go, and what signals brought: -1 with an
   exception, else what poll() said, 0 after EINTR too. */
int poll_once(int fd, short events, int other, int ms);

/* What MSG_ flags say of waiting; others than `known` are refused: -1, an
   exception. */
int check_flags(int flags, int known, struct waiting *);

/* ---- send.c, recv.c */
PyObject *core_send_fds(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
PyObject *core_recv_fds(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
PyObject *core_send_fd(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
PyObject *core_recv_fd(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);

/* ---- channel.c */
int add_channel(PyObject *module);

#endif
