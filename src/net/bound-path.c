/* SPDX-License-Identifier: 0BSD */
/*
 * bound-path.c - the paths of Unix sockets that we listen at: removed at the
 * end, lent and taken at a takeover.
 */
#include "../../lib/detect.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bound-path.h"
#include "path-lock.h"

/* Entries are used again and never freed, since a signal handler may walk the
   list at any time. */
static struct bound_path *volatile bound;

/* ------------------------------------------------ the lock -------------- */

int
bound_lock_held(const char *path)
{
	const struct bound_path *m;
	struct stat at, ours;

	if (PATH_LOCK_COMES_ALONG || lstat(path, &at) < 0)
		return 0;
	for (m = bound; m != NULL; m = m->next)
		if (m->there && fstat(m->lock_fd, &ours) == 0
		    && ours.st_dev == at.st_dev && ours.st_ino == at.st_ino)
			return 1;
	return 0;
}

/* ------------------------------------------------ the list ------------- */

struct bound_path *
bound_new(const struct addr *addr)
{
	struct sockaddr_un un;
	struct bound_path *m = bound;

	while (m != NULL && m->there)
		m = m->next;
	if (m == NULL) {
		m = calloc(1, sizeof *m);
		if (m == NULL)
			return NULL;
		m->next = bound;
		bound = m;
	}
	memcpy(&un, &addr->ss, sizeof un);
	(void)snprintf(m->path, sizeof m->path, "%s", un.sun_path);
	(void)snprintf(m->lock, sizeof m->lock, "%s.lock", un.sun_path);
	m->owner = getpid();
	cli_at_exit = unlisten_all;
	m->ino = 0;
	m->lent = 0;
	return m;
}

struct bound_path *
bound_of(const struct addr *addr)
{
	struct sockaddr_un un;
	struct bound_path *m;

	if (!addr_is_unix(addr))
		return NULL;
	memcpy(&un, &addr->ss, sizeof un);
	for (m = bound; m != NULL; m = m->next)
		if (m->there && strcmp(m->path, un.sun_path) == 0)
			return m;
	return NULL;
}

/* ------------------------------------------------ and away again -------- */

/* The socket first, the lock's file next, the lock last. A child of fork()
   leaves it all alone; what another process lent us is its to remove. */
static void
bound_remove(struct bound_path *m)
{
	struct stat st;

	if (!m->there || m->owner != getpid())
		return;
	m->there = 0;
	if (m->lent) {
		(void)close(m->lock_fd);
		return;
	}
	if (m->ino != 0 && lstat(m->path, &st) == 0 && S_ISSOCK(st.st_mode)
	    && st.st_dev == m->dev && st.st_ino == m->ino)
		(void)unlink(m->path);
	if (path_lock_is(m->lock, m->lock_fd))
		(void)unlink(m->lock);
	(void)close(m->lock_fd);
}

void
unlisten(const struct addr *addr)
{
	struct bound_path *m = bound_of(addr);

	if (m != NULL)
		bound_remove(m);
}

int
listen_lost(const struct addr *addr)
{
	const struct bound_path *m = bound_of(addr);
	struct stat st;

	if (m == NULL || m->lent)
		return 0;
	if (lstat(m->path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR;
	return m->ino == 0 || st.st_dev != m->dev || st.st_ino != m->ino;
}

/* ------------------------------------------------ to another process --- */

int
listen_lock(const struct addr *addr)
{
	struct bound_path *m = bound_of(addr);

	return m != NULL ? m->lock_fd : -1;
}

int
listen_lock_is(const struct addr *addr, int lock_fd)
{
	struct sockaddr_un un;
	char lock[sizeof un + 8];

	memcpy(&un, &addr->ss, sizeof un);
	(void)snprintf(lock, sizeof lock, "%s.lock", un.sun_path);
	return path_lock_is(lock, lock_fd);
}

int
listen_adopt(const struct addr *addr, int lock_fd)
{
	struct bound_path *m = bound_new(addr);
	struct stat st;

	if (m == NULL)
		return -1;
	if (lstat(m->path, &st) == 0) {
		m->dev = st.st_dev;
		m->ino = st.st_ino;
	}
	m->lock_fd = lock_fd;
	m->lent = 1;
	m->locked = PATH_LOCK_COMES_ALONG;
	m->there = 1;
	return 0;
}

int
listen_own(void)
{
	struct bound_path *m;
	int missing = 0;

	for (m = bound; m != NULL; m = m->next) {
		m->lent = 0;
		if (m->there && !m->locked)
			m->locked = path_lock_try(m->lock_fd) == 0;
		missing += m->there && !m->locked;
	}
	return missing;
}

void
listen_forget(const struct addr *addr)
{
	struct bound_path *m = bound_of(addr);

	if (m == NULL)
		return;
	m->there = 0;
	(void)close(m->lock_fd);
}

void
unlisten_all(void)
{
	struct bound_path *m;
	int saved = errno;

	for (m = bound; m != NULL; m = m->next)
		bound_remove(m);
	errno = saved;
}

static void
on_signal(int sig)
{
	unlisten_all();
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

void
unlisten_on_signals(void)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa, old;
	size_t i;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_signal;
	for (i = 0; i < sizeof sigs / sizeof sigs[0]; i++)
		if (sigaction(sigs[i], NULL, &old) == 0
		    && old.sa_handler != SIG_IGN)
			(void)sigaction(sigs[i], &sa, NULL);
}
