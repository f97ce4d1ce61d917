/* SPDX-License-Identifier: 0BSD */
/*
 * listen.c - listening sockets, and the paths of Unix ones.
 *
 * A path is made in the order bind, mode, owner, listen: until listen()
 * nobody can connect, so there is no moment at which the wrong user could,
 * and umask need not be touched. What is at the path already is judged and
 * replaced under a lock on PATH.lock, which is held as long as we listen:
 * on the BSDs a listener whose backlog is full refuses just as a dead
 * socket does, and only the lock tells them apart.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#if FDFERRY_HAVE_FLOCK
# include <sys/file.h>
#endif

#include "net.h"
#include "path-lock.h"

struct bound_path {
	struct bound_path *next;
	char path[sizeof(struct sockaddr_un)];
	char lock[sizeof(struct sockaddr_un) + 8];
	dev_t dev;
	ino_t ino;
	pid_t owner;
	int lock_fd;
	volatile sig_atomic_t there;
	volatile sig_atomic_t lent; /* adopted, and not ours yet */
	int locked;
};
/* Entries are used again and never freed, since a signal handler may walk the
   list at any time. */
static struct bound_path *volatile bound;

/* ------------------------------------------------ the lock -------------- */

/* Is it ours already, by whatever name? To open and close POSIX's again would
   lose it. */
static int
lock_held(const char *path)
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

/* ------------------------------------------------ what is there --------- */

/* Does somebody listen? 1, 0, or -1 if it cannot be known. */
static int
is_live(const struct addr *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), error = 0;

	if (fd < 0)
		return -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (connect(fd, (const struct sockaddr *)(const void *)&addr->ss,
		addr->len)
	    < 0)
		error = errno;
	(void)close(fd);
	switch (error) {
	case ECONNREFUSED:
	case ENOENT: return 0;
	case EACCES:
	case EPERM: return -1;
	default: /* EAGAIN: full; EPROTOTYPE: a live datagram one */ return 1;
	}
}

/* Make room at the path, under the lock. */
static int
clear_path(const struct addr *addr, const char *path, char *err, size_t errlen)
{
	struct stat st;
	const char *why;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		why = strerror(errno);
	} else if (!S_ISSOCK(st.st_mode))
		why = S_ISLNK(st.st_mode)
		    ? "a symbolic link: remove it or use another path"
		    : "exists and is no socket: remove it or use another path";
	else
		switch (is_live(addr)) {
		case 1:
			why = "another process listens there: end it or use "
			      "another "
			      "path";
			break;
		case 0:
			if (unlink(path) == 0 || errno == ENOENT)
				return 0;
			why = strerror(errno);
			break;
		default:
			why = "a socket that may not be asked whether it is in "
			      "use: "
			      "remove it or use another path";
		}
	(void)snprintf(err, errlen, "%s: %s", path, why);
	return -1;
}

/* ------------------------------------------------ mode and owner -------- */

/* Without following a link, where the system can. */
static int
set_mode(const char *path, mode_t mode)
{
	if (fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOTSUP && errno != ENOSYS
	    && errno != EINVAL)
		return -1;
	return chmod(path, mode);
}

static int
set_rights(const char *path, const struct listen_opts *how, char *err,
    size_t errlen)
{
	uid_t uid;
	gid_t gid;
	int has_group;

	if (set_mode(path, how->mode_set ? how->mode : 0600) < 0) {
		(void)snprintf(err, errlen, "%s: mode: %s", path,
		    strerror(errno));
		return -1;
	}
	if (how->owner == NULL)
		return 0;
	if (owner_ids(how->owner, &uid, &gid, &has_group, err, errlen) < 0)
		return -1;
	if (lchown(path, uid, has_group ? gid : (gid_t)-1) == 0)
		return 0;
	(void)snprintf(err, errlen, "%s: owner %s: %s%s", path, how->owner,
	    strerror(errno),
	    errno == EPERM ? ": only root may give it away" : "");
	return -1;
}

/* ------------------------------------------------ listening ------------- */

static int
start_listening(int fd, const char *what, char *err, size_t errlen)
{
	if (listen(fd, SOMAXCONN) == 0)
		return fd;
	(void)snprintf(err, errlen, "%s: %s", what, strerror(errno));
	return -1;
}

