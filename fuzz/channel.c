/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/channel.c - a channel whose peer sends anything.
 *
 * With FEED_SMALL the channel's queues are small, so that short inputs fill
 * them. The same function, with the real sizes, is fed mutations by
 * t/76-channel-hostile.c in every run of the tests.
 *
 * The input: FEED_HEAD bytes, each read by feed_x(): what the application does
 * (CHOICE_x), what it takes, what the kernel and the policy let through, how
 * the peer cuts its sends, what stops or fails. Then these, each as number of
 * descriptors, length (two bytes, little-endian; with FEED_LOST the kernel
 * loses what comes with it), bytes. What must hold is checked here, with
 * abort().
 *
 * fuzz/channel-mutate.c makes new inputs out of others, send by send.
 */
#include "feed.h"
#include "../lib/backend.h"

#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "table.h"

#define dup table_dup
#define close table_close
#define fdferry_close table_close_all
#include "../t/fakewire.h"
#include "books.h"
#undef dup
#undef close
#undef fdferry_close

#define CHOICE_BSD	0x01	/* how a stream is glued */
#define CHOICE_RECORDS	0x02	/* seqpacket */
#define CHOICE_ACCEPT	0x04	/* the application accepts offers */
#define CHOICE_REFUSE	0x08	/* or refuses them */
#define CHOICE_LOOK	0x10	/* and looks before */
#define CHOICE_SENDS	0x20	/* it has sent a message and an offer */
#define CHOICE_LAZY	0x40	/* it fetches only one event a turn */
#define CHOICE_END	0x80	/* the peer goes away afterwards */

/* More than these are not queued. */
#define EVENTS	(FDFERRY__EVENTS_MOST + 70)

static int feed_fd = -1;	/* what the peer sends copies of */
static volatile unsigned int feed_sum;	/* the data were read */
static int feed_error;		/* of the END event; -1: there was none */
static const struct fdferry_channel *feed_channel;
static unsigned int feed_faults;	/* a byte of the input */
static size_t feed_receives;

/* ------------------------------------------------ what the input says --- */

/* What the application takes: how many are held, in one message, offers. */
static void
feed_limits(unsigned int byte, struct fdferry_channel_opts *o,
    struct fdferry_channel_budget *budget)
{
	static const unsigned long held[] = { 280, 1, 2, 5, 8, 20, 260, 0 };
	static const unsigned long fds[] = { 0, 1, 4, 300 };
	static const unsigned long offers[] = { 0, 2 };
	static const unsigned long most[] = { 300, 3, 9, 0 };

	o->most_held = held[byte & 7];
	o->most_fds = fds[byte >> 3 & 3];
	o->most_offers = offers[byte >> 5 & 1];
	o->most_bytes = 40000;
	budget->size = sizeof *budget;
	budget->most = most[byte >> 6];
	o->budget = budget;
}

/* What comes through: policy, free slots of our table, bytes of a receive. */
static void
feed_kernel(unsigned int byte, struct fdferry_policy *policy)
{
	static const size_t slots[] = { SIZE_MAX, 0, 1, 2, 5, 100 };
	static const size_t bytes[] = { 0, 1, 3, 31, 32, 33, 100, 5000 };
	static const unsigned long nobody = 0;
	struct wire *w = &wires[1];

	policy->size = sizeof *policy;
	switch (byte & 3) {
	case 1:
		policy->uids = &nobody;
		policy->nuids = 1;
		break;
	case 2:
		policy->most = 2;
		break;
	case 3:
		policy->kinds = FDFERRY_KIND_BIT(FDFERRY_KIND_PIPE);
		break;
	default:
		break;
	}
	if ((byte >> 2 & 7) < sizeof slots / sizeof slots[0])
		w->slots = slots[byte >> 2 & 7];
	else
		w->withheld = byte >> 2 & 1;
	w->recv_most = bytes[byte >> 5];
}

/* Until all is to be fetched the peer reads nothing, or one send of ours, or
   little, or it has gone; or too many descriptors are in flight. */
