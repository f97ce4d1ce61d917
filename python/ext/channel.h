/* SPDX-License-Identifier: 0BSD */
/* channel.h - what the files of _core.Channel share. */
#ifndef CHANNEL_OBJECT_H
#define CHANNEL_OBJECT_H 1

#include "core.h"

struct channel {
	PyObject_HEAD
	struct fdferry_channel *ch;	/* NULL: closed */
	PyThread_type_lock lock;
	struct policy policy;
	long pid;
	int wake[2];			/* a pipe, when somebody waited */
	int waiting;
};

/* Take the lock and return 0; -1: an exception, and no lock. */
int channel_enter(struct channel *);
void channel_leave(struct channel *);
/* Wake whoever waits for an event. With the lock. */
void channel_wake(struct channel *);
/* fdferry_channel_work() with the lock, the interpreter let go. */
int channel_turn(struct channel *);
/* Leave; None, or an exception for a call that failed. */
PyObject *channel_answer(struct channel *, int rc);

PyObject *channel_send(struct channel *, PyObject *);
PyObject *channel_handoff(struct channel *, PyObject *);
PyObject *channel_cancel(struct channel *, PyObject *);
PyObject *channel_look(struct channel *, PyObject *);
PyObject *channel_accept(struct channel *, PyObject *);
PyObject *channel_refuse(struct channel *, PyObject *);
PyObject *channel_count(struct channel *, PyObject *);

#endif
