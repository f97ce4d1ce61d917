/* SPDX-License-Identifier: 0BSD */
/* kqueue, as far as it takes to make one, to know one, and to ask once whether
   a socket can be read from. */
#ifndef PERSONA_EVENT_H
#define PERSONA_EVENT_H 1

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define EVFILT_READ (-1)
#define EV_ADD 1
#define EV_ONESHOT 0x10
#define EV_EOF 0x8000
#define EV_SET(k, i, filt, fl, ff, d, u) \
    ((k)->ident = (uintptr_t)(i), (k)->filter = (filt), (k)->flags = (fl), \
    (k)->fflags = (ff), (k)->data = (d), (k)->udata = (u))

struct kevent {
	uintptr_t ident;
	short filter;
	unsigned short flags;
	unsigned int fflags;
	intptr_t data;
	void *udata;
};

int kqueue(void);
int kevent(int, const struct kevent *, int, struct kevent *, int,
    const struct timespec *);

#endif
