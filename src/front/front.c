/* SPDX-License-Identifier: 0BSD */
/*
 * front.c - fdferry front: accept, look, pass on. Options, start and end.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "front.h"
#include "loop/log.h"
#include "service/service.h"

struct choice { /* options that are not kept in `front` */
	const char *config;
	const char *user;
	const char *control, *takeover;
	int ruled; /* an option that --config excludes */
	enum log_form log;
	int check;
};

/* ------------------------------------------------ the loop -------------- */

/* The first signal: accept no more and pass on what is held; during a
   takeover, once it is settled which front serves. The second: end now. */
static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	if (front.terms++ > 0) {
		handover_force();
		(void)takeover_leave(1);
		(void)event_base_loopbreak(front.base);
		return;
	}
	notify("STOPPING=1");
	if (!takeover_leave(0) && !front.yielded)
		front_drain();
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
start_loop(enum log_form form)
{
	/* An event must leave the kernel before its descriptor is closed, so
	   libevent may not batch changes, whatever the environment says. */
	(void)unsetenv("EVENT_EPOLL_USE_CHANGELIST");
	front.base = event_base_new();
	if (front.base == NULL)
		die(1, "no event loop on this system");
	front.edges =
	    (event_base_get_features(front.base) & EV_FEATURE_ET) != 0;
	log_init(front.base, form);
}

static void
run(const struct choice *choice, int control, const struct addr *control_at)
{
	struct event *term, *intr;
	struct listener *l;
	char err[1024];

	front.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
	limits_tell();
	term = on_signal(SIGTERM);
	intr = on_signal(SIGINT);
	reload_init(choice->config);
	listeners_init();
	place_init();
	look_init();
	accept_init();
	control_init();
	if (workers_take(&front.rules->config, err, sizeof err) < 0)
		die(1, "%s", err);
	listeners_not_ours();
	for (l = front.listeners; l != NULL; l = l->next)
		listener_watch(l);
	if (control >= 0)
		control_watch(control, control_at);
	takeover_run();
	listen_serving();
	notify("READY=1\nMAINPID=%ld", (long)getpid());
	(void)event_base_dispatch(front.base);
	conns_refuse_all();
	while (front.listeners != NULL)
		listener_close(front.listeners);
	control_end();
	workers_end();
	log_finish();
	plain_end();
	log_begin("stopped");
	log_end();
	log_finish();
	event_free(term);
	event_free(intr);
}

/* ------------------------------------------------ options --------------- */

/* clang-format off */
static const char help[] =
"Usage: fdferry front [OPTION]...\n"
"Accept connections, look at each without reading it, and pass it to the\n"
"worker that suits it.\n\n"
"  --listen ADDR          127.0.0.1:80, [::1]:80, unix:PATH, @NAME, or fd:N;\n"
"                         sockets in LISTEN_FDS are taken as well\n"
"  --worker NAME=ADDR     the Unix socket where a worker listens; ack:ADDR if\n"
"                         it acknowledges; exec:CMD to run a program for each\n"
"  --pool NAME=WORKER[, WORKER]... [stay=address] [backup=WORKER[, WORKER]...]\n"
"                         workers of which the least busy one is taken, or\n"
"                         always the same for an address\n"
"  --rule 'NAME: KEY=VALUE[,VALUE]... -> WORKER[, WORKER]...'\n"
"                         the first rule that matches wins; keys: from, to,\n"
"                         listener, proxy, tls, sni, alpn, method, host,\n"
"                         path, http2, bytes; KEY!=VALUE for all but that;\n"
"                         log=none for no line; -> refuse closes\n"
"  --default WORKER[, WORKER]...\n"
"                         for all others, or refuse\n"
"  --proxy-from NETWORK[, NETWORK]...\n"
"                         believe PROXY headers from there (repeatable)\n"
"  --config FILE          all that from a file, see fdferry.conf(5); without\n"
"                         any of these, " FDFERRY_CONFIG_FILE "\n"
"  --check                check rules and configuration, start nothing\n"
"  --look-time SECONDS    then what is not known counts as no (5)\n"
"  --look-size BYTES      most bytes looked at (16384)\n"
"  --wait SECONDS         for a worker, if none is there (10)\n"
"  --ack-time SECONDS     for a worker's acknowledgement, or that of a front\n"
"                         that takes over (5)\n"
"  --max-waiting N        connections held at a time (20000)\n"
"  --max-queue N          of them decided and without a worker (no limit)\n"
"  --max-per-source N     of them from one address, or IPv6 /64 (no limit)\n"
"  --max-outstanding N    not acknowledged, for each worker (64)\n"
"  --max-children N       programs at a time (40)\n"
"  --overflow wait|default|refuse\n"
"                         while a rule's workers are busy (wait)\n"
"  --reuse-port           let other fronts listen at the same TCP ports\n"
"  --control SOCKET       for fdferry status, fdferry ctl and --takeover\n"
"  --takeover SOCKET      take all over from the front with this --control\n"
"  --log text|json|none   one line per connection, standard error (text)\n"
"  --mode MODE            permissions of Unix sockets made here (0600)\n"
"  --owner USER[:GROUP]   their owner\n"
"  --user USER[:GROUP]    whom to become after opening them\n"
"  --allow-uid UID        accept workers of this user too (repeatable)\n"
"  --help\n\n"
"SIGTERM: accept no more, pass on what is held, end. SIGHUP: read --config\n"
"again.\n";
/* clang-format on */

