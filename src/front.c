/* SPDX-License-Identifier: 0BSD */
/*
 * front.c - fdferry front: accept, look, pass on.
 *
 * Each connection is looked at with MSG_PEEK until a rule decides, then its
 * descriptor goes to a worker over that worker's Unix socket. No byte is
 * read or written here, O_NONBLOCK stays clear (it would travel along), and
 * shutdown() is never called. Waiting for more bytes is edge-triggered: a
 * level-triggered peek would spin.
 */
#include "../lib/detect.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"
#include "fdferry.h"
#include "rule.h"
#include "sniff.h"

#define LOOKS_MOST 64
#define RETRY_FIRST_MS 50
#define RETRY_MOST_MS 2000
#define LOG_MOST 65536

enum log_form { LOG_TEXT, LOG_JSON, LOG_NONE };

struct listener {
	int fd;
	char name[64];
	struct event *event;
};

struct link {			/* our connection to one worker */
	const struct worker *worker;
	struct event *event;	/* end of file */
	struct event *ready;	/* room again, or time to connect again */
	int fd;			/* -1: down */
	int full;
	int retry_ms;
};

struct conn {
	TAILQ_ENTRY(conn) entry;
	struct event *event;	/* bytes, or the end of the look */
	struct event *timer;	/* the end of waiting for a worker */
	const struct listener *listener;
	const struct rule *rule;	/* NULL: the default */
	struct seen seen;
	struct timespec since;
	struct fdferry_addr peer;
	struct fdferry_addr local;
	int fd;
	int looks;
	int waiting;		/* decided; no worker has taken it yet */
};
TAILQ_HEAD(conns, conn);

static struct {
	struct event_base *base;
	struct config config;
	struct listener *listeners;
	size_t nlisteners;
	struct link *links;
	size_t nlinks;
	struct conns looking, waiting;
	struct uidlist allowed;
	struct timeval look_time, wait_time;
	size_t look_size;
	unsigned char *look;	/* one buffer for all: peeked afresh each time */
	long held, most, per_source;
	int paused, draining;
	enum log_form log;
	char logged[LOG_MOST];
	size_t nlogged;
	unsigned long dropped;
	struct event *log_ready;
	struct event *resume;	/* accepting again after a pause */
} front;

/* ------------------------------------------------ logging --------------- */

/* Write what standard error takes now; a pipe that polls writable takes a
   PIPE_BUF without blocking. */
static void
log_flush(void)
{
	struct pollfd p;
	ssize_t n;
	size_t piece;

	p.fd = 2;
	p.events = POLLOUT;
	while (front.nlogged > 0 && poll(&p, 1, 0) == 1) {
		piece = front.nlogged < 512 ? front.nlogged : 512;
		n = write(2, front.logged, piece);
		if (n <= 0)
			break;
		front.nlogged -= (size_t)n;
		memmove(front.logged, front.logged + n, front.nlogged);
	}
}

static void
on_log(evutil_socket_t fd, short what, void *arg)
{
	struct timeval soon = { 0, 50000 };

	(void)fd;
	(void)what;
	(void)arg;
	log_flush();
	if (front.nlogged > 0)
		(void)event_add(front.log_ready, &soon);
}

static void
log_line(const char *line, size_t len)
{
	if (front.nlogged + len > sizeof front.logged) {
		front.dropped++;
		return;
	}
	memcpy(front.logged + front.nlogged, line, len);
	front.nlogged += len;
	on_log(2, 0, NULL);
}

static unsigned long
milliseconds_since(const struct timespec *then)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (unsigned long)((now.tv_sec - then->tv_sec) * 1000
	    + (now.tv_nsec - then->tv_nsec) / 1000000);
}

