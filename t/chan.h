/* SPDX-License-Identifier: 0BSD */
/* chan.h - two channels in one process, turned by hand. */
#ifndef CHAN_H
#define CHAN_H 1

#include "fdferry.h"

struct two {
	struct fdferry_channel *a, *b;
	int sock[2];
	struct fdferry_event ev;	/* the last one fetched */
};

/* A connected pair of the type, blocking, a channel on each end; opts may be
   NULL. */
int two_open(struct two *t, int type, const struct fdferry_channel_opts *a,
    const struct fdferry_channel_opts *b);
void two_close(struct two *t);

/* Skip the whole test, and end, in a build that cannot pass descriptors. */
void chan_need(void);

/* Are there connected sockets of the type that a channel can use? */
int chan_has(int type);

/*
 * When the table is full, does this kernel's recvmsg() fail with the data
 * gone? Then nobody knows how much is missing, and a channel ends.
 */
int chan_loses_step(int type);

/* Options with `size` set. */
struct fdferry_channel_opts chan_opts(void);

/* Let both work until nothing moves. */
void two_turn(struct two *t);

/*
 * Turn until `ch` has an event, for two seconds at most; into t->ev.
 * Returns its type, or FDFERRY_EVENT_NONE.
 */
int two_event(struct two *t, struct fdferry_channel *ch);

/* No event at `ch`, after turning. */
int two_quiet(struct two *t, struct fdferry_channel *ch);

/* Close the descriptors of the last event. */
void two_drop(struct two *t);

/* Are both the same open file? */
int same_file(int a, int b);

/* One end of a new pipe; the other is closed. */
int fresh_fd(void);

/* ---- a peer that writes and reads the bytes of the wire itself ---- */

enum { HELLO = 1, MESSAGE, OFFER, MORE, ABORT, REJECT, ACCEPT, REFUSE, CANCEL,
    CANCELLED, BYE };

struct raw {
	unsigned int type, flags;
	unsigned long id, length, fds, arg, arg_fds;
	unsigned char data[16384];
	int fd[256];
	int nfds;
};

/* If set, called whenever raw_get() has to wait: time may stand still. */
extern void (*raw_idle)(void);

/* The 32 bytes of a header, written here independently of the library. */
void raw_head(unsigned char head[32], unsigned int type, unsigned long id,
    unsigned long length, unsigned long fds, unsigned long arg,
    unsigned long arg_fds);
/* Send a frame, and more if one cannot have so many descriptors; bail out if
   that does not work. */
void raw_put(int sock, unsigned int type, unsigned long id, const void *data,
    unsigned long length, const int *fds, unsigned long nfds,
    unsigned long arg, unsigned long arg_fds);
/* A HELLO with these limits, or large ones. */
void raw_hello(int sock, unsigned long bytes, unsigned long fds,
    unsigned long held, unsigned long offers);
/* An answer: a frame with nothing but type, id and reason. */
void raw_say(int sock, unsigned int type, unsigned long id,
    unsigned long reason);
/*
 * The next frame, or 0 if none begins within `ms`; the type. The channel of
 * raw_open() works meanwhile. SOON for what must come: it costs nothing if it
 * does, however slow the machine.
 */
#define SOON 20000
unsigned int raw_get(int sock, struct raw *raw, int ms);

/* A channel at t->a, the raw peer at t->sock[1]; HELLOs are exchanged. */
void raw_open(struct two *t, int type, const struct fdferry_channel_opts *o);

/* Wait a moment. */
void nap(int ms);

/* Every open descriptor, also above 1024. */
int all_fds(void);

#endif
