/* SPDX-License-Identifier: 0BSD */
/*
 * selftest.c - fdferry selftest: does this build keep its promises here, and
 * what does this system do?
 *
 * One program that needs no other file, so that it runs as the only program
 * of a virtual machine. TAP on standard output: first the promises of
 * fdferry.h, then one test per fact of the system, judged by the tables in facts/.
 */
#include "selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined __linux__
# define SYSTEM "linux"
#elif defined __FreeBSD__
# define SYSTEM "freebsd"
#elif defined __NetBSD__
# define SYSTEM "netbsd"
#elif defined __OpenBSD__
# define SYSTEM "openbsd"
#elif defined __DragonFly__
# define SYSTEM "dragonfly"
#elif defined __APPLE__
# define SYSTEM "darwin"
#elif defined __sun
# define SYSTEM "solaris"
#elif defined __HAIKU__
# define SYSTEM "haiku"
#elif defined _AIX
# define SYSTEM "aix"
#elif defined __CYGWIN__
# define SYSTEM "cygwin"
#elif defined __GNU__
# define SYSTEM "hurd"
#elif defined __QNX__
# define SYSTEM "qnx"
#elif defined _WIN32
# define SYSTEM "windows"
#elif defined __wasi__
# define SYSTEM "wasi"
#else
# define SYSTEM "other"
#endif

static int number;
static int failures;

/* ------------------------------------------------ reports --------------- */

/* ------------------------------------------------ TAP ------------------- */

static size_t
count(const struct st_case *list)
{
	size_t n = 0;

	while (list[n].name != NULL)
		n++;
	return n;
}

static void
features(void)
{
	const char *name, *value;
	size_t i;

	for (i = 0; fdferry_feature(i, &name, &value) == 0; i++)
		printf("# feature %s: %s\n", name, value);
}

/* A promise that a layer is known to break: "NAME" and the failure's text. */
static const struct st_fact *
excuse(const char *under, const struct st_case *c, const struct st_report *r)
{
	const struct st_fact *why;

	if (r->kind != ST_FAIL
	    || st_judge(SYSTEM, under, c->name, r->text, &why) != ST_KNOWN)
		return NULL;
	return why;
}

static void
promise(const struct st_case *c, const char *under)
{
	const struct st_fact *why;
	struct st_report r;

	st_run(c, &r);
	number++;
	why = excuse(under, c, &r);
	if (why != NULL)
		printf("ok %d - %s: %s # known: %s\n", number, c->name, r.text,
		    why->known);
	else if (r.kind == ST_FAIL) {
		failures++;
		printf("not ok %d - %s\n#   %s\n", number, c->name, r.text);
	} else if (r.kind == ST_SKIP)
		printf("ok %d - %s # SKIP %s\n", number, c->name, r.text);
	else
		printf("ok %d - %s\n", number, c->name);
}

/* clang-format off */
static const char how_to_report[] =
    "#   This is not known of this system. Please report the output of\n"
    "#   \"fdferry selftest\" and of \"uname -a\"; see matrix/README.md.\n";
/* clang-format on */

static void
fact(const struct st_case *c, const char *under)
{
	const struct st_fact *why = NULL;
	struct st_report r;
	enum st_verdict verdict;

	st_run(c, &r);
	number++;
	if (r.kind == ST_SKIP) {
		printf("ok %d - fact %s # SKIP %s\n", number, c->name, r.text);
		return;
	}
	verdict = r.kind == ST_ANSWER
	    ? st_judge(SYSTEM, under, c->name, r.text, &why)
	    : ST_UNKNOWN;
	if (verdict == ST_UNKNOWN) {
		failures++;
		printf("not ok %d - fact %s: %s\n", number, c->name, r.text);
		if (why != NULL && r.kind == ST_ANSWER)
			printf("#   expected: %s (%s: %s)\n", why->value,
			    why->how, why->source);
		fputs(how_to_report, stdout);
	} else if (verdict == ST_KNOWN)
		printf("ok %d - fact %s: %s # known: %s\n", number, c->name,
		    r.text, why->known);
	else
		printf("ok %d - fact %s: %s%s\n", number, c->name, r.text,
		    verdict == ST_NEW ? " # new: nothing was recorded" : "");
	if (r.kind == ST_ANSWER)
		printf("# fact.%s: %s\n", c->name, r.text);
}

static int
run_all(const char *under, int with_facts)
{
	const struct st_case *c;

	printf("1..%lu\n",
	    (unsigned long)(count(st_promises)
		+ (with_facts ? count(st_probes) : 0)));
	printf("# fdferry selftest %s on %s%s%s\n", fdferry_version(), SYSTEM,
	    under[0] != '\0' ? ", under " : "", under);
	features();
	for (c = st_promises; c->name != NULL; c++)
		promise(c, under);
	for (c = st_probes; with_facts && c->name != NULL; c++)
		fact(c, under);
	return failures == 0 ? 0 : 1;
}

