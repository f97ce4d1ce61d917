/* SPDX-License-Identifier: 0BSD */
/* key.c - the keys of a rule, and what their values look like. */
#include "../../lib/detect.h"

#include <stdlib.h>
#include <string.h>

#include "private.h"

const char *const key_names[NKEYS] = { "from", "to", "listener", "proxy", "tls",
	"sni", "alpn", "method", "host", "path", "http2", "bytes" };

enum key
key_find(const char *text, size_t n)
{
	int key;

	for (key = 0; key < NKEYS; key++)
		if (strlen(key_names[key]) == n
		    && memcmp(key_names[key], text, n) == 0)
			break;
	return (enum key)key;
}

int
key_looks(enum key key)
{
	return key != KEY_FROM && key != KEY_TO && key != KEY_LISTENER
	    && key != KEY_PROXY;
}

int
key_is_switch(enum key key)
{
	return key == KEY_PROXY || key == KEY_TLS || key == KEY_HTTP2;
}

static const char *
value_switch(struct value *v)
{
	v->yes = strcmp(v->text, "yes") == 0;
	if (!v->yes && strcmp(v->text, "no") != 0)
		return "is unknown: expected yes or no";
	return NULL;
}

/* As sd_listen_fds(3) has them. */
static const char *
value_listener(const struct value *v)
{
	if (strchr(v->text, ':') != NULL)
		return "has a colon: it separates names in LISTEN_FDNAMES";
	return v->len > LISTENER_MOST
	    ? "is too long: a listener's name has at most 255 characters"
	    : NULL;
}

static const char *
value_alpn(const struct value *v)
{
	return v->len > ALPN_MOST
	    ? "is too long: a protocol's name has at most 255 bytes"
	    : NULL;
}

static const char *
value_method(const struct value *v)
{
	size_t i;

	for (i = 0; i < v->len; i++)
		if (!http_token_char((unsigned char)v->text[i]))
			return "is no method: expected one such as GET";
	return v->len > HTTP_METHOD_MOST
	    ? "is too long: a method has at most 32 characters"
	    : NULL;
}

static const char *
value_path(const struct value *v)
{
	size_t i;
	unsigned char c;

	if (v->text[0] != '/')
		return "is no path: expected one that begins with /";
	for (i = 0; i < v->len; i++) {
		c = (unsigned char)v->text[i];
		if (c == '?' || c == '#')
			return "has a query or fragment: only the path before "
			       "it is compared";
		if (c <= ' ' || c >= 0x7f)
			return "has a character that no request holds: write "
			       "it as the client sends it, %20 for a blank";
	}
	return NULL;
}

static const char *
value_name(struct value *v, int authority)
{
	char folded[NAME_ROOM];
	const char *why;

	why = hostname_pattern_fold((const unsigned char *)v->text, v->len,
	    authority, folded);
	if (why != NULL)
		return why;
	v->none = strcmp(folded, NAME_NO_NAME) == 0;
	/* A name folds into its own length at most; an address may not. */
	v->len = strlen(folded);
	free(v->text);
	v->text = strdup(folded);
	return v->text != NULL ? NULL : "is too much: out of memory";
}

static const char *
value_text(enum key key, struct value *v)
{
	if (memchr(v->text, '\0', v->len) != NULL)
		return "has a NUL byte, which only bytes= can have";
	switch (key) {
	case KEY_FROM: return net_parse_from(v->text, v->len, &v->net);
	case KEY_TO: return net_parse_to(v->text, v->len, &v->net);
	case KEY_LISTENER: return value_listener(v);
	case KEY_PROXY:
	case KEY_TLS:
	case KEY_HTTP2: return value_switch(v);
	case KEY_SNI: return value_name(v, 0);
	case KEY_ALPN: return value_alpn(v);
	case KEY_METHOD: return value_method(v);
	case KEY_HOST: return value_name(v, 1);
	case KEY_PATH: return value_path(v);
	case KEY_BYTES:
	case NKEYS: break;
	}
	return NULL;
}

const char *
key_value(enum key key, struct value *v)
{
	if (v->len == 0)
		return "is empty";
	if (key != KEY_BYTES)
		return value_text(key, v);
	return v->len > LOOK_LEAST ? "is too long: expected at most 64 bytes"
				   : NULL;
}
