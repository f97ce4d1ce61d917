/* SPDX-License-Identifier: 0BSD */
/* match.c - what the terms of a rule answer, as far as is known. */
#include "../../lib/detect.h"

#include <string.h>

#include "private.h"

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
answer_name(const struct value *v, enum name_state state, const char *name,
    enum answer nameless)
{
	int match = (state == NAME_SEEN || state == NAME_SURE)
	    && hostname_matches(v->text, name);

	if (v->none)
		return nameless;
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
	case KEY_SNI:
		return answer_name(v, l->hello.name_state, l->hello.name,
		    l->hello.nameless);
	case KEY_ALPN: return answer_alpn(v, &l->hello);
	case KEY_METHOD: return answer_method(v, &l->request);
	case KEY_HOST:
		return answer_name(v, l->request.name_state, l->request.name,
		    l->request.nameless);
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
 * looks at the header itself. That is so for key!=value, too, which is else
 * yes if none of the values is, and no if one is.
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
			return answer_if(!term->negated);
		if (one == ANSWER_MORE)
			all = one;
	}
	return all == ANSWER_NO ? answer_if(term->negated) : all;
}

enum answer
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

enum answer
first_rule(const struct config *config, const struct term_input *in, int final,
    size_t *number)
{
	enum answer answer;
	size_t i;

	for (i = 0; i < config->nrules; i++) {
		answer = rule_answer(&config->rules[i], in);
		if (answer == ANSWER_NO || (answer == ANSWER_MORE && final))
			continue;
		*number = i;
		return answer;
	}
	return ANSWER_NO;
}
