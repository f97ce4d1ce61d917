/* SPDX-License-Identifier: 0BSD */
/*
 * front.h - what the parts of fdferry front share. They use rules/, loop/,
 * service/, net/ and cli.h; and the channel of the public header.
 *
 *   front.c           options, start, end
 *   state.c           what all share and only computes
 *   settle.c          what is put off until it is settled which front serves
 *   listeners.c       where connections come in
 *   listener-given.c  ... that this front was started with
 *   listener-lines.c  ... as a configuration names them
 *   accept.c          connections come in
 *   look.c            ... are looked at until rules decide
 *   place.c           ... and go to a worker, wait, or are refused
 *   peek.c            what the kernel says of one
 *   lists.c           ... by state and age, and who waits for which worker
 *   per-source.c      how many of one address there are
 *   connection-log.c  a line for each
 *   counts.c          what `status` shows
 *   tally.c           ... by name
 *   routes.c          where a rule sends connections
 *   seats.c           which worker takes one
 *   stay.c            ... by the client's address
 *   workers.c         those of a configuration
 *   worker-link.c     ... up, down, set aside
 *   wire-plain.c      ... one NUL byte and one descriptor
 *   wire-ack.c        ... acknowledged hand-offs over a channel
 *   wire-exec.c       ... programs started here
 *   reload.c          another configuration while running
 *   control.h         the control socket, and a front after this one
 *   control-text.c    what is said there
 *   adopt.c           ... its listening sockets
 *   orders.c          what an operator orders of workers
 *   held.c            what is held, connection by connection
 *   metrics.c         counts and times by rule and worker
 *   prometheus.c      ... as text
 *   ask.c             the other end of the control socket,
 *   status.c          ... for the verb status
 *   ctl.c             ... and the verb ctl
 */
#ifndef FRONT_H
#define FRONT_H 1

#include <event2/event.h>
#include <sys/time.h>
#include <time.h>

#include "net/net.h"
#include "rules/rules.h"

#include "order.h"

struct connection;
struct worker_link;
struct channel_loop;
struct route;

/* ------------------------------------------------ configuration --------- */

/* A configuration lives as long as connections that it has decided. */
struct rules {
	struct config config;
	long users;
	/* routes.c: made when they are first used; the default's last */
	struct route **routes;
	struct names groups; /* seats.c: its pools, too */
	struct rules *next;  /* to be freed */
	int looks;	     /* look.c: 1 and what config_looks() says; or 0 */
};
void rules_hold(struct rules *);
void rules_drop(struct rules *);
/* While lists of routes are walked none is freed. */
void rules_walk(int begins);

/* ------------------------------------------------ ends ------------------ */

/* How a connection ended here. */
enum count {
	COUNT_DELIVERED,    /* plain: the kernel has it */
	COUNT_ACKNOWLEDGED, /* by the worker */
	COUNT_STARTED,	    /* a program */
	COUNT_GONE,	    /* by the client, before any of these */
	COUNT_WAIT,	    /* refused: no worker took it in time */
	COUNT_QUEUE,	    /* refused: too many wait, or --overflow */
	COUNT_SOURCE,	    /* refused: too many of one address */
	COUNT_USER,	    /* refused: not an allowed user */
	COUNT_END,	    /* refused: we end */
	COUNT_RULE,	    /* refused: a rule says so */
	COUNT_DOUBT,	    /* a worker did not say */
	COUNT_MOVED,	    /* to a front after us */
	NCOUNTS
};

/* ------------------------------------------------ listeners ------------- */

struct listener {
	struct listener *next;
	int fd;
	int checked; /* clients must be allowed users (abstract) */
	int ours;    /* by fdferry: the path is to be removed */
	int adopted; /* from another front */
	int stray;   /* ... and where its path is cannot be known */
	int given;   /* the number N of fd:N or of LISTEN_FDS, or -1 */
	int named;   /* by a line of the configuration that is being opened */
	int fresh;   /* opened for it */
	char name[LISTENER_MOST + 1]; /* LISTEN_FDNAMES, else "" */
	char *text;		      /* of the configuration, or NULL */
	struct addr at;
	struct event *event;
	int batch;	 /* accept.c: so many are taken in a round */
	int full_rounds; /* since there were fewer */
	int fixed;	 /* connections have its address: 1 and whether, or 0 */
	long users;	 /* connections, and 1 while it is open */
	long index;	 /* in what a successor was told, or -1 */
};

