/* SPDX-License-Identifier: 0BSD */
/*
 * metrics.c - counts and times of connections by rule and worker.
 *
 * What no memory is left for counts as of no rule and no worker, so the sums
 * are right all the same.
 */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "metrics.h"

#define HASHES 256

static const unsigned int bound_ms[METRICS_BOUNDS] = { 1, 5, 10, 25, 50, 100,
	250, 500, 1000, 2500, 5000, 10000 };
const char *const metrics_bound[METRICS_BOUNDS] = { "0.001", "0.005", "0.01",
	"0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10" };

static struct cell nobody = { .rule = "", .worker = "" };
static struct cell *cells = &nobody, *hashed[HASHES];
static struct given_back *backs;

static unsigned int
hash_of(unsigned int h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h ^ h >> 15;
}

static struct cell *
cell_new(const char *rule, const char *worker)
{
	size_t n = strlen(rule) + 1, m = strlen(worker) + 1;
	struct cell *cell = calloc(1, sizeof *cell + n + m);
	char *text;

	if (cell == NULL)
		return NULL;
	text = (char *)(cell + 1);
	memcpy(text, rule, n);
	memcpy(text + n, worker, m);
	cell->rule = text;
	cell->worker = text + n;
	cell->next = cells;
	cells = cell;
	return cell;
}

static int
is_of(const struct cell *cell, const char *rule, const char *worker)
{
	return strcmp(cell->rule, rule) == 0
	    && strcmp(cell->worker, worker) == 0;
}

/* Mostly it is that of the connection before. */
static struct cell *
cell_of(const char *rule, const char *worker)
{
	static struct cell *last = &nobody;
	struct cell *cell, **at;

	if (is_of(last, rule, worker))
		return last;
	if (*rule == '\0' && *worker == '\0')
		return &nobody;
	at = &hashed[hash_of(hash_of(2166136261u, rule), worker) % HASHES];
	for (cell = *at; cell != NULL; cell = cell->same)
		if (is_of(cell, rule, worker))
			return last = cell;
	cell = cell_new(rule, worker);
	if (cell == NULL)
		return &nobody;
	cell->same = *at;
	*at = cell;
	return cell;
}

static void
put(struct histogram *h, unsigned long long ms)
{
	int i = 0;

	while (i < METRICS_BOUNDS && ms > bound_ms[i])
		i++;
	h->n[i]++;
	h->sum_ms += ms;
}

void
metrics_end(const struct connection *c, enum count how, const char *rule,
    const char *worker, const struct spent *spent)
{
	struct cell *cell =
	    cell_of(c->decided ? rule : "", worker != NULL ? worker : "");

	cell->ended[how]++;
	if (c->decided) {
		put(&cell->decide, c->looked_ms);
		put(&cell->wait, spent->waited_ms);
	}
	if (how == COUNT_ACKNOWLEDGED)
		put(&cell->answer, spent->answered_ms);
}

void
metrics_refused(const char *worker, const char *why)
{
	struct given_back *b;

	for (b = backs; b != NULL; b = b->next)
		if (strcmp(b->worker, worker) == 0
		    && strcmp(b->why, why) == 0) {
			b->n++;
			return;
		}
	b = calloc(1, sizeof *b);
	if (b == NULL || (b->worker = strdup(worker)) == NULL) {
		free(b);
		return;
	}
	b->why = why;
	b->n = 1;
	b->next = backs;
	backs = b;
}

const struct cell *
metrics_cells(void)
{
	return cells;
}

const struct given_back *
metrics_given_back(void)
{
	return backs;
}
