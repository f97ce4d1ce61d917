/* SPDX-License-Identifier: 0BSD */
/* kqueue, as far as it takes to make one and to know one. */
#ifndef PERSONA_EVENT_H
#define PERSONA_EVENT_H 1

#include <stddef.h>
#include <stdint.h>
#include <time.h>

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
