/* SPDX-License-Identifier: 0BSD */
/*
 * t/80-table.c - each row of "What matches what" in fdferry.conf(5) is so, by a
 * walk over rules and by an index.
 */
#include "../lib/detect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "rules/rules.h"
#include "tap.h"

#define ROWS 67 /* of the table: none is overlooked */

static unsigned char data[1024];
static size_t ndata;
static struct sockaddr_storage ends[2];
static struct decide_input in;

/* -------------------------------------------------- the client ---------- */

static void
add(const void *from, size_t n)
{
	memcpy(data + ndata, from, n);
	ndata += n;
}

static void
number(size_t n, int bytes)
{
	while (bytes-- > 0)
		data[ndata++] = (unsigned char)(n >> 8 * bytes & 255);
}

static int
no_name(const char *has)
{
	return strcmp(has, "(no name)") == 0;
}

/* A ClientHello with this server name or protocol. */
static void
hello(const char *name, const char *protocol)
{
	size_t n = name != NULL && !no_name(name) ? strlen(name) : 0;
	size_t p = protocol != NULL ? strlen(protocol) : 0;
	size_t all = (n > 0 ? n + 9 : 0) + (p > 0 ? p + 7 : 0);

	add("\x16\3\1", 3);
	number(all + 47, 2);
	number(1, 1);
	number(all + 43, 3);
	add("\3\3", 2);
	memset(data + ndata, 'r', 32);
	ndata += 32;
	add("\0\0\2\x13\1\1\0", 7);
	number(all, 2);
	if (n > 0) {
		number(0, 2);
		number(n + 5, 2);
		number(n + 3, 2);
		number(0, 1);
		number(n, 2);
		add(name, n);
	}
	if (p > 0) {
		number(16, 2);
		number(p + 3, 2);
		number(p + 1, 2);
		number(p, 1);
		add(protocol, p);
	}
}

static void
request(const char *method, const char *target, const char *host)
{
	char text[500];

	(void)snprintf(text, sizeof text, "%s %s HTTP/1.1\r\n%s%s%s\r\n",
	    method, target, host != NULL ? "Host: " : "",
	    host != NULL ? host : "", host != NULL ? "\r\n" : "");
	add(text, strlen(text));
}

/* ADDRESS, [ADDRESS]:PORT, ADDRESS:PORT with IPv4, unix, unix:PATH. */
static socklen_t
address(const char *text, struct sockaddr_storage *ss)
{
	char host[100], *end, *zone;
	struct sockaddr_in6 v6;
	struct sockaddr_in v4;
	struct sockaddr_un un;
	unsigned short port = 1;

	memset(ss, 0, sizeof *ss);
	memset(&v4, 0, sizeof v4);
	memset(&v6, 0, sizeof v6);
	memset(&un, 0, sizeof un);
	if (strncmp(text, "unix", 4) == 0) {
		un.sun_family = AF_UNIX;
		strcpy(un.sun_path, text[4] == ':' ? text + 5 : "");
		memcpy(ss, &un, sizeof un);
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path)
		    + strlen(un.sun_path));
	}
	(void)snprintf(host, sizeof host, "%s",
	    text[0] == '[' ? text + 1 : text);
	end = text[0] == '[' ? strchr(host, ']')
	    : strchr(host, '.') != NULL && strchr(host, ':') != NULL
		&& strncmp(host, "::", 2) != 0 ? strchr(host, ':') : NULL;
	if (end != NULL) {
		port = (unsigned short)atoi(strrchr(text, ':') + 1);
		*end = '\0';
	}
	zone = strchr(host, '%');
	if (zone != NULL) {
		*zone = '\0';
		v6.sin6_scope_id = (unsigned int)atoi(zone + 1);
	}
	v4.sin_family = AF_INET;
	v6.sin6_family = AF_INET6;
	v4.sin_port = v6.sin6_port = htons(port);
	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
		memcpy(ss, &v4, sizeof v4);
		return sizeof v4;
	}
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) != 1)
		bail("an address of the table cannot be read");
	memcpy(ss, &v6, sizeof v6);
	return sizeof v6;
}

