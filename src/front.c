/* SPDX-License-Identifier: 0BSD */
/*
 * front.c - fdferry front: accept, look, pass on. Options, start and end.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"
#include "log.h"
#include "service.h"

/* Descriptors for other things than connections: standard ones, the loop. */
#define RESERVED 16

struct front front;

/* ------------------------------------------------ listeners ------------- */

static void
add_listener(int fd, const char *name)
{
	struct listener *more;
	struct listener *l;
	socklen_t len = sizeof l->at.ss;

	more = realloc(front.listeners,
	    (front.nlisteners + 1) * sizeof *front.listeners);
	if (more == NULL)
		die(1, "out of memory");
	front.listeners = more;
	l = &more[front.nlisteners++];
	memset(l, 0, sizeof *l);
	l->fd = fd;
	(void)snprintf(l->name, sizeof l->name, "%s", name);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (getsockname(fd, (struct sockaddr *)&l->at.ss, &len) == 0)
		l->at.len = len;
}

/* Those of a service manager. */
static void
inherit_listeners(void)
{
	struct fdferry_info info;
	int i, n = inherited_fds();

	for (i = 0; i < n; i++) {
		info.size = sizeof info;
		if (fdferry_describe(3 + i, &info) < 0 || info.listening == 0
		    || info.type != SOCK_STREAM)
			die(2, "LISTEN_FDS=%d: descriptor %d is not a "
			    "listening stream socket", n, 3 + i);
		add_listener(3 + i, inherited_name(i));
	}
}

static void
open_listeners(const struct listen_opts *how)
{
	struct listener *l;
	struct addr addr;
	char err[512];
	size_t i;
	int fd;

	for (i = 0; i < front.config.nlistens; i++) {
		if (addr_parse(front.config.listens[i], &addr, 1, err,
		    sizeof err) < 0)
			usage_error("%s", err);
		abstract_needs_uid(&addr, front.config.listens[i],
		    &front.allowed);
		fd = listen_on(&addr, how, err, sizeof err);
		if (fd < 0)
			die(1, "%s", err);
		add_listener(fd, "");
		l = &front.listeners[front.nlisteners - 1];
		l->made = 1;
		l->at = addr.ss.ss_family == AF_UNIX ? addr : l->at;
		l->checked = addr_is_abstract(&addr);
	}
}

static void
close_listeners(void)
{
	size_t i;

	for (i = 0; i < front.nlisteners; i++) {
		if (front.listeners[i].fd < 0)
			continue;
		event_free(front.listeners[i].event);
		if (front.listeners[i].made
		    && front.listeners[i].at.ss.ss_family == AF_UNIX)
			unlisten(&front.listeners[i].at);
		(void)close(front.listeners[i].fd);
		front.listeners[i].fd = -1;
	}
}

/* ------------------------------------------------ the loop -------------- */

static void
on_accept(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	conns_accept(arg);
}

/* First: accept no more, pass on what is held. Second: now. */
static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	if (front.draining) {
		(void)event_base_loopbreak(front.base);
		return;
	}
	front.draining = 1;
	close_listeners();
	log_begin("draining");
	log_number("held", (unsigned long long)(front.looking.n
	    + front.waiting.n));
	log_end();
	conns_accept_again();
}

static struct event *
on_signal(int sig)
{
	struct event *event = evsignal_new(front.base, sig, on_term, NULL);

	if (event == NULL || event_add(event, NULL) < 0)
		die(1, "cannot handle signal %d", sig);
	return event;
}

static void
log_listeners(void)
{
	struct listener *l;
	char text[512];
	size_t i;

	for (i = 0; i < front.nlisteners; i++) {
		l = &front.listeners[i];
		(void)fdferry_addr_text((struct sockaddr *)&l->at.ss,
		    l->at.len, text, sizeof text);
		log_begin("listening");
		log_text("address", text);
		if (l->name[0] != '\0')
			log_text("name", l->name);
		log_end();
	}
}

static void
start_loop(enum log_form form)
{
	/* A registration must be gone before its descriptor is closed: no
	   batching, whatever the environment says. */
	(void)unsetenv("EVENT_EPOLL_USE_CHANGELIST");
	front.base = event_base_new();
	if (front.base == NULL)
		die(1, "no event loop on this system");
	front.edges = (event_base_get_features(front.base)
	    & EV_FEATURE_ET) != 0;
	log_init(front.base, form);
}

