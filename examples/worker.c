/* SPDX-License-Identifier: 0BSD */
/*
 * worker.c SOCKET - a worker of `fdferry front` that acknowledges, in C.
 *
 * One thread, one poll(): the listener, a channel for each front that has
 * connected (several may, one replaces another), and the clients. A client
 * is ours from the event TAKEN on; what the front saw comes with the offer.
 *
 *   cc worker.c $(pkg-config --cflags --libs fdferry) -o worker
 *   ./worker /tmp/c.sock &
 *   fdferry front --listen :8080 --worker c=ack:/tmp/c.sock --default c
 */
#include <fdferry.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST 256	/* clients and fronts together; beyond it, the kernel
			   and the front keep what comes */

static struct pollfd polls[MOST];
static struct fdferry_channel *fronts[MOST];	/* NULL: a client's slot */
static char rules[MOST][64];			/* of clients */
static int used;

/* Clients that were accepted and are not here yet: of a front, of all. */
static int expected[MOST], all_expected;

static int
add(int fd, struct fdferry_channel *front)
{
	polls[used].fd = fd;
	polls[used].events = POLLIN;
	polls[used].revents = 0;
	fronts[used] = front;
	rules[used][0] = '\0';
	expected[used] = 0;
	return used++;
}

static void
drop(int i)
{
	all_expected -= expected[i];
	if (fronts[i] != NULL)
		fdferry_channel_free(fronts[i]);	/* and its socket */
	else
		close(polls[i].fd);
	used--;
	polls[i] = polls[used];
	fronts[i] = fronts[used];
	expected[i] = expected[used];
	memcpy(rules[i], rules[used], sizeof rules[i]);
}

/* The first request is all that this one serves. */
static void
answer(int i)
{
	char request[4096], page[256];
	ssize_t n = recv(polls[i].fd, request, sizeof request, MSG_DONTWAIT);
	int len;

	if (n < 0)
		return;
	len = snprintf(page, sizeof page, "HTTP/1.1 200 OK\r\n"
	    "Connection: close\r\n\r\nhello from C, rule %s\n", rules[i]);
	if (n > 0)
		(void)send(polls[i].fd, page, (size_t)len, MSG_NOSIGNAL);
	drop(i);
}

static void
rule_of(const struct fdferry_event *ev, char *out, size_t room)
{
	struct fdferry_meta line = { sizeof line, NULL, 0, NULL, 0 };
	size_t at = 0, n;

	while (fdferry_meta_next(ev->data, ev->len, &at, &line) == 1)
		if (line.keylen == 4 && memcmp(line.key, "rule", 4) == 0) {
			n = fdferry_meta_value(&line, out, room - 1);
			out[n < room ? n : room - 1] = '\0';
		}
}

/* Accept an offer if there is a place for it. */
static void
offered(int i, const struct fdferry_event *ev)
{
	if (used + all_expected >= MOST) {
		fdferry_channel_refuse(fronts[i], ev->id, FDFERRY_REASON_BUSY);
	} else if (fdferry_channel_accept(fronts[i], ev->id) == 0) {
		expected[i]++;
		all_expected++;
	}
}

static void
taken(int i, const struct fdferry_event *ev)
{
	int client = add(ev->fds[0], NULL);

	rule_of(ev, rules[client], sizeof rules[client]);
	expected[i]--;
	all_expected--;
}

static void
front_says(int i)
{
	struct fdferry_event ev = { sizeof ev };
	int over = fdferry_channel_work(fronts[i]) < 0;

	while (fdferry_channel_next(fronts[i], &ev) == 1) {
		if (ev.type == FDFERRY_EVENT_OFFER)
			offered(i, &ev);
		else if (ev.type == FDFERRY_EVENT_TAKEN)
			taken(i, &ev);
		else if (ev.type == FDFERRY_EVENT_END)
			over = 1;
	}
	if (over)
		drop(i);
}

static int
wait_for_all(void)
{
	long least = -1, ms;
	unsigned int wants;
	int i;

	for (i = 1; i < used; i++) {
		if (fronts[i] == NULL)
			continue;
		wants = fdferry_channel_wants(fronts[i], &ms);
		polls[i].events = (short)
		    ((wants & FDFERRY_WANT_READ ? POLLIN : 0)
		    | (wants & FDFERRY_WANT_WRITE ? POLLOUT : 0));
		if (ms >= 0 && (least < 0 || ms < least))
			least = ms;
	}
	polls[0].events = used + all_expected < MOST ? POLLIN : 0;
	return poll(polls, (nfds_t)used, (int)least);
}

int
main(int argc, char **argv)
{
	struct fdferry_channel_opts opts = { sizeof opts, FDFERRY_GIVE };
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd, i;

	if (argc != 2 || strlen(argv[1]) >= sizeof at.sun_path)
		return fprintf(stderr, "usage: worker SOCKET\n"), 2;
	memcpy(at.sun_path, argv[1], strlen(argv[1]));
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0
	    || listen(fd, 16) < 0)
		return perror(argv[1]), 1;
	add(fd, NULL);
	for (;;) {
		if (wait_for_all() < 0)
			continue;
		/* Backwards: drop() moves the last into the gap. */
		for (i = used - 1; i > 0; i--) {
			if (fronts[i] != NULL)
				front_says(i);
			else if (polls[i].revents != 0)
				answer(i);
		}
		if (polls[0].revents != 0 && used + all_expected < MOST
		    && (fd = accept(polls[0].fd, NULL, NULL)) >= 0)
			add(fd, fdferry_channel_new(fd, &opts));
	}
}
