/* SPDX-License-Identifier: 0BSD */
/*
 * front.h - what the parts of fdferry front share.
 *
 *   front.c        options, start, end
 *   front-conn.c   connections: accept, look, decide, wait
 *   front-link.c   our connection to each worker
 */
#ifndef FRONT_H
#define FRONT_H 1

#include <event2/event.h>
#include <sys/time.h>
#include <time.h>

#include "cli.h"
#include "rule.h"

struct listener {
	int fd;
	int checked;		/* clients must be allowed users (abstract) */
	char name[64];		/* LISTEN_FDNAMES, else "" */
	int made;		/* here: its path is ours to remove */
	struct addr at;
	struct event *event;
};

/* Our connection to one worker. */
struct link {
	const struct worker *worker;
	struct addr addr;
	struct event *event;	/* its end of file */
	struct event *retry;	/* time to connect, or to send again */
	int fd;			/* -1: down */
	int full;		/* takes nothing now */
	int refused;		/* of another user, and said so already */
	int retry_ms;
};

struct conn {
	struct conn *prev, *next;
	struct event *event;		/* bytes */
	const struct listener *listener;
	const struct rule *rule;	/* decided: NULL is the default */
	struct seen *seen;		/* kept while it waits for a worker */
	struct timespec since;		/* accepted, then: began to wait */
	unsigned long long looked_ms;
	unsigned int backoff_ms;	/* without edge triggers */
	int fd;
	int looks;
	int waiting;			/* decided, no worker has taken it */
	socklen_t peerlen, locallen;
	union {
		struct sockaddr sa;
		unsigned char room[32];	/* sockaddr_in, sockaddr_in6 */
	} peer, local;
};

/* Oldest first. */
struct conns {
	struct conn *first, *last;
	long n;
};

struct front {
	struct event_base *base;
	int edges;		/* the loop has edge triggers */
	struct config config;
	struct listener *listeners;
	size_t nlisteners;
	struct link *links;	/* as config.workers */
	struct conns looking, waiting;
	struct event *end_look, *end_wait;	/* of the oldest in each */
	struct event *resume;	/* accepting again after a pause */
	struct uidlist allowed;
	long look_ms, wait_ms;
	size_t look_size;
	unsigned char *look;	/* one buffer for all: peeked afresh each time */
	long most, per_source;
	int spare;		/* a descriptor in reserve, or -1 */
	int paused, draining;
};
extern struct front front;

/* front-conn.c */
void conns_init(void);
void conns_accept(struct listener *);
/* Give waiting connections to workers that can take some again. */
void conns_pass_waiting(void);
void conns_accept_again(void);
void conns_refuse_all(void);

/* front-link.c */
void links_init(void);
/* The worker that took it, or NULL. *wait: one that suits is only busy. */
const char *links_send(int fd, char *const *names, size_t n, int *busy);
int links_usable(void);

/* sources.c: how many connections of one address are held. */
long source_add(const struct sockaddr *);	/* the count with this one */
void source_remove(const struct sockaddr *);

#endif
