/* SPDX-License-Identifier: 0BSD */
/*
 * describe.c - what a descriptor is, asked without touching it.
 */
#include "backend.h"

#include <string.h>
#include <sys/stat.h>
#ifndef _WIN32
# include <fcntl.h>
# include <unistd.h>
#endif
#ifdef __linux__
# include <sys/vfs.h>
#endif
#if FDFERRY_HAVE_KQUEUE
# include <sys/event.h>
# include <sys/time.h>
#endif

static const char *const kind_names[] = { "other", "file", "directory", "pipe",
	"fifo", "socket", "tty", "device", "shm", "events", "pidfd" };

const char *
fdferry_kind_name(int kind)
{
	if ((size_t)kind >= sizeof kind_names / sizeof kind_names[0])
		return "other";
	return kind_names[kind];
}

/* ------------------------------------------------ sockets --------------- */

#if FDFERRY_HAVE_SOCKETS

/* An int option of a socket, or -1 with errno. */
static int
option(int sock, int name)
{
	int value = 0;
	socklen_t len = sizeof value;

	if (getsockopt(sock, SOL_SOCKET, name, &value, &len) < 0)
		return -1;
	return value;
}

int
fdferry__socket_type(int sock)
{
	return option(sock, SO_TYPE);
}

/* One answer per option, -1 where the system has none. */
# if FDFERRY_HAVE_SO_DOMAIN
#  define ASK_DOMAIN SO_DOMAIN
# else
#  define ASK_DOMAIN (-1)
# endif
# if FDFERRY_HAVE_SO_PROTOCOL
#  define ASK_PROTOCOL SO_PROTOCOL
# elif FDFERRY_HAVE_SO_PROTOTYPE
#  define ASK_PROTOCOL SO_PROTOTYPE
# else
#  define ASK_PROTOCOL (-1)
# endif
# if FDFERRY_HAVE_SO_ACCEPTCONN
#  define ASK_ACCEPTCONN SO_ACCEPTCONN
# else
#  define ASK_ACCEPTCONN (-1)
# endif

/* What a local address of `len` bytes says: AF_x, or -1. */
static int
name_family(const void *name, size_t len)
{
	struct sockaddr local;

	if (len < offsetof(struct sockaddr, sa_data))
		return -1;
	memcpy(&local, name, sizeof local);
	return local.sa_family;
}

/* AF_x, or -1. Without SO_DOMAIN (macOS, OpenBSD of old) the local address
   carries the family, also when the socket is not bound. */
static int
family(int sock)
{
	struct sockaddr_storage local;
	socklen_t len = sizeof local;
	int domain = ASK_DOMAIN < 0 ? -1 : option(sock, ASK_DOMAIN);

	if (domain >= 0)
		return domain;
	if (getsockname(sock, (struct sockaddr *)(void *)&local, &len) < 0)
		return -1;
	return name_family(&local, len);
}

int
fdferry__is_foreign(int sock)
{
	int saved = errno, domain = family(sock);

	errno = saved;
	return domain >= 0 && domain != AF_UNIX;
}

int
fdferry__is_stream(int type)
{
	return type == SOCK_STREAM;
}

# ifdef SOCK_SEQPACKET
int
fdferry__is_seqpacket(int type)
{
	return type == SOCK_SEQPACKET;
}
# else
int
fdferry__is_seqpacket(int type)
{
	(void)type;
	return 0;
}
# endif

int
fdferry__is_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_NONBLOCK) != 0;
}

typedef int name_function(int, struct sockaddr *, socklen_t *);

/* Into what is zero, and stays so without an answer. */
static void
ask_name(int fd, name_function *ask, struct fdferry_addr *addr)
{
	struct sockaddr *at = (struct sockaddr *)(void *)&addr->at;
	socklen_t len = sizeof addr->at;

	if (ask(fd, at, &len) < 0)
		return;
	addr->len =
	    (size_t)len < sizeof addr->at ? (size_t)len : sizeof addr->at;
	(void)fdferry_addr_text(at, addr->len, addr->text, sizeof addr->text);
}

/* What one answer says already is not asked: a name has its family, and what
   is connected does not listen. */
static void
describe_socket(int fd, struct fdferry_info *info)
{
	info->type = option(fd, SO_TYPE);
	info->protocol = ASK_PROTOCOL < 0 ? -1 : option(fd, ASK_PROTOCOL);
	ask_name(fd, getsockname, &info->local);
	info->family = name_family(&info->local.at, info->local.len);
	if (info->family <= 0)
		info->family = family(fd);
	ask_name(fd, getpeername, &info->peer);
	if (ASK_ACCEPTCONN >= 0)
		info->listening =
		    info->peer.len > 0 ? 0 : option(fd, ASK_ACCEPTCONN);
}