static void
log_conn(const struct conn *c, const char *event, const char *worker)
{
	char *line = NULL, when[40], inode[32];
	const char *rule = c->rule != NULL ? c->rule->name : "default";
	size_t len = 0;
	struct stat st;
	time_t now = time(NULL);
	FILE *f;

	if (front.log == LOG_NONE || (f = open_memstream(&line, &len)) == NULL)
		return;
	(void)strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
	inode[0] = '\0';
	if (fstat(c->fd, &st) == 0)
		(void)snprintf(inode, sizeof inode, "%llu",
		    (unsigned long long)st.st_ino);
	if (front.log == LOG_JSON) {
		fprintf(f, "{\"time\":\"%s\",\"event\":\"%s\",\"rule\":", when,
		    event);
		print_json_string(f, rule);
		fputs(",\"worker\":", f);
		print_json_string(f, worker);
		fputs(",\"peer\":", f);
		print_json_string(f, c->peer.text);
		fputs(",\"local\":", f);
		print_json_string(f, c->local.text);
		fputs(",\"seen\":", f);
		print_json_string(f, seen_text(&c->seen));
		fprintf(f, ",\"looked_ms\":%lu,\"inode\":\"%s\",\"dropped\":%lu}\n",
		    milliseconds_since(&c->since), inode, front.dropped);
	} else {
		fprintf(f, "%s %s rule=%s worker=%s peer=%s seen=", when, event,
		    rule, worker, c->peer.text);
		print_json_string(f, seen_text(&c->seen));
		fprintf(f, " ms=%lu inode=%s\n", milliseconds_since(&c->since),
		    inode);
	}
	(void)fclose(f);
	log_line(line, len);
	free(line);
}

/* ------------------------------------------------ connections ----------- */

static void accept_again(void);

/* Our registration first: it belongs to the description, not to our copy. */
static void
conn_end(struct conn *c)
{
	TAILQ_REMOVE(c->waiting ? &front.waiting : &front.looking, c, entry);
	if (c->event != NULL)
		event_free(c->event);
	if (c->timer != NULL)
		event_free(c->timer);
	(void)close(c->fd);
	free(c);
	front.held--;
	accept_again();
}

static void
conn_drop(struct conn *c, const char *event)
{
	log_conn(c, event, "-");
	conn_end(c);
}

/* ------------------------------------------------ workers --------------- */

static void link_down(struct link *l);

/* 1: the kernel took it; 0: not now or not here. */
static int
link_send(struct link *l, const struct conn *c)
{
	struct timeval soon = { 0, 20000 };
	struct fdferry_result r;

	if (l->fd < 0 || l->full)
		return 0;
	r.size = sizeof r;
	if (fdferry_send_fd(l->fd, c->fd, FDFERRY_NONBLOCK, NULL, &r) == 0)
		return 1;
	if (r.error == EAGAIN || r.error == ETOOMANYREFS) {
		/* Room comes back without an event we could trust (it is a
		   limit per user, too): look again soon. */
		l->full = 1;
		(void)event_add(l->ready, &soon);
	} else
		link_down(l);
	return 0;
}

static struct link *
link_of(const char *name)
{
	size_t i;

	for (i = 0; i < front.nlinks; i++)
		if (strcmp(front.links[i].worker->name, name) == 0)
			return &front.links[i];
	return NULL;
}

static const char *
send_to_any(const struct conn *c, char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (link_send(link_of(names[i]), c))
			return names[i];
	return NULL;
}

/* The rule's workers in order, then the default's. */
static int
try_to_pass(struct conn *c)
{
	const char *to = NULL;

	if (c->rule != NULL)
		to = send_to_any(c, c->rule->workers, c->rule->nworkers);
	if (to == NULL)
		to = send_to_any(c, front.config.defaults,
		    front.config.ndefaults);
	if (to == NULL)
		return 0;
	log_conn(c, "delivered", to);
	conn_end(c);
	return 1;
}

static void
pass_waiting(void)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&front.waiting); c != NULL; c = next) {
		next = TAILQ_NEXT(c, entry);
		(void)try_to_pass(c);
	}
}

static void
on_link_eof(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;
	char byte[64];
	ssize_t n = recv(fd, byte, sizeof byte, MSG_DONTWAIT);

	(void)what;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		link_down(l);
}

