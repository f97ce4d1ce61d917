/* SPDX-License-Identifier: 0BSD */
/* match.c - which rule a connection matches, as far as is known. */
#include "../../lib/detect.h"

#include <string.h>

#include "private.h"

/* -------------------------------------------------- terms --------------- */

static enum answer
answer_if(int yes)
{
	return yes ? ANSWER_YES : ANSWER_NO;
}

static enum answer
answer_switch(const struct value *v, enum answer is)
{
	return is == ANSWER_MORE ? is : answer_if((is == ANSWER_YES) == v->yes);
}

/* A name that does not match cannot come to match. */
static enum answer
answer_name(const struct value *v, enum name_state state, const char *name)
{
	int match = (state == NAME_SEEN || state == NAME_SURE)
	    && hostname_matches(v->text, name);

	if (state == NAME_MORE || (state == NAME_SEEN && match))
		return ANSWER_MORE;
	return answer_if(match);
}

/* The extension may be there twice, which would make the hello malformed. */
static enum answer
answer_alpn(const struct value *v, const struct tls_hello *hello)
{
	int match = hello_offers(hello, v->text, v->len);

	if (hello->whole == ANSWER_MORE && (match || !hello->alpn_seen))
		return ANSWER_MORE;
	return answer_if(match); /* a malformed one offers nothing */
}

/* Can the request still come to fit? If it does not fit now, more bytes cannot
   change that. */
static enum answer
request_so_far(const struct http1_request *r, int fits)
{
	return fits ? r->is : ANSWER_NO;
}

static enum answer
answer_method(const struct value *v, const struct http1_request *r)
{
	const struct slice *m = &r->method;
	int fits = m->text == NULL
	    || (m->len <= v->len && memcmp(v->text, m->text, m->len) == 0
		&& (!m->whole || m->len == v->len));

	return request_so_far(r, fits);
}

/* By whole segments: /v1 has /v1 and /v1/x, not /v10. */
static int
path_fits(const struct value *v, const struct slice *p)
{
	size_t common = p->len < v->len ? p->len : v->len;

	if (memcmp(v->text, p->text, common) != 0)
		return 0;
	if (p->len < v->len)
		return !p->whole;
	return p->len == v->len || v->text[v->len - 1] == '/'
	    || p->text[v->len] == '/';
}

static enum answer
answer_path(const struct value *v, const struct http1_request *r)
{
	if (r->path.text == NULL) /* `*` and CONNECT have none */
		return request_so_far(r, r->is == ANSWER_MORE);
	return request_so_far(r, path_fits(v, &r->path));
}

static enum answer
answer_bytes(const struct value *v, const struct term_input *l)
{
	size_t common = l->n < v->len ? l->n : v->len;

	if (common > 0 && memcmp(v->text, l->data, common) != 0)
		return ANSWER_NO;
	return l->n < v->len ? ANSWER_MORE : ANSWER_YES;
}

static enum answer
answer_value(enum key key, const struct value *v, const struct term_input *l)
{
	switch (key) {
	case KEY_FROM: return answer_if(net_has(&v->net, &l->peer));
	case KEY_TO: return answer_if(net_has(&v->net, &l->local));
	case KEY_LISTENER:
		return answer_if(
		    l->listener != NULL && strcmp(v->text, l->listener) == 0);
	case KEY_PROXY: return answer_switch(v, l->header.is);
	case KEY_TLS: return answer_switch(v, l->hello.is);
	case KEY_SNI: return answer_name(v, l->hello.name_state, l->hello.name);
	case KEY_ALPN: return answer_alpn(v, &l->hello);
	case KEY_METHOD: return answer_method(v, &l->request);
	case KEY_HOST:
		return answer_name(v, l->request.name_state, l->request.name);
	case KEY_PATH: return answer_path(v, &l->request);
	case KEY_HTTP2: return answer_switch(v, l->http2);
	case KEY_BYTES: return answer_bytes(v, l);
	case NKEYS: break;
	}
	return ANSWER_NO;
}

/*
 * What a term answers. While a PROXY header may still come, only the listener's
 * name is known, which the header cannot change. Behind a malformed header no
 * term finds anything, since it is not known where the header ends; but bytes=
 * looks at the header itself.
 */
enum answer
term_answer(const struct term *term, const struct term_input *in)
{
	enum answer all = ANSWER_NO, one;
	size_t i;

	if (in->header.is == ANSWER_MORE && term->key != KEY_LISTENER)
		return ANSWER_MORE;
	if (in->header.malformed && key_looks(term->key)
	    && term->key != KEY_BYTES)
		return ANSWER_NO;
	for (i = 0; i < term->nvalues; i++) {
		one = answer_value(term->key, &term->values[i], in);
		if (one == ANSWER_YES)
			return one;
		if (one == ANSWER_MORE)
			all = one;
	}
	return all;
}

static enum answer
rule_answer(const struct rule *rule, const struct term_input *in)
{
	enum answer all = ANSWER_YES, one;
	size_t i;

	for (i = 0; i < rule->nterms; i++) {
		one = term_answer(&rule->terms[i], in);
		if (one == ANSWER_NO)
			return one;
		if (one == ANSWER_MORE)
			all = one;
	}
	return all;
}

/* -------------------------------------------------- decision ------------ */

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
	if (believed(config, &peer))
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

int
config_decide(const struct config *config, const struct decide_input *given,
    const struct rule **rule, struct recognised *recognised)
{
	struct term_input in;
	enum answer answer;
	size_t i;

	*rule = NULL;
	read_all(&in, config, given);
	summarise(&in, recognised);
	for (i = 0; i < config->nrules; i++) {
		answer = rule_answer(&config->rules[i], &in);
		if (answer == ANSWER_MORE && !given->final)
			return 0;
		if (answer == ANSWER_YES) {
			*rule = &config->rules[i];
			return 1;
		}
	}
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
config_looks(const struct config *config)
{
	size_t i, k;

	for (i = 0; i < config->nrules; i++)
		for (k = 0; k < config->rules[i].nterms; k++)
			if (needs_bytes(config, config->rules[i].terms[k].key))
				return 1;
	return 0;
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
