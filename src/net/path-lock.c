/* SPDX-License-Identifier: 0BSD */
/*
 * path-lock.c - the lock beside the path of a listening Unix socket.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net.h"
#include "path-lock.h"

#ifndef O_NOFOLLOW
# define O_NOFOLLOW 0 /* lock_open() compares what it got anyway */
#endif
#ifndef O_CLOEXEC
# define O_CLOEXEC 0 /* fcntl() follows */
#endif
#define LOCK_TRIES 20 /* of 50 ms: who unlinks now is soon done */

/* Others wait for this process: it waits for nobody. */
static int serving;

void
listen_serving(void)
{
	serving = 1;
}

#if FDFERRY_HAVE_FLOCK
int
path_lock_try(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB);
}
#else
int
path_lock_try(int fd)
{
	struct flock l;

	memset(&l, 0, sizeof l);
	l.l_type = F_WRLCK;
	l.l_whence = SEEK_SET;
	return fcntl(fd, F_SETLK, &l);
}
#endif

int
path_lock_is(const char *path, int fd)
{
	struct stat at, open;

	return fstat(fd, &open) == 0 && lstat(path, &at) == 0
	    && at.st_dev == open.st_dev && at.st_ino == open.st_ino;
}

/* Open PATH.lock: a plain file of ours, never through a link. */
static int
lock_open(const char *path, char *err, size_t errlen)
{
	int fd = open(path,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	    0600);
	struct stat st, at;

	if (fd < 0) {
		(void)snprintf(err, errlen, "%s: %s%s", path, strerror(errno),
		    errno == EACCES || errno == ENOENT
			? ": the socket's "
			  "directory must exist and be writable"
			: "");
		return -1;
	}
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (fstat(fd, &st) == 0 && lstat(path, &at) == 0 && S_ISREG(at.st_mode)
	    && st.st_uid == geteuid())
		return fd;
	(void)snprintf(err, errlen,
	    "%s: not a plain file of this user: "
	    "remove it",
	    path);
	(void)close(fd);
	return -1;
}

/* Whoever had the lock may just have removed the file: then it is another file
   by now, and we try again. */
int
path_lock_take(const char *path, int (*held)(const char *), char *err,
    size_t errlen)
{
	int fd, i;

	for (i = 0; i < LOCK_TRIES && !held(path); i++) {
		fd = lock_open(path, err, errlen);
		if (fd < 0)
			return -1;
		if (path_lock_try(fd) == 0) {
			if (path_lock_is(path, fd))
				return fd;
			(void)close(fd); /* removed meanwhile: at once again */
			continue;
		}
		(void)close(fd);
		if (serving)
			break;
		(void)poll(NULL, 0, 50);
	}
	(void)snprintf(err, errlen,
	    "%s: locked: another fdferry listens "
	    "there: end it or use another path",
	    path);
	return -1;
}
