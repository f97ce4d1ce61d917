/* SPDX-License-Identifier: 0BSD */
/*
 * front.h - what the parts of fdferry front share. They use rules/, loop/,
 * service/, net/ and cli.h; and the channel of the public header.
 *
 *   front.c           options, start, end
 *   listeners.c       where connections come in
 *   connections.c     accept, look, decide, wait
 *   per-source.c      how many of one address there are
 *   connection-log.c  a line for each, and the counts behind `status`
 *   workers.c         which takes a connection, up, down, set aside
 *   wire-plain.c      ... one NUL byte and one descriptor
 *   wire-ack.c        ... acknowledged hand-offs over a channel
 *   wire-exec.c       ... programs started here
 *   reload.c          another configuration while running
 *   control.c         the control socket: who asks, and status
 *   control-text.c    what is said there
 *   handover.c        giving all to a front that takes over
 *   takeover.c        taking all over from a front that runs
 *   adopt.c           ... its listening sockets
 *   status.c          the verb status, at the other end of the control socket
 */
#ifndef FRONT_H
#define FRONT_H 1

#include <event2/event.h>
#include <sys/time.h>
#include <time.h>

#include "net/net.h"
#include "rules/rules.h"

struct conn;
struct link;
struct pump;

/* ------------------------------------------------ configuration --------- */

/* A configuration lives as long as connections that it has decided. */
struct rules {
	struct config config;
	long users;
};
void rules_hold(struct rules *);
void rules_drop(struct rules *);

/* ------------------------------------------------ listeners ------------- */

struct listener {
	struct listener *next;
	int fd;
	int checked;		/* clients must be allowed users (abstract) */
	int made;		/* by fdferry: the path is to be removed */
	int adopted;		/* from another front */
	char name[LISTENER_MOST + 1];		/* LISTEN_FDNAMES, else "" */
	char *text;		/* of the configuration, or NULL */
	struct addr at;
	struct event *event;
	long users;		/* connections, and 1 while it is open */
	long index;		/* in what a successor was told, or -1 */
};

struct listener *listener_add(int fd, const char *name, const char *text);
void listener_watch(struct listener *);
/* No more from here; freed when its last connection has gone. */
void listener_close(struct listener *);
void listener_leave(struct listener *);	/* the same; the path stays */
void listener_drop(struct listener *);
void listeners_inherit(void);
/* Can each address be read, and may it be listened at? 0, or -1 with a text. */
int listeners_check(const struct config *, char *err, size_t errlen);
int listeners_open(const struct config *, char *err, size_t errlen);
void listeners_keep(const struct config *);
void listeners_pause(void);
void listeners_resume(void);

/* ------------------------------------------------ workers --------------- */

enum passed {
	PASS_NO,		/* gone, or it cannot now */
	PASS_BUSY,		/* it will take one soon */
	PASS_DONE,		/* with the kernel, or started: it is theirs */
	PASS_OFFERED		/* and will be answered */
};

/* How a worker is reached. */
struct wire {
	const char *name;	/* of the prefix in its address, "" is plain */
	/* Connect, without waiting: 0, or -1. */
	int (*up)(struct link *);
	void (*down)(struct link *);
	enum passed (*pass)(struct link *, struct conn *,
	    const struct seen *);
	int (*has_room)(const struct link *);
};
extern const struct wire wire_plain, wire_ack, wire_exec;

struct link {
	struct link *next;
	const struct wire *wire;
	char *name, *text;	/* of the worker, and its address as written */
	struct addr addr;
	char **command;		/* exec */
	struct pump *pump;	/* ack */
	struct event *event;	/* plain: its socket */
	struct event *retry;	/* to connect, or to send again */
	struct conn *offered;	/* not answered yet */
	long outstanding;	/* as many, or programs that run */
	unsigned long last;	/* when it was last used, in turns */
	int fd;			/* -1 */
	int up;
	int aside;		/* busy or failing: nothing until `retry` */
	int leaving;		/* of no configuration: until it is answered */
	int refused;		/* of another user, and said so already */
	int retry_ms;
};

/* Can each address be read, is each program there? 0, or an exit status (2,
   126, 127) with a text. */
int links_check(const struct config *, char *err, size_t errlen);
int links_take(const struct config *, char *err, size_t errlen);
/* Nothing for some time; growing if it happens again. */
void link_aside(struct link *);
void link_lost(struct link *);	/* its socket has ended */
int link_socket(struct link *);	/* connected, or -1 */
/* Pass to one of these workers or pools: its link, or NULL; *busy if one
   of them will take it soon. */
struct link *links_pass(struct conn *, char *const *names, size_t n,
    const struct seen *, enum passed *, int *busy);
int links_usable(void);
/* A leaving one has nothing more to answer. */
void link_left(struct link *);
void links_end(void);

/* ------------------------------------------------ connections ----------- */

enum conn_state { LOOKING, WAITING, OFFERED };

