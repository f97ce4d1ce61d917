/* SPDX-License-Identifier: 0BSD */
/* main.c - fdferry(1): options before the verb, then the verb. */
#include "../lib/detect.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "selftest/selftest.h"

struct verb {
	const char *name;
	int (*run)(int, char **); /* NULL: not in this build */
	const char *what;
};

#ifdef FDFERRY_WITH_EVENT
# define EVENT(f) f
#else
# define EVENT(f) NULL
#endif

/* clang-format off */
static const struct verb verbs[] = {
	{ "front", EVENT(verb_front),
	    "accept connections, pass each to the worker that suits it" },
	{ "worker", EVENT(verb_worker),
	    "receive connections and run a program for each" },
	{ "status", EVENT(verb_status),
	    "show what a front holds and has done" },
	{ "ctl", EVENT(verb_ctl),
	    "drain, disable or enable a worker of a front" },
	{ "send", verb_send,
	    "send open files and sockets to a receiver" },
	{ "recv", verb_recv,
	    "receive descriptors: show them, or start a program with them" },
	{ "dial", verb_dial,
	    "connect and hand the connection over, for ssh's ProxyUseFdpass" },
	{ "info", verb_info,
	    "tell what this build and system can" },
	{ "selftest", verb_selftest,
	    "test the library on this system, and find out about it" }
};
/* clang-format on */
#define VERBS \
 "front, worker, status, ctl, send, recv, dial, info or " \
 "selftest"
#define NVERBS (sizeof verbs / sizeof verbs[0])

static void
version(void)
{
	printf("fdferry %s\nLicence 0BSD: use, change and share it freely; "
	       "there is no warranty.\n",
	    FDFERRY_VERSION);
	finish(0);
}

static void
help(void)
{
	size_t i;

	printf("Usage: fdferry VERB [OPTION]... [ARGUMENT]...\n"
	       "       fdferry --help | --version\n"
	       "Carry open file descriptors from one process to another.\n\n");
	for (i = 0; i < NVERBS; i++)
		printf("  %-10s%s\n", verbs[i].name,
		    verbs[i].run != NULL ? verbs[i].what : "(not built)");
	printf("\nfdferry VERB --help tells more; so does fdferry(1).\n");
	finish(0);
}

/*
 * Descriptors 0, 1 and 2 must be taken, or the first socket would become
 * standard error. What stands in for them cannot be written to, and is not
 * passed to programs.
 */
static void
take_standard_fds(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDONLY)) >= 0) {
		if (fd > 2) {
			(void)close(fd);
			break;
		}
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		cli_closed |= 1u << fd;
	}
}

static int
run(const struct verb *v, int argc, char **argv)
{
	cli_verb = v->name;
	if (v->run == NULL)
		die(2,
		    "not in this build, which had no libevent: build again "
		    "with libevent 2.1 or newer");
	finish(v->run(argc, argv));
}

int
main(int argc, char **argv)
{
	/* clang-format off */
	static const struct opt opts[] = {
		{ "help", ARG_NONE, 'h' },
		{ "version", ARG_NONE, 'v' },
		{ NULL, ARG_NONE, 0 }
	};
	/* clang-format on */
	struct args a;
	size_t i;
	int at = 1;

	take_standard_fds();
	st_self = argv[0];
	/* Options of our own end at the verb; the rest is the verb's. */
	if (argc > 1 && strcmp(argv[1], "--") == 0)
		at = 2;
	else if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0') {
		args_init(&a, 2, argv, opts, NULL);
		switch (args_next(&a)) {
		case 'h': help(); break;
		case 'v': version(); break;
		}
	}
	if (at >= argc)
		usage_error("a verb is needed: " VERBS);
	for (i = 0; i < NVERBS; i++)
		if (strcmp(argv[at], verbs[i].name) == 0)
			return run(&verbs[i], argc - at, argv + at);
	usage_error("%s: no such verb: use " VERBS, argv[at]);
}
