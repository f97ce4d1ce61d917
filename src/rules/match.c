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
	    && glob_match(v->text, name);

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
	return answer_if(match);	/* a malformed one offers nothing */
}

/* Right so far, or wrong for ever? */
static enum answer
request_so_far(const struct http1_request *r, int fits)
{
	return fits ? r->is : ANSWER_NO;
}

static enum answer
answer_method(const struct value *v, const struct http1_request *r)
{
	const struct slice *m = &r->method;
	int fits = m->text == NULL || (m->len <= v->len
	    && memcmp(v->text, m->text, m->len) == 0
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
	if (r->path.text == NULL)	/* `*` and CONNECT have none */
		return request_so_far(r, r->is == ANSWER_MORE);
	return request_so_far(r, path_fits(v, &r->path));
}

static enum answer
answer_bytes(const struct value *v, const struct looked *l)
{
	size_t common = l->n < v->len ? l->n : v->len;

	if (common > 0 && memcmp(v->text, l->data, common) != 0)
		return ANSWER_NO;
	return l->n < v->len ? ANSWER_MORE : ANSWER_YES;
}

static enum answer
answer_value(enum key key, const struct value *v, const struct looked *l)
{
	switch (key) {
	case KEY_FROM:
		return answer_if(net_has(&v->net, &l->peer));
	case KEY_TO:
		return answer_if(net_has(&v->net, &l->local));
	case KEY_LISTENER:
		return answer_if(l->listener != NULL
		    && strcmp(v->text, l->listener) == 0);
	case KEY_PROXY:
		return answer_switch(v, l->header.is);
	case KEY_TLS:
		return answer_switch(v, l->hello.is);
	case KEY_SNI:
		return answer_name(v, l->hello.name_state, l->hello.name);
	case KEY_ALPN:
		return answer_alpn(v, &l->hello);
	case KEY_METHOD:
		return answer_method(v, &l->request);
	case KEY_HOST:
		return answer_name(v, l->request.name_state, l->request.name);
	case KEY_PATH:
		return answer_path(v, &l->request);
	case KEY_HTTP2:
		return answer_switch(v, l->http2);
	case KEY_BYTES:
		return answer_bytes(v, l);
	case NKEYS:
		break;
	}
	return ANSWER_NO;
}

/*
 * Until it is known whether a header comes, only what it cannot change is.
 * Nothing is found behind a malformed one: where it ends is not known.
 */
enum answer
term_answer(const struct term *term, const struct looked *looked)
{
	enum answer all = ANSWER_NO, one;
	size_t i;

	if (looked->header.is == ANSWER_MORE && term->key != KEY_LISTENER)
		return ANSWER_MORE;
	if (looked->header.malformed && key_looks(term->key)
	    && term->key != KEY_BYTES)
		return ANSWER_NO;
	for (i = 0; i < term->nvalues; i++) {
		one = answer_value(term->key, &term->values[i], looked);
		if (one == ANSWER_YES)
			return one;
		if (one == ANSWER_MORE)
			all = one;
	}
	return all;
}

static enum answer
rule_answer(const struct rule *rule, const struct looked *looked)
{
	enum answer all = ANSWER_YES, one;
	size_t i;

	for (i = 0; i < rule->nterms; i++) {
		one = term_answer(&rule->terms[i], looked);
		if (one == ANSWER_NO)
			return one;
		if (one == ANSWER_MORE)
			all = one;
	}
	return all;
}

/* -------------------------------------------------- decision ------------ */

void
look_at(struct looked *looked, const unsigned char *data, size_t n)
{
	memset(looked, 0, sizeof *looked);
	looked->data = data;
	looked->n = n;
	sniff_tls(data, n, &looked->hello);
	sniff_http1(data, n, &looked->request);
	looked->http2 = sniff_http2(data, n);
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
copy_alpn(const struct tls_hello *hello, struct seen *seen)
{
	size_t n = hello->nalpn > 0 ? (unsigned char)hello->alpn[0] : 0;

	if (n >= sizeof seen->alpn)
		n = sizeof seen->alpn - 1;
	if (n > 0)
		memcpy(seen->alpn, hello->alpn + 1, n);
	seen->alpn[n] = '\0';
}

static void
tell(const struct looked *l, struct seen *seen)
{
	/* A request that is too long to be seen whole is one all the same. */
	int http1 = l->request.is == ANSWER_YES
	    || (l->request.is == ANSWER_MORE && l->request.target.len > 0);

	memset(seen, 0, sizeof *seen);
	seen->clientlen = l->header.fromlen;
	seen->client = l->header.from;
	if (l->n == 0)
		return;
	seen->what = l->header.malformed ? SEEN_BAD_PROXY : SEEN_OTHER;
	if (l->header.malformed || l->header.is == ANSWER_MORE)
		return;
	if (l->hello.is == ANSWER_YES) {
		seen->what = SEEN_TLS;
		strcpy(seen->name, l->hello.name);
		copy_alpn(&l->hello, seen);
	} else if (l->http2 == ANSWER_YES)
		seen->what = SEEN_HTTP2;
	else if (http1) {
		seen->what = SEEN_HTTP1;
		strcpy(seen->name, l->request.name);
		copy_slice(seen->method, sizeof seen->method,
		    &l->request.method);
		copy_slice(seen->path, sizeof seen->path, &l->request.target);
	}
}

/* Who is at the ends of the connection itself? */
static void
look_at_ends(const struct facts *facts, struct net *peer, struct net *local)
{
	net_of(facts->peer, facts->peerlen, peer);
	net_of(facts->local, facts->locallen, local);
	/* Some systems give a nameless Unix peer no address at all. */
	if (peer->kinds == NET_NONE && local->kinds == NET_UNIX) {
		peer->kinds = NET_UNIX;
		peer->path = "";
	}
}

static void
look_at_all(struct looked *looked, const struct config *config,
    const struct facts *facts)
{
	const unsigned char *data = facts->data;
	struct proxy_header header;
	struct net peer, local;

	memset(&header, 0, sizeof header);
	look_at_ends(facts, &peer, &local);
	if (believed(config, &peer))
		sniff_proxy(data, facts->n, &header);
	if (header.len > 0)
		data += header.len;
	look_at(looked, data, facts->n - header.len);
	looked->header = header;
	looked->listener = facts->listener;
	looked->peer = peer;
	looked->local = local;
	if (header.fromlen > 0) {
		net_of((struct sockaddr *)&looked->header.from,
		    header.fromlen, &looked->peer);
		net_of((struct sockaddr *)&looked->header.to, header.tolen,
		    &looked->local);
	}
}

int
config_decide(const struct config *config, const struct facts *facts,
    const struct rule **rule, struct seen *seen)
{
	struct looked looked;
	enum answer answer;
	size_t i;

	*rule = NULL;
	look_at_all(&looked, config, facts);
	tell(&looked, seen);
	for (i = 0; i < config->nrules; i++) {
		answer = rule_answer(&config->rules[i], &looked);
		if (answer == ANSWER_MORE && !facts->final)
			return 0;
		if (answer == ANSWER_YES) {
			*rule = &config->rules[i];
			return 1;
		}
	}
	return 1;
}

/* Where a proxy is believed, its header must be there for addresses, too. */
static int
needs_bytes(const struct config *config, enum key key)
{
	return key_looks(key)
	    || (config->nproxies > 0 && key != KEY_LISTENER);
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
seen_what_name(enum seen_what what)
{
	switch (what) {
	case SEEN_NOTHING:
		return "nothing";
	case SEEN_OTHER:
		return "other";
	case SEEN_BAD_PROXY:
		return "bad-proxy";
	case SEEN_TLS:
		return "tls";
	case SEEN_HTTP1:
		return "http1";
	case SEEN_HTTP2:
		return "http2";
	}
	return "other";
}
