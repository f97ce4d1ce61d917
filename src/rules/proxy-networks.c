/* SPDX-License-Identifier: 0BSD */
/* proxy-networks.c - whose PROXY headers are believed. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "private.h"

/* One network; returns where it ends, NULL with a message. */
static const char *
read_network(const char *at, struct net *net, const struct complaint *c)
{
	char q[QUOTE_ROOM], *text;
	const char *why, *end;
	size_t len;

	end = read_word(at, ",", &text, &len, &why);
	if (end == NULL) {
		if (why != NULL)
			(void)complain(c, "%s: %s", quote(q, at, strlen(at)),
			    why);
		else
			(void)out_of_memory(c);
		return NULL;
	}
	if (end == at || len == 0)
		why = "a network is missing: expected one such as "
		      "192.0.2.0/24, 2001:db8::/32, or unix";
	else if (memchr(text, '\0', len) != NULL)
		why = "has a NUL byte: expected a network";
	else
		why = net_parse_from(text, len, net);
	if (why != NULL) {
		if (len == 0)
			(void)complain(c, "%s", why);
		else
			(void)complain(c, "%s %s", quote(q, text, len), why);
		end = NULL;
	}
	free(text);
	return end;
}

int
parse_networks(const char *at, struct config *config, const struct complaint *c)
{
	char q[QUOTE_ROOM];
	struct net *more;

	for (;;) {
		more = grow(config->proxies, config->nproxies, sizeof *more);
		if (more == NULL)
			return out_of_memory(c);
		config->proxies = more;
		at = read_network(skip_blanks(at), &more[config->nproxies], c);
		if (at == NULL)
			return -1;
		config->nproxies++;
		at = skip_blanks(at);
		if (*at == '\0')
			return 0;
		if (*at++ != ',')
			return complain(c,
			    "%s behind a network: expected a "
			    "comma and another one, or the end",
			    quote(q, at - 1, strlen(at - 1)));
	}
}

int
believed(const struct config *config, const struct net *peer)
{
	size_t i;

	if (config->index != NULL)
		return index_believes(config->index, peer);
	for (i = 0; i < config->nproxies; i++)
		if (net_has(&config->proxies[i], peer))
			return 1;
	return 0;
}
