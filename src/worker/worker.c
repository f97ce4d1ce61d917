/* SPDX-License-Identifier: 0BSD */
/*
 * worker.c - fdferry worker: receive connections, run a program for each.
 *
 * Listens on a Unix socket, to which fronts connect. On the plain wire each
 * message is one NUL byte and one descriptor; on the wire ack connections
 * are offered over a channel, and accepted when their program runs.
 */
#include "../../lib/detect.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fds/fds.h"
#include "net/plain.h"
#include "loop/children.h"
#include "loop/channel-loop.h"

#define PAUSE_MS 100
#define FORK_TRIES 10		/* of 100 ms each */
/* What is refused because its program cannot be started, see fdferry(1). */
#define REASON_START FDFERRY_REASON_OWN

struct source {			/* one connected front */
	struct source *next;
	struct event *event;	/* plain */
	struct pump *pump;	/* ack */
	struct offer *offers;	/* not answered, oldest first */
	int fd;
};

/* An offer whose program waits to be started, or is being started. */
struct offer {
	struct offer *next;
	struct source *source;	/* NULL: its front has gone */
	struct event *status;	/* of the program */
	unsigned long id;
	char *about;
};

static struct {
	struct event_base *base;
	struct event *listener;
	struct event *resume;	/* accepting again after a pause */
	struct addr at;
	struct source *sources;
	struct uidlist allowed;
	struct listen_opts sockets;
	char **command;
	long most;
	int ack, draining;
} worker;

static int
is_full(void)
{
	return programs_running() >= worker.most;
}

static void
ended(void *owner, pid_t pid, int status)
{
	(void)owner;
	if (WIFSIGNALED(status))
		warn("%s (pid %ld) was ended by signal %d",
		    worker.command[0], (long)pid, WTERMSIG(status));
}

/* ------------------------------------------------ fronts ---------------- */

static void
offer_free(struct offer *o)
{
	struct offer **at;

	if (o->source != NULL) {
		at = &o->source->offers;
		while (*at != o)
			at = &(*at)->next;
		*at = o->next;
	}
	if (o->status != NULL) {
		(void)close(event_get_fd(o->status));
		event_free(o->status);
	}
	free(o->about);
	free(o);
}

static void
source_gone(struct source *s)
{
	struct source **at = &worker.sources;
	struct offer *o, *next;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	for (o = s->offers; o != NULL; o = next) {
		next = o->next;
		o->source = NULL;
		if (o->status == NULL)	/* else its program will tell */
			offer_free(o);
	}
	if (s->event != NULL)
		event_free(s->event);
	if (s->pump != NULL)
		pump_close(s->pump);
	else
		(void)close(s->fd);
	free(s);
}

/* Has all been said to a front of the wire ack? */
static int
is_idle(const struct source *s)
{
	long ms;

	return s->pump != NULL && s->offers == NULL
	    && !(fdferry_channel_wants(pump_channel(s->pump), &ms)
	    & FDFERRY_WANT_WRITE);
}

static void
finish_if_done(void)
{
	struct source *s, *next;

	for (s = worker.sources; worker.draining && s != NULL; s = next) {
		next = s->next;
		if (is_idle(s))
			source_gone(s);
	}
	if (worker.draining && worker.sources == NULL
	    && programs_running() == 0)
		(void)event_base_loopbreak(worker.base);
}

/* ------------------------------------------------ plain ----------------- */

/* At the limit of children nothing is received: the kernel holds it. */
static void
watch_sources(void)
{
	struct source *s;

	for (s = worker.sources; s != NULL; s = s->next) {
		if (s->event == NULL)
			continue;
		if (is_full())
			(void)event_del(s->event);
		else
			(void)event_add(s->event, NULL);
	}
}

/* It has nowhere else to go: try for a while. */
static void
start_plain(int fd)
{
	static const struct timespec pause = { 0, 100000000 };
	int tries = 0;

	while (program_start(worker.command, fd, NULL, NULL, NULL) < 0) {
		if (errno != EAGAIN || ++tries > FORK_TRIES) {
			warn("fork: %s: a connection was closed",
			    strerror(errno));
			break;
		}
		(void)nanosleep(&pause, NULL);
		programs_reap(ended);
	}
	(void)fdferry_close(&fd, 1);
}

