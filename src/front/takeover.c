/* SPDX-License-Identifier: 0BSD */
/*
 * takeover.c - take all over from the front at a control socket:
 * first its listening sockets (adopt.c), and we accept from then on;
 * then what it holds; then it ends. No connection is refused meanwhile, since
 * each listening socket is open in one of us all the time.
 *
 * Until we say `ready' all is the other's, and it goes on if we fail. So if
 * it goes before that, or is silent then, somebody must find out whether it
 * still serves: we ask at its control socket, where nobody but it accepts
 * before the takeover is settled.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adopt.h"
#include "control.h"
#include "control-text.h"
#include "front.h"
#include "loop/log.h"
#include "loop/channel-loop.h"
#include "service/service.h"

#define TAKE_MS 10000 /* for each step of the other front */
#define ASK_MS 2000   /* whether it still serves */
#define ASK_AGAIN_MS 100
#define AGE_MOST_MS 86400000 /* that is believed of a connection */

enum phase {
	NONE,
	TAKING,	   /* all is the other's yet */
	COMMITTED, /* we said ready */
	ASKING,	   /* it went: does it still serve? */
	SETTLED
};

static struct {
	struct fdferry_channel *channel; /* until the loop runs */
	struct channel_loop *loop;
	/* a listener for connections whose own listener is gone */
	struct listener *orphan;
	struct adopted got;
	struct addr at;
	struct addr own_at; /* --control elsewhere: used once it is settled */
	int own;	    /* its socket, or -1 */
	int fd;
	enum phase phase;
	struct channel_loop *ask;
	struct event *again, *enough; /* asking */
	int closed;		      /* the last time somebody closed */
} old = { .own = -1 };

static void
enter(enum phase phase)
{
	old.phase = phase;
	front.taking = phase != NONE && phase != SETTLED;
}

/* ------------------------------------------------ before the loop ------- */

static int
begins(const struct fdferry_event *event, const char *text)
{
	return event->len >= strlen(text)
	    && memcmp(event->data, text, strlen(text)) == 0;
}

static void
close_fds(const struct fdferry_event *event)
{
	size_t i;

	for (i = 0; i < event->nfds; i++)
		(void)close(event->fds[i]);
}

/* The answer to what we ask first. */
static void
await_listeners(const char *at)
{
	struct fdferry_event event;
	struct timespec until;
	char err[512];
	int unsent = 0;

	(void)fdferry_deadline(&until, TAKE_MS);
	event.size = sizeof event;
	do {
		if (control_wait(old.channel, &event, &until, &unsent) < 0)
			die(1, "--takeover %s: no answer: %s", at,
			    strerror(errno));
		if (event.type == FDFERRY_EVENT_END)
			die(1,
			    "--takeover %s: the front there has ended, or "
			    "does not deal with this user",
			    at);
		if (event.type == FDFERRY_EVENT_DROPPED)
			die(1,
			    "--takeover %s: its listening sockets did not "
			    "come: %s",
			    at, strerror(event.error));
	} while (event.type != FDFERRY_EVENT_MESSAGE);
	if (begins(&event, "error "))
		die(1, "--takeover %s: %.*s", at, (int)event.len - 6,
		    (const char *)event.data + 6);
	if (!begins(&event, CONTROL_LISTENERS))
		die(1, "--takeover %s: that is no front's control socket", at);
	if (adopt(&old.got, &event, &old.at, err, sizeof err) < 0)
		die(1, "--takeover %s: %s", at, err);
}

int
takeover_at(const char *text, const struct addr *control)
{
	struct addr at;

	control_arg("--takeover", text, &at);
	return addr_same(&at, control, 0);
}

void
takeover_control(int fd, const struct addr *at)
{
	old.own = fd;
	old.own_at = *at;
}

