/* SPDX-License-Identifier: 0BSD */
/* hostname.c - host names, in one spelling, and patterns of them. */
#include "../../lib/detect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "hostname.h"

/* The locale must not matter, so no <ctype.h>. */
static int
lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static int
name_char(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'
	    || c == '_';
}

/* The bytes before ":port", or n + 1 if that is no port. */
static size_t
without_port(const unsigned char *text, size_t n)
{
	size_t end = n, i;
	unsigned long port = 0;

	while (end > 0 && text[end - 1] >= '0' && text[end - 1] <= '9')
		end--;
	if (end == 0 || text[end - 1] != ':')
		return n;
	for (i = end; i < n; i++) {
		port = port * 10 + (unsigned long)(text[i] - '0');
		if (port > 65535)
			return n + 1;
	}
	return end - 1;
}

/* "[::1]": one address may be written in several ways. */
static int
fold_literal(const unsigned char *text, size_t n, char out[NAME_ROOM])
{
	struct in6_addr addr;
	char inner[INET6_ADDRSTRLEN];

	if (n < 4 || n - 2 >= sizeof inner || text[n - 1] != ']'
	    || memchr(text, '\0', n) != NULL)
		return -1;
	memcpy(inner, text + 1, n - 2);
	inner[n - 2] = '\0';
	if (inet_pton(AF_INET6, inner, &addr) != 1)
		return -1;
	out[0] = '[';
	if (inet_ntop(AF_INET6, &addr, out + 1, NAME_ROOM - 2) == NULL)
		return -1;
	strcat(out, "]");
	return 0;
}

/* What is wrong with stars that begin at text[i], in the label there; they may
   be `*` for any label, and `**` for the first. */
static const char *
check_stars(const unsigned char *text, size_t n, size_t label, size_t i)
{
	size_t end = i;

	while (end < n && text[end] == '*')
		end++;
	if (i != label || end > i + 2 || (end < n && text[end] != '.'))
		return "has a * inside a label: * stands for one whole label, "
		       "as in *.example";
	if (end == i + 2 && i > 0)
		return "has a ** that is not its first label: it stands for "
		       "one or more, as in **.example";
	return NULL;
}

/* Labels of name characters; with `stars` one may consist of them. */
static const char *
fold_labels(const unsigned char *text, size_t n, int stars, char out[NAME_ROOM])
{
	const char *why;
	size_t i, label = 0;
	int c;

	if (n > 0 && text[n - 1] == '.')
		n--;
	if (n == 0)
		return "is empty";
	if (n > NAME_MOST)
		return "is too long: a host name has at most 253 characters";
	for (i = 0; i < n; i++) {
		c = lower(text[i]);
		out[i] = (char)c;
		if (c == '.') {
			if (i == label || i + 1 == n)
				return "has an empty label between dots";
			label = i + 1;
		} else if (c == '*' && stars) {
			why = check_stars(text, n, label, i);
			if (why != NULL)
				return why;
			if (i + 1 < n && text[i + 1] == '*')
				out[++i] = '*';
		} else if (!name_char(c))
			return "is no host name: expected letters, digits, "
			       "'-', '_' and '.'";
	}
	out[n] = '\0';
	return NULL;
}

int
hostname_fold(const unsigned char *text, size_t n, int authority,
    char out[NAME_ROOM])
{
	int bad;

	if (authority) {
		size_t cut = without_port(text, n);

		n = cut > n ? 0 : cut;
	}
	if (authority && n > 0 && text[0] == '[')
		bad = fold_literal(text, n, out) < 0;
	else
		bad = fold_labels(text, n, 0, out) != NULL;
	if (bad)
		out[0] = '\0';
	return bad ? -1 : 0;
}

const char *
hostname_pattern_fold(const unsigned char *text, size_t n, int authority,
    char out[NAME_ROOM])
{
	if (n == sizeof NAME_NO_NAME - 1
	    && memcmp(text, NAME_NO_NAME, n) == 0) {
		strcpy(out, NAME_NO_NAME);
		return NULL;
	}
	if (n > 0 && text[0] == '[') {
		if (!authority)
			return "is an address: TLS sends names only";
		if (fold_literal(text, n, out) < 0)
			return "is no IPv6 address: expected one such as "
			       "[2001:db8::1], without a port";
		return NULL;
	}
	if (memchr(text, ':', n) != NULL)
		return "has a colon: ports are not compared, leave it out; "
		       "an IPv6 address stands in brackets, as in [::1]";
	return fold_labels(text, n, 1, out);
}

/* What `**` leaves of a name for the rest of its pattern: as many labels as
   that has; NULL if nothing is before them. */
static const char *
behind_deep(const char *rest, const char *name)
{
	const char *at = name + strlen(name);
	size_t dots = 0;

	for (; *rest != '\0'; rest++)
		dots += *rest == '.';
	for (; dots > 0; dots--) {
		do
			if (at == name)
				return NULL;
		while (*--at != '.');
	}
	return at;
}

int
hostname_matches(const char *pattern, const char *name)
{
	if (name[0] == '[' || name[0] == '\0')
		return strcmp(pattern, name) == 0;
	if (pattern[0] == '*' && pattern[1] == '*') {
		pattern += 2;
		name = behind_deep(pattern, name);
		if (name == NULL)
			return 0;
	}
	while (*pattern != '\0') {
		if (*pattern == '*') {
			pattern++;
			name += strcspn(name, ".");
		} else if (*pattern++ != *name++)
			return 0;
	}
	return *name == '\0';
}