#else /* no sockets */

int
fdferry__socket_type(int sock)
{
	(void)sock;
	errno = ENOTSUP;
	return -1;
}

int
fdferry__is_foreign(int sock)
{
	(void)sock;
	return 0;
}

int
fdferry__is_stream(int type)
{
	(void)type;
	return 0;
}

int
fdferry__is_seqpacket(int type)
{
	(void)type;
	return 0;
}

int
fdferry__is_nonblocking(int fd)
{
	(void)fd;
	return 0;
}

static void
describe_socket(int fd, struct fdferry_info *info)
{
	(void)fd;
	(void)info;
}

#endif

/* ------------------------------------------------ kinds ----------------- */

/*
 * fstat() that does not ask who holds the file: a sender can pass a file of
 * its own FUSE server (or of a dead NFS one), and fstat() would wait for the
 * answer. Linux: what the kernel has at hand is enough.
 */
#if FDFERRY_HAVE_STATX
static int
look(int fd, struct stat *st)
{
	struct statx x;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
		STATX_TYPE | STATX_NLINK, &x)
	    < 0)
		return errno == EBADF ? -1 : fstat(fd, st);
	memset(st, 0, sizeof *st);
	st->st_mode = x.stx_mode;
	st->st_nlink = x.stx_nlink;
	return 0;
}
#else
static int
look(int fd, struct stat *st)
{
	return fstat(fd, st);
}
#endif

#ifdef __linux__

# define MAGIC_PIDFS 0x50494446 /* linux/magic.h */
# define MAGIC_PIPEFS 0x50495045

/* `name` and the number after it; snprintf() is not for signal handlers. */
static void
add_number(int fd, char *name)
{
	char digits[12];
	size_t n = 0, at = strlen(name);

	do
		digits[n++] = (char)('0' + fd % 10);
	while ((fd /= 10) > 0);
	while (n > 0)
		name[at++] = digits[--n];
	name[at] = '\0';
}

/* A thread may have a descriptor table of its own, and the first thread may
   have ended: so this thread's is asked, the process's before Linux 3.17. */
static ssize_t
read_link(int fd, char *link, size_t room)
{
	char name[40];
	ssize_t n;

	strcpy(name, "/proc/thread-self/fd/");
	add_number(fd, name);
	n = readlink(name, link, room);
	if (n >= 0)
		return n;
	strcpy(name, "/proc/self/fd/");
	add_number(fd, name);
	return readlink(name, link, room);
}

static int
begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

# ifdef F_GET_SEALS
#  define HAS_SEALS(fd) (fcntl((fd), F_GET_SEALS) >= 0)
# else
#  define HAS_SEALS(fd) 1
# endif

/* What the link in /proc says. No path can look like "pipe:[12]"; one that
   looks like a memfd's is checked, for anybody can make such a path. */
static int
refine_by_link(int fd, const struct stat *st, int kind, const char *link)
{
	if (begins(link, "pipe:["))
		return FDFERRY_KIND_PIPE;
	if (begins(link, "anon_inode:[eventpoll]"))
		return FDFERRY_KIND_EVENTS;
	if (begins(link, "anon_inode:[pidfd]") || begins(link, "pidfd:["))
		return FDFERRY_KIND_PIDFD;
	if (kind != FDFERRY_KIND_FILE || !HAS_SEALS(fd))
		return kind;
	if (begins(link, "/dev/shm/")
	    || (begins(link, "/memfd:") && st->st_nlink == 0))
		return FDFERRY_KIND_SHM;
	return kind;
}

/* Without /proc: only what cannot be on a file system that must be asked. */
static int
refine_by_fs(int fd, int kind)
{
	struct statfs fs;

	if ((kind != FDFERRY_KIND_FIFO && kind != FDFERRY_KIND_OTHER)
	    || fstatfs(fd, &fs) < 0)
		return kind;
	switch ((unsigned long)fs.f_type & 0xffffffff) {
	case MAGIC_PIPEFS: return FDFERRY_KIND_PIPE;
	case MAGIC_PIDFS: return FDFERRY_KIND_PIDFD;
	default: return kind;
	}
}