void
takeover_begin(const char *text)
{
	static const struct uidlist nobody;
	struct fdferry_channel_opts opts;
	char err[512];

	control_arg("--takeover", text, &old.at);
	old.fd = connect_to(&old.at, TAKE_MS, err, sizeof err);
	if (old.fd < 0)
		die(1, "--takeover %s: %s", text, err);
	if (!peer_allowed(old.fd, &nobody))
		die(1, "--takeover %s: the front there runs as another user",
		    text);
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.flags = FDFERRY_GIVE;
	opts.most_fds = ADOPT_FDS;
	opts.most_bytes = ADOPT_BYTES;
	old.channel = fdferry_channel_new(old.fd, &opts);
	if (old.channel == NULL
	    || fdferry_channel_send(old.channel, CONTROL_TAKEOVER,
		   strlen(CONTROL_TAKEOVER), NULL, 0, 0, NULL)
		< 0)
		die(1, "--takeover %s: %s", text, strerror(errno));
	await_listeners(text);
	enter(TAKING);
}

/* ------------------------------------------------ how it ends ----------- */

static void
log_phase(const char *event, const char *why)
{
	log_begin(event);
	if (why != NULL)
		log_text("why", why);
	log_end();
}

static void
stop_asking(void)
{
	if (old.ask != NULL)
		loop_close(old.ask);
	old.ask = NULL;
	if (old.again != NULL)
		event_free(old.again);
	if (old.enough != NULL)
		event_free(old.enough);
	old.again = old.enough = NULL;
}

/* Where locks do not come along (net/listen.c) they are ours when the other
   has closed its own, which is soon: it listens no more. */
static void
take_locks(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = interval(100);

	(void)fd;
	(void)what;
	(void)arg;
	if (listen_own() > 0)
		(void)event_base_once(front.base, -1, EV_TIMEOUT, take_locks,
		    NULL, &soon);
}

/* The control socket is ours as well; with a --control of our own, nobody
   needs it any more. */
static void
settle_control(void)
{
	if (old.own < 0) {
		control_watch(old.got.control, &old.at);
		return;
	}
	unlisten(&old.at);
	(void)close(old.got.control);
	control_watch(old.own, &old.own_at);
}

/* This front serves now. */
static void
settle(const char *event, const char *why)
{
	stop_asking();
	enter(SETTLED);
	take_locks(-1, 0, NULL);
	settle_control();
	log_phase(event, why);
	front_settled();
}

/* None of it is ours. */
static void
let_go(void)
{
	stop_asking();
	if (old.loop != NULL)
		loop_close(old.loop);
	old.loop = NULL;
	enter(SETTLED);
	(void)close(old.got.control);
	listen_forget(&old.at);
	if (old.own < 0)
		return;
	unlisten(&old.own_at);
	(void)close(old.own);
}

/* The other goes on: what we have accepted we see through, then we end. */
static void
give_up(const char *why)
{
	struct listener *l, *next;

	let_go();
	for (l = front.listeners; l != NULL; l = next) {
		next = l->next;
		if (l->adopted)
			listener_leave(l);
	}
	log_phase("takeover-failed", why);
	front.status = 1;
	front_drain();
}

/* ------------------------------------------------ does it still serve? -- */

static void ask(void);

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	ask();
}

static void
on_answer(struct channel_loop *p, const struct fdferry_event *event, void *arg)
{
	struct timeval in = interval(ASK_AGAIN_MS);

	(void)arg;
	close_fds(event);
	if (event->type == FDFERRY_EVENT_MESSAGE)
		give_up("the other front goes on");
	else if (event->type == FDFERRY_EVENT_END) {
		loop_close(p);
		old.ask = NULL;
		old.closed = 1;
		(void)event_add(old.again, &in);
	}
}

/* No answer: only one who serves could have closed what we opened. */
static void
on_enough(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (old.closed)
		give_up("the other front goes on");
	else
		settle("takeover-cut-short", "the other front has ended");
}

static void
ask(void)
{
	struct timeval in = interval(ASK_AGAIN_MS);
	char err[512];
	int fd = connect_to(&old.at, 0, err, sizeof err);

	if (fd < 0 && (errno == ENOENT || errno == ECONNREFUSED)) {
		give_up("the other front has removed its sockets");
		return;
	}
	if (fd >= 0)
		old.ask =
		    loop_open(front.base, fd, NULL, on_answer, NULL, NULL);
	if (old.ask != NULL) {
		old.closed = 0;
		(void)loop_say(old.ask, "status", 6);
		return;
	}
	if (fd >= 0)
		(void)close(fd);
	(void)event_add(old.again, &in);
}