static void
run(void)
{
	struct event *term, *intr;
	struct listener *l;
	size_t i;

	front.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	term = on_signal(SIGTERM);
	intr = on_signal(SIGINT);
	conns_init();
	links_init();
	for (i = 0; i < front.nlisteners; i++) {
		l = &front.listeners[i];
		l->event = event_new(front.base, l->fd, EV_READ | EV_PERSIST,
		    on_accept, l);
		if (l->event == NULL || event_add(l->event, NULL) < 0)
			die(1, "cannot watch a listening socket");
	}
	log_listeners();
	(void)event_base_dispatch(front.base);
	conns_refuse_all();
	close_listeners();
	log_begin("stopped");
	log_end();
	log_finish();
	event_free(term);
	event_free(intr);
}

/* ------------------------------------------------ options --------------- */

static const char help[] =
"Usage: fdferry front [OPTION]...\n"
"Accept connections, look at each without reading it, and pass it to the\n"
"worker that suits it.\n\n"
"  --listen ADDR          127.0.0.1:80, [::1]:80, unix:PATH, @NAME; sockets\n"
"                         in LISTEN_FDS are taken as well\n"
"  --worker NAME=ADDR     the Unix socket where a worker listens\n"
"  --rule 'NAME: KEY=VALUE[,VALUE]... -> WORKER[, WORKER]...'\n"
"                         the first rule that matches wins; keys: from, to,\n"
"                         tls, sni, method, host, path, http2, bytes\n"
"  --default WORKER[, WORKER]...\n"
"                         for all others\n"
"  --config FILE          all that from a file, see fdferry.conf(5)\n"
"  --check                check rules and configuration, start nothing\n"
"  --look-time SECONDS    then the default decides (5)\n"
"  --look-size BYTES      most bytes looked at (16384)\n"
"  --wait SECONDS         for a worker, if none is there (10)\n"
"  --max-waiting N        connections held at a time (20000)\n"
"  --max-per-source N     of them from one address (no limit)\n"
"  --log text|json|none   one line per connection, standard error (text)\n"
"  --mode MODE            permissions of Unix sockets made here (0600)\n"
"  --owner USER[:GROUP]   their owner\n"
"  --user USER[:GROUP]    whom to become after opening them\n"
"  --allow-uid UID        accept workers of this user too (repeatable)\n"
"  --help\n\n"
"SIGTERM: accept no more, pass on what is held, end.\n";

static const struct opt options[] = {
	{ "listen", ARG_VALUE, 'l' },
	{ "worker", ARG_VALUE, 'w' },
	{ "rule", ARG_VALUE, 'r' },
	{ "default", ARG_VALUE, 'd' },
	{ "config", ARG_VALUE, 'f' },
	{ "check", ARG_NONE, 'c' },
	{ "look-time", ARG_VALUE, 't' },
	{ "look-size", ARG_VALUE, 's' },
	{ "wait", ARG_VALUE, 'W' },
	{ "max-waiting", ARG_VALUE, 'M' },
	{ "max-per-source", ARG_VALUE, 'p' },
	{ "log", ARG_VALUE, 'L' },
	{ "mode", ARG_VALUE, 'm' },
	{ "owner", ARG_VALUE, 'o' },
	{ "user", ARG_VALUE, 'U' },
	{ "allow-uid", ARG_VALUE, 'u' },
	{ NULL, ARG_NONE, 0 }
};

struct choice {			/* what is not in `front` itself */
	struct listen_opts sockets;
	const char *config;
	const char *user;
	int ruled;		/* an option that --config excludes */
	enum log_form log;
	int check;
};

static enum log_form
log_arg(const char *text)
{
	if (strcmp(text, "text") == 0)
		return LOG_TEXT;
	if (strcmp(text, "json") == 0)
		return LOG_JSON;
	if (strcmp(text, "none") != 0)
		usage_error("--log %s: use text, json or none", text);
	return LOG_NONE;
}

/* The options that a configuration file has lines for; false: another. */
static int
config_option(int code, const struct args *a, struct choice *choice)
{
	static const struct {
		int code;
		int (*add)(struct config *, const char *,
		    const struct place *, char *, size_t);
	} lines[] = {
		{ 'l', config_listen },
		{ 'w', config_worker },
		{ 'r', config_rule },
		{ 'd', config_default }
	};
	struct place place;
	char err[1024];
	size_t i;

	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (lines[i].code != code)
			continue;
		place.file = a->option;
		place.line = 0;
		choice->ruled = code;
		if (lines[i].add(&front.config, a->value, &place, err,
		    sizeof err) < 0)
			usage_error("%s", err);
		return 1;
	}
	return 0;
}