static void
link_up(struct link *l)
{
	char err[256];
	struct addr addr;
	int fd;

	if (addr_parse(l->worker->path, &addr, 0, err, sizeof err) < 0
	    || (fd = connect_to(&addr, 1000, err, sizeof err)) < 0)
		return;
	if (!peer_allowed(fd, &front.allowed)) {
		fprintf(stderr, "fdferry front: worker %s runs as another user; "
		    "--allow-uid UID would accept it\n", l->worker->name);
		(void)close(fd);
		return;
	}
	l->fd = fd;
	l->full = 0;
	l->retry_ms = RETRY_FIRST_MS;
	l->event = event_new(front.base, fd, EV_READ | EV_PERSIST, on_link_eof,
	    l);
	(void)event_add(l->event, NULL);
}

static void
link_retry(struct link *l)
{
	struct timeval in;

	in.tv_sec = l->retry_ms / 1000;
	in.tv_usec = l->retry_ms % 1000 * 1000;
	(void)event_add(l->ready, &in);
	l->retry_ms = l->retry_ms * 2 > RETRY_MOST_MS ? RETRY_MOST_MS
	    : l->retry_ms * 2;
}

static void
link_down(struct link *l)
{
	if (l->fd < 0)
		return;
	event_free(l->event);
	(void)close(l->fd);
	l->fd = -1;
	link_retry(l);
}

static void
on_link_ready(evutil_socket_t fd, short what, void *arg)
{
	struct link *l = arg;

	(void)fd;
	(void)what;
	l->full = 0;
	if (l->fd < 0)
		link_up(l);
	if (l->fd < 0)
		link_retry(l);
	else
		pass_waiting();
}

/* ------------------------------------------------ looking --------------- */

static void
decided(struct conn *c, const struct rule *rule)
{
	c->rule = rule;
	if (c->event != NULL) {
		event_free(c->event);
		c->event = NULL;
	}
	if (try_to_pass(c))
		return;
	TAILQ_REMOVE(&front.looking, c, entry);
	c->waiting = 1;
	TAILQ_INSERT_TAIL(&front.waiting, c, entry);
	(void)event_add(c->timer, &front.wait_time);
}

/* Nothing more will come: end of file behind what is queued. */
static int
finished(int fd)
{
#ifdef POLLRDHUP
	struct pollfd p;

	p.fd = fd;
	p.events = POLLRDHUP;
	return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP));
#else
	(void)fd;
	return 0;
#endif
}

/* Returns whether `c` is still to be looked at; else it may be gone. */
static int
look(struct conn *c, int last)
{
	struct conn_facts facts;
	const struct rule *rule;
	ssize_t n = 0;
	int more = 0;

	memset(&facts, 0, sizeof facts);
	facts.peer = (const struct sockaddr *)(const void *)&c->peer.at;
	facts.peerlen = (socklen_t)c->peer.len;
	facts.local = (const struct sockaddr *)(const void *)&c->local.at;
	facts.locallen = (socklen_t)c->local.len;
	facts.listener = c->listener->name;
	if (c->looks > 0) {
		n = recv(c->fd, front.look, front.look_size,
		    MSG_PEEK | MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			conn_drop(c, "gone");
			return 0;
		}
		if (n == 0)
			last = 1;
	}
	facts.data = front.look;
	facts.n = n > 0 ? (size_t)n : 0;
	facts.final = last || c->looks >= LOOKS_MOST
	    || facts.n >= front.look_size || (c->looks > 0 && finished(c->fd));
	c->looks++;
	rule = config_decide(&front.config, &facts, &c->seen, &more);
	if (more)
		return 1;
	decided(c, rule);
	return 0;
}

static void
on_bytes(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)look(arg, 0);
}

/* The look, or the wait for a worker, has lasted long enough. */
static void
on_time(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (c->waiting)
		conn_drop(c, "refused");
	else
		(void)look(c, 1);
}

static long
from_same_source(const struct conn *c)
{
	const struct conn *other;
	size_t host = strcspn(c->peer.text, "]");
	long n = 0;

	if (c->peer.text[0] != '[')
		host = strcspn(c->peer.text, ":");
	TAILQ_FOREACH(other, &front.looking, entry)
		if (strncmp(other->peer.text, c->peer.text, host) == 0
		    && (other->peer.text[host] == ':'
		    || other->peer.text[host] == ']'))
			n++;
	return n;
}

