/* SPDX-License-Identifier: 0BSD */
/*
 * subject.h - one way to carry descriptors, as the bench measures it.
 *
 * A subject sends from one end of a connected pair of Unix stream sockets and
 * receives at the other. subject.c drives it: in one thread, or as a sender
 * and a receiver that are processes of their own.
 */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H 1

#include <stddef.h>

#define SUBJECT_MOST 253	/* descriptors a message: what Linux takes */

struct subject {
	const char *name;
	size_t most;		/* descriptors that a message of it can hold */

	/* The ends; one of them is -1 in a process that has the other. */
	void (*open)(int out, int in);

	/* One message, with `n` descriptors. */
	void (*send)(const int *fds, size_t n);

	/* One message, its `n` descriptors closed. */
	void (*recv)(size_t n);

	/* Wait until all that was sent is over for the sender; or NULL. */
	void (*settle)(void);

	/* A handle that can be sent, instead of a file; or NULL. */
	int (*handle)(void);
};

/* The last has no name. */
extern const struct subject subjects[];

/* Ends the program: `what` failed, for the reason in errno. */
void subject_die(const char *what);

#endif
