/* SPDX-License-Identifier: 0BSD */
/*
 * channel.h - the private parts of the channel: frames, parcels, state.
 *
 * fdferry-wire(5) has the bytes, t/model/handoff.pml the protocol. Below
 * the channel only fdferry_sendv() and fdferry_recv() are used, so a test
 * can put its own in their place.
 */
#ifndef FDFERRY_CHANNEL_H
#define FDFERRY_CHANNEL_H 1

#include "backend.h"

#include <stdint.h>

FDFERRY__PRIVATE

/* ------------------------------------------------ frames ---------------- */

#define FDFERRY__HEAD 32	  /* bytes of a header */
#define FDFERRY__FRAME_MOST 16384 /* bytes of a frame with its header */
#define FDFERRY__FRAME_DATA (FDFERRY__FRAME_MOST - FDFERRY__HEAD)
#ifndef FDFERRY__FRAME_FDS	/* fuzz/channel.c has smaller numbers */
# define FDFERRY__FRAME_FDS 253 /* descriptors of a frame */
#endif
#define FDFERRY__SMALL_DATA \
 1024				/* with 127 descriptors below 2 KiB, which
					   SO_SNDLOWAT is on 4.4BSD's heirs */
#define FDFERRY__HELLO_LEAST 32 /* data bytes of a HELLO */
#define FDFERRY__WIRE_VERSION 1

enum fdferry__type {
	FDFERRY__HELLO = 1, /* what I speak and take */
	FDFERRY__MESSAGE,   /* first frame of a message */
	FDFERRY__OFFER,	    /* a hand-off, always one frame */
	FDFERRY__MORE,	    /* the message goes on */
	FDFERRY__ABORT,	    /* the message will not be completed */
	FDFERRY__REJECT,    /* I did not take this message */
	FDFERRY__ACCEPT,    /* the offer is mine */
	FDFERRY__REFUSE,    /* the offer is yours again */
	FDFERRY__CANCEL,    /* I want the offer back */
	FDFERRY__CANCELLED, /* you have it back */
	FDFERRY__BYE	    /* nothing will follow */
};

struct fdferry__frame {
	uint64_t id;
	uint32_t length;  /* data bytes after the header */
	uint32_t fds;	  /* descriptors sent with its first byte */
	uint32_t arg;	  /* whole length of the message, or a reason */
	uint32_t arg_fds; /* descriptors of the whole message */
	unsigned int type;
};

struct fdferry__limits {
	uint32_t bytes;	 /* per message */
	uint32_t fds;	 /* per message */
	uint32_t held;	 /* per connection, at a time */
	uint32_t offers; /* unanswered at a time */
};

void fdferry__frame_encode(unsigned char head[FDFERRY__HEAD],
    const struct fdferry__frame *frame);
/* 0, EPROTO or EPROTONOSUPPORT. Looks at nothing but the 32 bytes. */
int fdferry__frame_decode(const unsigned char head[FDFERRY__HEAD],
    struct fdferry__frame *frame);
/* May these bytes, fewer than a header has, be the begin of one? */
int fdferry__frame_begins(const unsigned char *bytes, size_t n);
void fdferry__hello_encode(unsigned char data[FDFERRY__HELLO_LEAST],
    const struct fdferry__limits *limits);
int fdferry__hello_decode(const unsigned char *data, size_t len,
    struct fdferry__limits *limits);

/* ------------------------------------------------ parcels --------------- */

/* The states of t/model/handoff.pml, and those of a plain message. */
enum fdferry__state {
	FDFERRY__QUEUED,     /* ours: no byte of it has left */
	FDFERRY__SENDING,    /* ours: some bytes have */
	FDFERRY__WAITING,    /* our offer: no answer yet */
	FDFERRY__CANCELLING, /* our offer: CANCEL is queued or sent */
	FDFERRY__DOUBTED,    /* our offer: given up, may be answered yet */
	FDFERRY__OFFERED,    /* theirs: the application has to answer */
	FDFERRY__LOOKED,     /* theirs: the same, and CANCEL has to wait */
	FDFERRY__ANSWERED,   /* theirs: our answer is queued */
	FDFERRY__OVER
};

/*
 * One message or hand-off, in or out. It can stand in three queues at once;
 * it is freed when it stands in none and is not the last event fetched.
 */
