/* SPDX-License-Identifier: 0BSD */
/*
 * worker.c - fdferry worker: receive connections, run a program for each.
 *
 * Listens on a Unix socket; fronts connect and send one NUL byte and one
 * descriptor per connection. The program has it on descriptors 0 and 1, and
 * finds UCSPI's variables in its environment.
 */
#include "../lib/detect.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "fdferry.h"

struct front {			/* one connected front */
	struct front *next;
	struct event *event;
	int fd;
};

struct state {
	struct event_base *base;
	struct event *listener;
	struct front *fronts;
	const struct uidlist *allowed;
	char **command;
	long children;
	long most;
	int draining;
};

static void
set(const char *name, const char *value)
{
	(void)setenv(name, value, 1);
}

/* TCPREMOTEIP and the like, from "1.2.3.4:5" or "[::1]:5". */
static void
set_address(const char *side, const struct fdferry_addr *addr)
{
	char name[32], host[sizeof addr->text];
	const char *text = addr->text;
	char *colon, *end;

	(void)snprintf(host, sizeof host, "%s", text[0] == '[' ? text + 1 : text);
	colon = strrchr(host, ':');
	if (colon == NULL)
		return;
	*colon = '\0';
	end = strchr(host, ']');
	if (end != NULL)
		*end = '\0';
	(void)snprintf(name, sizeof name, "TCP%sIP", side);
	set(name, host);
	(void)snprintf(name, sizeof name, "TCP%sPORT", side);
	set(name, colon + 1);
}

static void
set_environment(int fd)
{
	struct fdferry_info info;

	info.size = sizeof info;
	if (fdferry_describe(fd, &info) < 0)
		return;
	if (info.family == AF_UNIX) {
		set("PROTO", "UNIX");
		return;
	}
	set("PROTO", "TCP");
	set_address("LOCAL", &info.local);
	set_address("REMOTE", &info.peer);
}

/* In the child: never returns. */
static void
run(struct state *s, int fd)
{
	sigset_t none;
	int status;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)signal(SIGINT, SIG_DFL);
	set_environment(fd);
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		_exit(125);
	(void)execvp(s->command[0], s->command);
	status = errno == ENOENT ? 127 : 126;
	fprintf(stderr, "fdferry worker: %s: %s\n", s->command[0],
	    strerror(errno));
	_exit(status);
}

static void
start(struct state *s, int fd)
{
	pid_t pid = fork();

	if (pid == 0)
		run(s, fd);
	if (pid < 0)
		fprintf(stderr, "fdferry worker: fork: %s: connection closed\n",
		    strerror(errno));
	else
		s->children++;
	(void)fdferry_close(&fd, 1);
}

static void
front_gone(struct state *s, struct front *f)
{
	struct front **at = &s->fronts;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	event_free(f->event);
	(void)close(f->fd);
	free(f);
}

/* At the limit of children nothing is received: the kernel holds it. */
static void
listen_to_fronts(struct state *s)
{
	struct front *f;

	for (f = s->fronts; f != NULL; f = f->next)
		if (s->children >= s->most)
			(void)event_del(f->event);
		else
			(void)event_add(f->event, NULL);
}

static void
finish_if_done(struct state *s)
{
	if (s->draining && s->fronts == NULL && s->children == 0)
		(void)event_base_loopbreak(s->base);
}

static struct state *the;	/* libevent gives a callback one argument */

static void
on_message(evutil_socket_t sock, short what, void *arg)
{
	struct front *f = arg;
	struct fdferry_result got;
	int fd;

	(void)what;
	got.size = sizeof got;
	while (the->children < the->most) {
		fd = fdferry_recv_fd(sock, FDFERRY_NONBLOCK, NULL, &got);
		if (fd >= 0) {
			start(the, fd);
			continue;
		}
		if (got.error == EAGAIN) {
			if (the->draining)
				front_gone(the, f);
			break;
		}
		if (got.bytes > 0) {
			fprintf(stderr, "fdferry worker: a connection was lost: "
			    "%s\n", strerror(got.error));
			continue;
		}
		if (!(got.flags & FDFERRY_EOF))
			fprintf(stderr, "fdferry worker: front: %s\n",
			    strerror(got.error));
		front_gone(the, f);
		break;
	}
	listen_to_fronts(the);
	finish_if_done(the);
}

