/* SPDX-License-Identifier: 0BSD */
/* check.c - rules that never match. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "private.h"

enum wanted { ANY, NO, YES };

/* Two terms contradict each other if one is no whenever the other is yes. */
/* clang-format off */
static const struct {
	enum key a;
	enum wanted a_is;
	enum key b;
	enum wanted b_is;
	const char *why;
} clashes[] = {
	{ KEY_TLS, NO, KEY_SNI, ANY,
	    "a server name is sent with TLS only: leave tls= out" },
	{ KEY_TLS, NO, KEY_ALPN, ANY,
	    "protocols are offered with TLS only: leave tls= out" },
	{ KEY_TLS, YES, KEY_HOST, ANY, "TLS hides the Host: use sni=" },
	{ KEY_TLS, YES, KEY_METHOD, ANY, "TLS hides the request" },
	{ KEY_TLS, YES, KEY_PATH, ANY, "TLS hides the request" },
	{ KEY_TLS, YES, KEY_HTTP2, YES, "http2= is HTTP/2 without TLS" },
	{ KEY_SNI, ANY, KEY_HOST, ANY, "a connection is TLS, which hides the "
	    "Host, or it is not: make it two rules" },
	{ KEY_SNI, ANY, KEY_METHOD, ANY, "TLS hides the request" },
	{ KEY_SNI, ANY, KEY_PATH, ANY, "TLS hides the request" },
	{ KEY_SNI, ANY, KEY_HTTP2, YES, "http2= is HTTP/2 without TLS" },
	{ KEY_ALPN, ANY, KEY_HOST, ANY, "TLS hides the Host: use sni=" },
	{ KEY_ALPN, ANY, KEY_METHOD, ANY, "TLS hides the request" },
	{ KEY_ALPN, ANY, KEY_PATH, ANY, "TLS hides the request" },
	{ KEY_ALPN, ANY, KEY_HTTP2, YES, "http2= is HTTP/2 without TLS: "
	    "alpn=h2 is HTTP/2 inside it" },
	{ KEY_HTTP2, YES, KEY_HOST, ANY, "host= reads HTTP/1 only" },
	{ KEY_HTTP2, YES, KEY_METHOD, ANY, "method= reads HTTP/1 only" },
	{ KEY_HTTP2, YES, KEY_PATH, ANY, "path= reads HTTP/1 only" }
};
/* clang-format on */

/* Of key=value; key!=value contradicts only the same values. */
static const struct term *
find_term(const struct rule *rule, enum key key, enum wanted wanted)
{
	size_t i;

	for (i = 0; i < rule->nterms; i++)
		if (rule->terms[i].key == key && !rule->terms[i].negated)
			return wanted == ANY
				|| rule->terms[i].values[0].yes
				    == (wanted == YES)
			    ? &rule->terms[i]
			    : NULL;
	return NULL;
}

static int
check_pairs(const struct rule *rule, const struct complaint *c)
{
	static const char *const shown[] = { "", "no", "yes" };
	size_t i;

	for (i = 0; i < sizeof clashes / sizeof clashes[0]; i++)
		if (find_term(rule, clashes[i].a, clashes[i].a_is) != NULL
		    && find_term(rule, clashes[i].b, clashes[i].b_is) != NULL)
			return complain(c,
			    "%s: %s=%s and %s=%s never match "
			    "together: %s",
			    rule->name, key_names[clashes[i].a],
			    shown[clashes[i].a_is], key_names[clashes[i].b],
			    shown[clashes[i].b_is], clashes[i].why);
	return 0;
}