/* clang-format off */
static const struct opt options[] = {
	{ "listen", ARG_VALUE, 'l' },
	{ "worker", ARG_VALUE, 'w' },
	{ "pool", ARG_VALUE, 'P' },
	{ "rule", ARG_VALUE, 'r' },
	{ "default", ARG_VALUE, 'd' },
	{ "proxy-from", ARG_VALUE, 'F' },
	{ "config", ARG_VALUE, 'f' },
	{ "check", ARG_NONE, 'c' },
	{ "look-time", ARG_VALUE, 't' },
	{ "look-size", ARG_VALUE, 's' },
	{ "wait", ARG_VALUE, 'W' },
	{ "ack-time", ARG_VALUE, 'a' },
	{ "max-waiting", ARG_VALUE, 'M' },
	{ "max-queue", ARG_VALUE, 'q' },
	{ "max-per-source", ARG_VALUE, 'p' },
	{ "max-outstanding", ARG_VALUE, 'O' },
	{ "max-children", ARG_VALUE, 'C' },
	{ "overflow", ARG_VALUE, 'v' },
	{ "reuse-port", ARG_NONE, 'R' },
	{ "control", ARG_VALUE, 'k' },
	{ "takeover", ARG_VALUE, 'T' },
	{ "log", ARG_VALUE, 'L' },
	{ "mode", ARG_VALUE, 'm' },
	{ "owner", ARG_VALUE, 'o' },
	{ "user", ARG_VALUE, 'U' },
	{ "allow-uid", ARG_VALUE, 'u' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

static enum overflow
overflow_arg(const char *text)
{
	if (strcmp(text, "wait") == 0)
		return OVERFLOW_WAIT;
	if (strcmp(text, "default") == 0)
		return OVERFLOW_DEFAULT;
	if (strcmp(text, "refuse") != 0)
		usage_error("--overflow %s: use wait, default or refuse", text);
	return OVERFLOW_REFUSE;
}

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
	/* clang-format off */
	static const struct {
		int code;
		int (*add)(struct config *, const char *,
		    const struct place *, char *, size_t);
	} lines[] = {
		{ 'l', config_listen },
		{ 'w', config_worker },
		{ 'P', config_pool },
		{ 'r', config_rule },
		{ 'd', config_default },
		{ 'F', config_proxy_from }
	};
	/* clang-format on */
	struct place place;
	char err[1024];
	size_t i;

	for (i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (lines[i].code != code)
			continue;
		place.file = a->option;
		place.line = 0;
		choice->ruled = code;
		if (lines[i].add(&front.rules->config, a->value, &place, err,
			sizeof err)
		    < 0)
			usage_error("%s", err);
		return 1;
	}
	return 0;
}

static void
limit_option(int code, const struct args *a)
{
	switch (code) {
	case 't': front.look_ms = seconds_arg(a->option, a->value); break;
	case 's':
		front.look_size = (size_t)number_arg(a->option, a->value,
		    LOOK_LEAST, LOOK_MOST);
		break;
	case 'W': front.wait_ms = seconds_arg(a->option, a->value); break;
	case 'a': front.ack_ms = seconds_arg(a->option, a->value); break;
	case 'q':
		front.most_queued =
		    number_arg(a->option, a->value, 0, 10000000);
		break;
	case 'O':
		front.most_outstanding =
		    number_arg(a->option, a->value, 1, 1000000);
		break;
	case 'C':
		front.most_children =
		    number_arg(a->option, a->value, 1, 100000);
		break;
	case 'M':
		front.most_asked = number_arg(a->option, a->value, 1, 10000000);
		break;
	case 'p':
		front.per_source = number_arg(a->option, a->value, 1, 10000000);
		break;
	case 'u': uid_arg(a->option, a->value, &front.allowed); break;
	}
}

static void
reuse_port_option(const struct args *a)
{
	if (!listen_can_share())
		usage_error("%s: this system has no SO_REUSEPORT", a->option);
	front.sockets.share = 1;
}

static void
read_options(int argc, char **argv, struct choice *choice)
{
	struct listen_opts user;
	struct addr addr;
	struct args a;
	int code;

	args_init(&a, argc, argv, options, help);
	while ((code = args_next(&a)) != -1) {
		if (config_option(code, &a, choice))
			continue;
		switch (code) {
		case 'f': choice->config = a.value; break;
		case 'c': choice->check = 1; break;
		case 'L': choice->log = log_arg(a.value); break;
		case 'm': mode_arg(a.option, a.value, &front.sockets); break;
		case 'o': owner_arg(a.option, a.value, &front.sockets); break;
		case 'R': reuse_port_option(&a); break;
		case 'v': front.overflow = overflow_arg(a.value); break;
		case 'k':
			control_arg(a.option, a.value, &addr); /* as a check */
			choice->control = a.value;
			break;
		case 'T':
			control_arg(a.option, a.value, &addr);
			choice->takeover = a.value;
			break;
		case 'U':
			owner_arg(a.option, a.value, &user); /* as a check */
			choice->user = a.value;
			break;
		default: limit_option(code, &a);
		}
	}
	if (a.noperands > 0)
		usage_error("%s: not expected: all is said by options",
		    a.operands[0]);
}

/* Rules are whole, addresses can be read, programs are there. Who says nothing
   of either by options means the file of the installation. */
static void
read_config(struct choice *choice)
{
	struct config *config = &front.rules->config;
	const char *reason = "";
	char err[2048];
	int status;

	if (choice->config == NULL && choice->ruled == 0) {
		choice->config = FDFERRY_CONFIG_FILE;
		reason = " (it is read because there is neither --config "
			 "nor --worker)";
	}
	if (choice->config != NULL && choice->ruled != 0)
		usage_error(
		    "--config %s excludes --listen, --worker, --pool, "
		    "--rule, --default and --proxy-from: put them into the "
		    "file as lines",
		    choice->config);
	if (choice->config != NULL
	    && config_file(config, choice->config, err, sizeof err) < 0)
		usage_error("%s%s", err, reason);
	if (config_check(config, err, sizeof err) < 0)
		usage_error("%s", err);
	if (listeners_check(config, err, sizeof err) < 0)
		usage_error("%s", err);
	status = workers_check(config, err, sizeof err);
	if (status == 2)
		usage_error("%s", err);
	if (status != 0)
		die(status, "%s", err);
}

static void
defaults(void)
{
	front.rules = calloc(1, sizeof *front.rules);
	if (front.rules == NULL)
		die(1, "out of memory");
	front.rules->users = 1;
	front.look_ms = 5000;
	front.wait_ms = 10000;
	front.ack_ms = 5000;
	front.look_size = 16384;
	front.most_asked = 20000;
	front.most_queued = LONG_MAX;
	front.most_outstanding = 64;
	front.most_children = 40;
	front.spare = -1;
}

/* From a service manager, from a front before us, and by address. */
static void
open_listeners(const struct choice *choice)
{
	const struct config *config = &front.rules->config;
	char err[2048];

	listeners_inherit();
	listeners_given(config, choice->takeover != NULL);
	if (choice->takeover != NULL)
		takeover_begin(choice->takeover);
	if (listeners_open(config, err, sizeof err) < 0)
		die(1, "%s", err);
	if (front.listeners == NULL)
		listeners_none();
}

/* --control at another place than --takeover: opened before anything is asked
   of the other front. */
static void
open_other_control(const struct choice *choice)
{
	struct addr at;

	if (choice->control == NULL || choice->takeover == NULL)
		return;
	control_arg("--control", choice->control, &at);
	if (!takeover_at(choice->takeover, &at))
		takeover_control(control_open(choice->control, &at), &at);
}

int
verb_front(int argc, char **argv)
{
	struct choice choice;
	struct addr control_at;
	int control = -1;

	memset(&choice, 0, sizeof choice);
	memset(&control_at, 0, sizeof control_at);
	defaults();
	read_options(argc, argv, &choice);
	read_config(&choice);
	if (choice.check) {
		printf("ok: %lu rules, %lu workers\n",
		    (unsigned long)front.rules->config.nrules,
		    (unsigned long)front.rules->config.nworkers);
		return 0;
	}
	need_backend(1);
	ignore_write_signals();
	unlisten_on_signals();
	(void)raise_descriptor_limit();
	open_other_control(&choice);
	open_listeners(&choice);
	if (choice.takeover == NULL && choice.control != NULL)
		control = control_open(choice.control, &control_at);
	if (choice.user != NULL)
		become(choice.user);
	if (!limits_fit())
		die(1,
		    "the limit of open descriptors (ulimit -n) leaves none "
		    "for connections");
	start_loop(choice.log);
	run(&choice, control, &control_at);
	return front.status;
}
