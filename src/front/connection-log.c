/* SPDX-License-Identifier: 0BSD */
/*
 * connection-log.c - what is told of one connection: a line when its fate is
 * known, and what goes with it to a worker or a program.
 */
#include "../../lib/detect.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "seats.h"
#include "loop/log.h"

/* ------------------------------------------------ one line -------------- */

static void
log_address(const char *key, const struct sockaddr *addr, socklen_t len)
{
	char text[512];

	(void)fdferry_addr_text(addr, len, text, sizeof text);
	log_text(key, text[0] != '\0' ? text : "unix");
}

static void
log_seen(const struct recognised *recognised)
{
	log_text("seen", recognised_name(recognised->what));
	if (recognised->method[0] != '\0')
		log_text("method", recognised->method);
	if (recognised->name[0] != '\0')
		log_text("name", recognised->name);
	if (recognised->path[0] != '\0')
		log_text("path", recognised->path);
	if (recognised->alpn[0] != '\0')
		log_text("alpn", recognised->alpn);
	if (recognised->undecided != NULL) {
		log_text("undecided", recognised->undecided->name);
		log_text("ended", look_end_name(recognised->ended));
	}
}

static const char *
rule_name(const struct connection *c)
{
	return c->rule != NULL ? c->rule->name : "default";
}

/* One that was passed at once has waited for nothing, and no clock is read. */
static struct spent
spent_of(const struct connection *c)
{
	struct spent s = { 0, 0 };
	long ms;

	if (!c->decided || c->state == LOOKING)
		return s;
	ms = ms_since(&c->since);
	s.waited_ms = (unsigned long long)ms;
	if (ms > c->offered_ms)
		s.answered_ms = (unsigned long long)(ms - c->offered_ms);
	return s;
}

/* Of one that no worker took, the first that should have, and why it did
   not. */
static void
log_why(const struct connection *c)
{
	char text[512];

	route_why(c, text, sizeof text);
	if (text[0] != '\0')
		log_text("why", text);
}

static void
log_line(const struct connection *c, enum count how,
    const struct worker_link *worker, const struct recognised *recognised,
    const struct spent *spent)
{
	const struct sockaddr *local;
	socklen_t locallen;
	struct stat st;

	local = conn_local(c, &locallen);
	log_begin(count_words[how]);
	if (c->decided)
		log_text("rule", rule_name(c));
	if (worker != NULL)
		log_text("worker", worker->name);
	log_address("peer", &c->peer.sa, c->peerlen);
	if (recognised != NULL && recognised->clientlen > 0)
		log_address("client",
		    (const struct sockaddr *)&recognised->client,
		    recognised->clientlen);
	log_address("local", local, locallen);
	if (c->listener->name[0] != '\0')
		log_text("listener", c->listener->name);
	if (recognised != NULL)
		log_seen(recognised);
	else if (c->route != NULL)
		log_text("seen", recognised_name(RECOGNISED_NOTHING));
	log_number("looked_ms",
	    c->decided ? c->looked_ms
		       : (unsigned long long)ms_since(&c->accepted));
	if (c->decided && c->state != LOOKING)
		log_number("waited_ms", spent->waited_ms);
	if (how == COUNT_ACKNOWLEDGED)
		log_number("answered_ms", spent->answered_ms);
	if (how == COUNT_WAIT || how == COUNT_QUEUE)
		log_why(c);
	if (fstat(c->fd, &st) == 0)
		log_number("inode", (unsigned long long)st.st_ino);
	log_end();
}

void
conn_log(const struct connection *c, enum count how,
    const struct worker_link *worker, const struct recognised *recognised)
{
	const struct spent spent = spent_of(c);

	count_end(c, how, worker);
	metrics_end(c, how, rule_name(c), worker != NULL ? worker->name : NULL,
	    &spent);
	if (log_wanted() && (c->rule == NULL || !c->rule->unlogged))
		log_line(c, how, worker, recognised, &spent);
}

/* ------------------------------------------------ beside a hand-off ----- */

struct about {
	char *text;
	size_t room, used;
};

/* One more line, all of it or nothing. */
static void
put(struct about *a, const char *key, const char *value)
{
	ptrdiff_t used = fdferry_meta_put(a->text, a->room, a->used, key, value,
	    strlen(value));

	if (used >= 0)
		a->used = (size_t)used;
}

static void
put_address(struct about *a, const char *key, const struct sockaddr *addr,
    socklen_t len)
{
	char text[512];

	(void)fdferry_addr_text(addr, len, text, sizeof text);
	put(a, key, text);
}

static void
put_time(struct about *a, const char *key, unsigned long long time)
{
	char text[32], *at = &text[sizeof text - 1];

	*at = '\0';
	do
		*--at = (char)('0' + time % 10);
	while ((time /= 10) > 0);
	put(a, key, at);
}

size_t
conn_decided_text(const struct connection *c,
    const struct recognised *recognised, char *text, size_t room)
{
	const struct sockaddr *local;
	struct about a;
	socklen_t len;

	a.text = text;
	a.room = room - 1; /* for the end */
	a.used = 0;
	put(&a, "rule", rule_name(c));
	put_address(&a, "peer", &c->peer.sa, c->peerlen);
	local = conn_local(c, &len);
	put_address(&a, "local", local, len);
	put_time(&a, "time",
	    (unsigned long long)time(NULL)
		- (unsigned long long)ms_since(&c->accepted) / 1000);
	put(&a, "seen",
	    recognised_name(
		recognised != NULL ? recognised->what : RECOGNISED_NOTHING));
	if (recognised != NULL && recognised->name[0] != '\0')
		put(&a, "name", recognised->name);
	if (recognised != NULL && recognised->method[0] != '\0')
		put(&a, "method", recognised->method);
	if (recognised != NULL && recognised->path[0] != '\0')
		put(&a, "path", recognised->path);
	text[a.used] = '\0';
	return a.used;
}