struct fdferry__parcel {
	unsigned char *data; /* this, and its room, outlives a parcel */
	int *fds;
	size_t room, fdroom;	       /* allocated */
	struct fdferry__parcel *next;  /* in the list that owns it */
	struct fdferry__parcel *enext; /* in the queue of events */
	struct fdferry__parcel *cnext; /* in the queue of control frames */
	size_t len, sent;	       /* bytes: total or so far */
	size_t nfds, fdsent;
	size_t reserved; /* counts against what we may hold */
	size_t cost;	 /* counts against the queue */
	uint64_t id;
	int64_t deadline; /* ms; NEVER for none */
	enum fdferry__state state;
	unsigned int control; /* frame type waiting in that queue */
	unsigned int reason;
	int event, error, outcome;
	unsigned char offer, incoming, owned, fixed, aborting, recall;
	unsigned char listed, evented, controlled, fetched;
};

struct fdferry__list {
	struct fdferry__parcel *head, *tail;
	size_t count;
};

struct fdferry__rejection {
	uint64_t id;
	uint32_t reason;
	unsigned int type;
};

/* What is kept of parcels that are over, for the next ones. */
#define FDFERRY__SPARES 2	 /* one to come, while the last event is held */
#define FDFERRY__SPARE_DATA 1024 /* bytes of data at most, of each */

#define FDFERRY__MEMORY_MS 10 /* pause when there is no memory */
#define FDFERRY__NEVER INT64_MAX
#ifndef FDFERRY__FIFO
# define FDFERRY__EVENTS_MOST 256 /* unfetched, then we stop reading */
# define FDFERRY__REJECTIONS 1024 /* unsent, then we stop reading */
# define FDFERRY__FIFO 512	  /* descriptors not yet matched */
#endif
#define FDFERRY__OFFERED_MOST 65536 /* ours, unanswered or in doubt */
#define FDFERRY__ABORTED 256	    /* more than REJECT can cross */

/* What stays of one frame, with a note, and all of the next: they fit. */
typedef char
    fdferry__fifo_fits[FDFERRY__FIFO >= 2 * FDFERRY__FRAME_FDS + 2 ? 1 : -1];

/* What stands in the queue of descriptors where some did not arrive. */
#define FDFERRY__WITHHELD (-1)	  /* this one, by policy or kernel */
#define FDFERRY__LOST_TABLE (-2)  /* the rest: our table was full */
#define FDFERRY__LOST_POLICY (-3) /* the rest: the policy */
#define FDFERRY__LOST_OTHER (-4)  /* the rest, for another cause */
#define FDFERRY__LOST_BUSY (-5)	  /* the rest: as many are held as may be */

/* ------------------------------------------------ the channel ----------- */

/* The frame that is being written. */
struct fdferry__writing {
	unsigned char head[FDFERRY__HEAD + FDFERRY__HELLO_LEAST];
	size_t headlen;
	const unsigned char *data;
	size_t datalen;
	const int *fds;
	size_t nfds;
	size_t sent;
	int begun; /* its descriptors are gone; no byte need be */
	uint64_t id;
	unsigned int type; /* 0: none is being written */
	int rejection;	   /* it is the first of `rejections` */
};

/*
 * Where a channel is at home: memory that is empty in a child of fork(), if it
 * can be had, and then `mark` tells who looks at it. What a child never needs
 * stands behind it, for it takes whole pages.
 */
#define FDFERRY__BUF (2 * FDFERRY__FRAME_MOST)
struct fdferry__home {
	volatile long mark;
	unsigned char buf[FDFERRY__BUF];
};

/* What has been read and not yet understood. */
struct fdferry__reading {
	unsigned char *buf; /* FDFERRY__BUF bytes, of the `home` */
	size_t start, end;
	size_t whole; /* what `end` will be when the frame is
					   here, or its header: above `end` */
	int fifo[FDFERRY__FIFO];
	size_t nfifo;			/* entries, of which the last may be a
					   note that the rest was lost */
	size_t open;			/* entries that are descriptors */
	size_t held;			/* of those, counted as held; others
					   are part of a parcel's reservation */
	uint64_t id;			/* last one that came */
	uint32_t bytes_left, fds_left;	/* of that message */
	int inside;			/* it is not complete */
	struct fdferry__parcel *parcel; /* NULL: it was rejected */
	int stalled;			/* a whole frame waits for room */
	int reset; /* the kernel said so: drain, then end */
	int lost;  /* errno of a receive that failed, until
					   its bytes are seen to have stayed */
	int early; /* descriptors came, no byte did yet */
};