/* What the bytes are decides about the other terms, too. */
static int
check_bytes(const struct rule *rule, const struct complaint *c)
{
	const struct term *bytes = find_term(rule, KEY_BYTES, ANY), *other;
	const struct term *no = NULL;
	struct term_input in;
	size_t i, k;

	for (i = 0; bytes != NULL && i < bytes->nvalues; i++) {
		read_bytes(&in, (const unsigned char *)bytes->values[i].text,
		    bytes->values[i].len);
		for (k = 0; k < rule->nterms; k++) {
			other = &rule->terms[k];
			if (other != bytes && key_looks(other->key)
			    && term_answer(other, &in) == ANSWER_NO)
				break;
		}
		if (k == rule->nterms)
			return 0;
		no = &rule->terms[k];
	}
	if (no == NULL)
		return 0;
	return complain(c,
	    "%s: bytes= and %s= never match together: what "
	    "begins with these bytes is never what %s= asks for",
	    rule->name, key_names[no->key], key_names[no->key]);
}

static int
excludes(const struct term *negated, const struct value *v)
{
	const struct value *other;
	size_t i;

	for (i = 0; i < negated->nvalues; i++) {
		other = &negated->values[i];
		if (other->len == v->len
		    && memcmp(other->text, v->text, v->len) == 0)
			return 1;
		if ((negated->key == KEY_SNI || negated->key == KEY_HOST)
		    && !v->none && !other->none && strchr(v->text, '*') == NULL
		    && hostname_matches(other->text, v->text))
			return 1;
	}
	return 0;
}

/* key=value key!=value */
static int
check_exclusions(const struct rule *rule, const struct complaint *c)
{
	const struct term *negated, *term;
	size_t i, k;

	for (i = 0; i < rule->nterms; i++) {
		negated = &rule->terms[i];
		term = negated->negated ? find_term(rule, negated->key, ANY)
					: NULL;
		if (term == NULL)
			continue;
		for (k = 0; k < term->nvalues; k++)
			if (!excludes(negated, &term->values[k]))
				break;
		if (k == term->nvalues)
			return complain(c,
			    "%s: %s= and %s!= never match together: all "
			    "values of the one are among those of the other",
			    rule->name, key_names[negated->key],
			    key_names[negated->key]);
	}
	return 0;
}

static unsigned int
kinds_of(const struct term *term)
{
	unsigned int kinds = 0;
	size_t i;

	for (i = 0; i < term->nvalues; i++)
		kinds |= term->values[i].net.kinds;
	return kinds;
}

/* Both ends of a connection have addresses of one kind. */
static int
check_kinds(const struct rule *rule, const struct complaint *c)
{
	const struct term *from = find_term(rule, KEY_FROM, ANY);
	const struct term *to = find_term(rule, KEY_TO, ANY);

	if (from == NULL || to == NULL || (kinds_of(from) & kinds_of(to)) != 0)
		return 0;
	return complain(c,
	    "%s: from= and to= never match together: one is "
	    "IPv4, the other IPv6 or a Unix socket",
	    rule->name);
}

/* CONNECT asks for a host and a port. */
static int
check_connect(const struct rule *rule, const struct complaint *c)
{
	const struct term *method = find_term(rule, KEY_METHOD, ANY);
	size_t i;

	if (method == NULL || find_term(rule, KEY_PATH, ANY) == NULL)
		return 0;
	for (i = 0; i < method->nvalues; i++)
		if (strcmp(method->values[i].text, "CONNECT") != 0)
			return 0;
	return complain(c,
	    "%s: method=CONNECT and path= never match "
	    "together: such a request has no path",
	    rule->name);
}

static int
check_proxy(const struct config *config, const struct rule *rule,
    const struct complaint *c)
{
	if (config->nproxies > 0 || find_term(rule, KEY_PROXY, YES) == NULL)
		return 0;
	return complain(c,
	    "%s: proxy=yes never matches: no proxy is believed "
	    "without proxy-from NETWORK",
	    rule->name);
}

int
check_rule(const struct config *config, const struct rule *rule,
    const struct complaint *c)
{
	if (check_proxy(config, rule, c) < 0 || check_pairs(rule, c) < 0
	    || check_exclusions(rule, c) < 0 || check_bytes(rule, c) < 0
	    || check_kinds(rule, c) < 0)
		return -1;
	return check_connect(rule, c);
}
