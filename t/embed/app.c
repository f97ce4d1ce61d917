/* SPDX-License-Identifier: 0BSD */
/*
 * app.c - who carries the library, whatever carries it: C89, and C++98 as
 * well. Passes a descriptor by one message and, but for APP_MESSAGE_ONLY, by a
 * channel, and looks that it is the same file. Where nothing can be passed it
 * must be told so. With an argument the version must be that one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/types.h>
#include <fdferry.h>
#ifndef _WIN32
# include <sys/socket.h>
# include <sys/stat.h>
#endif

#ifndef _WIN32
static int
fail(const char *what)
{
	perror(what);
	return 1;
}

static int
same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0
	    && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

# ifndef APP_MESSAGE_ONLY
/* Both ends of a channel here: one sends, the other has it within ten
   seconds. */
static int
channel(const int pair[2], int fd)
{
	struct fdferry_channel *a = fdferry_channel_new(pair[0], NULL);
	struct fdferry_channel *b = fdferry_channel_new(pair[1], NULL);
	struct fdferry_event event;
	int tries, found = 0;

	if (a == NULL || b == NULL)
		return fail("fdferry_channel_new");
	if (fdferry_channel_send(a, "app", 3, &fd, 1, 0, NULL) < 0)
		return fail("fdferry_channel_send");
	for (tries = 0; tries < 1000 && !found; tries++) {
		memset(&event, 0, sizeof event);
		event.size = sizeof event;
		fdferry_channel_work(a);
		fdferry_channel_work(b);
		while (!found && fdferry_channel_next(b, &event) > 0)
			found = event.type == FDFERRY_EVENT_MESSAGE
			    && event.nfds == 1 && same(event.fds[0], fd);
		if (!found)
			usleep(10000);
	}
	fdferry_channel_free(a);
	fdferry_channel_free(b);
	return found ? 0 : fail("no message came through the channel");
}
# endif
#endif

int
main(int argc, char **argv)
{
	const char *version = fdferry_version();
	int pair[2] = { -1, -1 }, fd;

	if (strcmp(version, argc > 1 ? argv[1] : FDFERRY_VERSION) != 0) {
		fprintf(stderr, "this is fdferry %s\n", version);
		return 1;
	}
	if (fdferry_max_fds() == 0) {
		if (fdferry_send_fd(0, 0, 0, NULL, NULL) != -1
		    || errno != ENOTSUP)
			return 1;
		printf("fdferry %s: descriptors cannot be passed here\n",
		    version);
		return 0;
	}
#ifndef _WIN32
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return fail("socketpair");
	if (fdferry_send_fd(pair[0], 0, 0, NULL, NULL) != 0)
		return fail("fdferry_send_fd");
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	if (fd < 0)
		return fail("fdferry_recv_fd");
	if (!same(fd, 0))
		return fail("another file came");
# ifndef APP_MESSAGE_ONLY
	if (channel(pair, fd) != 0)
		return 1;
# endif
	printf("fdferry %s passed a descriptor\n", version);
	return 0;
#else
	(void)pair;
	(void)fd;
	return 1;
#endif
}
