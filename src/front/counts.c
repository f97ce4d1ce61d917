/* SPDX-License-Identifier: 0BSD */
/*
 * counts.c - how connections ended, and the state of this front, which
 * `fdferry status` shows.
 *
 * Each connection that was accepted or adopted ends in exactly one count, so
 * accepted + adopted = the sum of all others + those held now.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seats.h"
#include "loop/log.h"

/* The log's word, and the count's name. */
const char *const count_words[NCOUNTS] = { "delivered", "acknowledged",
	"started", "gone", "refused", "refused-queue", "refused-source",
	"refused-user", "refused-end", "refused-rule", "in-doubt", "moved" };

static unsigned long long total[NCOUNTS], accepted, adopted;

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
	struct tally *t;
	char name[128];

	metrics_refused(l->name, why);
	(void)snprintf(name, sizeof name, "%s %s", l->name, why);
	t = tally_of(TALLY_REFUSALS, name);
	if (t != NULL)
		t->n[COUNT_DELIVERED]++;
}

/* Before it was decided it counts as the default's, if it went to a worker. */
void
count_end(const struct connection *c, enum count how,
    const struct worker_link *worker)
{
	struct tally *t = NULL;

	total[how]++;
	if (c->route != NULL)
		t = c->route->tally;
	else if (c->state != LOOKING || worker != NULL)
		t = tally_of(TALLY_RULES, "default");
	if (t != NULL)
		t->n[how]++;
	if (worker != NULL && worker->tally != NULL)
		worker->tally->n[how]++;
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
report_text(struct report *r, const char *key, const char *text)
{
	if (r->json) {
		if (!r->first)
			fputc(',', r->f);
		print_json_string(r->f, key);
		fputc(':', r->f);
		print_json_string(r->f, text);
	} else
		fprintf(r->f, " %s=\"%s\"", key, text);
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
		report_begin(r, kind, t->name.text);
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

/* These are in no order. */
static unsigned long long
oldest_offered_ms(void)
{
	const struct connection *c;
	long ms, oldest = 0;

	for (c = front.offered.first; c != NULL; c = c->next)
		if ((ms = ms_since(&c->since)) > oldest)
			oldest = ms;
	return (unsigned long long)oldest;
}

static void
report_limits(struct report *r)
{
	report_begin(r, "limits", r->json ? "limits" : "");
	report_number(r, "max_waiting", (unsigned long long)front.most);
	if (front.most < front.most_asked)
		report_number(r, "max_waiting_asked",
		    (unsigned long long)front.most_asked);
	report_number(r, "paused", (unsigned long long)front.paused);
	report_number(r, "pauses", front.pauses);
	report_number(r, "accept_errors", front.accept_errors);
	report_end(r, 1);
}

static void
report_links(struct report *r)
{
	const struct worker_link *l;

	if (r->json)
		fputs("\"workers\":{", r->f);
	for (l = worker_staying(front.workers); l != NULL;
	     l = worker_staying(l->next)) {
		report_begin(r, "worker", l->name);
		report_number(r, "up", (unsigned long long)l->up);
		report_number(r, "aside", (unsigned long long)l->aside);
		report_number(r, "outstanding",
		    (unsigned long long)l->outstanding);
		if (l->order != ORDER_ENABLE)
			report_number(r, order_states[l->order], 1);
		if (l->tally != NULL)
			report_counts(r, l->tally->n, 0);
		if (!l->up && l->error != 0)
			report_text(r, "error", worker_link_why(l));
		report_end(r, worker_staying(l->next) != NULL);
	}
	if (r->json)
		fputs("},", r->f);
}

static void
report_refusals(struct report *r)
{
	const struct tally *t = tallies(TALLY_REFUSALS);

	if (t == NULL && !r->json)
		return;
	report_begin(r, "refused-by-worker",
	    r->json ? "refused-by-worker" : "");
	for (; t != NULL; t = t->next)
		report_number(r, t->name.text, t->n[COUNT_DELIVERED]);
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
	report_number(&r, "oldest_offered_ms", oldest_offered_ms());
	report_end(&r, 1);
	report_limits(&r);
	report_begin(&r, "log", json ? "log" : "");
	report_number(&r, "dropped", log_lost());
	report_end(&r, 1);
	report_tallies(&r, "rule", "rules", tallies(TALLY_RULES));
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
