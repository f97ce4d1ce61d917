/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/index.c - any rules, and any bytes behind the empty line after them: an
 * index of the rules decides as a walk over all of them does.
 *
 * clang -g -O1 -fsanitize=fuzzer,address,undefined -Isrc -Ilib \
 *     fuzz/index.c src/rules/*.c \
 *     -o fuzz-index
 * ./fuzz-index -max_len=1024
 */
#include "../lib/detect.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/index.h"
#include "rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The lines that are rules; returns what is behind them. */
static const uint8_t *
read_rules(struct config *config, const uint8_t *at, const uint8_t *end)
{
	static const struct place place = { "file", 7 };
	const uint8_t *eol;
	char err[512], line[1024];
	size_t n;

	for (; at < end; at = eol + (eol < end)) {
		eol = memchr(at, '\n', (size_t)(end - at));
		if (eol == at)
			return at + 1;
		if (eol == NULL)
			eol = end;
		n = (size_t)(eol - at);
		if (n >= sizeof line)
			continue;
		memcpy(line, at, n);
		line[n] = '\0';
		if (config_rule(config, line, &place, err, sizeof err) < 0)
			(void)config_proxy_from(config, line, &place, err,
			    sizeof err);
	}
	return end;
}

static void
compare(struct config *config, struct rule_index *x,
    const struct decide_input *in)
{
	const struct rule *walked, *found;
	struct recognised a, b;
	int more = config_decide(config, in, &walked, &a), more_too;

	config->index = x;
	more_too = config_decide(config, in, &found, &b);
	config->index = NULL;
	if (more != more_too || walked != found || a.undecided != b.undecided)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in peer;
	struct config config;
	struct decide_input in;
	struct rule_index *x;
	const uint8_t *at;
	size_t i;

	memset(&config, 0, sizeof config);
	memset(&in, 0, sizeof in);
	memset(&peer, 0, sizeof peer);
	at = read_rules(&config, data, data + size);
	peer.sin_family = AF_INET;
	peer.sin_port = htons(80);
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in.peer = in.local = (struct sockaddr *)&peer;
	in.peerlen = in.locallen = sizeof peer;
	in.listener = "l";
	in.data = at;
	x = index_new(&config);
	for (i = 0; i < config.nrules && x != NULL; i++)
		if (index_add(x, i) < 0)
			abort();
	for (; x != NULL && in.n <= (size_t)(data + size - at); in.n++)
		for (in.ended = LOOK_ON; in.ended <= LOOK_ROOM; in.ended++)
			compare(&config, x, &in);
	index_free(x);
	config_free(&config);
	return 0;
}