#define ACCEPTS_MOST 64 /* of one listener, in one round of the loop */
struct listener *listener_add(int fd, const char *name, const char *text);
void listener_watch(struct listener *);
/* No more from here; freed when its last connection has gone. */
void listener_close(struct listener *);
void listener_finish(struct listener *); /* the same; first accept the rest */
void listener_leave(struct listener *);	 /* the same; the path stays */
void listener_drop(struct listener *);
/* N of a line fd:N, -1: it is none; and the listener that was given by it. */
#define LISTENER_BAD (-2) /* no number, or 1 or 2 */
int listener_given(const char *text);
struct listener *listener_of_number(int n);
/* listener-given.c: LISTEN_FDS, then lines fd:N. */
void listeners_inherit(void);
void listeners_given(const struct config *, int may_come);
CLI_NORETURN void listeners_none(void); /* says why */
void listeners_not_ours(void);		/* a line, if there are such */
/* Can each address be read, and may it be listened at? 0, or -1 with a text. */
int listeners_check(const struct config *, char *err, size_t errlen);
/* Open what a configuration names; then keep that and close what else one had
   named, or undo it. */
int listeners_open(const struct config *, char *err, size_t errlen);
void listeners_keep(void);
void listeners_undo(void);
void listeners_init(void);
/* Make paths again that somebody has removed; a line for each. */
void listeners_repair(void);
/* A line about an address; `why` may be NULL. */
void log_path(const char *event, const struct addr *, const char *why);
void listeners_pause(void);
void listeners_resume(void);
/* Accept nothing for a moment; again, if there is room; end the loop if this
   front drains and nothing is held. */
void accept_pause(void);
void accept_again(void);

/* ------------------------------------------------ workers --------------- */

enum passed {
	PASS_NO,   /* gone, or it cannot now */
	PASS_BUSY, /* it will take one soon */
	/* the kernel has it, or its program runs: it is the worker's */
	PASS_DONE,
	PASS_OFFERED /* and will be answered */
};

/* What an operator has ordered of a worker: it may be given connections; no
   more, but it keeps those that it was offered; it has no link either. */
enum order { ORDER_ENABLE, ORDER_DRAIN, ORDER_DISABLE };

/* How a worker is reached. */
struct wire {
	const char *name; /* of the prefix in its address, "" is plain */
	/* Connect, without waiting: 0, or -1. */
	int (*up)(struct worker_link *);
	void (*down)(struct worker_link *);
	enum passed (*pass)(struct worker_link *, struct connection *,
	    const struct recognised *);
	int (*has_room)(const struct worker_link *);
	enum count done; /* what PASS_DONE means */
	int shared;	 /* all with this wire have room, or none */
};
extern const struct wire wire_plain, wire_ack, wire_exec;

struct worker_link {
	struct worker_link *next;
	const struct wire *wire;
	char *name, *text; /* of the worker, and its address as written */
	struct addr addr;
	char **command;		   /* exec */
	struct channel_loop *loop; /* ack */
	struct event *event;	   /* plain: its socket */
	struct event *retry;	   /* to connect, or to send again */
	struct seat *seat;	   /* NULL: it is leaving */
	struct tally *tally;	   /* of all that had this name, or NULL */
	/* not answered yet, oldest first */
	struct connection *offered, *offered_last;
	/* connections without an answer, or programs that run */
	long outstanding;
	unsigned long last; /* when it was last used, in turns */
	int fd;		    /* -1 */
	int used;	    /* plain: since it is up something was sent */
	int doubted;	    /* ack: since it is up one was in doubt */
	int deaf;	    /* ack: it reads no more; ends with its answers */
	int linked;	    /* its socket is there */
	int up;		    /* ... and it may be given connections */
	enum order order;
	int aside; /* busy or failing: nothing until `retry` */
	/* no configuration names it; removed once its offers are answered */
	int leaving, wanted;
	/* why it was not reached: an errno, or WORKER_USER; the log has said
	   so; 0: it was */
	int error;
	/* until it is connected, or given to, again; each is doubled, until
	   it takes one (or, the first, stays) */
	int retry_ms, busy_ms;
	struct timespec up_since; /* while linked */
};

/* This one, or the next that stays: of a name one does, another may be leaving,
   and nobody gives to that. */
static inline const struct worker_link *
worker_staying(const struct worker_link *l)
{
	while (l != NULL && l->leaving)
		l = l->next;
	return l;
}

/* Can each address be read, is each program there? 0, or an exit status (2,
   126, 127) with a text. */
int workers_check(const struct config *, char *err, size_t errlen);
int workers_take(const struct config *, char *err, size_t errlen);

#define WORKER_USER (-1) /* it runs as another user */
/* Why it was not reached, in words. */
const char *worker_link_why(const struct worker_link *);

/* worker-link.c */
void worker_link_init(struct worker_link *);
void worker_link_up(struct worker_link *); /* or try again later */
void worker_link_free(struct worker_link *);
/* Pass nothing to this worker for a time, which grows if that happens
   again. */
