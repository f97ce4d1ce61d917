/* SPDX-License-Identifier: 0BSD */
/*
 * held.c - what this front holds, connection by connection, those that wait
 * rule by rule, for `fdferry ctl SOCKET list'.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seats.h"

struct report {
	FILE *f;
	int json;
	int first; /* field, connection */
};

static void
key(struct report *r, const char *name)
{
	if (!r->json) {
		fprintf(r->f, "%s%s=", r->first ? "" : " ", name);
	} else {
		if (!r->first)
			putc(',', r->f);
		print_json_string(r->f, name);
		putc(':', r->f);
	}
	r->first = 0;
}

/* A blank or what does not print is \xNN: a line is words. */
static void
text(struct report *r, const char *name, const char *value)
{
	char out[ESCAPE_MOST];
	size_t n;

	key(r, name);
	if (r->json) {
		print_json_string(r->f, value);
		return;
	}
	for (; *value != '\0'; value++) {
		n = escape_x((unsigned char)*value, out);
		if (*value == ' ')
			fputs("\\x20", r->f);
		else
			(void)fwrite(out, 1, n, r->f);
	}
}

static void
number(struct report *r, const char *name, long n)
{
	key(r, name);
	fprintf(r->f, "%ld", n);
}

static void
address(struct report *r, const char *name, const struct sockaddr *addr,
    socklen_t len)
{
	char out[512];

	(void)fdferry_addr_text(addr, len, out, sizeof out);
	text(r, name, out[0] != '\0' ? out : "unix");
}

static void
connection(struct report *r, const struct connection *c, const char *state)
{
	const struct recognised *seen = c->recognised;
	const struct sockaddr *local;
	socklen_t len;

	r->first = 1;
	if (r->json)
		putc('{', r->f);
	text(r, "state", state);
	number(r, "age_ms", ms_since(&c->accepted));
	if (c->decided) {
		number(r, "waited_ms", ms_since(&c->since));
		text(r, "rule", c->rule != NULL ? c->rule->name : "default");
	}
	if (c->state == OFFERED && c->link != NULL)
		text(r, "worker", c->link->name);
	address(r, "peer", &c->peer.sa, c->peerlen);
	local = conn_local(c, &len);
	address(r, "local", local, len);
	if (seen != NULL && seen->name[0] != '\0')
		text(r, "name", seen->name);
	fputs(r->json ? "}" : "\n", r->f);
}

static void
list(struct report *r, const struct connection *c, const char *state, int *any)
{
	for (; c != NULL; c = c->next) {
		if (r->json && *any)
			fputs(",\n", r->f);
		*any = 1;
		connection(r, c, state);
	}
}

char *
held_text(int json, size_t *len)
{
	struct report r;
	char *out = NULL;
	size_t i;
	int any = 0;

	memset(&r, 0, sizeof r);
	r.json = json;
	r.f = open_memstream(&out, len);
	if (r.f == NULL)
		return NULL;
	if (json)
		putc('[', r.f);
	list(&r, front.looking.first, "looking", &any);
	/* Who waits is in the list of its route. */
	for (i = 0; i < front.waits.n; i++)
		list(&r,
		    ((const struct route *)(const void *)front.waits.items[i])
			->first,
		    "waiting", &any);
	list(&r, front.offered.first, "offered", &any);
	if (json)
		fputs("]\n", r.f);
	if (fclose(r.f) == 0)
		return out;
	free(out);
	return NULL;
}
