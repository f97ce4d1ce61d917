/* SPDX-License-Identifier: 0BSD */
/*
 * subject.c - runs one subject, for bench/messages.py and bench/counts.py.
 *
 *   --list                 names, and the most descriptors of a message
 *   NAME count N COUNT     COUNT messages of N descriptors in one thread,
 *                          and nothing else: for who counts calls
 *   NAME both              one thread, descriptors 3 (out) and 4 (in)
 *   NAME send | recv       one of two processes: 3 or 4, and 5 for answers
 *
 * The last three read lines "N COUNT WINDOW" and answer each with the
 * nanoseconds that it took: of processor time in one thread, else of real time. After each WINDOW messages the receiver answers
 * with one byte and the sender waits for it, so that no more descriptors are
 * in flight than a user may have.
 */
#include "../lib/detect.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "subject.h"

static int fds[SUBJECT_MOST];

void
subject_die(const char *what)
{
	(void)fprintf(stderr, "subject: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* One thread never waits: its processor's time is what it costs, whoever
   else wants the processor. Of two, both count, and waiting too. */
static long long
now(const char *role)
{
	struct timespec t;

	(void)clock_gettime(*role == 'b' ? CLOCK_PROCESS_CPUTIME_ID
	    : CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* So many open files, each with a description of its own. */
static void
open_files(const struct subject *s)
{
	size_t i;

	for (i = 0; i < s->most; i++) {
		fds[i] = s->handle != NULL ? s->handle()
		    : open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0)
			subject_die("/dev/null");
	}
}

static void
both(const struct subject *s, size_t n, long count)
{
	for (; count > 0; count--) {
		s->send(fds, n);
		s->recv(n);
		if (s->settle != NULL)
			s->settle();
	}
}

static void
send_all(const struct subject *s, size_t n, long count, long window)
{
	char c;
	long i;

	for (i = 1; i <= count; i++) {
		s->send(fds, n);
		if (i % window == 0) {
			if (s->settle != NULL)
				s->settle();
			if (read(5, &c, 1) != 1)
				subject_die("no answer");
		}
	}
}

static void
recv_all(const struct subject *s, size_t n, long count, long window)
{
	long i;

	for (i = 1; i <= count; i++) {
		s->recv(n);
		if (i % window == 0 && write(5, "", 1) != 1)
			subject_die("answer");
	}
}

static int
obey(const struct subject *s, const char *role)
{
	char line[64];
	long long begin;
	long count, window;
	size_t n;

	s->open(*role == 'r' ? -1 : 3, *role == 's' ? -1 : 4);
	if (*role != 'r')
		open_files(s);
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (sscanf(line, "%zu %ld %ld", &n, &count, &window) != 3
		    || n > s->most || window < 1)
			return 2;
		begin = now(role);
		if (*role == 'b')
			both(s, n, count);
		else if (*role == 's')
			send_all(s, n, count, window);
		else
			recv_all(s, n, count, window);
		printf("%lld\n", now(role) - begin);
		(void)fflush(stdout);
	}
	return 0;
}

static const struct subject *
find(const char *name)
{
	const struct subject *s;

	for (s = subjects; s->name != NULL; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct subject *s;
	int pair[2];

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (s = subjects; s->name != NULL; s++)
			printf("%s %zu\n", s->name, s->most);
		return 0;
	}
	if (argc < 3 || (s = find(argv[1])) == NULL)
		return 2;
	if (strcmp(argv[2], "count") != 0)
		return obey(s, argv[2]);
	if (argc != 5 || strtoul(argv[3], NULL, 10) > s->most)
		return 2;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		subject_die("socketpair");
	s->open(pair[0], pair[1]);
	open_files(s);
	both(s, strtoul(argv[3], NULL, 10), strtol(argv[4], NULL, 10));
	return 0;
}
