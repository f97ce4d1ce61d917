/* SPDX-License-Identifier: 0BSD */
/*
 * worker.c - fdferry worker: receive connections, run a program for each.
 *
 * Listens on a Unix socket, to which fronts connect.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/children.h"
#include "service/service.h"
#include "worker.h"

#define DRAIN_MS 3000 /* for fronts to end, once we have */

static void drain(void);

/* ------------------------------------------------ who connects ---------- */

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
	if (s != NULL)
		s->fd = fd;
	if (s == NULL || (worker.ack ? ack_open(s) : plain_open(s)) < 0) {
		free(s);
		(void)close(fd);
		return;
	}
	s->next = worker.sources;
	worker.sources = s;
	plain_watch();
}

/* Of what accept() says: others have no say in whether it works again. */
static int
is_dead(int sock, int error)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		return accept_is_over(sock);
	return error == EINVAL || error == EBADF || error == ENOTSOCK
	    || error == EOPNOTSUPP;
}

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	int fd = accept_from(sock), error = errno;

	(void)what;
	(void)arg;
	if (fd >= 0) {
		welcome(fd);
		return;
	}
	if (is_dead(sock, error)) {
		warn("the listening socket is dead, another process has shut "
		     "it down: no front can connect");
		worker.status = 1;
		drain();
		return;
	}
	if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR
	    || error == ECONNABORTED)
		return;
	/* No descriptor free: do not spin on one who waits. */
	(void)event_del(worker.listener);
	worker_watch_later();
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	if (!worker.draining && event_add(worker.listener, NULL) < 0)
		worker_watch_later();
	plain_watch();
}

/* ------------------------------------------------ signals --------------- */

static void
receive_all(void)
{
	struct source *s, *next;

	for (s = worker.sources; s != NULL; s = next) {
		next = s->next;
		if (s->loop == NULL)
			plain_receive(s);
	}
	plain_watch();
	ack_start();
	worker_finish();
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	children_reap(worker_ended);
	receive_all();
}

/* Fronts that have connected already may have sent already. */
static void
accept_rest(void)
{
	int fd, sock = event_get_fd(worker.listener);

	while ((fd = accept_from(sock)) >= 0 || errno == EINTR
	    || errno == ECONNABORTED)
		if (fd >= 0)
			welcome(fd);
	(void)event_del(worker.resume);
	(void)event_del(worker.listener);
	(void)close(sock);
}

/* These fronts have had their time to see that we ended. */
static void
on_bound(evutil_socket_t fd, short what, void *arg)
{
	struct source *s;

	(void)fd;
	(void)what;
	(void)arg;
	for (s = worker.sources; s != NULL; s = s->next)
		if (s->loop == NULL)
			plain_last(s);
	receive_all();
}

/*
 * Take what is queued, then wait for the programs. To each plain front we say
 * that we end, and receive until it ends too: it sends elsewhere then, and
 * nothing that it had sent is lost.
 */
static void
drain(void)
{
	struct timeval in = { DRAIN_MS / 1000, DRAIN_MS % 1000 * 1000 };
	struct source *s;

	worker.draining = 1;
	unlisten(&worker.at);
	accept_rest();
	for (s = worker.sources; s != NULL; s = s->next)
		if (s->loop == NULL)
			plain_drain(s);
		else
			ack_drain(s);
	(void)event_add(worker.bound, &in);
	receive_all();
}

/* The second is for now, but for SIGHUP: of a terminal that goes shell and
   kernel send one each. */
static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)what;
	(void)arg;
	if (!worker.draining)
		drain();
	else if (sig != SIGHUP)
		(void)event_base_loopbreak(worker.base);
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
	if (event_add(needed(evsignal_new(worker.base, sig, f, NULL)), NULL)
	    < 0)
		die(1, "cannot handle signal %d", sig);
}

static int
is_ignored(int sig)
{
	struct sigaction sa;

	return sigaction(sig, NULL, &sa) == 0 && sa.sa_handler == SIG_IGN;
}

/* Who sees that this worker listens may end it: not before it can do that. */
static void
hold_signals(sigset_t *before)
{
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ends, before);
}

static void
loop(int sock, const sigset_t *signals)
{
	worker.base = event_base_new();
	if (worker.base == NULL)
		die(1, "no event loop on this system");
	if (fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK) < 0)
		die(1, "the socket: %s", strerror(errno));
	worker.listener = needed(event_new(worker.base, sock,
	    EV_READ | EV_PERSIST, on_accept, NULL));
	worker.resume = needed(evtimer_new(worker.base, on_resume, NULL));
	worker.bound = needed(evtimer_new(worker.base, on_bound, NULL));
	if (event_add(worker.listener, NULL) < 0)
		worker_watch_later();
	on_signal(SIGCHLD, on_child);
	on_signal(SIGTERM, on_term);
	on_signal(SIGINT, on_term);
	if (!is_ignored(SIGHUP)) /* by nohup(1) */
		on_signal(SIGHUP, on_term);
	(void)sigprocmask(SIG_SETMASK, signals, NULL);
	(void)event_base_dispatch(worker.base);
	unlisten(&worker.at);
}

/* clang-format off */
static const struct opt options[] = {
	{ "exec", ARG_REST, 'e' },
	{ "wire", ARG_VALUE, 'W' },
	{ "max-children", ARG_VALUE, 'c' },
	{ "mode", ARG_VALUE, 'm' },
	{ "owner", ARG_VALUE, 'o' },
	{ "allow-uid", ARG_VALUE, 'u' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

/* clang-format off */
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
"SIGTERM, SIGHUP: take what is queued, wait for the programs, end.\n";
/* clang-format on */

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
		case 'e': worker.command = a.rest; break;
		case 'W': worker.ack = wire_arg(a.option, a.value); break;
		case 'c':
			worker.most = number_arg(a.option, a.value, 1, 100000);
			break;
		case 'm': mode_arg(a.option, a.value, &worker.sockets); break;
		case 'o': owner_arg(a.option, a.value, &worker.sockets); break;
		case 'u': uid_arg(a.option, a.value, &worker.allowed); break;
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
	sigset_t before;
	int sock, status;

	worker.most = 40;
	text = read_options(argc, argv);
	unix_arg(text, &worker.at, &worker.allowed);
	status = program_find(worker.command[0]);
	if (status != 0)
		die(status, "--exec %s: %s", worker.command[0],
		    program_why(status));
	need_backend(1);
	hold_signals(&before);
	sock = listen_on(&worker.at, &worker.sockets, err, sizeof err);
	if (sock < 0)
		die(1, "%s", err);
	ignore_write_signals();
	loop(sock, &before);
	return worker.status;
}