struct fdferry_channel {
	int sock, give_sock, stream, seqpacket;
	unsigned int flags; /* of every call: never wait, and AF_UNIX */
	int inherited;	    /* freed by a child: it shares everything */
	struct fdferry__home *home;
	int mapped; /* `home` is empty in a child; else `pid` tells */
	long pid;
	struct fdferry__limits mine, peer;
	struct fdferry_channel_budget *budget;
	const struct fdferry_policy *policy;
	size_t queue_most, queued; /* bytes of what waits to be sent */
	int64_t doubt_ms, inflight_ms;

	struct fdferry__list out;     /* to be sent */
	struct fdferry__list offered; /* our offers, until answered */
	struct fdferry__list offers;  /* theirs, until answered */
	struct fdferry__list events, control;
	struct fdferry__parcel *spare; /* over, and kept for the next */
	int nspare;
	struct fdferry__parcel *current; /* last event fetched */
	struct fdferry__parcel end, dropped;
	size_t ndropped;
	struct fdferry__rejection rejections[FDFERRY__REJECTIONS];
	size_t first_rejection, nrejections;

	size_t held, unfetched_fds, unfetched_bytes;
	uint64_t next_id, begun_id, rejected_id;
	uint64_t aborted[FDFERRY__ABORTED]; /* the last ones, a ring */
	size_t naborted;
	int hello_sent, hello_got;
	int over;	/* END was queued */
	int write_dead; /* the kernel takes no more of ours */
	int more;	/* work() has something to do at once */
	int unread;	/* turns in a row that only wrote */

	size_t frame_data, frame_fds;	/* adapts to what the kernel takes */
	int64_t pause_until;		/* no writing before this */
	int64_t refs_until, refs_since; /* the same for descriptors */
	uint64_t refs_id;		/* of the message that waits for that */
	int64_t memory_until;		/* no reading before this */
	int64_t soonest;		/* no deadline is before this */
	int rounds, refs_rounds;
	struct fdferry__writing tx;
	struct fdferry__reading rx;
	struct fdferry_channel_stats stats;
};

/* channel-parcel.c */
int64_t fdferry__now(void);
int64_t fdferry__ms(const struct timespec *when);
void fdferry__list_add(struct fdferry__list *, struct fdferry__parcel *);
int fdferry__list_drop(struct fdferry__list *, struct fdferry__parcel *);
struct fdferry__parcel *
fdferry__list_find(const struct fdferry__list *, uint64_t id);
struct fdferry__parcel *
fdferry__parcel_new(struct fdferry_channel *, size_t len, size_t nfds);
void fdferry__parcel_free(struct fdferry__parcel *);
void fdferry__channel_discard(const struct fdferry_channel *, int fd);
void fdferry__parcel_close(struct fdferry_channel *, struct fdferry__parcel *);
/* It is not held any longer: handed over or closed. */
void fdferry__parcel_unhold(struct fdferry_channel *, struct fdferry__parcel *);
void fdferry__parcel_put(struct fdferry_channel *, struct fdferry__parcel *);
void fdferry__event(struct fdferry_channel *, struct fdferry__parcel *,
    int event, int error, unsigned int reason);
void fdferry__unevent(struct fdferry_channel *, struct fdferry__parcel *);
void fdferry__control(struct fdferry_channel *, struct fdferry__parcel *,
    unsigned int type);
void fdferry__uncontrol(struct fdferry_channel *, struct fdferry__parcel *);
int fdferry__events_full(const struct fdferry_channel *);
int fdferry__reason_errno(unsigned int reason);
/* Descriptors that the message which is being read has reserved and not
   taken yet. */
size_t fdferry__expected(const struct fdferry_channel *);
/* Count what waits for its header as held; after each change of it. */
void fdferry__held_count(struct fdferry_channel *);

/* channel-owner.c */
long fdferry__channel_pid(void);
/* Give it a home, of this process; -1 with errno. And take it away. */
int fdferry__settle(struct fdferry_channel *);
void fdferry__unsettle(struct fdferry_channel *);

