/* SPDX-License-Identifier: 0BSD */
/*
 * connections.c - one connection: accept, look, decide, pass or wait.
 *
 * A look is recv(MSG_PEEK | MSG_DONTWAIT): no byte is taken, O_NONBLOCK stays
 * clear (it would travel with the description), shutdown() is never called.
 * After a look that decides nothing we wait for *more* bytes: by an edge
 * where the loop has edge triggers, else by growing pauses. A level trigger
 * would report the bytes that are still there for ever.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#if FDFERRY_HAVE_KQUEUE
# include <sys/event.h>
# include <sys/time.h>
#endif

#include "front.h"

#define LOOKS_MOST 64
#define ACCEPTS_MOST 64		/* in one round of the loop */
#define PAUSE_MS 100
#define BACKOFF_FIRST_MS 5
#define BACKOFF_MOST_MS 500

/* ------------------------------------------------ lists and time -------- */

struct timeval
interval(long ms)
{
	struct timeval t;

	t.tv_sec = ms / 1000;
	t.tv_usec = ms % 1000 * 1000;
	return t;
}

long
ms_since(const struct timespec *then)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)(now.tv_sec - then->tv_sec) * 1000
	    + (now.tv_nsec - then->tv_nsec) / 1000000;
}

static struct conns *
list_of(const struct conn *c)
{
	if (c->state == WAITING)
		return &front.waiting;
	return c->state == OFFERED ? &front.offered : &front.looking;
}

/* Behind all that are as old: mostly the last. */
static void
enlist(struct conn *c, enum conn_state state)
{
	struct conns *list;
	struct conn *at;

	c->state = state;
	list = list_of(c);
	at = list->last;
	while (at != NULL && (at->since.tv_sec > c->since.tv_sec
	    || (at->since.tv_sec == c->since.tv_sec
	    && at->since.tv_nsec > c->since.tv_nsec)))
		at = at->prev;
	c->prev = at;
	c->next = at != NULL ? at->next : list->first;
	if (c->prev != NULL)
		c->prev->next = c;
	else
		list->first = c;
	if (c->next != NULL)
		c->next->prev = c;
	else
		list->last = c;
	list->n++;
}

static void
unlist(struct conn *c)
{
	struct conns *list = list_of(c);

	if (c->prev != NULL)
		c->prev->next = c->next;
	else
		list->first = c->next;
	if (c->next != NULL)
		c->next->prev = c->prev;
	else
		list->last = c->prev;
	list->n--;
}

/* All of a list have the same time: its oldest needs the one timer. `came`
   is new in it, and may be the oldest: from another front, or back from a
   worker. */
static void
watch_oldest(struct conns *list, const struct conn *came,
    struct event *timer, long ms)
{
	struct timeval in;
	long left;

	if (list->first == NULL || (list->first != came
	    && event_pending(timer, EV_TIMEOUT, NULL)))
		return;
	left = ms - ms_since(&list->first->since);
	in = interval(left > 0 ? left : 0);
	(void)event_add(timer, &in);
}

long
conns_held(void)
{
	return front.looking.n + front.waiting.n + front.offered.n;
}

const struct sockaddr *
conn_local(const struct conn *c, socklen_t *len)
{
	if (c->local.sa.sa_family != AF_UNIX) {
		*len = c->locallen;
		return &c->local.sa;
	}
	*len = c->listener->at.len;
	return (const struct sockaddr *)&c->listener->at.ss;
}

/* ------------------------------------------------ the end of one -------- */

/*
 * Our registration first: it belongs to the description, which lives on in
 * the worker, and would go on reporting events for a number we have reused.
 */
static void
conn_end(struct conn *c)
{
	unlist(c);
	if (c->event != NULL)
		event_free(c->event);
	if (front.per_source > 0)
		source_remove(&c->peer.sa);
	(void)close(c->fd);
	listener_drop(c->listener);
	rules_drop(c->rules);
	free(c->seen);
	free(c);
	conns_accept_again();
}

static void
conn_drop(struct conn *c, enum count how, const struct seen *seen)
{
	conn_log(c, how, NULL, seen);
	conn_end(c);
}

/* ------------------------------------------------ passing --------------- */

/* It can take a while yet: keep what the log will say. */
static void
keep(struct conn *c, const struct seen *seen)
{
	if (c->seen != NULL)
		return;
	c->seen = malloc(sizeof *c->seen);	/* NULL: not in the log then */
	if (c->seen != NULL)
		*c->seen = *seen;
}