/* Take what is there, as far as children are allowed. Frees `s` at its end. */
static void
receive(struct source *s)
{
	struct fdferry_result got;
	int fd;

	got.size = sizeof got;
	while (!is_full()) {
		fd = plain_recv(s->fd, FDFERRY_NONBLOCK, NULL, &got);
		if (got.bytes > 0 && (fd < 0
		    || (got.flags & FDFERRY_TRUNCATED)))
			warn("a connection was lost on its way: %s",
			    strerror(got.error));
		if (fd >= 0)
			start_plain(fd);
		if (fd >= 0 || got.bytes > 0)
			continue;
		if (got.error == EAGAIN && !worker.draining)
			return;
		if (got.error != EAGAIN && !(got.flags & FDFERRY_EOF))
			warn("front: %s", strerror(got.error));
		source_gone(s);
		return;
	}
}

static void
on_message(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	receive(arg);
	watch_sources();
	finish_if_done();
}

/* ------------------------------------------------ acknowledged ---------- */

static void
refuse(struct offer *o, unsigned int reason)
{
	struct pump *pump = o->source != NULL ? o->source->pump : NULL;

	if (pump != NULL) {
		(void)fdferry_channel_refuse(pump_channel(pump), o->id,
		    reason);
		pump_kick(pump);
	}
	offer_free(o);
}

/* End of file: the program runs, and the connection is ours. Else errno. */
static void
on_started(evutil_socket_t fd, short what, void *arg)
{
	struct offer *o = arg;
	int error = 0;
	ssize_t n = read(fd, &error, sizeof error);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 || o->source == NULL) {
		refuse(o, REASON_START);
		return;
	}
	(void)fdferry_channel_accept(pump_channel(o->source->pump), o->id);
	pump_kick(o->source->pump);
	offer_free(o);
}

static void
start_offer(struct offer *o)
{
	struct fdferry_channel *channel = pump_channel(o->source->pump);
	int status, fd = fdferry_channel_look(channel, o->id);

	if (fd < 0) {			/* taken back meanwhile */
		offer_free(o);
		return;
	}
	if (program_start(worker.command, fd, o->about, NULL,
	    &status) < 0) {
		warn("starting %s: %s", worker.command[0], strerror(errno));
		refuse(o, FDFERRY_REASON_BUSY);
		return;
	}
	o->status = event_new(worker.base, status, EV_READ | EV_PERSIST,
	    on_started, o);
	if (o->status == NULL || event_add(o->status, NULL) < 0)
		die(1, "out of memory");
}

/* The oldest of each front, as far as children are allowed. */
static void
start_offers(void)
{
	struct source *s;
	struct offer *o, *next;

	for (s = worker.sources; s != NULL; s = s->next)
		for (o = s->offers; o != NULL; o = next) {
			next = o->next;
			if (is_full())
				return;
			if (o->status == NULL)
				start_offer(o);
		}
}

static void
on_offer(struct source *s, const struct fdferry_event *event)
{
	struct offer *o = calloc(1, sizeof *o), **end = &s->offers;

	if (o == NULL || (o->about = malloc(event->len + 1)) == NULL) {
		free(o);
		(void)fdferry_channel_refuse(pump_channel(s->pump), event->id,
		    FDFERRY_REASON_BUSY);
		return;
	}
	memcpy(o->about, event->data, event->len);
	o->about[event->len] = '\0';
	o->source = s;
	o->id = event->id;
	while (*end != NULL)
		end = &(*end)->next;
	*end = o;
	if (worker.draining)
		refuse(o, FDFERRY_REASON_BUSY);
}

static struct offer *
offer_of(struct source *s, unsigned long id)
{
	struct offer *o = s->offers;

	while (o != NULL && o->id != id)
		o = o->next;
	return o;
}