void worker_link_aside(struct worker_link *);
void worker_link_lost(struct worker_link *);  /* its socket has ended */
int worker_link_socket(struct worker_link *); /* connected, or -1 */
/* A worker that no configuration names has answered all: remove it. */
void worker_link_left(struct worker_link *);

void workers_end(void);
/* Wait a while for plain workers to read what they were sent. */
void plain_end(void);

/* ------------------------------------------------ connections ----------- */

struct waitlist { /* who is asked when there is room */
	struct ticket *first, *last;
	size_t n;
};

enum conn_state { LOOKING, WAITING, OFFERED };

union peer {
	struct sockaddr sa;
	unsigned char room[32]; /* sockaddr_in, sockaddr_in6 */
};

struct connection {
	struct connection *prev, *next;
	struct connection *onext; /* link->offered */
	struct event *event;	  /* bytes */
	struct listener *listener;
	struct rules *rules;	       /* that decided */
	const struct rule *rule;       /* NULL is the default */
	struct route *route;	       /* NULL: not decided yet */
	struct worker_link *link;      /* offered to */
	struct recognised *recognised; /* kept once decided, if not passed */
	unsigned long id;	       /* of the offer */
	struct timespec accepted;
	struct timespec since; /* it is in this state */
	unsigned long long looked_ms;
	long offered_ms;	 /* from the decision to the last offer */
	unsigned int backoff_ms; /* without edge triggers */
	int fd;
	enum conn_state state;
	unsigned char looked; /* once */
	unsigned char sent;   /* a byte was seen */
	unsigned char decided;
	socklen_t peerlen, locallen;
	union peer peer, local;
};

/* Oldest first. */
struct conns {
	struct connection *first, *last;
	long n;
};

/* accept.c */
void accept_init(void);
/* One that another front has accepted. */
void conns_adopt(int fd, struct listener *, long age_ms);

/* look.c */
void look_init(void);
/* Is it still to be looked at? If not, it may be gone. `last`: decide now, and
   why; LOOK_ON: if it can be. */
int conn_look(struct connection *, enum look_end last);
void conn_wait_for_bytes(struct connection *);
void conn_again(struct connection *); /* not taken by another front */

/* place.c */
void place_init(void);
void conn_decided(struct connection *, const struct rule *,
    const struct recognised *);
/* Log it and close it. */
void conn_drop(struct connection *, enum count, const struct recognised *);
void conns_refuse_all(void);
/* An offer to a worker or to another front is over: it is ours again; nobody
   can tell whose. */
void conn_back(struct connection *);
void conn_doubt(struct connection *);
void conn_offered(struct connection *); /* to another front */
void conn_moved(struct connection *);	/* it is its now */

/* What wires say of connections that they were given; set by place.c. */
struct outcomes {
	void (*taken)(struct connection *); /* it is the worker's */
	void (*back)(struct connection *);  /* it is ours again */
	void (*doubt)(struct connection *); /* nobody can tell */
	/* this worker can take some that wait */
	void (*room)(struct worker_link *);
	/* so can one of those that share their room, as long as this is true */
	void (*shared_room)(int (*room)(void));
	void (*changed)(void); /* who waits has others to wait for, perhaps */
};
extern struct outcomes outcomes;

/* per-source.c: how many connections of one address are held. */
long per_source_add(const struct sockaddr *); /* the count with this one */
void per_source_remove(const struct sockaddr *);

/* peek.c */
/* Peek at the bytes that have come. Returns their number, 0 at end of file, -1
   if there are none yet, -2 if the connection is broken. */
ssize_t conn_peek(int fd, void *data, size_t len);
/* Is nobody there any more? */
int conn_gone(int fd);

/* lists.c: into the list of this state; out of its list. Those that are looked
   at and those that wait are in the order of their age. */
void conn_enlist(struct connection *, enum conn_state);
void conn_unlist(struct connection *);
/* Offer those who wait for this worker, until it has no room; `place` returns
   whether one has found a place. All who wait: the oldest of each rule. */
void waiting_wake(struct worker_link *, int (*place)(struct connection *));
void waiting_wake_shared(int (*room)(void), int (*place)(struct connection *));
void waiting_wake_all(int (*place)(struct connection *));
/* Call `watch` for each that waits for `ms` and was not given to it before;
   false: there are no others. */
int waiting_unwatched(long ms, void (*watch)(struct connection *));

/* state.c */
long conns_held(void);
void conns_watch_oldest(struct conns *, const struct connection *came,
    struct event *timer, long ms);
/* Where it came in; a Unix socket's path is that of the listener. */
const struct sockaddr *conn_local(const struct connection *, socklen_t *len);
long ms_since(const struct timespec *);
long ms_between(const struct timespec *then, const struct timespec *now);
struct timeval interval(long ms);
#define RETRY_FIRST_MS 50
/* It took one: the next time it is tried again soon. */
void worker_took(struct worker_link *);

