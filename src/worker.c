/* SPDX-License-Identifier: 0BSD */
/*
 * worker.c - fdferry worker: receive connections, run a program for each.
 *
 * Listens on a Unix socket; fronts connect and send one NUL byte and one
 * descriptor per connection. The program has it on descriptors 0 and 1, and
 * finds UCSPI's variables in its environment.
 */
#include "../lib/detect.h"

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

#include "cli.h"

#define FORK_TRIES 50		/* of 100 ms each */
#define PAUSE_MS 100

struct source {			/* one connected front */
	struct source *next;
	struct event *event;
	int fd;
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
	long children, most;
	int draining;
} worker;

/* ------------------------------------------------ the program ----------- */

/* TCPREMOTEIP and the like, from "1.2.3.4:5" or "[::1]:5". */
static void
set_address(const char *side, const struct fdferry_addr *addr)
{
	char name[32], host[sizeof addr->text];
	const char *text = addr->text;
	char *colon, *end;

	(void)snprintf(host, sizeof host, "%s",
	    text[0] == '[' ? text + 1 : text);
	colon = strrchr(host, ':');
	if (colon == NULL)
		return;
	*colon = '\0';
	end = strchr(host, ']');
	if (end != NULL)
		*end = '\0';
	(void)snprintf(name, sizeof name, "TCP%sIP", side);
	(void)setenv(name, host, 1);
	(void)snprintf(name, sizeof name, "TCP%sPORT", side);
	(void)setenv(name, colon + 1, 1);
}

/* Nothing of this may come from whoever started us. */
static void
set_environment(int fd)
{
	static const char *const all[] = {
		"PROTO", "TCPLOCALIP", "TCPLOCALPORT", "TCPLOCALHOST",
		"TCPREMOTEIP", "TCPREMOTEPORT", "TCPREMOTEHOST",
		"TCPREMOTEINFO", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"
	};
	struct fdferry_info info;
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		(void)unsetenv(all[i]);
	info.size = sizeof info;
	if (fdferry_describe(fd, &info) < 0)
		return;
	if (info.family == AF_UNIX) {
		(void)setenv("PROTO", "UNIX", 1);
		return;
	}
	if (info.family != AF_INET && info.family != AF_INET6)
		return;
	(void)setenv("PROTO", "TCP", 1);
	set_address("LOCAL", &info.local);
	set_address("REMOTE", &info.peer);
}

/* In the child, all signals blocked: libevent's handlers must not run here,
   since they write to a socket that the parent reads. */
static void
run(int fd)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGCHLD, SIGPIPE };
	size_t i;

	for (i = 0; i < sizeof ours / sizeof ours[0]; i++)
		(void)signal(ours[i], SIG_DFL);
	reset_signals();
	set_environment(fd);
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		_exit(125);
	run_program(worker.command);
}

static void
reap(void)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		worker.children--;
		if (WIFSIGNALED(status))
			warn("%s (pid %ld) was ended by signal %d",
			    worker.command[0], (long)pid, WTERMSIG(status));
	}
}

/* A connection that arrived has nowhere else to go: try for a while. */
static pid_t
fork_patiently(void)
{
	static const struct timespec pause = { 0, 100000000 };
	pid_t pid = fork();
	int i;

	for (i = 0; pid < 0 && i < FORK_TRIES; i++) {
		(void)nanosleep(&pause, NULL);
		reap();
		pid = fork();
	}
	return pid;
}

static void
start(int fd)
{
	sigset_t all, before;
	pid_t pid;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork_patiently();
	if (pid == 0)
		run(fd);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid < 0)
		warn("fork: %s: a connection was closed", strerror(errno));
	else
		worker.children++;
	(void)fdferry_close(&fd, 1);
}

/* ------------------------------------------------ fronts ---------------- */

static void
source_gone(struct source *s)
{
	struct source **at = &worker.sources;

	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	event_free(s->event);
	(void)close(s->fd);
	free(s);
}

/* At the limit of children nothing is received: the kernel holds it. */
static void
watch_sources(void)
{
	struct source *s;

	for (s = worker.sources; s != NULL; s = s->next)
		if (worker.children >= worker.most)
			(void)event_del(s->event);
		else
			(void)event_add(s->event, NULL);
}

/* Take what is there, as far as children are allowed. Frees `s` at its end. */
static void
receive(struct source *s)
{
	struct fdferry_result got;
	int fd;

	got.size = sizeof got;
	while (worker.children < worker.most) {
		fd = fdferry_recv_fd(s->fd, FDFERRY_NONBLOCK, NULL, &got);
		if (fd >= 0) {
			start(fd);
			continue;
		}
		if (got.bytes > 0) {
			warn("a connection was lost on its way: %s",
			    strerror(got.error));
			continue;
		}
		if (got.error == EAGAIN && !worker.draining)
			return;
		if (got.error != EAGAIN && !(got.flags & FDFERRY_EOF))
			warn("front: %s", strerror(got.error));
		source_gone(s);
		return;
	}
}

static void
finish_if_done(void)
{
	if (worker.draining && worker.sources == NULL && worker.children == 0)
		(void)event_base_loopbreak(worker.base);
}