struct conn {
	struct conn *prev, *next;
	struct conn *onext;		/* link->offered */
	struct event *event;		/* bytes */
	struct listener *listener;
	struct rules *rules;		/* that decided */
	const struct rule *rule;	/* NULL is the default */
	struct link *link;		/* offered to */
	struct seen *seen;		/* kept once decided, if not passed */
	unsigned long id;		/* of the offer */
	struct timespec accepted;
	struct timespec since;		/* it is in this state */
	unsigned long long looked_ms;
	unsigned int backoff_ms;	/* without edge triggers */
	int fd;
	int looks;
	enum conn_state state;
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

void conns_init(void);
void conns_accept(struct listener *);
/* One that another front has accepted. */
void conns_adopt(int fd, struct listener *, long age_ms);
void conns_accept_again(void);
/* Give waiting connections to workers that can take some again. */
void conns_pass_waiting(void);
void conns_refuse_all(void);
long conns_held(void);
long ms_since(const struct timespec *);
struct timeval interval(long ms);
/* An offer is over: it is theirs; it is ours again; nobody can tell. */
void conn_taken(struct conn *);
void conn_back(struct conn *);
void conn_doubt(struct conn *);
/* Where it came in; a Unix socket's path is that of the listener. */
const struct sockaddr *conn_local(const struct conn *, socklen_t *len);
/* Offered to another front; it is its now; it is ours again. */
void conn_offered(struct conn *);
void conn_moved(struct conn *);
void conn_again(struct conn *);
void conn_decided_text(const struct conn *, const struct seen *, char *text,
    size_t room);

/* sources.c: how many connections of one address are held. */
long source_add(const struct sockaddr *);	/* the count with this one */
void source_remove(const struct sockaddr *);

/* ------------------------------------------------ log and counts -------- */

/* How a connection ended here. */
enum count {
	COUNT_DELIVERED,	/* plain: the kernel has it */
	COUNT_ACKNOWLEDGED,	/* by the worker */
	COUNT_STARTED,		/* a program */
	COUNT_GONE,		/* by the client, before any of these */
	COUNT_WAIT,		/* refused: no worker took it in time */
	COUNT_QUEUE,		/* refused: too many wait, or --overflow */
	COUNT_SOURCE,		/* refused: too many of one address */
	COUNT_USER,		/* refused: not an allowed user */
	COUNT_END,		/* refused: we end */
	COUNT_DOUBT,		/* a worker did not say */
	COUNT_MOVED,		/* to a front after us */
	NCOUNTS
};
void count_accepted(int adopted);
/* The line, and the counts: of all, of the rule, of the worker. */
void conn_log(const struct conn *, enum count, const char *worker,
    const struct seen *);
void count_refusal(const struct link *, const char *why);
/* The whole state as text or JSON, in memory to be freed; NULL: none. */
char *status_text(int json, size_t *len);

/* ------------------------------------------------ control --------------- */

/* The path of a control socket, else a usage error. */
void control_arg(const char *option, const char *text, struct addr *at);
/* Listen at --control; what it gives is for control_watch(). */
int control_open(const char *text, struct addr *at);
void control_watch(int fd, const struct addr *at);
int control_socket(struct addr *at);	/* the listening one, or -1 */
void control_close(void);
void control_end(void);		/* and all who are connected there */

/*
 * Give all to the front at the other end of a pump. Begun: 0; else -1, and it
 * was told why. One at a time. Then it gets no more time than
 * handover_patience() for each step; each event goes to handover_event(),
 * which gives NULL, or why it has failed; `ready' to handover_ready(), -1 if
 * that is not due; and the end of its channel to handover_over().
 */
int handover_begin(struct pump *);
int handover_is(const struct pump *);
long handover_patience(void);
const char *handover_event(const struct fdferry_event *);
int handover_ready(void);
void handover_over(const char *why);
void handover_force(void);	/* this front ends at once */

/* --takeover: listening sockets of the front at this control socket now; its
   connections, and the control socket, once the loop runs. */
void takeover_begin(const char *text);
void takeover_run(void);
int takeover_runs(void);	/* it is not settled yet which front serves */
/* This front is to end: 0 if it can, else once it is settled; now: at once. */
int takeover_leave(int now);

void reload_init(const char *config_path);	/* NULL: no file */
void reload_wanted(void);	/* what was put off meanwhile */

/* ------------------------------------------------ all of it ------------- */

enum overflow { OVERFLOW_WAIT, OVERFLOW_DEFAULT, OVERFLOW_REFUSE };

struct front {
	struct event_base *base;
	int edges;		/* the loop has edge triggers */
	struct rules *rules;	/* for new connections */
	struct listener *listeners;
	struct link *links;
	struct conns looking, waiting, offered;
	struct event *end_look, *end_wait;	/* of the oldest in each */
	struct event *resume;	/* accepting again after a pause */
	struct uidlist allowed;
	long look_ms, wait_ms, ack_ms;
	size_t look_size;
	unsigned char *look;	/* one buffer for all: peeked afresh each time */
	long most, most_queued, per_source;
	long most_outstanding, most_children;
	enum overflow overflow;
	struct listen_opts sockets;
	int spare;		/* a descriptor in reserve, or -1 */
	int paused, draining;
	int yielded;		/* another front accepts now */
	int terms;		/* how often this one was told to end */
	int status;		/* of its end */
};
extern struct front front;

void front_drain(void);		/* accept no more, pass on what is held */
/* It is settled which front serves: what was put off until then. */
void front_settled(void);

#endif