static void
begin_asking(void)
{
	struct timeval in = interval(ASK_MS);

	enter(ASKING);
	old.again = evtimer_new(front.base, on_again, NULL);
	old.enough = evtimer_new(front.base, on_enough, NULL);
	if (old.again == NULL || old.enough == NULL)
		die(1, "out of memory");
	(void)event_add(old.enough, &in);
	ask();
}

/* ------------------------------------------------ in the loop ----------- */

static struct listener *
no_listener(void)
{
	if (old.orphan != NULL)
		return old.orphan;
	old.orphan = calloc(1, sizeof *old.orphan);
	if (old.orphan == NULL)
		die(1, "out of memory");
	old.orphan->fd = -1;
	old.orphan->users = 1; /* for ever */
	return old.orphan;
}

static void
adopt_connection(const struct fdferry_event *event)
{
	struct listener *l;
	char text[64], *line = text;
	const char *number, *age;
	long n, ms;

	(void)snprintf(text, sizeof text, "%.*s",
	    event->len < 60 ? (int)event->len : 60, (const char *)event->data);
	(void)field_read(&line);
	number = field_read(&line);
	age = field_read(&line);
	n = number != NULL ? strtol(number, NULL, 10) : -1;
	l = n >= 0 && n < old.got.n ? old.got.listeners[n] : no_listener();
	ms = age != NULL ? strtol(age, NULL, 10) : 0;
	conns_adopt(event->fds[0], l,
	    ms < 0		   ? 0
		: ms > AGE_MOST_MS ? AGE_MOST_MS
				   : ms);
}

/* That was all it held. */
static void
done(void)
{
	(void)loop_say(old.loop, CONTROL_READY, strlen(CONTROL_READY));
	if (old.phase != TAKING)
		return;
	enter(COMMITTED);
	(void)listen_own();
	if (!old.got.confirms)
		settle("taken-over", NULL);
}

static void
end(void)
{
	if (old.loop != NULL)
		loop_close(old.loop);
	old.loop = NULL;
	if (old.phase == TAKING || old.phase == COMMITTED)
		begin_asking();
}

static void
on_event(struct channel_loop *p, const struct fdferry_event *event, void *arg)
{
	(void)arg;
	switch (event->type) {
	case FDFERRY_EVENT_OFFER:
		(void)fdferry_channel_accept(loop_channel(p), event->id);
		loop_alive(p);
		loop_kick(p);
		break;
	case FDFERRY_EVENT_TAKEN: adopt_connection(event); break;
	case FDFERRY_EVENT_MESSAGE:
		close_fds(event);
		if (begins(event, CONTROL_DONE)) {
			loop_alive(p);
			done();
		} else if (begins(event, CONTROL_OVER) && old.phase != SETTLED)
			settle("taken-over", NULL);
		break;
	case FDFERRY_EVENT_END: end(); break;
	default: close_fds(event);
	}
}

/* The old front hangs. This one serves, and takes what the old one still gives
   if it wakes up. */
static void
on_late(struct channel_loop *p, void *arg)
{
	(void)p;
	(void)arg;
	if (old.phase == TAKING || old.phase == COMMITTED)
		settle("takeover-cut-short", "the other front is silent");
}

void
takeover_run(void)
{
	if (old.phase != TAKING)
		return;
	old.loop =
	    loop_adopt(front.base, old.fd, old.channel, on_event, NULL, NULL);
	if (old.loop == NULL || loop_limit(old.loop, TAKE_MS, on_late) < 0)
		die(1, "out of memory");
	old.channel = NULL;
	loop_kick(old.loop);
}

/* We are to end. Before we said ready nothing is ours; after that it is
   soon known whose it is. */
int
takeover_leave(int now)
{
	if (old.phase == TAKING)
		let_go();
	else if (now && front.taking)
		settle("taken-over", NULL);
	return front.taking;
}
