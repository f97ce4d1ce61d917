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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bound-path.h"
#include "path-lock.h"

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
bind_to(int fd, const struct addr *addr, const char *what, int shared,
    char *err, size_t errlen)
{
	const char *why;
	int error;

	if (bind(fd, (const struct sockaddr *)(const void *)&addr->ss,
		addr->len)
	    == 0)
		return 0;
	error = errno;
	why = strerror(error);
	if (error == EADDRINUSE)
		why = shared ? "in use: another process listens there, and "
			       "does not share it: all need --reuse-port, and "
			       "the same user"
			     : "in use: another process listens there";
	else if (error == EADDRNOTAVAIL)
		why = "this host has no such address";
	else if (error == EACCES && !addr_is_unix(addr))
		why = "permission denied: ports below 1024 are root's";
	(void)snprintf(err, errlen, "%s: %s", what, why);
	errno = error;
	return -1;
}

/* Under the lock: make the path, and listen there. What is there meanwhile is
   known to be ours even if the rest fails. */
static int
take_path(struct bound_path *m, int fd, const struct addr *addr,
    const struct listen_opts *how, char *err, size_t errlen)
{
	struct stat st;

	if (clear_path(addr, m->path, err, errlen) < 0
	    || bind_to(fd, addr, m->path, 0, err, errlen) < 0)
		return -1;
	if (lstat(m->path, &st) < 0) {
		(void)snprintf(err, errlen, "%s: %s", m->path, strerror(errno));
		return -1;
	}
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	if (set_rights(m->path, how, err, errlen) < 0)
		return -1;
	return start_listening(fd, m->path, err, errlen) == fd ? 0 : -1;
}

/* Take the lock and the path; on failure nothing of ours stays. */
static int
listen_path(int fd, const struct addr *addr, const struct listen_opts *how,
    char *err, size_t errlen)
{
	struct bound_path *m = bound_new(addr);

	if (m == NULL) {
		(void)snprintf(err, errlen, "out of memory");
		return -1;
	}
	m->lock_fd = path_lock_take(m->lock, bound_lock_held, err, errlen);
	if (m->lock_fd < 0)
		return -1;
	m->locked = 1;
	m->there = 1;
	if (take_path(m, fd, addr, how, err, errlen) == 0)
		return fd;
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

/* FreeBSD spreads connections with the one, and with the other only lets
   several listen; elsewhere there is one, which does this or that: the manual
   says where. */
#if defined SO_REUSEPORT_LB
# define SHARE_PORT SO_REUSEPORT_LB
#elif defined SO_REUSEPORT
# define SHARE_PORT SO_REUSEPORT
#endif

#ifdef SHARE_PORT
int
listen_can_share(void)
{
	return 1;
}

static int
share_port(int fd)
{
	int one = 1;

	return setsockopt(fd, SOL_SOCKET, SHARE_PORT, &one, sizeof one);
}
#else
int
listen_can_share(void)
{
	return 0;
}

static int
share_port(int fd)
{
	(void)fd;
	errno = ENOTSUP;
	return -1;
}
#endif

static int
new_socket(const struct addr *addr, const char *what, char *err, size_t errlen)
{
	int fd = socket(addr->ss.ss_family, SOCK_STREAM, 0);

	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
		return fd;
	(void)snprintf(err, errlen, "%s: socket: %s", what, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

int
listen_on(const struct addr *addr, const struct listen_opts *how, char *err,
    size_t errlen)
{
	char what[512];
	int fd, one = 1, rc = -1, saved;

	(void)
	    fdferry_addr_text((const struct sockaddr *)(const void *)&addr->ss,
		addr->len, what, sizeof what);
	fd = new_socket(addr, what, err, errlen);
	if (fd < 0)
		return -1;
	if (addr_is_unix(addr) && !addr_is_abstract(addr))
		rc = listen_path(fd, addr, how, err, errlen);
	else if (!addr_is_unix(addr)
	    && (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0
		|| set_v6only(fd, addr) < 0
		|| (how->share && share_port(fd) < 0)))
		(void)snprintf(err, errlen, "%s: socket option: %s", what,
		    strerror(errno));
	else if (bind_to(fd, addr, what, how->share, err, errlen) == 0)
		rc = start_listening(fd, what, err, errlen);
	if (rc >= 0)
		return rc;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

/* ------------------------------------------------ a path that has gone - */

/* Whoever removed the path may have removed the lock's file as well: then
   ours locks nothing any more, and another is taken. */
static int
lock_again(struct bound_path *m, char *err, size_t errlen)
{
	int fd;

	if (path_lock_is(m->lock, m->lock_fd))
		return 0;
	fd = path_lock_take(m->lock, bound_lock_held, err, errlen);
	if (fd < 0)
		return -1;
	(void)close(m->lock_fd);
	m->lock_fd = fd;
	return 0;
}

int
listen_again(const struct addr *addr, const struct listen_opts *how, char *err,
    size_t errlen)
{
	struct bound_path *m = bound_of(addr);
	struct stat st;
	int fd;

	if (m == NULL || lock_again(m, err, errlen) < 0)
		return -1;
	fd = new_socket(addr, m->path, err, errlen);
	if (fd < 0)
		return -1;
	if (take_path(m, fd, addr, how, err, errlen) == 0)
		return fd;
	/* What cannot be listened at is not left there. */
	if (lstat(m->path, &st) == 0 && S_ISSOCK(st.st_mode)
	    && st.st_dev == m->dev && st.st_ino == m->ino)
		(void)unlink(m->path);
	(void)close(fd);
	return -1;
}
