/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/channel.c - a channel whose peer sends anything.
 *
 * For libFuzzer, from the top of the source:
 *
 *   clang -g -O1 -fsanitize=fuzzer,address,undefined -Ilib -It \
 *       fuzz/channel.c lib/[!c]*.c lib/close.c
 *   ./a.out -max_len=4096 DIR fuzz/corpus-channel
 *
 * The same function is fed mutations by t/76-channel-hostile.c in every run
 * of the tests.
 *
 * The input: one byte of choices (see CHOICE_x), then sends of the peer,
 * each as number of descriptors, length (two bytes, little-endian), bytes.
 * What must hold is checked here, with abort().
 */
#include "../t/fakewire.h"

#include <poll.h>
#include <unistd.h>

#define CHOICE_BSD	0x01	/* how a stream is glued */
#define CHOICE_RECORDS	0x02	/* seqpacket */
#define CHOICE_ACCEPT	0x04	/* the application accepts offers */
#define CHOICE_REFUSE	0x08	/* or refuses them */
#define CHOICE_LOOK	0x10	/* and looks before */
#define CHOICE_SENDS	0x20	/* it has sent a message and an offer */
#define CHOICE_LAZY	0x40	/* it fetches only one event a turn */
#define CHOICE_END	0x80	/* the peer goes away afterwards */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed_fd = -1;	/* what the peer sends copies of */
static volatile unsigned int feed_sum;	/* the data were read */
static int feed_error;		/* of the END event; -1: there was none */

static void
feed_must(int condition)
{
	if (!condition)
		abort();
}

/* With few calls: under an emulator they are what takes the time. */
static int
feed_count(void)
{
	struct pollfd some[64];
	int fd, i, n = 0;

	for (fd = 0; fd < 1024; fd += 64) {
		for (i = 0; i < 64; i++) {
			some[i].fd = fd + i;
			some[i].events = some[i].revents = 0;
		}
		feed_must(poll(some, 64, 0) >= 0);
		for (i = 0; i < 64; i++)
			n += (some[i].revents & POLLNVAL) == 0;
	}
	return n;
}

/* Turn the input into what the peer has sent. */
static void
feed_wire(const uint8_t *data, size_t size)
{
	struct wire *w = &wires[1];
	size_t len, i;

	while (size >= 3) {
		len = data[1] + data[2] * 256u;
		if (len > size - 3)
			len = size - 3;
		if (len == 0 || w->nrecords == 4096)
			break;
		for (i = 0; i < data[0] && w->nfds < 600; i++) {
			w->fds[w->nfds].at = w->len;
			w->fds[w->nfds].end = w->len + len;
			w->fds[w->nfds++].fd = dup(feed_fd);
		}
		memcpy(w->bytes + w->len, data + 3, len);
		w->len += len;
		w->records[w->nrecords++] = w->len;
		data += 3 + len;
		size -= 3 + len;
	}
}

static void
feed_event(struct fdferry_channel *ch, const struct fdferry_event *ev,
    unsigned int choice)
{
	size_t i;

	for (i = 0; i < ev->nfds; i++) {
		feed_must(ev->fds[i] >= 0);
		feed_must(close(ev->fds[i]) == 0);
	}
	/* All of the data can be read. */
	for (i = 0; i < ev->len; i += 97)
		feed_sum += ((const unsigned char *)ev->data)[i];
	if (ev->type == FDFERRY_EVENT_END) {
		feed_must(feed_error == -1);
		feed_error = ev->error;
	}
	if (ev->type != FDFERRY_EVENT_OFFER)
		return;
	if (choice & CHOICE_LOOK)
		feed_must(fdferry_channel_look(ch, ev->id) >= 0);
	if (choice & CHOICE_ACCEPT)
		feed_must(fdferry_channel_accept(ch, ev->id) == 0);
	else if (choice & CHOICE_REFUSE)
		feed_must(fdferry_channel_refuse(ch, ev->id, 300) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdferry_channel_opts o;
	struct fdferry_channel_budget budget;
	struct fdferry_channel *ch;
	struct fdferry_event ev;
	unsigned int choice = size > 0 ? data[0] : 0;
	int before, i, fds[2];

	if (feed_fd < 0) {
		feed_must(pipe(fds) == 0);
		feed_fd = fds[0];
		(void)close(fds[1]);
	}
	wire_reset();
	before = feed_count();
	if (size > WIRE_MOST / 2)
		return 0;
	wire_glue = choice & CHOICE_BSD ? GLUE_BSD : GLUE_LINUX;
	wire_type = choice & CHOICE_RECORDS ? SOCK_SEQPACKET : SOCK_STREAM;
	if (size > 0)
		feed_wire(data + 1, size - 1);
	/* What we send first is sent before the peer says more. */
	if (wires[1].nrecords > 0)
		wires[1].recv_stop = wires[1].records[0];
	wires[1].closed = (choice & CHOICE_END) != 0;
	memset(&budget, 0, sizeof budget);
	budget.size = sizeof budget;
	budget.most = 300;
	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	o.most_bytes = 40000;
	o.most_held = 280;
	o.budget = &budget;
	ch = fdferry_channel_new(0, &o);
	feed_must(ch != NULL);
	ev.size = sizeof ev;
	feed_error = -1;
	fds[0] = fds[1] = feed_fd;
	if (choice & CHOICE_SENDS) {
		(void)fdferry_channel_send(ch, "abc", 3, fds, 2, 0, NULL);
		(void)fdferry_channel_handoff(ch, "d", 1, feed_fd, 0, NULL,
		    NULL);
	}
	for (i = 0; i < 60; i++) {
		feed_must(fdferry_channel_work(ch) == 0);
		feed_must(ch->held <= 280 && ch->rx.nfifo <= FDFERRY__FIFO
		    && ch->events.count <= FDFERRY__EVENTS_MOST + 70
		    && ch->nrejections <= FDFERRY__REJECTIONS);
		while (fdferry_channel_next(ch, &ev) == 1) {
			feed_event(ch, &ev, choice);
			if (choice & CHOICE_LAZY)
				break;
		}
		if (i == 20 && (choice & CHOICE_SENDS))
			(void)fdferry_channel_cancel(ch, 0);
		wire_ms += 5;
	}
	fdferry_channel_free(ch);
	feed_must(budget.held == 0);
	wire_reset();
	feed_must(feed_count() == before);
	return 0;
}