static void
welcome(int fd, const struct listener *from)
{
	struct fdferry_info info;
	struct conn *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)close(fd);
		return;
	}
	info.size = sizeof info;
	if (fdferry_describe(fd, &info) == 0) {
		c->peer = info.peer;
		c->local = info.local;
	}
	c->fd = fd;
	c->listener = from;
	c->timer = evtimer_new(front.base, on_time, c);
	if (c->timer == NULL) {
		(void)close(fd);
		free(c);
		return;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &c->since);
	TAILQ_INSERT_TAIL(&front.looking, c, entry);
	front.held++;
	if (front.per_source > 0 && from_same_source(c) > front.per_source) {
		conn_drop(c, "refused");
		return;
	}
	/* The first look has no bytes: rules on addresses decide at once. */
	if (!look(c, 0))
		return;
	c->event = event_new(front.base, fd, EV_READ | EV_ET | EV_PERSIST,
	    on_bytes, c);
	if (c->event == NULL || event_add(c->event, NULL) < 0
	    || event_add(c->timer, &front.look_time) < 0)
		(void)look(c, 1);
}

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	const struct listener *l = arg;
	struct timeval soon = { 0, 100000 };
	struct conn *oldest;
	int fd, i;

	(void)what;
	for (i = 0; i < 64 && !front.paused; i++) {
		if (front.held >= front.most) {
			/* Decide the oldest now rather than starve the rest. */
			oldest = TAILQ_FIRST(&front.looking);
			if (oldest != NULL)
				(void)look(oldest, 1);
			if (front.held >= front.most) {
				front.paused = 1;
				break;
			}
		}
		fd = accept(sock, NULL, NULL);
		if (fd < 0) {
			if (errno == EMFILE || errno == ENFILE)
				front.paused = 1;
			break;
		}
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		/* BSDs pass O_NONBLOCK on from the listener. */
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
		welcome(fd, l);
	}
	if (front.paused) {
		/* Nothing is lost: the kernel's backlog holds them. */
		for (i = 0; i < (int)front.nlisteners; i++)
			(void)event_del(front.listeners[i].event);
		(void)event_add(front.resume, &soon);
	}
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	accept_again();
}

/* A descriptor is free again, or may be. */
static void
accept_again(void)
{
	size_t i;

	if (front.draining) {
		if (front.held == 0)
			(void)event_base_loopexit(front.base, NULL);
		return;
	}
	if (!front.paused)
		return;
	front.paused = 0;
	for (i = 0; i < front.nlisteners; i++)
		(void)event_add(front.listeners[i].event, NULL);
}

static void
on_term(evutil_socket_t sig, short what, void *arg)
{
	size_t i;

	(void)sig;
	(void)what;
	(void)arg;
	if (front.draining) {
		(void)event_base_loopbreak(front.base);
		return;
	}
	front.draining = 1;
	for (i = 0; i < front.nlisteners; i++) {
		event_free(front.listeners[i].event);
		(void)close(front.listeners[i].fd);
	}
	accept_again();
}

/* ------------------------------------------------ start ----------------- */

static void
add_listener(int fd, const char *name)
{
	struct listener *l;
	struct fdferry_info info;

	front.listeners = realloc(front.listeners,
	    (front.nlisteners + 1) * sizeof *front.listeners);
	if (front.listeners == NULL)
		die(1, "out of memory");
	l = &front.listeners[front.nlisteners++];
	memset(l, 0, sizeof *l);
	l->fd = fd;
	(void)snprintf(l->name, sizeof l->name, "%s", name);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	info.size = sizeof info;
	if (fdferry_describe(fd, &info) == 0)
		fprintf(stderr, "listening %s\n", info.local.text);
}

