/* SPDX-License-Identifier: 0BSD */
/*
 * t/87-prometheus.c - what no name of today holds is escaped in labels all
 * the same, buckets add up, and a time beyond all bounds is counted.
 */
#include "../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "../src/front/metrics.c"
#include "../src/front/prometheus.c"
#include "tap.h"

struct front front;
const char *const count_words[NCOUNTS] = { "delivered", "acknowledged",
	"started", "gone" };

unsigned long long
log_lost(void)
{
	return 7;
}

void
count_incoming(unsigned long long *accepted, unsigned long long *adopted)
{
	*accepted = 3;
	*adopted = 1;
}

static char *text;

static int
has(const char *line)
{
	return strstr(text, line) != NULL;
}

static void
end(const char *rule, const char *worker, enum count how, int decided,
    unsigned long long looked, unsigned long long waited)
{
	struct connection c;
	struct spent spent;

	memset(&c, 0, sizeof c);
	c.decided = decided;
	c.looked_ms = looked;
	spent.waited_ms = waited;
	spent.answered_ms = waited / 2;
	metrics_end(&c, how, rule, worker, &spent);
}

int
main(void)
{
	size_t len;

	plan(9);
	end("a\"b\\c\nd", "w", COUNT_DELIVERED, 1, 1, 0);
	end("a\"b\\c\nd", "w", COUNT_DELIVERED, 1, 2, 0);
	end("r", "w", COUNT_ACKNOWLEDGED, 1, 10000, 3000000000ull);
	end("default", NULL, COUNT_GONE, 0, 5, 5);
	metrics_refused("w", "busy");
	metrics_refused("w", "busy");
	text = status_prometheus(&len);
	ok(text != NULL && strlen(text) == len && text[len - 1] == '\n',
	    "text, with an end of line");
	ok(has("ended_total{rule=\"a\\\"b\\\\c\\nd\",worker=\"w\","
	       "outcome=\"delivered\"} 2\n"),
	    "quote, backslash and line feed are escaped");
	ok(has("fdferry_decide_seconds_bucket{rule=\"a\\\"b\\\\c\\nd\","
	       "worker=\"w\",le=\"0.001\"} 1\n")
		&& has("worker=\"w\",le=\"0.005\"} 2\n"),
	    "a bucket holds its bound, and those below");
	ok(has("fdferry_wait_seconds_bucket{rule=\"r\",worker=\"w\","
	       "le=\"10\"} 0\n")
		&& has("fdferry_wait_seconds_bucket{rule=\"r\","
		       "worker=\"w\",le=\"+Inf\"} 1\n"),
	    "a time beyond all bounds is in +Inf alone");
	ok(has("fdferry_wait_seconds_sum{rule=\"r\",worker=\"w\"} "
	       "3000000.000\n"),
	    "and in the sum");
	ok(has("fdferry_acknowledge_seconds_sum{rule=\"r\",worker=\"w\"} "
	       "1500000.000\n"),
	    "of an acknowledged one the answer, too");
	ok(!has("decide_seconds_count{rule=\"\""),
	    "one that was not decided has no time");
	ok(has("fdferry_worker_returns_total{worker=\"w\",reason=\"busy\"} "
	       "2\n"),
	    "why a worker gave it back");
	ok(has("fdferry_connections_accepted_total 3\n")
		&& has("fdferry_connections_adopted_total 1\n")
		&& has("fdferry_log_lines_lost_total 7\n"),
	    "totals");
	free(text);
	return tap_bad;
}
