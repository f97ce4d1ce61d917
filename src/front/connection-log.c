/* SPDX-License-Identifier: 0BSD */
/*
 * connection-log.c - one line for each connection when its fate is known, and
 * the counts of all of them, which `fdferry status` shows.
 *
 * Each connection that was accepted or adopted ends in exactly one count, so
 * accepted + adopted = the sum of all others + those held now.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "front.h"
#include "loop/log.h"

/* The log's word, and the count's name. */
const char *const count_words[NCOUNTS] = { "delivered", "acknowledged",
	"started", "gone", "refused", "refused-queue", "refused-source",
	"refused-user", "refused-end", "in-doubt", "moved" };

struct tally {
	struct tally *next;
	char *name;
	unsigned long long n[NCOUNTS];
};

static unsigned long long total[NCOUNTS], accepted, adopted;
static struct tally *rules, *workers, *refusals;

/* Kept for as long as we run, by name: configurations come and go. */
static struct tally *
tally_of(struct tally **list, const char *name)
{
	struct tally *t;

	for (t = *list; t != NULL; t = t->next)
		if (strcmp(t->name, name) == 0)
			return t;
	t = calloc(1, sizeof *t);
	if (t == NULL || (t->name = strdup(name)) == NULL) {
		free(t);
		return NULL; /* the totals still have it */
	}
	t->next = *list;
	*list = t;
	return t;
}

static void
count(struct tally **list, const char *name, enum count how)
{
	struct tally *t = tally_of(list, name);

	if (t != NULL)
		t->n[how]++;
}

void
count_accepted(int was_adopted)
{
	if (was_adopted)
		adopted++;
	else
		accepted++;
}

void
count_incoming(unsigned long long *was_accepted,
    unsigned long long *was_adopted)
{
	*was_accepted = accepted;
	*was_adopted = adopted;
}

/* A worker's answer that was not yes; the connection goes on. */
void
count_refusal(const struct worker_link *l, const char *why)
{
	char name[128];

	metrics_refused(l->name, why);
	(void)snprintf(name, sizeof name, "%s %s", l->name, why);
	count(&refusals, name, COUNT_DELIVERED);
}

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

void
conn_log(const struct connection *c, enum count how, const char *worker,
    const struct recognised *recognised)
{
	const struct sockaddr *local;
	const struct spent spent = spent_of(c);
	socklen_t locallen;
	struct stat st;

	metrics_end(c, how, rule_name(c), worker, &spent);
	total[how]++;
	if (c->state != LOOKING || worker != NULL)
		count(&rules, rule_name(c), how);
	if (worker != NULL)
		count(&workers, worker, how);
	local = conn_local(c, &locallen);
	log_begin(count_words[how]);
	log_text("rule", rule_name(c));
	if (worker != NULL)
		log_text("worker", worker);
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
	log_number("looked_ms", c->looked_ms);
	if (c->decided && c->state != LOOKING)
		log_number("waited_ms", spent.waited_ms);
	if (how == COUNT_ACKNOWLEDGED)
		log_number("answered_ms", spent.answered_ms);
	if (fstat(c->fd, &st) == 0)
		log_number("inode", (unsigned long long)st.st_ino);
	log_end();
}

/* ------------------------------------------------ beside a hand-off ----- */

/* One more line, all of it or nothing; one byte is kept for the end. */
static size_t
put(char *text, size_t at, size_t room, const char *key, const char *value)
{
	ptrdiff_t used =
	    fdferry_meta_put(text, room - 1, at, key, value, strlen(value));

	if (used >= 0)
		at = (size_t)used;
	text[at] = '\0';
	return at;
}

void
conn_decided_text(const struct connection *c,
    const struct recognised *recognised, char *text, size_t room)
{
	const struct sockaddr *local;
	char address[512], when[32];
	socklen_t len;
	size_t at = 0;

	text[0] = '\0';
	at = put(text, at, room, "rule", rule_name(c));
	(void)fdferry_addr_text(&c->peer.sa, c->peerlen, address,
	    sizeof address);
	at = put(text, at, room, "peer", address);
	local = conn_local(c, &len);
	(void)fdferry_addr_text(local, len, address, sizeof address);
	at = put(text, at, room, "local", address);
	(void)snprintf(when, sizeof when, "%lld",
	    (long long)time(NULL) - ms_since(&c->accepted) / 1000);
	at = put(text, at, room, "time", when);
	if (recognised == NULL)
		return;
	at = put(text, at, room, "seen", recognised_name(recognised->what));
	if (recognised->name[0] != '\0')
		at = put(text, at, room, "name", recognised->name);
	if (recognised->method[0] != '\0')
		at = put(text, at, room, "method", recognised->method);
	if (recognised->path[0] != '\0')
		(void)put(text, at, room, "path", recognised->path);
}

