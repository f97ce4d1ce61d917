/* SPDX-License-Identifier: 0BSD */
/* adopt.h - the listening sockets that another front gave us. */
#ifndef ADOPT_H
#define ADOPT_H 1

#include "front.h"

/* The most that we take of another front, said to it before it sends. */
#define ADOPT_FDS 65536
#define ADOPT_BYTES (64ul * 1024 * 1024)

struct adopted {
	struct listener **listeners; /* by their number */
	long n;
	int control;  /* its control socket */
	int confirms; /* it will say `over' */
};

/*
 * All that the message gives, as ours to accept from and not to remove.
 * `control` is the path of the control socket. 0, or -1 with a text: then
 * this program must end.
 */
int adopt(struct adopted *, const struct fdferry_event *,
    const struct addr *control, char *err, size_t errlen);

#endif