static void
feed_stops(unsigned int byte)
{
	struct wire *w = &wires[0];

	feed_faults = byte;
	feed_receives = 0;
	switch (byte & 7) {
	case 1: w->fail_all = EAGAIN; break;
	case 2:
		w->fail_all = EAGAIN;
		w->fail_all_after = 1;
		break;
	case 3: w->send_most = 1; break;
	case 4: w->send_most = 31; break;
	case 5: w->send_stop = 40; break;
	case 6:
		w->fail_all = EPIPE;
		w->fail_all_after = 2;
		break;
	case 7:
		w->fail = ETOOMANYREFS;
		w->fail_times = 3;
		break;
	default: break;
	}
	/* STREAMS: descriptors come alone. */
	wires[1].split = (byte >> 3 & 7) == 6 && wire_type == SOCK_STREAM;
}

/* Does the receive that comes now fail? A full table matters only to those
   that descriptors come with. */
static void
feed_fails(void)
{
	static const int errors[] = { 0, EMFILE, EMFILE, ENOBUFS, ECONNRESET,
		EAGAIN, 0, 0 };
	static const size_t every[] = { 2, 3, 5, 16 };
	unsigned int kind = feed_faults >> 3 & 7;
	struct wire *w = &wires[1];

	if (++feed_receives % every[feed_faults >> 6] != 0)
		return;
	if (errors[kind] == EMFILE && (w->fds_taken == w->nfds
	    || w->fds[w->fds_taken].at != w->taken))
		return;
	w->recv_fail = errors[kind];
	w->recv_gone = kind == 2;
}

/* Before each receive. */
static void
feed_watch(int sock, const int *fds, size_t room)
{
	must(sock == 0);
	books_receive(feed_channel, fds, room, EVENTS);
	feed_fails();
}

/* One send of the peer; `lost` is 0, or how the kernel tells that it is. */
static void
feed_send(const uint8_t *data, size_t len, unsigned int nfds, int lost)
{
	struct wire *w = &wires[1];
	unsigned int i;

	if (w->nrecords == sizeof w->records / sizeof w->records[0])
		return;
	for (i = 0; i < nfds && w->nfds < 600; i++) {
		w->fds[w->nfds].at = w->len;
		w->fds[w->nfds].end = w->len + len;
		w->fds[w->nfds++].fd = lost != 0 ? -lost : table_dup(feed_fd);
	}
	memcpy(w->bytes + w->len, data, len);
	w->len += len;
	w->records[w->nrecords++] = w->len;
}

/*
 * Turn the input into what the peer has sent. The sends of a stream can be cut
 * into pieces, and those that have descriptors have some with each piece then.
 */
static void
feed_wire(const uint8_t *data, size_t size, unsigned int cut)
{
	static const size_t pieces[] = { 0, 1, 2, 7, 16, 31, 33, 600 };
	size_t len, at, piece = pieces[cut & 7];
	unsigned int nfds;
	int lost;

	while (size >= FEED_SEND) {
		nfds = data[0];
		len = data[1] + data[2] * 256u;
		lost = (len & FEED_LOST) == 0 ? 0
		    : nfds & FEED_CUT ? EMSGSIZE : EMFILE;
		if (lost != 0)
			nfds &= ~FEED_CUT;
		len &= ~(size_t)FEED_LOST;
		if (len > size - FEED_SEND)
			len = size - FEED_SEND;
		if (len == 0)
			break;
		data += FEED_SEND;
		if (piece == 0 || wire_type != SOCK_STREAM || piece > len)
			feed_send(data, len, nfds, lost);
		else
			for (at = 0; at < len; at += piece)
				feed_send(data + at, len - at < piece
				    ? len - at : piece, at == 0 || nfds == 0
				    ? nfds : cut >> 3, lost);
		data += len;
		size -= FEED_SEND + len;
	}
}

/* ------------------------------------------------ the application ------- */

static void
feed_event(struct fdferry_channel *ch, const struct fdferry_event *ev,
    unsigned int choice)
{
	size_t i;

	for (i = 0; i < ev->nfds; i++) {
		must(ev->fds[i] >= 0);
		must(table_close(ev->fds[i]) == 0);
	}
	/* All of the data can be read. */
	for (i = 0; i < ev->len; i += 97)
		feed_sum += ((const unsigned char *)ev->data)[i];
	if (ev->type == FDFERRY_EVENT_END) {
		must(feed_error == -1);
		feed_error = ev->error;
	}
	if (ev->type != FDFERRY_EVENT_OFFER)
		return;
	if (choice & CHOICE_LOOK)
		must(fdferry_channel_look(ch, ev->id) >= 0);
	if (choice & CHOICE_ACCEPT)
		must(fdferry_channel_accept(ch, ev->id) == 0);
	else if (choice & CHOICE_REFUSE)
		must(fdferry_channel_refuse(ch, ev->id, 300) == 0);
}