static inline int
fdferry__is_ours(const struct fdferry_channel *ch)
{
	return ch->mapped ? ch->home->mark != 0
			  : ch->pid == fdferry__channel_pid();
}

/* 0, or -1 with errno: no channel, or another process's. */
static inline int
fdferry__guard(const struct fdferry_channel *ch)
{
	if (ch != NULL && fdferry__is_ours(ch))
		return 0;
	errno = ch == NULL ? EINVAL : ECHILD;
	return -1;
}

/* channel-end.c */
/* Give up what was read and has no owner yet. */
void fdferry__channel_forget(struct fdferry_channel *);
/* The peer has ended (0, ECONNRESET), or cannot be believed (`broken`). */
void fdferry__channel_end(struct fdferry_channel *, int error, int broken);

/* channel-send.c */
void fdferry__channel_write(struct fdferry_channel *, int64_t now);
int fdferry__channel_output(const struct fdferry_channel *, int64_t now,
    int64_t *again);

/* channel-queue.c */
/* Ours of offers are even, of messages odd: also when they are over it is
   known which of both one was. */
int fdferry__id_is_offer(uint64_t id);
unsigned int fdferry__out_fits(const struct fdferry_channel *, int offer,
    size_t len, size_t nfds);

/* channel-outcome.c */
void fdferry__handoff_outcome(struct fdferry_channel *,
    struct fdferry__parcel *, int outcome, int error, unsigned int reason);
void fdferry__handoff_recall(struct fdferry_channel *, struct fdferry__parcel *,
    int error);
void
fdferry__handoff_patience(struct fdferry_channel *, struct fdferry__parcel *);
void fdferry__out_leave(struct fdferry_channel *, struct fdferry__parcel *);
void fdferry__out_back(struct fdferry_channel *, struct fdferry__parcel *,
    int error, unsigned int reason);
void fdferry__out_fail(struct fdferry_channel *, struct fdferry__parcel *,
    int error, unsigned int reason);
void fdferry__out_end(struct fdferry_channel *, int error);

/* channel-fifo.c */
void fdferry__fifo_note(struct fdferry_channel *ch, int entry);
void fdferry__fifo_grown(struct fdferry_channel *ch, size_t n, int refused);
size_t fdferry__fifo_open(const struct fdferry_channel *ch, size_t n);
void fdferry__fifo_merge(struct fdferry_channel *ch);
int fdferry__fifo_has(const struct fdferry_channel *ch, size_t n);
unsigned int
fdferry__fifo_take(struct fdferry_channel *ch, size_t n, int *to, size_t *got);

/* channel-assemble.c: frames of each kind that carry messages. */
enum fdferry__rx_verdict {
	FDFERRY__RX_DONE,
	FDFERRY__RX_STALL,
	FDFERRY__RX_BREACH
};
size_t fdferry__rx_free(const struct fdferry_channel *ch);
enum fdferry__rx_verdict fdferry__rx_first(struct fdferry_channel *ch,
    const struct fdferry__frame *f, const unsigned char *data);
enum fdferry__rx_verdict fdferry__rx_more(struct fdferry_channel *ch,
    const struct fdferry__frame *f, const unsigned char *data);
enum fdferry__rx_verdict
fdferry__rx_abort(struct fdferry_channel *ch, const struct fdferry__frame *f);
enum fdferry__rx_verdict fdferry__rx_rejected(struct fdferry_channel *ch,
    const struct fdferry__frame *f);

/* channel-recv.c */
void fdferry__channel_read(struct fdferry_channel *, int enough);

/* channel.c: fdferry_channel_work(), until there is an event. */
void fdferry__channel_turn(struct fdferry_channel *);

/* channel-handoff.c */
void fdferry__handoff_sent(struct fdferry_channel *, struct fdferry__parcel *);
void fdferry__handoff_answered(struct fdferry_channel *, uint64_t id,
    unsigned int type);
int
fdferry__handoff_frame(struct fdferry_channel *, const struct fdferry__frame *);
void fdferry__handoff_time(struct fdferry_channel *, int64_t now);
void fdferry__handoff_end(struct fdferry_channel *, int error, int broken);

FDFERRY__PUBLIC
#endif /* FDFERRY_CHANNEL_H */