static enum count
done_by(const struct link *l)
{
	return l->wire == &wire_exec ? COUNT_STARTED : COUNT_DELIVERED;
}

/*
 * The rule's workers in order. If all of them are gone, the default's; if
 * one is only busy, it will take the connection soon, and --overflow says
 * what to do until then. Returns whether `c` is no longer ours to place.
 */
static int
try_to_pass(struct conn *c, const struct seen *seen)
{
	struct link *to = NULL;
	enum passed passed = PASS_NO;
	int busy = 0;

	if (c->rule != NULL)
		to = links_pass(c, c->rule->workers, c->rule->nworkers, seen,
		    &passed, &busy);
	if (to == NULL && (!busy || front.overflow == OVERFLOW_DEFAULT))
		to = links_pass(c, c->rules->config.defaults,
		    c->rules->config.ndefaults, seen, &passed, &busy);
	if (to == NULL && busy && front.overflow == OVERFLOW_REFUSE) {
		conn_drop(c, COUNT_QUEUE, seen);
		return 1;
	}
	if (to == NULL)
		return 0;
	if (passed == PASS_DONE) {
		conn_log(c, done_by(to), to->name, seen);
		conn_end(c);
		return 1;
	}
	keep(c, seen);
	unlist(c);
	enlist(c, OFFERED);
	return 1;
}

static void
wait_for_worker(struct conn *c)
{
	if (front.waiting.n >= front.most_queued) {
		conn_drop(c, COUNT_QUEUE, c->seen);
		return;
	}
	unlist(c);
	enlist(c, WAITING);
	watch_oldest(&front.waiting, c, front.end_wait, front.wait_ms);
}

void
conns_pass_waiting(void)
{
	struct conn *c, *next;

	for (c = front.waiting.first; c != NULL && links_usable(); c = next) {
		next = c->next;
		(void)try_to_pass(c, c->seen);
	}
}

static void
decided(struct conn *c, const struct rule *rule, const struct seen *seen)
{
	c->rule = rule;
	c->looked_ms = (unsigned long long)ms_since(&c->since);
	if (c->event != NULL) {
		event_free(c->event);
		c->event = NULL;
	}
	/* Offered or waiting, its time begins here, and only once. */
	(void)clock_gettime(CLOCK_MONOTONIC, &c->since);
	if (try_to_pass(c, seen))
		return;
	keep(c, seen);
	wait_for_worker(c);
}

void
conn_taken(struct conn *c)
{
	conn_log(c, COUNT_ACKNOWLEDGED, c->link->name, c->seen);
	conn_end(c);
}

/* The next worker, or again a wait, of which the end is not moved. */
void
conn_back(struct conn *c)
{
	if (!try_to_pass(c, c->seen))
		wait_for_worker(c);
}

void
conn_doubt(struct conn *c)
{
	conn_log(c, COUNT_DOUBT, c->link != NULL ? c->link->name : NULL,
	    c->seen);
	conn_end(c);
}

void
conn_offered(struct conn *c)
{
	if (c->event != NULL)
		event_free(c->event);
	c->event = NULL;
	c->link = NULL;		/* of no worker that had refused it */
	unlist(c);
	enlist(c, OFFERED);
}

void
conn_moved(struct conn *c)
{
	conn_log(c, COUNT_MOVED, NULL, c->seen);
	conn_end(c);
}

/* ------------------------------------------------ looking --------------- */

/*
 * Has the client finished, behind the bytes that are queued? Then no more
 * will come. Where the system does not tell, the time to look ends it.
 */
#ifdef POLLRDHUP
static int
finished(int fd)
{
	struct pollfd p;

	p.fd = fd;
	p.events = POLLRDHUP;
	return poll(&p, 1, 0) == 1
	    && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}
#elif FDFERRY_HAVE_KQUEUE
static int
finished(int fd)
{
	static const struct timespec now = { 0, 0 };
	struct kevent ask, answer;
	int kq = kqueue(), n;

	if (kq < 0)
		return 0;
	EV_SET(&ask, fd, EVFILT_READ, EV_ADD | EV_ONESHOT, 0, 0, 0);
	n = kevent(kq, &ask, 1, &answer, 1, &now);
	(void)close(kq);
	return n == 1 && (answer.flags & EV_EOF) != 0;
}
#else
static int
finished(int fd)
{
	(void)fd;
	return 0;
}
#endif