/* Sockets handed over by a service manager: LISTEN_FDS and its companions. */
static void
inherit_listeners(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	struct fdferry_info info;
	char name[64];
	size_t len;
	int i, n;

	if (pid == NULL || fds == NULL || atol(pid) != (long)getpid())
		return;
	n = atoi(fds);
	for (i = 0; i < n; i++) {
		info.size = sizeof info;
		if (fdferry_describe(3 + i, &info) < 0 || info.listening != 1
		    || info.type != SOCK_STREAM)
			die(2, "LISTEN_FDS=%s: descriptor %d is not a "
			    "listening stream socket", fds, 3 + i);
		len = names != NULL ? strcspn(names, ":") : 0;
		(void)snprintf(name, sizeof name, "%.*s",
		    (int)(len < 63 ? len : 63), names != NULL ? names : "");
		if (names != NULL)
			names += names[len] == ':' ? len + 1 : len;
		add_listener(3 + i, name);
	}
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
}

static void
raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static void
run(void)
{
	struct event_config *how = event_config_new();
	struct event *term, *intr;
	size_t i;

	(void)signal(SIGPIPE, SIG_IGN);
	/* Edge triggers exist in epoll and kqueue. */
	(void)event_config_require_features(how, EV_FEATURE_ET);
	front.base = event_base_new_with_config(how);
	if (front.base == NULL)
		die(1, "no event loop with edge triggers on this system");
	event_config_free(how);
	TAILQ_INIT(&front.looking);
	TAILQ_INIT(&front.waiting);
	front.log_ready = evtimer_new(front.base, on_log, NULL);
	front.resume = evtimer_new(front.base, on_resume, NULL);
	front.nlinks = front.config.nworkers;
	front.links = calloc(front.nlinks, sizeof *front.links);
	front.look = malloc(front.look_size);
	if (front.links == NULL || front.look == NULL)
		die(1, "out of memory");
	for (i = 0; i < front.nlinks; i++) {
		front.links[i].worker = &front.config.workers[i];
		front.links[i].fd = -1;
		front.links[i].retry_ms = RETRY_FIRST_MS;
		front.links[i].ready = evtimer_new(front.base, on_link_ready,
		    &front.links[i]);
		link_up(&front.links[i]);
		if (front.links[i].fd < 0)
			link_retry(&front.links[i]);
	}
	for (i = 0; i < front.nlisteners; i++) {
		front.listeners[i].event = event_new(front.base,
		    front.listeners[i].fd, EV_READ | EV_PERSIST, on_accept,
		    &front.listeners[i]);
		(void)event_add(front.listeners[i].event, NULL);
	}
	term = evsignal_new(front.base, SIGTERM, on_term, NULL);
	intr = evsignal_new(front.base, SIGINT, on_term, NULL);
	(void)event_add(term, NULL);
	(void)event_add(intr, NULL);
	(void)event_base_dispatch(front.base);
	log_flush();
}

static const char help[] =
"Usage: fdferry front [OPTION]...\n"
"Accept connections, look at each without reading it, and pass it to the\n"
"worker that suits it.\n\n"
"  --listen ADDR          127.0.0.1:80, [::1]:80, unix:PATH, @NAME; sockets\n"
"                         in LISTEN_FDS are taken as well\n"
"  --worker NAME=SOCKET   where a worker listens\n"
"  --rule 'NAME: key=value ... -> WORKER[, WORKER]'\n"
"                         the first rule that matches wins\n"
"  --default WORKER       for all others\n"
"  --config FILE          the same from a file, see fdferry.conf(5)\n"
"  --check                only check rules and configuration\n"
"  --look-time SECONDS    then the default decides (5)\n"
"  --look-size BYTES      most bytes looked at (16384)\n"
"  --wait SECONDS         for a worker, if none is there (10)\n"
"  --max-waiting N        connections held at a time (20000)\n"
"  --max-per-source N     of them from one address (no limit)\n"
"  --log text|json|none   one line per connection, standard error (text)\n"
"  --mode MODE --owner USER[:GROUP]  of Unix sockets made here (0600)\n"
"  --allow-uid UID        accept workers of this user too\n"
"SIGTERM: accept no more, pass on what is held, end.\n";