static int
bind_to(int fd, const struct addr *addr, const char *what, char *err,
    size_t errlen)
{
	const char *why;

	if (bind(fd, (const struct sockaddr *)(const void *)&addr->ss,
		addr->len)
	    == 0)
		return 0;
	why = strerror(errno);
	if (errno == EADDRINUSE)
		why = "in use: another process listens there";
	else if (errno == EADDRNOTAVAIL)
		why = "this host has no such address";
	else if (errno == EACCES && !addr_is_unix(addr))
		why = "permission denied: ports below 1024 are root's";
	(void)snprintf(err, errlen, "%s: %s", what, why);
	return -1;
}

/* A free place, with the paths of `addr` in it; NULL: no memory. */
static struct bound_path *
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

static struct bound_path *
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

/* Take the lock and the path; on failure nothing of ours stays. */
static int
listen_path(int fd, const struct addr *addr, const struct listen_opts *how,
    char *err, size_t errlen)
{
	struct bound_path *m = bound_new(addr);
	struct stat st;

	if (m == NULL) {
		(void)snprintf(err, errlen, "out of memory");
		return -1;
	}
	m->lock_fd = path_lock_take(m->lock, lock_held, err, errlen);
	if (m->lock_fd < 0)
		return -1;
	m->locked = 1;
	m->there = 1;
	if (clear_path(addr, m->path, err, errlen) == 0
	    && bind_to(fd, addr, m->path, err, errlen) == 0
	    && lstat(m->path, &st) == 0) {
		m->dev = st.st_dev;
		m->ino = st.st_ino;
		if (set_rights(m->path, how, err, errlen) == 0
		    && start_listening(fd, m->path, err, errlen) == fd)
			return fd;
	}
	unlisten(addr);
	return -1;
}

#if defined IPV6_V6ONLY
/* Said in both cases, since the systems' defaults differ. */
static int
set_v6only(int fd, const struct addr *addr)
{
	struct sockaddr_in6 in;
	int only;

	if (addr->ss.ss_family != AF_INET6)
		return 0;
	memcpy(&in, &addr->ss, sizeof in);
	only = !IN6_IS_ADDR_UNSPECIFIED(&in.sin6_addr);
	/* OpenBSD refuses 0: it is always only IPv6 there. */
	return setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) < 0
		&& only
	    ? -1
	    : 0;
}
#else
static int
set_v6only(int fd, const struct addr *addr)
{
	(void)fd;
	(void)addr;
	return 0;
}
#endif

int
listen_on(const struct addr *addr, const struct listen_opts *how, char *err,
    size_t errlen)
{
	char what[512];
	int fd, one = 1, rc = -1;

	(void)
	    fdferry_addr_text((const struct sockaddr *)(const void *)&addr->ss,
		addr->len, what, sizeof what);
	fd = socket(addr->ss.ss_family, SOCK_STREAM, 0);
	if (fd < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		(void)snprintf(err, errlen, "%s: socket: %s", what,
		    strerror(errno));
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	if (addr_is_unix(addr) && !addr_is_abstract(addr))
		rc = listen_path(fd, addr, how, err, errlen);
	else if (!addr_is_unix(addr)
	    && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0
		|| set_v6only(fd, addr) < 0))
		(void)snprintf(err, errlen, "%s: socket option: %s", what,
		    strerror(errno));
	else if (bind_to(fd, addr, what, err, errlen) == 0)
		rc = start_listening(fd, what, err, errlen);
	if (rc < 0)
		(void)close(fd);
	return rc;
}

/* ------------------------------------------------ and away again -------- */

/* The socket first, the lock's file next, the lock last. A child of fork()
   leaves it all alone; what another process lent us is its to remove. */
static void
bound_remove(struct bound_path *m)
{
	struct stat st, lock;

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
	if (fstat(m->lock_fd, &lock) == 0 && lstat(m->lock, &st) == 0
	    && st.st_dev == lock.st_dev && st.st_ino == lock.st_ino)
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
listen_lock(const struct addr *addr)
{
	struct bound_path *m = bound_of(addr);

	return m != NULL ? m->lock_fd : -1;
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