static void
on_event(struct pump *p, const struct fdferry_event *event, void *arg)
{
	struct source *s = arg;
	struct offer *o;
	size_t i;

	(void)p;
	switch (event->type) {
	case FDFERRY_EVENT_OFFER:
		on_offer(s, event);
		break;
	case FDFERRY_EVENT_WITHDRAWN:
		o = offer_of(s, event->id);
		if (o != NULL && o->status == NULL)
			offer_free(o);
		break;
	case FDFERRY_EVENT_TAKEN:	/* its program has it */
	case FDFERRY_EVENT_MESSAGE:
		for (i = 0; i < event->nfds; i++)
			(void)close(event->fds[i]);
		break;
	case FDFERRY_EVENT_END:
		if (event->error != 0 && event->error != ECONNRESET)
			warn("front: %s (does it speak the wire ack?)",
			    strerror(event->error));
		source_gone(s);
		break;
	}
}

static void
after(void *arg)
{
	(void)arg;
	start_offers();
	finish_if_done();
}

/* ------------------------------------------------ who connects ---------- */

static int
open_source(struct source *s, int fd)
{
	struct fdferry_channel_opts opts;

	s->fd = fd;
	if (!worker.ack) {
		s->event = event_new(worker.base, fd, EV_READ | EV_PERSIST,
		    on_message, s);
		return s->event != NULL;
	}
	memset(&opts, 0, sizeof opts);
	opts.size = sizeof opts;
	opts.most_bytes = 65536;
	s->pump = pump_open(worker.base, fd, &opts, on_event, after, s);
	return s->pump != NULL;
}

static void
welcome(int fd)
{
	struct source *s;

	if (!peer_allowed(fd, &worker.allowed)) {
		warn("refused a front of another user: --allow-uid UID would "
		    "accept it");
		(void)close(fd);
		return;
	}
	s = calloc(1, sizeof *s);
	if (s == NULL || !open_source(s, fd)) {
		free(s);
		(void)close(fd);
		return;
	}
	s->next = worker.sources;
	worker.sources = s;
	watch_sources();
}

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	struct timeval in = { 0, PAUSE_MS * 1000 };
	int fd = accept_from(sock);

	(void)what;
	(void)arg;
	if (fd >= 0) {
		welcome(fd);
		return;
	}
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR
	    || errno == ECONNABORTED)
		return;
	/* No descriptor free: do not spin on one who waits. */
	(void)event_del(worker.listener);
	(void)event_add(worker.resume, &in);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!worker.draining)
		(void)event_add(worker.listener, NULL);
}

/* ------------------------------------------------ signals --------------- */

static void
receive_all(void)
{
	struct source *s, *next;

	for (s = worker.sources; s != NULL; s = next) {
		next = s->next;
		if (s->pump == NULL)
			receive(s);
	}
	watch_sources();
	start_offers();
	finish_if_done();
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	programs_reap(ended);
	receive_all();
}

/* Offers that were not begun go back; those begun are seen through. */
static void
drain_acknowledged(struct source *s)
{
	struct offer *o, *next;

	for (o = s->offers; o != NULL; o = next) {
		next = o->next;
		if (o->status == NULL)
			refuse(o, FDFERRY_REASON_BUSY);
	}
}

/*
 * First: take what is queued, then wait for the programs. Our end of each
 * plain front's socket is closed for new messages first (it is ours alone,
 * so shutdown() is right here): the front sends them elsewhere, and what it
 * had sent before is still there to be received. Second: now.
 */
static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	struct source *s;

	(void)sig;
	(void)what;
	(void)arg;
	if (worker.draining) {
		(void)event_base_loopbreak(worker.base);
		return;
	}
	worker.draining = 1;
	unlisten(&worker.at);
	(void)event_del(worker.resume);
	(void)event_del(worker.listener);
	(void)close(event_get_fd(worker.listener));
	for (s = worker.sources; s != NULL; s = s->next)
		if (s->pump == NULL)
			(void)shutdown(s->fd, SHUT_RD);
		else
			drain_acknowledged(s);
	receive_all();
}

/* ------------------------------------------------ start ----------------- */