/* ------------------------------------------------ facts only ------------ */

static int
run_facts(void)
{
	const struct st_case *c;
	struct st_report r;
	int bad = 0;

	for (c = st_probes; c->name != NULL; c++) {
		st_run(c, &r);
		if (r.kind == ST_FAIL)
			bad = 1;
		printf("fact.%s: %s%s\n", c->name,
		    r.kind == ST_SKIP	    ? "not asked: "
			: r.kind == ST_FAIL ? "failed: "
					    : "",
		    r.text);
	}
	return bad;
}

static int
is_known(const char *system)
{
	const struct st_fact *row;
	size_t i;

	for (i = 0; (row = st_fact_at(i)) != NULL; i++)
		if (strcmp(row->system, system) == 0)
			return 1;
	return 0;
}

/* read.FACT: VALUE (HOW: SOURCE; versions V; B bits; why it is known) */
static void
print_row(const struct st_fact *row)
{
	printf("read.%s: %s (%s: %s", row->fact, row->value, row->how,
	    row->source);
	if (row->versions[0] != '\0')
		printf("; versions %s", row->versions);
	if (row->bits != 0)
		printf("; %d bits", row->bits);
	printf("%s%s)\n", row->known != NULL ? "; " : "",
	    row->known != NULL ? row->known : "");
}

static int
run_expected(const char *system)
{
	const struct st_fact *row;
	size_t i;

	for (i = 0; (row = st_fact_at(i)) != NULL; i++)
		if (strcmp(row->system, system) == 0)
			print_row(row);
	if (is_known(system))
		return 0;
	fprintf(stderr,
	    "fdferry selftest: --expected %s: nothing is known of "
	    "it; of these there is:",
	    system);
	for (i = 0; (row = st_fact_at(i)) != NULL; i++)
		if (i == 0
		    || strcmp(row->system, st_fact_at(i - 1)->system) != 0)
			fprintf(stderr, " %s", row->system);
	fprintf(stderr, "\n");
	return 1;
}

/* ------------------------------------------------ options --------------- */

/* clang-format off */
static const char usage[] =
    "Usage: fdferry selftest [--facts | --promises] [--under LAYER]\n"
    "       fdferry selftest --expected SYSTEM\n"
    "  Tests the library on this system and prints TAP. Exit status 1 if a\n"
    "  test failed, or if the system differs from what is known of it.\n"
    "  --facts            print only what this system answered\n"
    "  --promises         test only what the library promises\n"
    "  --under LAYER      a layer with differences of its own is below:\n"
    "                     qemu-user or gvisor\n"
    "  --expected SYSTEM  print what is known of SYSTEM, and whence\n";
/* clang-format on */

struct options {
	const char *under;
	int facts;
	int promises;
};

/* For the test of close-on-exec: is descriptor `text` closed here? */
static int
closed(const char *text)
{
	struct fdferry_info info;

	info.size = sizeof info;
	return fdferry_describe(atoi(text), &info) < 0 && errno == EBADF ? 0
									 : 1;
}

/* Fill in `o`; what to exit with, or -1 to go on. */
static int
options(int argc, char **argv, struct options *o)
{
	int i;

	o->under = "";
	o->facts = o->promises = 0;
	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--facts") == 0)
			o->facts = 1;
		else if (strcmp(argv[i], "--promises") == 0)
			o->promises = 1;
		else if (strcmp(argv[i], "--under") == 0 && i + 1 < argc
		    && is_known(argv[i + 1]))
			o->under = argv[++i];
		else if (strcmp(argv[i], "--expected") == 0 && i + 1 < argc)
			return run_expected(argv[i + 1]);
		else if (strcmp(argv[i], "--closed") == 0 && i + 1 < argc)
			return closed(argv[i + 1]);
		else {
			if (strcmp(argv[i], "--help") == 0) {
				fputs(usage, stdout);
				return 0;
			}
			fprintf(stderr,
			    "fdferry selftest: %s: unknown, or "
			    "its value is (see fdferry selftest --help)\n",
			    argv[i]);
			return 2;
		}
	}
	return -1;
}

int
verb_selftest(int argc, char **argv)
{
	struct options o;
	int status;

	(void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc > 0 && st_self == NULL)
		st_self = argv[0];
	status = options(argc, argv, &o);
	if (status < 0)
		status = o.facts ? run_facts() : run_all(o.under, !o.promises);
	return fflush(stdout) != 0 || ferror(stdout) ? 1 : status;
}

#ifdef SELFTEST_MAIN
int
main(int argc, char **argv)
{
	/* Called as "selftest selftest ..." it is what fdferry(1) would be. */
	if (argc > 1 && strcmp(argv[1], "selftest") == 0) {
		st_self = argv[0];
		argc--;
		argv++;
	}
	return verb_selftest(argc, argv);
}
#endif