/* Without the flag poll() is asked first: nobody else reads from `fd`. */
#if FDFERRY_HAVE_MSG_DONTWAIT
# define LOOK_FLAGS (MSG_PEEK | MSG_DONTWAIT)
# define something_there(fd) 1
#else
# define LOOK_FLAGS MSG_PEEK
static int
something_there(int fd)
{
	struct pollfd p;

	p.fd = fd;
	p.events = POLLIN;
	p.revents = 0;
	return poll(&p, 1, 0) > 0;
}
#endif

/* The bytes that are there: their number, 0 at the end, -1 none, -2 gone. */
static ssize_t
peek(int fd)
{
	ssize_t n;

	if (!something_there(fd))
		return -1;
	do
		n = recv(fd, front.look, front.look_size, LOOK_FLAGS);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		return -2;
	return n;
}

/* Returns whether `c` is still to be looked at; if not, it may be gone. */
static int
look(struct conn *c, int last)
{
	struct facts facts;
	struct seen seen;
	const struct rule *rule = NULL;
	ssize_t n = peek(c->fd);

	memset(&seen, 0, sizeof seen);
	if (n == -2) {
		conn_drop(c, COUNT_GONE, NULL);
		return 0;
	}
	memset(&facts, 0, sizeof facts);
	facts.peer = &c->peer.sa;
	facts.peerlen = c->peerlen;
	facts.local = conn_local(c, &facts.locallen);
	facts.listener = c->listener->name;
	facts.data = front.look;
	facts.n = n > 0 ? (size_t)n : 0;
	facts.final = last || n == 0 || ++c->looks >= LOOKS_MOST
	    || facts.n >= front.look_size
	    || (c->looks > 1 && finished(c->fd));
	if (!config_decide(&c->rules->config, &facts, &rule, &seen))
		return 1;
	decided(c, rule, &seen);
	return 0;
}

/* Without edges: the next look after a pause that grows. */
static void
look_again_later(struct conn *c)
{
	struct timeval in = interval((long)c->backoff_ms);

	c->backoff_ms *= 2;
	if (c->backoff_ms > BACKOFF_MOST_MS)
		c->backoff_ms = BACKOFF_MOST_MS;
	if (event_add(c->event, &in) < 0)
		(void)look(c, 1);
}

static void
on_bytes(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	(void)what;
	if (look(c, 0) && !front.edges)
		look_again_later(c);
}

static void
wait_for_bytes(struct conn *c)
{
	if (front.edges)
		c->event = event_new(front.base, c->fd,
		    EV_READ | EV_ET | EV_PERSIST, on_bytes, c);
	else
		c->event = evtimer_new(front.base, on_bytes, c);
	if (c->event == NULL
	    || (front.edges && event_add(c->event, NULL) < 0)) {
		(void)look(c, 1);
		return;
	}
	watch_oldest(&front.looking, c, front.end_look, front.look_ms);
	c->backoff_ms = BACKOFF_FIRST_MS;
	if (!front.edges)
		look_again_later(c);
}

void
conn_again(struct conn *c)
{
	if (c->seen != NULL) {
		conn_back(c);
		return;
	}
	unlist(c);
	enlist(c, LOOKING);
	if (look(c, 0))
		wait_for_bytes(c);
}

static void
on_end_look(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	while (front.looking.first != NULL
	    && ms_since(&front.looking.first->since) >= front.look_ms)
		(void)look(front.looking.first, 1);
	watch_oldest(&front.looking, NULL, front.end_look, front.look_ms);
}

static void
on_end_wait(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	while (front.waiting.first != NULL
	    && ms_since(&front.waiting.first->since) >= front.wait_ms)
		conn_drop(front.waiting.first, COUNT_WAIT,
		    front.waiting.first->seen);
	watch_oldest(&front.waiting, NULL, front.end_wait, front.wait_ms);
}

/* ------------------------------------------------ accepting ------------- */

static void
addresses(struct conn *c)
{
	socklen_t len = sizeof c->peer;

	if (getpeername(c->fd, &c->peer.sa, &len) == 0)
		c->peerlen = len < sizeof c->peer ? len : sizeof c->peer;
	/* Of a Unix client the family is what matters; half a path is none. */
	if (c->peer.sa.sa_family == AF_UNIX && c->peerlen == sizeof c->peer)
		c->peerlen = offsetof(struct sockaddr_un, sun_path);
	len = sizeof c->local;
	if (getsockname(c->fd, &c->local.sa, &len) == 0)
		c->locallen = len < sizeof c->local ? len : sizeof c->local;
}

