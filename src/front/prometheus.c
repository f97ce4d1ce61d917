/* SPDX-License-Identifier: 0BSD */
/*
 * prometheus.c - the state of this front in the text format of Prometheus,
 * version 0.0.4: each metric once, its HELP and TYPE before its samples.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loop/log.h"
#include "metrics.h"

static void
family(FILE *f, const char *name, const char *type, const char *help)
{
	fprintf(f, "# HELP fdferry_%s %s\n# TYPE fdferry_%s %s\n", name, help,
	    name, type);
}

/* In a label backslash, quote and line feed are escaped, nothing else. */
static void
label(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s=\"", key);
	for (; *value != '\0'; value++)
		if (*value == '\n')
			fputs("\\n", f);
		else {
			if (*value == '\\' || *value == '"')
				putc('\\', f);
			putc(*value, f);
		}
	putc('"', f);
}

/* A name and its first label; others, and what closes them, follow. */
static void
labelled(FILE *f, const char *name, const char *key, const char *value)
{
	fprintf(f, "fdferry_%s{", name);
	label(f, key, value);
}

static void
single(FILE *f, const char *name, const char *type, const char *help,
    unsigned long long n)
{
	family(f, name, type, help);
	fprintf(f, "fdferry_%s %llu\n", name, n);
}

/* ------------------------------------------------ connections ----------- */

static void
write_ended(FILE *f)
{
	const struct cell *cell;
	int i;

	family(f, "connections_ended_total", "counter",
	    "Connections that ended here, by rule, worker and outcome as in "
	    "the log; without a rule: before one decided.");
	for (cell = metrics_cells(); cell != NULL; cell = cell->next)
		for (i = 0; i < NCOUNTS; i++) {
			if (cell->ended[i] == 0)
				continue;
			labelled(f, "connections_ended_total", "rule",
			    cell->rule);
			putc(',', f);
			label(f, "worker", cell->worker);
			putc(',', f);
			label(f, "outcome", count_words[i]);
			fprintf(f, "} %llu\n", cell->ended[i]);
		}
}

static void
write_held(FILE *f)
{
	static const char *const states[] = { "looking", "waiting", "offered" };
	const struct conns *all[3];
	int i;

	all[0] = &front.looking;
	all[1] = &front.waiting;
	all[2] = &front.offered;
	family(f, "connections_held", "gauge",
	    "Connections that this front holds now, by state.");
	for (i = 0; i < 3; i++) {
		labelled(f, "connections_held", "state", states[i]);
		fprintf(f, "} %ld\n", all[i]->n);
	}
}

/* ------------------------------------------------ times ----------------- */

static void
seconds(FILE *f, unsigned long long ms)
{
	fprintf(f, "%llu.%03llu", ms / 1000, ms % 1000);
}

static void
sample(FILE *f, const char *name, const char *what, const struct cell *cell)
{
	fprintf(f, "fdferry_%s%s{", name, what);
	label(f, "rule", cell->rule);
	putc(',', f);
	label(f, "worker", cell->worker);
}

static void
write_histogram(FILE *f, const char *name, const struct cell *cell,
    const struct histogram *h)
{
	unsigned long long n = 0;
	int i;

	for (i = 0; i < METRICS_BOUNDS; i++) {
		n += h->n[i];
		sample(f, name, "_bucket", cell);
		fprintf(f, ",le=\"%s\"} %llu\n", metrics_bound[i], n);
	}
	n += h->n[METRICS_BOUNDS];
	sample(f, name, "_bucket", cell);
	fprintf(f, ",le=\"+Inf\"} %llu\n", n);
	sample(f, name, "_sum", cell);
	fputs("} ", f);
	seconds(f, h->sum_ms);
	putc('\n', f);
	sample(f, name, "_count", cell);
	fprintf(f, "} %llu\n", n);
}

static const struct histogram *
histogram_of(const struct cell *cell, int which)
{
	return which == 0 ? &cell->decide
	    : which == 1  ? &cell->wait
			  : &cell->answer;
}

static int
is_empty(const struct histogram *h)
{
	int i;

	for (i = 0; i <= METRICS_BOUNDS; i++)
		if (h->n[i] > 0)
			return 0;
	return 1;
}

static void
write_times(FILE *f)
{
	static const char *const names[] = { "decide_seconds", "wait_seconds",
		"acknowledge_seconds" };
	static const char *const helps[] = {
		"Time from accept to a decision, in whole milliseconds "
		"(looked_ms in the log).",
		"Time from the decision until the connection ended here "
		"(waited_ms).",
		"Of it, time from an offer to the acknowledgement "
		"(answered_ms)."
	};
	const struct cell *cell;
	int i;

	for (i = 0; i < 3; i++) {
		family(f, names[i], "histogram", helps[i]);
		for (cell = metrics_cells(); cell != NULL; cell = cell->next)
			if (!is_empty(histogram_of(cell, i)))
				write_histogram(f, names[i], cell,
				    histogram_of(cell, i));
	}
}

/* ------------------------------------------------ workers --------------- */

static void
each_worker(FILE *f, const char *name, const char *help,
    long (*value)(const struct worker_link *))
{
	const struct worker_link *l;

	family(f, name, "gauge", help);
	for (l = worker_staying(front.workers); l != NULL;
	     l = worker_staying(l->next)) {
		labelled(f, name, "worker", l->name);
		fprintf(f, "} %ld\n", value(l));
	}
}

static long
is_linked(const struct worker_link *l)
{
	return l->linked;
}

static long
is_enabled(const struct worker_link *l)
{
	return l->order == ORDER_ENABLE;
}

static long
outstanding(const struct worker_link *l)
{
	return l->outstanding;
}

static void
write_workers(FILE *f)
{
	const struct given_back *b;

	each_worker(f, "worker_up", "Whether the worker is connected.",
	    is_linked);
	each_worker(f, "worker_enabled",
	    "0: fdferry ctl has drained or disabled it.", is_enabled);
	each_worker(f, "worker_outstanding",
	    "Connections that it has not answered, or programs that run.",
	    outstanding);
	family(f, "worker_returns_total", "counter",
	    "Connections that a worker did not take, and why; they went on.");
	for (b = metrics_given_back(); b != NULL; b = b->next) {
		labelled(f, "worker_returns_total", "worker", b->worker);
		putc(',', f);
		label(f, "reason", b->why);
		fprintf(f, "} %llu\n", b->n);
	}
}

static void
write_all(FILE *f)
{
	unsigned long long accepted, adopted;

	family(f, "build_info", "gauge", "1, with the version of fdferry.");
	labelled(f, "build_info", "version", FDFERRY_VERSION);
	fputs("} 1\n", f);
	count_incoming(&accepted, &adopted);
	single(f, "connections_accepted_total", "counter",
	    "Connections accepted.", accepted);
	single(f, "connections_adopted_total", "counter",
	    "Connections of the front before this one.", adopted);
	single(f, "accept_paused", "gauge", "1: no connection is accepted now.",
	    (unsigned long long)front.paused);
	single(f, "accept_pauses_total", "counter",
	    "How often accepting was paused.", front.pauses);
	single(f, "accept_errors_total", "counter",
	    "Connections that the kernel could not give.", front.accept_errors);
	write_ended(f);
	write_held(f);
	single(f, "connections_held_limit", "gauge",
	    "How many connections may be held.",
	    (unsigned long long)front.most);
	write_times(f);
	write_workers(f);
	single(f, "log_lines_lost_total", "counter",
	    "Lines that standard error did not take in time.", log_lost());
}

char *
status_prometheus(size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	if (f == NULL)
		return NULL;
	write_all(f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}
