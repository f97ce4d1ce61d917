/* SPDX-License-Identifier: 0BSD */
/*
 * worker.h - what the parts of fdferry worker share.
 *
 *   worker.c       options, who connects, signals
 *   wire-plain.c   fronts of the plain wire
 *   wire-ack.c     fronts that are answered
 *   fronts.c       the list of them, and what wires need to know of the whole
 *
 * They use loop/, service/, fds/, net/ and cli.h.
 */
#ifndef WORKER_H
#define WORKER_H 1

#include <event2/event.h>

#include "fds/fds.h"

struct channel_loop;

struct source { /* one connected front */
	struct source *next;
	struct event *event;	   /* plain */
	struct channel_loop *loop; /* ack */
	struct offer *offers;	   /* not answered, oldest first */
	int fd;
	int last;	       /* plain: what is queued now is all */
	unsigned long skipped; /* plain: bytes, and nobody was told */
	int skips;	       /* plain: told once: the rest at the end */
	void (*gone)(struct source *);	    /* let go of socket and offers */
	int (*idle)(const struct source *); /* all has been said to it;
					   NULL: that is never known */
};

struct worker {
	struct event_base *base;
	struct event *listener;
	struct event *resume; /* accepting again after a pause */
	struct event *bound;  /* of draining */
	struct addr at;
	struct source *sources;
	struct uidlist allowed;
	struct listen_opts sockets;
	char **command;
	long most;
	int ack, draining;
};
extern struct worker worker;

/* fronts.c */
int worker_full(void); /* of programs */
/* A program has ended. */
void worker_ended(void *owner, pid_t pid, int status);
/* Its socket has ended; frees it. */
void source_gone(struct source *);
/* End if we drain and nothing is left. */
void worker_finish(void);

/* wire-plain.c: 0, or -1. */
int plain_open(struct source *);
/* Take what is there, as far as programs are allowed. May free it. */
void plain_receive(struct source *);
/* At the limit of programs nothing is received: the kernel holds it. */
void plain_watch(void);
/* We drain: tell the front; its time to end is over. */
void plain_drain(struct source *);
void plain_last(struct source *);

/* wire-ack.c */
int ack_open(struct source *);
void ack_start(void); /* offers, as far as programs are allowed */
void ack_drain(struct source *);

#endif