/* BSDs hand the listener's O_NONBLOCK on, Linux does not. */
static void
leave_as_accepted(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (flags >= 0 && (flags & O_NONBLOCK) != 0)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

/* One more to look at; NULL: no memory, and it is closed. */
static struct conn *
conn_new(int fd, struct listener *from)
{
	struct conn *c = calloc(1, sizeof *c);

	if (c == NULL) {
		(void)close(fd);
		return NULL;
	}
	leave_as_accepted(fd);
	c->fd = fd;
	c->listener = from;
	from->users++;
	c->rules = front.rules;
	rules_hold(c->rules);
	(void)clock_gettime(CLOCK_MONOTONIC, &c->since);
	c->accepted = c->since;
	addresses(c);
	return c;
}

static void
welcome(int fd, struct listener *from)
{
	struct conn *c = conn_new(fd, from);

	if (c == NULL)
		return;
	count_accepted(0);
	enlist(c, LOOKING);
	if (front.per_source > 0
	    && source_add(&c->peer.sa) > front.per_source) {
		conn_drop(c, COUNT_SOURCE, NULL);
		return;
	}
	if (from->checked && !peer_allowed(fd, &front.allowed)) {
		conn_drop(c, COUNT_USER, NULL);
		return;
	}
	/* Often the bytes are there already, or are not needed. */
	if (look(c, 0))
		wait_for_bytes(c);
}

/* Looked at afresh, by our rules, but not for longer than was left. */
void
conns_adopt(int fd, struct listener *from, long age_ms)
{
	struct conn *c = conn_new(fd, from);

	if (c == NULL)
		return;
	count_accepted(1);
	c->since.tv_sec -= age_ms / 1000;
	c->accepted = c->since;
	enlist(c, LOOKING);
	if (front.per_source > 0)
		(void)source_add(&c->peer.sa);
	if (look(c, 0))
		wait_for_bytes(c);
}

static void
pause_accepting(void)
{
	struct timeval in = interval(PAUSE_MS);

	front.paused = 1;
	listeners_pause();
	(void)event_add(front.resume, &in);
}

/*
 * One too many: decide the oldest now, rather than keep all others out. If
 * that does not help (no worker takes it), the rest wait in the kernel.
 */
static int
make_room(void)
{
	if (conns_held() > front.most && front.looking.first != NULL)
		(void)look(front.looking.first, 1);
	if (conns_held() <= front.most)
		return 1;
	pause_accepting();
	return 0;
}

void
conns_accept(struct listener *l)
{
	int fd, i;

	for (i = 0; i < ACCEPTS_MOST; i++) {
		fd = accept(l->fd, NULL, NULL);
		if (fd >= 0) {
			welcome(fd, l);
			if (!make_room())
				return;
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
		    || errno == ENOMEM) {
			if (front.looking.first != NULL)
				(void)look(front.looking.first, 1);
			pause_accepting();
		}
		return;
	}
}

/* After a pause, or when one has ended. */
void
conns_accept_again(void)
{
	if (front.draining && conns_held() == 0) {
		(void)event_base_loopbreak(front.base);
		return;
	}
	if (!front.paused || front.draining || front.yielded
	    || conns_held() >= front.most)
		return;
	front.paused = 0;
	(void)event_del(front.resume);
	listeners_resume();
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct timeval in = interval(PAUSE_MS);

	(void)fd;
	(void)what;
	(void)arg;
	conns_accept_again();
	if (front.paused && !front.draining)
		(void)event_add(front.resume, &in);
}

void
conns_init(void)
{
	front.end_look = evtimer_new(front.base, on_end_look, NULL);
	front.end_wait = evtimer_new(front.base, on_end_wait, NULL);
	front.resume = evtimer_new(front.base, on_resume, NULL);
	front.look = malloc(front.look_size);
	if (front.end_look == NULL || front.end_wait == NULL
	    || front.resume == NULL || front.look == NULL)
		die(1, "out of memory");
}

void
conns_refuse_all(void)
{
	while (front.waiting.first != NULL)
		conn_drop(front.waiting.first, COUNT_END,
		    front.waiting.first->seen);
	while (front.looking.first != NULL)
		conn_drop(front.looking.first, COUNT_END, NULL);
}
