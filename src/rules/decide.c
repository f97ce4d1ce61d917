/* SPDX-License-Identifier: 0BSD */
/* decide.c - which rule a connection gets, and what is known of it. */
#include "../../lib/detect.h"

#include <string.h>

#include "index.h"
#include "private.h"

void
read_bytes(struct term_input *in, const unsigned char *data, size_t n)
{
	memset(in, 0, sizeof *in);
	in->data = data;
	in->n = n;
	recognise_tls(data, n, &in->hello);
	recognise_http1(data, n, &in->request);
	in->http2 = recognise_http2(data, n);
}

static void
copy_slice(char *out, size_t room, const struct slice *s)
{
	size_t n = s->len < room ? s->len : room - 1;

	if (s->text != NULL)
		memcpy(out, s->text, n);
	out[s->text != NULL ? n : 0] = '\0';
}

static void
copy_alpn(const struct tls_hello *hello, struct recognised *recognised)
{
	size_t n = hello->nalpn > 0 ? (unsigned char)hello->alpn[0] : 0;

	if (n >= sizeof recognised->alpn)
		n = sizeof recognised->alpn - 1;
	if (n > 0)
		memcpy(recognised->alpn, hello->alpn + 1, n);
	recognised->alpn[n] = '\0';
}

static void
summarise(const struct term_input *l, struct recognised *recognised)
{
	/* A request that is too long to be seen whole is one all the same. */
	int http1 = l->request.is == ANSWER_YES
	    || (l->request.is == ANSWER_MORE && l->request.target.len > 0);

	memset(recognised, 0, sizeof *recognised);
	recognised->clientlen = l->header.fromlen;
	recognised->client = l->header.from;
	if (l->n == 0)
		return;
	recognised->what =
	    l->header.malformed ? RECOGNISED_BAD_PROXY : RECOGNISED_OTHER;
	if (l->header.malformed || l->header.is == ANSWER_MORE)
		return;
	if (l->hello.is == ANSWER_YES) {
		recognised->what = RECOGNISED_TLS;
		strcpy(recognised->name, l->hello.name);
		copy_alpn(&l->hello, recognised);
	} else if (l->http2 == ANSWER_YES)
		recognised->what = RECOGNISED_HTTP2;
	else if (http1) {
		recognised->what = RECOGNISED_HTTP1;
		strcpy(recognised->name, l->request.name);
		copy_slice(recognised->method, sizeof recognised->method,
		    &l->request.method);
		copy_slice(recognised->path, sizeof recognised->path,
		    &l->request.target);
	}
}

/* Who is at the ends of the connection itself? */
static void
read_ends(const struct decide_input *given, struct net *peer, struct net *local)
{
	net_of(given->peer, given->peerlen, peer);
	net_of(given->local, given->locallen, local);
	/* Some systems give a nameless Unix peer no address at all. */
	if (peer->kinds == NET_NONE && local->kinds == NET_UNIX) {
		peer->kinds = NET_UNIX;
		peer->path = "";
	}
}

static void
read_all(struct term_input *in, const struct config *config,
    const struct decide_input *given)
{
	const unsigned char *data = given->data;
	struct proxy_header header;
	struct net peer, local;

	memset(&header, 0, sizeof header);
	read_ends(given, &peer, &local);
	/* A connection that ends without a byte has no header: such are health
	   checks. */
	if (believed(config, &peer)
	    && (given->n > 0 || given->ended != LOOK_END))
		recognise_proxy(data, given->n, &header);
	if (header.len > 0)
		data += header.len;
	read_bytes(in, data, given->n - header.len);
	in->header = header;
	in->listener = given->listener;
	in->peer = peer;
	in->local = local;
	if (header.fromlen > 0) {
		net_of((struct sockaddr *)&in->header.from, header.fromlen,
		    &in->peer);
		net_of((struct sockaddr *)&in->header.to, header.tolen,
		    &in->local);
	}
}

static enum answer
find_rule(const struct config *config, const struct term_input *in, int final,
    size_t *number)
{
	return config->index != NULL
	    ? index_find(config->index, in, final, number)
	    : first_rule(config, in, final, number);
}

int
config_decide(const struct config *config, const struct decide_input *given,
    const struct rule **rule, struct recognised *recognised)
{
	struct term_input in;
	enum answer answer;
	size_t i = 0;

	*rule = NULL;
	read_all(&in, config, given);
	summarise(&in, recognised);
	answer = find_rule(config, &in, 0, &i);
	if (answer == ANSWER_MORE) {
		if (given->ended == LOOK_ON)
			return 0;
		recognised->ended = given->ended;
		recognised->undecided = &config->rules[i];
		answer = find_rule(config, &in, 1, &i);
	}
	if (answer == ANSWER_YES)
		*rule = &config->rules[i];
	return 1;
}

/* Where a proxy is believed, terms about addresses need its header, so they
   need bytes too. */
static int
needs_bytes(const struct config *config, enum key key)
{
	return key_looks(key) || (config->nproxies > 0 && key != KEY_LISTENER);
}

int
rule_looks(const struct config *config, const struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->nterms; i++)
		if (needs_bytes(config, rule->terms[i].key))
			return 1;
	return 0;
}

int
config_looks(const struct config *config)
{
	size_t i;

	if (config->index != NULL)
		return config->looks;
	for (i = 0; i < config->nrules; i++)
		if (rule_looks(config, &config->rules[i]))
			return 1;
	return 0;
}

const char *
look_end_name(enum look_end ended)
{
	switch (ended) {
	case LOOK_ON: break;
	case LOOK_END: return "end";
	case LOOK_TIME: return "time";
	case LOOK_SIZE: return "size";
	case LOOK_ROOM: return "room";
	}
	return "";
}

const char *
recognised_name(enum recognised_what what)
{
	switch (what) {
	case RECOGNISED_NOTHING: return "nothing";
	case RECOGNISED_OTHER: return "other";
	case RECOGNISED_BAD_PROXY: return "bad-proxy";
	case RECOGNISED_TLS: return "tls";
	case RECOGNISED_HTTP1: return "http1";
	case RECOGNISED_HTTP2: return "http2";
	}
	return "other";
}