static void
on_front(evutil_socket_t sock, short what, void *arg)
{
	struct state *s = arg;
	struct front *f;
	int fd = accept(sock, NULL, NULL);

	(void)what;
	if (fd < 0)
		return;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!peer_allowed(fd, s->allowed)) {
		fprintf(stderr, "fdferry worker: refused a front of another "
		    "user; --allow-uid UID would accept it\n");
		(void)close(fd);
		return;
	}
	f = calloc(1, sizeof *f);
	if (f == NULL) {
		(void)close(fd);
		return;
	}
	f->fd = fd;
	f->event = event_new(s->base, fd, EV_READ | EV_PERSIST, on_message, f);
	f->next = s->fronts;
	s->fronts = f;
	listen_to_fronts(s);
}

static void
on_child(evutil_socket_t sig, short what, void *arg)
{
	struct state *s = arg;

	(void)sig;
	(void)what;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		s->children--;
	listen_to_fronts(s);
	finish_if_done(s);
}

/* Take what is queued already, then wait for the children. */
static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	struct state *s = arg;
	struct front *f, *next;

	(void)sig;
	(void)what;
	if (s->draining) {
		(void)event_base_loopbreak(s->base);
		return;
	}
	s->draining = 1;
	(void)event_del(s->listener);
	(void)close(event_get_fd(s->listener));
	for (f = s->fronts; f != NULL; f = next) {
		next = f->next;
		on_message(f->fd, EV_READ, f);
	}
	finish_if_done(s);
}

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "exec", no_argument, NULL, 'e' },
	{ "max-children", required_argument, NULL, 'c' },
	{ "mode", required_argument, NULL, 'm' },
	{ "owner", required_argument, NULL, 'o' },
	{ "allow-uid", required_argument, NULL, 'u' },
	{ NULL, 0, NULL, 0 }
};

static const char help[] =
"Usage: fdferry worker [OPTION]... SOCKET --exec CMD [ARG]...\n"
"Receive connections at SOCKET and run CMD for each, with the connection on\n"
"descriptors 0 and 1 and PROTO, TCPREMOTEIP, TCPREMOTEPORT, TCPLOCALIP and\n"
"TCPLOCALPORT in the environment.\n\n"
"  --max-children N  run at most N at once (40); more wait in the kernel\n"
"  --mode MODE       permissions of SOCKET, octal (0600)\n"
"  --owner USER[:GROUP]\n"
"  --allow-uid UID   accept fronts of this user too (may be repeated)\n"
"SIGTERM: take what is queued, wait for the programs, end.\n";

int
verb_worker(int argc, char **argv)
{
	struct state s;
	struct listen_opts how;
	struct uidlist allowed;
	struct addr addr;
	struct event *child, *term, *intr;
	char err[256];
	int c, sock, i, exec_at = 0;

	memset(&s, 0, sizeof s);
	memset(&how, 0, sizeof how);
	memset(&allowed, 0, sizeof allowed);
	s.most = 40;
	for (i = 1; i < argc && exec_at == 0; i++)
		if (strcmp(argv[i], "--exec") == 0)
			exec_at = i;
	optind = 1;
	while ((c = getopt_long(exec_at > 0 ? exec_at : argc, argv, "", options,
	    NULL)) != -1) {
		switch (c) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'c':
			s.most = number_arg("--max-children", optarg, 1, 100000);
			break;
		case 'm':
			mode_arg("--mode", optarg, &how);
			break;
		case 'o':
			how.owner = optarg;
			break;
		case 'u':
			uid_arg("--allow-uid", optarg, &allowed);
			break;
		default:
			usage_error("unknown option, see --help");
		}
	}
	if (exec_at == 0 || exec_at + 1 >= argc)
		usage_error("--exec and a command are needed");
	if (optind != exec_at - 1)
		usage_error("one SOCKET is needed before --exec");
	s.command = argv + exec_at + 1;
	s.allowed = &allowed;
	if (addr_parse(argv[optind], &addr, 1, err, sizeof err) < 0)
		usage_error("%s", err);
	sock = listen_on(&addr, &how, err, sizeof err);
	if (sock < 0)
		die(1, "%s", err);

	the = &s;
	(void)signal(SIGPIPE, SIG_IGN);
	s.base = event_base_new();
	if (s.base == NULL)
		die(1, "no event loop");
	(void)fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK);
	s.listener = event_new(s.base, sock, EV_READ | EV_PERSIST, on_front, &s);
	child = evsignal_new(s.base, SIGCHLD, on_child, &s);
	term = evsignal_new(s.base, SIGTERM, on_term, &s);
	intr = evsignal_new(s.base, SIGINT, on_term, &s);
	(void)event_add(s.listener, NULL);
	(void)event_add(child, NULL);
	(void)event_add(term, NULL);
	(void)event_add(intr, NULL);
	(void)event_base_dispatch(s.base);
	if (addr.ss.ss_family == AF_UNIX)
		unlisten(&addr);
	return 0;
}