static struct event *
needed(struct event *event)
{
	if (event == NULL)
		die(1, "out of memory");
	return event;
}

static void
on_signal(int sig, event_callback_fn f)
{
	(void)event_add(needed(evsignal_new(worker.base, sig, f, NULL)), NULL);
}

static void
loop(int sock)
{
	worker.base = event_base_new();
	if (worker.base == NULL)
		die(1, "no event loop on this system");
	(void)fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK);
	worker.listener = needed(event_new(worker.base, sock,
	    EV_READ | EV_PERSIST, on_accept, NULL));
	worker.resume = needed(evtimer_new(worker.base, on_resume, NULL));
	(void)event_add(worker.listener, NULL);
	on_signal(SIGCHLD, on_child);
	on_signal(SIGTERM, on_term);
	on_signal(SIGINT, on_term);
	(void)event_base_dispatch(worker.base);
	unlisten(&worker.at);
}

static const struct opt options[] = {
	{ "exec", ARG_REST, 'e' },
	{ "wire", ARG_VALUE, 'W' },
	{ "max-children", ARG_VALUE, 'c' },
	{ "mode", ARG_VALUE, 'm' },
	{ "owner", ARG_VALUE, 'o' },
	{ "allow-uid", ARG_VALUE, 'u' },
	{ NULL, ARG_NONE, 0 }
};

static const char help[] =
"Usage: fdferry worker [OPTION]... SOCKET --exec CMD [ARG]...\n"
"Receive connections at SOCKET and run CMD for each, with the connection on\n"
"descriptors 0 and 1 and PROTO, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP and\n"
"TCPLOCALPORT in the environment.\n\n"
"  --wire plain|ack       what fronts speak: ack for those that name this\n"
"                         worker ack:SOCKET (plain)\n"
"  --max-children N       run at most N at once (40); more wait\n"
"  --mode MODE            permissions of SOCKET, octal (0600)\n"
"  --owner USER[:GROUP]   its owner\n"
"  --allow-uid UID        accept fronts of this user too (repeatable)\n"
"  --help\n\n"
"SIGTERM: take what is queued, wait for the programs, end.\n";

static int
wire_arg(const char *option, const char *text)
{
	if (strcmp(text, "ack") != 0 && strcmp(text, "plain") != 0)
		usage_error("%s %s: use plain or ack", option, text);
	return strcmp(text, "ack") == 0;
}

static const char *
read_options(int argc, char **argv)
{
	struct args a;
	int code;

	args_init(&a, argc, argv, options, help);
	while ((code = args_next(&a)) != -1) {
		switch (code) {
		case 'e':
			worker.command = a.rest;
			break;
		case 'W':
			worker.ack = wire_arg(a.option, a.value);
			break;
		case 'c':
			worker.most = number_arg(a.option, a.value, 1, 100000);
			break;
		case 'm':
			mode_arg(a.option, a.value, &worker.sockets);
			break;
		case 'o':
			owner_arg(a.option, a.value, &worker.sockets);
			break;
		case 'u':
			uid_arg(a.option, a.value, &worker.allowed);
			break;
		}
	}
	if (a.noperands == 0)
		usage_error("SOCKET is missing: where to listen for fronts");
	if (a.noperands > 1)
		usage_error("%s: only one SOCKET was expected", a.operands[1]);
	if (worker.command == NULL)
		usage_error("--exec CMD is missing: what to run");
	return a.operands[0];
}

int
verb_worker(int argc, char **argv)
{
	const char *text;
	char err[512];
	int sock, status;

	worker.most = 40;
	text = read_options(argc, argv);
	unix_arg(text, &worker.at, &worker.allowed);
	status = program_find(worker.command[0]);
	if (status != 0)
		die(status, "--exec %s: %s", worker.command[0],
		    program_why(status));
	need_backend(1);
	sock = listen_on(&worker.at, &worker.sockets, err, sizeof err);
	if (sock < 0)
		die(1, "%s", err);
	(void)signal(SIGPIPE, SIG_IGN);
	loop(sock);
	return 0;
}