static void
receive_all(void)
{
	struct source *s, *next;

	for (s = worker.sources; s != NULL; s = next) {
		next = s->next;
		receive(s);
	}
	watch_sources();
	finish_if_done();
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

static void
welcome(int fd)
{
	struct source *s;

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!peer_allowed(fd, &worker.allowed)) {
		warn("refused a front of another user: --allow-uid UID would "
		    "accept it");
		(void)close(fd);
		return;
	}
	s = calloc(1, sizeof *s);
	if (s != NULL)
		s->event = event_new(worker.base, fd, EV_READ | EV_PERSIST,
		    on_message, s);
	if (s == NULL || s->event == NULL) {
		free(s);
		(void)close(fd);
		return;
	}
	s->fd = fd;
	s->next = worker.sources;
	worker.sources = s;
	watch_sources();
}

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	struct timeval in = { 0, PAUSE_MS * 1000 };
	int fd = accept(sock, NULL, NULL);

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
on_child(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	reap();
	receive_all();
}

/*
 * First: take what is queued, then wait for the programs. Our end of each
 * front's socket is closed for new messages first (it is ours alone, so
 * shutdown() is right here): the front sends them elsewhere, and what it had
 * sent before is still there to be received. Second: now.
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
		(void)shutdown(s->fd, SHUT_RD);
	receive_all();
}

/* ------------------------------------------------ start ----------------- */

static void
check_event(struct event *event)
{
	if (event == NULL)
		die(1, "out of memory");
}

static void
loop(int sock)
{
	struct event *child, *term, *intr;

	worker.base = event_base_new();
	if (worker.base == NULL)
		die(1, "no event loop on this system");
	(void)fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK);
	worker.listener = event_new(worker.base, sock, EV_READ | EV_PERSIST,
	    on_accept, NULL);
	worker.resume = evtimer_new(worker.base, on_resume, NULL);
	child = evsignal_new(worker.base, SIGCHLD, on_child, NULL);
	term = evsignal_new(worker.base, SIGTERM, on_term, NULL);
	intr = evsignal_new(worker.base, SIGINT, on_term, NULL);
	check_event(worker.listener);
	check_event(worker.resume);
	check_event(child);
	check_event(term);
	check_event(intr);
	(void)event_add(worker.listener, NULL);
	(void)event_add(child, NULL);
	(void)event_add(term, NULL);
	(void)event_add(intr, NULL);
	(void)event_base_dispatch(worker.base);
	unlisten(&worker.at);
}

/*
 * Better now than for each connection. Only what can be known: execvp() may
 * still fail, and the child's status says so then.
 */
static void
check_command(const char *name)
{
	const char *path = getenv("PATH"), *end;
	char full[4096];
	int found = 0;

	if (path == NULL || strchr(name, '/') != NULL)
		path = "";
	for (;; path = end + 1) {
		end = path + strcspn(path, ":");
		(void)snprintf(full, sizeof full, "%.*s%s%s",
		    (int)(end - path), path, end > path ? "/" : "", name);
		if (access(full, X_OK) == 0)
			return;
		found |= access(full, F_OK) == 0;
		if (*end == '\0')
			break;
	}
	die(found ? 126 : 127, "--exec %s: %s", name, found
	    ? "it cannot be executed" : "no such program");
}

static const struct opt options[] = {
	{ "exec", ARG_REST, 'e' },
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
"  --max-children N       run at most N at once (40); more wait in the kernel\n"
"  --mode MODE            permissions of SOCKET, octal (0600)\n"
"  --owner USER[:GROUP]   its owner\n"
"  --allow-uid UID        accept fronts of this user too (repeatable)\n"
"  --help\n\n"
"SIGTERM: take what is queued, wait for the programs, end.\n";

static void
read_options(int argc, char **argv, const char **socket_arg)
{
	struct args a;
	int code;

	args_init(&a, argc, argv, options, help);
	while ((code = args_next(&a)) != -1) {
		switch (code) {
		case 'e':
			worker.command = a.rest;
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
	if (a.noperands != 1)
		usage_error(a.noperands == 0 ? "SOCKET is missing: where to "
		    "listen for fronts" : "%s: only one SOCKET was expected",
		    a.noperands == 0 ? "" : a.operands[1]);
	if (worker.command == NULL)
		usage_error("--exec CMD is missing: what to run");
	*socket_arg = a.operands[0];
}

int
verb_worker(int argc, char **argv)
{
	const char *text;
	char err[512];
	int sock;

	worker.most = 40;
	read_options(argc, argv, &text);
	if (addr_parse(text, &worker.at, 1, err, sizeof err) < 0)
		usage_error("%s", err);
	if (!addr_is_unix(&worker.at))
		usage_error("%s: descriptors pass over Unix sockets only: use "
		    "unix:PATH", text);
	abstract_needs_uid(&worker.at, text, &worker.allowed);
	check_command(worker.command[0]);
	need_backend(1);
	sock = listen_on(&worker.at, &worker.sockets, err, sizeof err);
	if (sock < 0)
		die(1, "%s", err);
	(void)signal(SIGPIPE, SIG_IGN);
	loop(sock);
	return 0;
}