static int
refine(int fd, const struct stat *st, int kind)
{
	char link[64];
	ssize_t n;

	/* What its mode has told, no link refines. */
	if (kind != FDFERRY_KIND_FILE && kind != FDFERRY_KIND_FIFO
	    && kind != FDFERRY_KIND_OTHER)
		return kind;
	n = read_link(fd, link, sizeof link - 1);
	if (n < 0)
		return refine_by_fs(fd, kind);
	link[n] = '\0';
	return refine_by_link(fd, st, kind, link);
}

#elif FDFERRY_HAVE_KQUEUE

/*
 * BSDs: kqueues and pipes look like nameless fifos. Only a kqueue answers a
 * kevent() that changes nothing and asks for nothing.
 */
static int
refine(int fd, const struct stat *st, int kind)
{
	struct timespec zero;

	zero.tv_sec = 0;
	zero.tv_nsec = 0;
	if (kind != FDFERRY_KIND_FIFO && kind != FDFERRY_KIND_OTHER)
		return kind;
	if (kevent(fd, NULL, 0, NULL, 0, &zero) == 0)
		return FDFERRY_KIND_EVENTS;
	if (kind == FDFERRY_KIND_FIFO && st->st_nlink == 0)
		return FDFERRY_KIND_PIPE;
	return kind;
}

#else

static int
refine(int fd, const struct stat *st, int kind)
{
	(void)fd;
	if (kind == FDFERRY_KIND_FIFO && st->st_nlink == 0)
		return FDFERRY_KIND_PIPE;
	return kind;
}

#endif

#ifndef S_ISSOCK
# define S_ISSOCK(mode) 0
#endif
#ifndef S_ISBLK
# define S_ISBLK(mode) 0
#endif

static int
kind_of_mode(int fd, const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return FDFERRY_KIND_FILE;
	if (S_ISDIR(st->st_mode))
		return FDFERRY_KIND_DIRECTORY;
	if (S_ISFIFO(st->st_mode))
		return FDFERRY_KIND_FIFO;
	if (S_ISSOCK(st->st_mode))
		return FDFERRY_KIND_SOCKET;
	if (S_ISCHR(st->st_mode))
		return isatty(fd) ? FDFERRY_KIND_TTY : FDFERRY_KIND_DEVICE;
	if (S_ISBLK(st->st_mode))
		return FDFERRY_KIND_DEVICE;
	return FDFERRY_KIND_OTHER;
}

int
fdferry__kind(int fd)
{
	struct stat st;
	int kind, saved = errno;

	if (look(fd, &st) < 0) {
		errno = saved;
		return FDFERRY_KIND_OTHER;
	}
	kind = refine(fd, &st, kind_of_mode(fd, &st));
	errno = saved;
	return kind;
}

/* ------------------------------------------------ flags ----------------- */

#ifdef F_GETFL

# ifdef O_PATH
#  define NO_ACCESS O_PATH
# else
#  define NO_ACCESS 0
# endif

static void
describe_flags(int fd, struct fdferry_info *info)
{
	info->status = fcntl(fd, F_GETFL);
	if (info->status < 0 || (info->status & NO_ACCESS) != 0)
		return;
	switch (info->status & O_ACCMODE) {
	case O_RDONLY: info->access = FDFERRY_READABLE; break;
	case O_WRONLY: info->access = FDFERRY_WRITABLE; break;
	case O_RDWR: info->access = FDFERRY_READABLE | FDFERRY_WRITABLE; break;
	}
}

#else

static void
describe_flags(int fd, struct fdferry_info *info)
{
	(void)fd;
	(void)info;
}

#endif

#ifdef F_GET_SEALS
# define ASK_SEALS(fd) fcntl((fd), F_GET_SEALS)
#else
# define ASK_SEALS(fd) (-1)
#endif

int
fdferry_describe(int fd, struct fdferry_info *info)
{
	struct fdferry_info i;
	struct stat st;
	int saved = errno;

	if (!fdferry__can_write(info)) {
		errno = EINVAL;
		return -1;
	}
	if (fd < 0) { /* AT_FDCWD is not a descriptor */
		errno = EBADF;
		return -1;
	}
	if (look(fd, &st) < 0)
		return -1;
	memset(&i, 0, sizeof i);
	i.status = i.seals = -1;
	i.family = i.type = i.protocol = i.listening = -1;
	i.kind = refine(fd, &st, kind_of_mode(fd, &st));
	describe_flags(fd, &i);
	if (i.kind == FDFERRY_KIND_FILE || i.kind == FDFERRY_KIND_SHM)
		i.seals = ASK_SEALS(fd);
	if (i.kind == FDFERRY_KIND_SOCKET)
		describe_socket(fd, &i);
	fdferry__write_known(info, &i, sizeof i);
	errno = saved;
	return 0;
}
