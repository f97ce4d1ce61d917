/* SPDX-License-Identifier: 0BSD */
/*
 * t/82-config-memory.c - when the Nth allocation fails, for every N, the
 * configuration says so, adds nothing, and loses no memory.
 */
#include "../lib/detect.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tap.h"

static int until_failure;	/* allocations; -1: none fails */
static long blocks;		/* allocated now */

static int
fails(void)
{
	return until_failure >= 0 && until_failure-- == 0;
}

static void *
fake_malloc(size_t n)
{
	void *p = fails() ? NULL : malloc(n);

	blocks += p != NULL;
	return p;
}

static void *
fake_realloc(void *old, size_t n)
{
	void *p = fails() ? NULL : realloc(old, n);

	blocks += p != NULL && old == NULL;
	return p;
}

static char *
fake_strdup(const char *text)
{
	char *p = fake_malloc(strlen(text) + 1);

	return p != NULL ? strcpy(p, text) : NULL;
}

static void
fake_free(void *p)
{
	blocks -= p != NULL;
	free(p);
}

#undef strdup
#define malloc fake_malloc
#define realloc fake_realloc
#define strdup fake_strdup
#define free fake_free
#include "../src/rules/text.c"
#include "../src/rules/network.c"
#include "../src/rules/key.c"
#include "../src/rules/match.c"
#include "../src/rules/decide.c"
#include "../src/rules/table.c"
#include "../src/rules/prefix.c"
#include "../src/rules/parse.c"
#include "../src/rules/parse-rule.c"
#include "../src/rules/proxy-networks.c"
#include "../src/rules/check.c"
#include "../src/rules/index.c"
#include "../src/rules/patterns.c"
#include "../src/rules/index-find.c"
#include "../src/rules/whole.c"
#include "../src/rules/file.c"
#include "../src/rules/rules.c"

static const char text[] =
    "listen 127.0.0.1:80\n"
    "listen \"unix:/run/s\"\n"
    "worker a=/run/a\n"
    "worker b=@b\n"
    "pool p=a, b\n"
    "one: host=*.example,x host!=**.x from=192.0.2.0/24,unix to=:80 -> a, p\n"
    "four: sni=y,(none),**.example from=192.0.2.0/24,unix -> a, refuse\n"
    "tls: alpn=h2,h3 listener=l proxy=yes -> a\n"
    "two: method=GET path=/v1,\"/v2\" tls=no -> b\n"
    "three: bytes=\"\\x05\" -> a\n"
    "proxy-from 192.0.2.0/24, \"::1\"\n"
    "proxy-from unix\n"
    "default a, b\n";

/* Returns 1 when nothing failed any more, 0 after a good failure, -1. */
static int
fail_at(int n, const char *path)
{
	struct config config;
	char err[200];
	int bad;

	memset(&config, 0, sizeof config);
	blocks = 0;
	err[0] = '\0';
	until_failure = n;
	bad = config_file(&config, path, err, sizeof err);
	if (!bad) {
		bad = config_check(&config, err, sizeof err);
		if (bad && (config.index != NULL
		    || strstr(err, "out of memory") == NULL)) {
			printf("# %d: %s\n", n, err);
			return -1;
		}
	} else if ((strstr(err, "out of memory") == NULL
	    || config.nlistens + config.nworkers + config.npools
	    + config.nrules
	    + config.ndefaults + config.nproxies > 0)) {
		printf("# %d: %s\n", n, err);
		return -1;
	}
	config_free(&config);
	if (blocks != 0) {
		printf("# %d: %ld blocks lost\n", n, blocks);
		return -1;
	}
	return until_failure >= 0 && !bad;
}

int
main(void)
{
	char path[] = "/tmp/fdferry-82-XXXXXX";
	int fd = mkstemp(path), n = 0, r;

	plan(2);
	if (fd < 0 || write(fd, text, sizeof text - 1)
	    != (ssize_t)sizeof text - 1 || close(fd) < 0)
		bail("a file cannot be written");
	do
		r = fail_at(n++, path);
	while (r == 0 && n < 1000);
	ok(r == 1, "each allocation's failure is reported, and costs nothing");
	ok(n > 40, "there are many");
	printf("# %d allocations\n", n - 1);
	(void)unlink(path);
	return tap_bad;
}