static void
limit_option(int code, const struct args *a)
{
	switch (code) {
	case 't':
		front.look_ms = seconds_arg(a->option, a->value);
		break;
	case 's':
		front.look_size = (size_t)number_arg(a->option, a->value,
		    LOOK_LEAST, LOOK_MOST);
		break;
	case 'W':
		front.wait_ms = seconds_arg(a->option, a->value);
		break;
	case 'M':
		front.most = number_arg(a->option, a->value, 1, 10000000);
		break;
	case 'p':
		front.per_source = number_arg(a->option, a->value, 1,
		    10000000);
		break;
	case 'u':
		uid_arg(a->option, a->value, &front.allowed);
		break;
	}
}

static void
read_options(int argc, char **argv, struct choice *choice)
{
	struct listen_opts user;
	struct args a;
	int code;

	args_init(&a, argc, argv, options, help);
	while ((code = args_next(&a)) != -1) {
		if (config_option(code, &a, choice))
			continue;
		switch (code) {
		case 'f':
			choice->config = a.value;
			break;
		case 'c':
			choice->check = 1;
			break;
		case 'L':
			choice->log = log_arg(a.value);
			break;
		case 'm':
			mode_arg(a.option, a.value, &choice->sockets);
			break;
		case 'o':
			owner_arg(a.option, a.value, &choice->sockets);
			break;
		case 'U':
			owner_arg(a.option, a.value, &user);	/* as a check */
			choice->user = a.value;
			break;
		default:
			limit_option(code, &a);
		}
	}
	if (a.noperands > 0)
		usage_error("%s: not expected: all is said by options",
		    a.operands[0]);
}

/* Rules are whole, addresses can be read; workers become links. */
static void
read_config(const struct choice *choice)
{
	struct addr addr;
	char err[1024];
	size_t i;

	if (choice->config != NULL && choice->ruled != 0)
		usage_error("--config %s excludes --listen, --worker, --rule "
		    "and --default: put them into the file as lines",
		    choice->config);
	if (choice->config != NULL && config_file(&front.config,
	    choice->config, err, sizeof err) < 0)
		usage_error("%s", err);
	if (config_check(&front.config, err, sizeof err) < 0)
		usage_error("%s", err);
	for (i = 0; i < front.config.nlistens; i++)
		if (addr_parse(front.config.listens[i], &addr, 1, err,
		    sizeof err) < 0)
			usage_error("%s", err);
	front.links = calloc(front.config.nworkers, sizeof *front.links);
	if (front.links == NULL)
		die(1, "out of memory");
	for (i = 0; i < front.config.nworkers; i++) {
		front.links[i].worker = &front.config.workers[i];
		if (addr_parse(front.config.workers[i].addr,
		    &front.links[i].addr, 0, err, sizeof err) < 0)
			usage_error("worker %s: %s",
			    front.config.workers[i].name, err);
		if (front.links[i].addr.ss.ss_family != AF_UNIX)
			usage_error("worker %s=%s: descriptors pass over Unix "
			    "sockets only: use unix:PATH",
			    front.config.workers[i].name,
			    front.config.workers[i].addr);
	}
}

/* No more connections than there are descriptors for. */
static void
fit_limits(void)
{
	long room = raise_descriptor_limit() - RESERVED
	    - (long)front.nlisteners - (long)front.config.nworkers;

	if (room < 1)
		die(1, "the limit of open descriptors (ulimit -n) leaves none "
		    "for connections");
	if (front.most > room)
		front.most = room;
}

int
verb_front(int argc, char **argv)
{
	struct choice choice;

	memset(&choice, 0, sizeof choice);
	front.look_ms = 5000;
	front.wait_ms = 10000;
	front.look_size = 16384;
	front.most = 20000;
	front.spare = -1;
	read_options(argc, argv, &choice);
	read_config(&choice);
	if (choice.check) {
		printf("ok: %lu rules, %lu workers\n",
		    (unsigned long)front.config.nrules,
		    (unsigned long)front.config.nworkers);
		return 0;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	inherit_listeners();
	open_listeners(&choice.sockets);
	if (front.nlisteners == 0)
		usage_error("nothing to listen on: --listen ADDR, a listen "
		    "line in the configuration, or LISTEN_FDS");
	if (choice.user != NULL)
		become(choice.user);
	fit_limits();
	start_loop(choice.log);
	run();
	return 0;
}