/* A client that has this, of what the term is about. */
static void
client(const char *term, const char *has)
{
	size_t n = strcspn(term, "!=");

	memset(&in, 0, sizeof in);
	ndata = 0;
#define IS(key) (n == strlen(key) && strncmp(term, key, n) == 0)
	in.peerlen = address(IS("from") ? has : "198.51.100.1", &ends[0]);
	in.locallen = address(IS("to") ? has : "198.51.100.2", &ends[1]);
	in.peer = (struct sockaddr *)(void *)&ends[0];
	in.local = (struct sockaddr *)(void *)&ends[1];
	in.listener = IS("listener") ? has : "";
	if (IS("sni"))
		hello(has, NULL);
	else if (IS("alpn"))
		hello(NULL, has);
	else if (IS("host"))
		request("GET", "/", no_name(has) ? NULL : has);
	else if (IS("method"))
		request(has, "/", "x");
	else if (IS("path"))
		request("GET", has, "x");
	else if (IS("bytes"))
		add(has, strlen(has));
	in.data = data;
	in.n = ndata;
}

/* -------------------------------------------------- rows ---------------- */

static int
decide(const struct config *config)
{
	const struct rule *rule;
	struct recognised seen;

	if (!config_decide(config, &in, &rule, &seen))
		return -1;
	return rule != NULL;
}

static void
row(const char *term, const char *has, int match)
{
	static const struct place place = { "--rule", 0 };
	struct config config;
	char text[300], err[500];
	int walked, found;

	memset(&config, 0, sizeof config);
	(void)snprintf(text, sizeof text, "r: %s -> w", term);
	if (config_rule(&config, text, &place, err, sizeof err) < 0
	    || config_worker(&config, "w=/w", &place, err, sizeof err) < 0
	    || config_default(&config, "w", &place, err, sizeof err) < 0) {
		printf("# %s\n", err);
		bail("a term of the table is wrong");
	}
	client(term, has);
	walked = decide(&config);
	if (config_check(&config, err, sizeof err) < 0)
		bail(err);
	found = decide(&config);
	(void)snprintf(text, sizeof text, "%s %s %s", term,
	    match ? "matches" : "does not match", has);
	ok(walked == match && found == match, text);
	config_free(&config);
}

/* Roff's escapes become what they stand for. */
static void
unescape(char *text)
{
	static const char *const escapes[][2] = { { "\\&", "" },
		{ "\\(:u", "\xc3\xbc" }, { "\\e", "\\" } };
	char *at;
	size_t i, from, to;

	for (i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
		from = strlen(escapes[i][0]);
		to = strlen(escapes[i][1]);
		while ((at = strstr(text, escapes[i][0])) != NULL) {
			memcpy(at, escapes[i][1], to);
			memmove(at + to, at + from, strlen(at + from) + 1);
		}
	}
}

/* ".It Li TERM Ta Li CLIENT Ta yes" */
static int
read_row(char *line)
{
	char *term, *has, *match;

	line[strcspn(line, "\n")] = '\0';
	if (strncmp(line, ".It Li ", 7) != 0
	    || (has = strstr(line, " Ta Li ")) == NULL
	    || (match = strstr(has + 7, " Ta ")) == NULL)
		return 0;
	term = line + 7;
	*has = *match = '\0';
	has += 7;
	match += 4;
	unescape(term);
	unescape(has);
	row(term, has, strcmp(match, "yes") == 0);
	return 1;
}

int
main(void)
{
	const char *srcdir = getenv("srcdir");
	char path[1024], line[300];
	int rows = 0, inside = 0;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/man/fdferry.conf.5",
	    srcdir != NULL ? srcdir : ".");
	f = fopen(path, "r");
	if (f == NULL)
		skip_all("the manual page is not there");
	plan(ROWS + 1);
	while (fgets(line, sizeof line, f) != NULL) {
		if (strncmp(line, ".Ss ", 4) == 0)
			inside = strcmp(line, ".Ss What matches what\n") == 0;
		rows += inside && read_row(line);
	}
	(void)fclose(f);
	ok(rows == ROWS, "each row was read");
	printf("# %d rows\n", rows);
	return tap_bad;
}