/* ------------------------------------------------ status ---------------- */

struct report {
	FILE *f;
	int json;
	int first;
};

static void
report_number(struct report *r, const char *key, unsigned long long n)
{
	if (r->json) {
		if (!r->first)
			fputc(',', r->f);
		print_json_string(r->f, key);
		fprintf(r->f, ":%llu", n);
	} else
		fprintf(r->f, " %s=%llu", key, n);
	r->first = 0;
}

static void
report_begin(struct report *r, const char *kind, const char *name)
{
	if (r->json) {
		print_json_string(r->f, name);
		fputs(":{", r->f);
	} else if (name[0] != '\0')
		fprintf(r->f, "%s %s:", kind, name);
	else
		fprintf(r->f, "%s:", kind);
	r->first = 1;
}

static void
report_end(struct report *r, int more)
{
	fputs(r->json ? more ? "}," : "}" : "\n", r->f);
}

static void
report_counts(struct report *r, const unsigned long long *n, int all)
{
	int i;

	for (i = 0; i < NCOUNTS; i++)
		if (all || n[i] > 0)
			report_number(r, count_words[i], n[i]);
}

static void
report_tallies(struct report *r, const char *kind, const char *plural,
    const struct tally *t)
{
	if (r->json) {
		print_json_string(r->f, plural);
		fputs(":{", r->f);
	}
	for (; t != NULL; t = t->next) {
		report_begin(r, kind, t->name);
		report_counts(r, t->n, 0);
		report_end(r, t->next != NULL);
	}
	if (r->json)
		fputs("},", r->f);
}

static unsigned long long
oldest_ms(const struct conns *list)
{
	return list->first == NULL
	    ? 0
	    : (unsigned long long)ms_since(&list->first->since);
}

static void
report_links(struct report *r)
{
	const struct worker_link *l;
	const struct tally *t;

	if (r->json)
		fputs("\"workers\":{", r->f);
	for (l = front.workers; l != NULL; l = l->next) {
		report_begin(r, "worker", l->name);
		report_number(r, "up", (unsigned long long)l->up);
		report_number(r, "aside", (unsigned long long)l->aside);
		report_number(r, "outstanding",
		    (unsigned long long)l->outstanding);
		if (l->order != ORDER_ENABLE)
			report_number(r, order_states[l->order], 1);
		t = tally_of(&workers, l->name);
		if (t != NULL)
			report_counts(r, t->n, 0);
		report_end(r, l->next != NULL);
	}
	if (r->json)
		fputs("},", r->f);
}

static void
report_refusals(struct report *r)
{
	const struct tally *t;

	if (refusals == NULL && !r->json)
		return;
	report_begin(r, "refused-by-worker",
	    r->json ? "refused-by-worker" : "");
	for (t = refusals; t != NULL; t = t->next)
		report_number(r, t->name, t->n[COUNT_DELIVERED]);
	report_end(r, 0);
}

char *
status_text(int json, size_t *len)
{
	struct report r;
	char *text = NULL;

	memset(&r, 0, sizeof r);
	r.f = open_memstream(&text, len);
	r.json = json;
	if (r.f == NULL)
		return NULL;
	if (json)
		fputc('{', r.f);
	report_begin(&r, "connections", json ? "connections" : "");
	report_number(&r, "accepted", accepted);
	report_number(&r, "adopted", adopted);
	report_counts(&r, total, 1);
	report_end(&r, 1);
	report_begin(&r, "held", json ? "held" : "");
	report_number(&r, "looking", (unsigned long long)front.looking.n);
	report_number(&r, "waiting", (unsigned long long)front.waiting.n);
	report_number(&r, "offered", (unsigned long long)front.offered.n);
	report_number(&r, "oldest_looking_ms", oldest_ms(&front.looking));
	report_number(&r, "oldest_waiting_ms", oldest_ms(&front.waiting));
	report_number(&r, "oldest_offered_ms", oldest_ms(&front.offered));
	report_end(&r, 1);
	report_begin(&r, "log", json ? "log" : "");
	report_number(&r, "dropped", log_lost());
	report_end(&r, 1);
	report_tallies(&r, "rule", "rules", rules);
	report_links(&r);
	report_refusals(&r);
	if (json)
		fputs("}\n", r.f);
	if (fclose(r.f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}