static const struct option options[] = {
	{ "help", no_argument, NULL, 'h' },
	{ "listen", required_argument, NULL, 'l' },
	{ "worker", required_argument, NULL, 'w' },
	{ "rule", required_argument, NULL, 'r' },
	{ "default", required_argument, NULL, 'd' },
	{ "config", required_argument, NULL, 'f' },
	{ "check", no_argument, NULL, 'c' },
	{ "look-time", required_argument, NULL, 't' },
	{ "look-size", required_argument, NULL, 's' },
	{ "wait", required_argument, NULL, 'W' },
	{ "max-waiting", required_argument, NULL, 'M' },
	{ "max-per-source", required_argument, NULL, 'p' },
	{ "log", required_argument, NULL, 'L' },
	{ "mode", required_argument, NULL, 'm' },
	{ "owner", required_argument, NULL, 'o' },
	{ "allow-uid", required_argument, NULL, 'u' },
	{ NULL, 0, NULL, 0 }
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

int
verb_front(int argc, char **argv)
{
	struct listen_opts how;
	struct addr addr;
	const char *file = NULL;
	char err[512];
	size_t i;
	int c, check = 0, ruled = 0, bad = 0, fd;

	memset(&how, 0, sizeof how);
	front.look_time.tv_sec = 5;
	front.wait_time.tv_sec = 10;
	front.look_size = 16384;
	front.most = 20000;
	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			fputs(help, stdout);
			return 0;
		case 'l':
			bad = config_listen(&front.config, optarg, "--listen", 0,
			    err, sizeof err);
			break;
		case 'w':
			ruled = 1;
			bad = config_worker(&front.config, optarg, "--worker", 0,
			    err, sizeof err);
			break;
		case 'r':
			ruled = 1;
			bad = config_rule(&front.config, optarg, "--rule", 0,
			    err, sizeof err);
			break;
		case 'd':
			ruled = 1;
			bad = config_default(&front.config, optarg, "--default",
			    0, err, sizeof err);
			break;
		case 'f':
			file = optarg;
			break;
		case 'c':
			check = 1;
			break;
		case 't':
			front.look_time.tv_sec = number_arg("--look-time",
			    optarg, 1, 3600);
			break;
		case 's':
			front.look_size = (size_t)number_arg("--look-size",
			    optarg, 64, 1048576);
			break;
		case 'W':
			front.wait_time.tv_sec = number_arg("--wait", optarg, 1,
			    3600);
			break;
		case 'M':
			front.most = number_arg("--max-waiting", optarg, 1,
			    10000000);
			break;
		case 'p':
			front.per_source = number_arg("--max-per-source",
			    optarg, 1, 10000000);
			break;
		case 'L':
			front.log = log_arg(optarg);
			break;
		case 'm':
			mode_arg("--mode", optarg, &how);
			break;
		case 'o':
			how.owner = optarg;
			break;
		case 'u':
			uid_arg("--allow-uid", optarg, &front.allowed);
			break;
		default:
			usage_error("unknown option, see --help");
		}
		if (bad != 0)
			usage_error("%s", err);
	}
	if (optind < argc)
		usage_error("%s: unexpected, all is said by options",
		    argv[optind]);
	if (file != NULL && ruled)
		usage_error("--config and rules by option exclude each other");
	if (file != NULL && config_file(&front.config, file, err, sizeof err))
		usage_error("%s", err);
	if (config_check(&front.config, err, sizeof err))
		usage_error("%s", err);
	if (check) {
		printf("ok: %zu rules, %zu workers\n", front.config.nrules,
		    front.config.nworkers);
		return 0;
	}
	inherit_listeners();
	for (i = 0; i < front.config.nlistens; i++) {
		if (addr_parse(front.config.listens[i], &addr, 1, err,
		    sizeof err) < 0)
			usage_error("%s", err);
		fd = listen_on(&addr, &how, err, sizeof err);
		if (fd < 0)
			die(1, "%s", err);
		add_listener(fd, "");
	}
	if (front.nlisteners == 0)
		usage_error("--listen ADDR is needed, or sockets in LISTEN_FDS");
	raise_descriptor_limit();
	run();
	return 0;
}
