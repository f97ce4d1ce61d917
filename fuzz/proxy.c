/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/proxy.c - any bytes as the header of the PROXY protocol, looked at at
 * every length: no byte is read too far, nothing that was known is taken
 * back, and what rules answer behind it is steady, too.
 */
#include "../lib/detect.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rules/proxy-header.h"
#include "rules/rules.h"

/* Each alone, so that none hides another. */
static const char *const lines[] = {
	"r: proxy=yes -> w", "r: proxy=no -> w", "r: from=0.0.0.0/0 -> w",
	"r: from=::/0,unix -> w", "r: to=:443,@a -> w", "r: tls=no -> w",
	"r: method=GET,PROXY -> w", "r: bytes=P,\"\\x0d\" -> w",
	"r: from!=10.0.0.0/8,::/0 -> w", "r: host!=a -> w"
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
		if (config_proxy_from(&configs[i], "127.0.0.0/8", &place, err,
		    sizeof err) < 0 || config_rule(&configs[i], lines[i],
		    &place, err, sizeof err) < 0)
			abort();
}

/* 0: more is needed; 1: the rule; 2: the default. */
static int
decide(const struct config *config, const uint8_t *data, size_t n)
{
	struct sockaddr_in peer;
	struct decide_input facts;
	struct recognised seen;
	const struct rule *rule;

	memset(&peer, 0, sizeof peer);
	peer.sin_family = AF_INET;
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(&facts, 0, sizeof facts);
	facts.peer = facts.local = (struct sockaddr *)&peer;
	facts.peerlen = facts.locallen = sizeof peer;
	facts.data = data;
	facts.n = n;
	if (!config_decide(config, &facts, &rule, &seen))
		return 0;
	return rule != NULL ? 1 : 2;
}

static void
possible(const struct proxy_header *h, size_t n)
{
	if (h->is > ANSWER_MORE || (h->is == ANSWER_YES) != (h->len > 0)
	    || h->len > n || (h->malformed && h->is != ANSWER_NO)
	    || (h->fromlen > 0) != (h->tolen > 0)
	    || (h->fromlen > 0 && h->is != ANSWER_YES)
	    || h->fromlen > sizeof h->from || h->tolen > sizeof h->to)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy_header before, now;
	int answer, answers[LINES] = { 0 };
	uint8_t *copy;
	size_t n, i;

	set_up();
	memset(&before, 0, sizeof before);
	before.is = ANSWER_MORE;
	for (n = 0; n <= size; n++) {
		copy = malloc(n > 0 ? n : 1);
		if (copy == NULL)
			return 0;
		memcpy(copy, data, n);
		recognise_proxy(copy, n, &now);
		possible(&now, n);
		if (before.is != ANSWER_MORE
		    && memcmp(&before, &now, sizeof now) != 0)
			abort();
		before = now;
		for (i = 0; i < LINES; i++) {
			answer = decide(&configs[i], copy, n);
			if (answers[i] != 0 && answer != answers[i])
				abort();
			answers[i] = answer;
		}
		free(copy);
	}
	return 0;
}