/* ------------------------------------------------ log and counts -------- */

void count_accepted(int adopted);
void count_incoming(unsigned long long *accepted, unsigned long long *adopted);
/* Write the line of a connection that ends here, and count it: in all, for its
   rule, for its worker. */
void conn_log(const struct connection *, enum count, const struct worker_link *,
    const struct recognised *);
/* counts.c: the same without a line. */
void
count_end(const struct connection *, enum count, const struct worker_link *);
extern const char *const count_words[NCOUNTS];
/* What is known of it as lines KEY=VALUE, for a worker or a program; its
   length, without the NUL behind it. */
size_t conn_decided_text(const struct connection *, const struct recognised *,
    char *text, size_t room);
void count_refusal(const struct worker_link *, const char *why);

/* tally.c: counts by name, kept for as long as we run: configurations come and
   go. NULL: no memory; the totals still have it. */
struct tally {
	struct name name;
	struct tally *next;
	unsigned long long n[NCOUNTS];
};
enum tally_kind { TALLY_RULES, TALLY_WORKERS, TALLY_REFUSALS, NTALLIES };
struct tally *tally_of(enum tally_kind, const char *name);
const struct tally *tallies(enum tally_kind); /* the last one first */
/* metrics.c: the times of a connection that ends, 0 if it was passed at
   once. */
struct spent {
	unsigned long long waited_ms, answered_ms;
};
void metrics_end(const struct connection *, enum count, const char *rule,
    const char *worker, const struct spent *);
void metrics_refused(const char *worker, const char *why); /* static text */
/* The whole state as text or JSON, or for Prometheus; what is held. In memory
   to be freed; NULL: none. */
char *status_text(int json, size_t *len);
char *status_prometheus(size_t *len);
char *held_text(int json, size_t *len);

/* ------------------------------------------------ orders ---------------- */

/* The word of an order, and what a worker that has it is called. */
extern const char *const order_words[], *const order_states[];
/* "drain NAME" and the like: 0, or -1 with a text. `text` gets what is so
   now. */
int orders_take(const char *line, char *text, size_t room);
/* That of a worker, by its name and address. */
enum order order_of(const char *name, const char *address);
/* Remembered, and done; by nobody of this front. */
int orders_set(const char *name, const char *address, enum order);
/* Those that are not ORDER_ENABLE, one after the other; NULL: no more. */
struct standing {
	struct standing *next;
	char *name, *address;
	enum order order;
};
const struct standing *orders_standing(void);
/* worker-link.c: do it; and an ordered one has answered all its offers. */
void worker_link_order(struct worker_link *, enum order);
void worker_link_rest(struct worker_link *);

/* ------------------------------------------------ reload ---------------- */

void reload_init(const char *config_path); /* NULL: no file */
void reload_wanted(void);		   /* what was put off meanwhile */

/* ------------------------------------------------ all of it ------------- */

enum overflow { OVERFLOW_WAIT, OVERFLOW_DEFAULT, OVERFLOW_REFUSE };

struct front {
	struct event_base *base;
	int edges;	     /* the loop has edge triggers */
	struct rules *rules; /* for new connections */
	struct listener *listeners;
	struct worker_link *workers;
	struct conns looking, waiting, offered;
	struct event *end_look, *end_wait; /* of the oldest in each */
	struct event *resume;		   /* accepting again after a pause */
	struct heap waits;		   /* routes with some that wait */
	struct heap woken;		   /* ... as a walk found them */
	size_t nroutes;			   /* that there are, in all */
	struct waitlist shared; /* for workers that share their room */
	struct uidlist allowed;
	long look_ms, wait_ms, ack_ms;
	size_t look_size;
	unsigned char *look_buffer; /* for all: peeked afresh each time */
	long most, most_queued, per_source;
	long most_asked; /* `most', before it was made to fit */
	long most_outstanding, most_children;
	enum overflow overflow;
	struct listen_opts sockets;
	int spare; /* a descriptor in reserve, or -1 */
	int paused, draining;
	unsigned long long pauses, accept_errors; /* counts */
	int yielded; /* another front accepts now */
	int taking;  /* a takeover by this front is not settled */
	void (*on_client)(struct listener *); /* set by accept.c */
	int terms;  /* how often this one was told to end */
	int status; /* of its end */
};
extern struct front front;

/* `most' connections, at least one: so many as were asked for, or as there are
   descriptors for. False: there is none. */
int limits_fit(void);
void limits_tell(void); /* to the log, if it is another limit */
void front_drain(void); /* accept no more, pass on what is held */
/* A takeover is settled: do what was put off until then. */
void front_settled(void);

#endif