/* The channel works, and the application fetches `most` events. */
static void
feed_turn(struct fdferry_channel *ch, unsigned int choice, int most)
{
	struct fdferry_event ev;

	ev.size = sizeof ev;
	must(fdferry_channel_work(ch) == 0);
	books(ch, EVENTS);
	while (most-- > 0 && fdferry_channel_next(ch, &ev) == 1) {
		feed_event(ch, &ev, choice);
		books(ch, EVENTS);
	}
	wire_ms += 5;
}

/* Nothing stops any more, and all of it is fetched: then nothing stays unread
   but after the end. */
static void
feed_rest(struct fdferry_channel *ch, unsigned int choice)
{
	const struct wire *w = &wires[1];
	size_t taken;
	int idle = 0;

	feed_faults = 0;
	wires[0].fail_all = wires[0].fail_times = 0;
	wires[0].send_most = 0;
	wires[0].send_stop = SIZE_MAX;

	/* What was read last may wait for the events that are fetched here. */
	while (idle < 40 && !ch->over
	    && (w->taken < w->len || ch->rx.stalled)) {
		taken = w->taken;
		feed_turn(ch, choice, INT_MAX);
		idle = w->taken > taken ? 0 : idle + 1;
	}
	must(ch->over || (w->taken == w->len && !ch->rx.stalled));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t none[FEED_HEAD];
	const uint8_t *head = size >= FEED_HEAD ? data : none;
	unsigned int choice = head[0];
	struct fdferry_channel_opts o;
	struct fdferry_channel_budget budget;
	struct fdferry_policy policy;
	struct fdferry_channel *ch;
	int before, i, fds[2];

	if (feed_fd < 0)
		feed_fd = table_open(1);
	wire_reset();
	before = table_count();
	if (size > WIRE_MOST / 2)
		return 0;
	memset(&o, 0, sizeof o);
	memset(&budget, 0, sizeof budget);
	memset(&policy, 0, sizeof policy);
	o.size = sizeof o;
	o.policy = &policy;
	feed_limits(head[1], &o, &budget);
	feed_kernel(head[2], &policy);
	wire_glue = choice & CHOICE_BSD ? GLUE_BSD : GLUE_LINUX;
	wire_type = choice & CHOICE_RECORDS ? SOCK_SEQPACKET : SOCK_STREAM;
	feed_stops(head[4]);
	if (size > FEED_HEAD)
		feed_wire(data + FEED_HEAD, size - FEED_HEAD, head[3]);
	/* What we send first is sent before the peer says more. */
	if (wires[1].nrecords > 0)
		wires[1].recv_stop = wires[1].records[0];
	wires[1].closed = (choice & CHOICE_END) != 0;
	ch = fdferry_channel_new(0, &o);
	must(ch != NULL);
	feed_channel = ch;
	wire_watch = feed_watch;
	feed_error = -1;
	fds[0] = fds[1] = feed_fd;
	if (choice & CHOICE_SENDS) {
		(void)fdferry_channel_send(ch, "abc", 3, fds, 2, 0, NULL);
		(void)fdferry_channel_handoff(ch, "d", 1, feed_fd, 0, NULL,
		    NULL);
	}
	/* After the end there is nothing to wait for. */
	for (i = 0; i < 60 && (i < 25 || feed_error == -1); i++) {
		feed_turn(ch, choice, choice & CHOICE_LAZY ? 1 : INT_MAX);
		if (i == 20 && (choice & CHOICE_SENDS))
			(void)fdferry_channel_cancel(ch, 0);
	}
	feed_rest(ch, choice);
	wire_watch = NULL;
	fdferry_channel_free(ch);
	must(budget.held == 0);
	wire_reset();
	must(table_count() == before);
	return 0;
}
