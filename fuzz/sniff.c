/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/sniff.c - any bytes, looked at at every length: no byte is read too
 * far, and what a rule has answered it never takes back.
 */
#include "../lib/detect.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rules/rules.h"

/* Each alone, so that none hides another. */
static const char *const lines[] = {
	"r: tls=yes -> w", "r: tls=no -> w", "r: sni=*.example.com,a,* -> w",
	"r: alpn=h2,http/1.1 -> w",
	"r: method=GET,POST -> w", "r: host=*.example,a,[::1] -> w",
	"r: path=/v1,/a/ -> w", "r: http2=yes -> w", "r: http2=no -> w",
	"r: bytes=\"\\x05\\x01\",SSH- -> w", "r: host=a path=/ method=GET -> w",
	"r: sni=(none),**.com -> w", "r: sni!=**.com,a,(none) -> w",
	"r: host=(none),**.example -> w", "r: host!=a,*.example,(none) -> w",
	"r: alpn!=h2 -> w", "r: path!=/v1 method!=GET -> w", "r: bytes!=SSH -> w"
};
#define LINES (sizeof lines / sizeof lines[0])

static struct config configs[LINES];

static void
set_up(void)
{
	static const struct place place = { "--rule", 0 };
	char err[512];
	size_t i;

	for (i = 0; i < LINES && configs[LINES - 1].nrules == 0; i++)
		if (config_rule(&configs[i], lines[i], &place, err, sizeof err)
		    < 0)
			abort();
}

/* 0: more is needed; 1: the rule; 2: the default. */
static int
decide(const struct config *config, const uint8_t *data, size_t n, int final)
{
	struct decide_input facts;
	struct recognised seen;
	const struct rule *rule;

	memset(&facts, 0, sizeof facts);
	facts.data = data;
	facts.n = n;
	facts.ended = final ? LOOK_TIME : LOOK_ON;
	if (!config_decide(config, &facts, &rule, &seen))
		return 0;
	if (memchr(seen.name, '\0', sizeof seen.name) == NULL
	    || memchr(seen.path, '\0', sizeof seen.path) == NULL
	    || memchr(seen.method, '\0', sizeof seen.method) == NULL)
		abort();
	return rule != NULL ? 1 : 2;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int now, before[LINES] = { 0 };
	uint8_t *copy;
	size_t n, i;

	set_up();
	for (n = 0; n <= size; n++) {
		copy = malloc(n > 0 ? n : 1);
		if (copy == NULL)
			return 0;
		memcpy(copy, data, n);
		for (i = 0; i < LINES; i++) {
			now = decide(&configs[i], copy, n, 0);
			if (before[i] != 0 && now != before[i])
				abort();
			before[i] = now;
			if (decide(&configs[i], copy, n, 1)
			    != (now == 1 ? 1 : 2))
				abort();
		}
		free(copy);
	}
	return 0;
}
