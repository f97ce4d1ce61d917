/* SPDX-License-Identifier: 0BSD */
/*
 * t/63-quiet.c - describing never blocks and changes nothing. A sender can
 * pass a file whose server does not answer: no call may ask for it.
 */
#include "../lib/detect.h"
#include "kit.h"

#include <netinet/in.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#ifdef __linux__
# include <sched.h>
# include <sys/vfs.h>
#endif

/* Where the kernel can be told not to ask, these must not be called. */
static int asked, no_proc;
/* Questions about a socket. */
static int questions;

static int
fake_getsockopt(int fd, int level, int name, void *at, socklen_t *len)
{
	questions++;
	return getsockopt(fd, level, name, at, len);
}

static int
fake_getsockname(int fd, struct sockaddr *at, socklen_t *len)
{
	questions++;
	return getsockname(fd, at, len);
}

static int
fake_getpeername(int fd, struct sockaddr *at, socklen_t *len)
{
	questions++;
	return getpeername(fd, at, len);
}

static int
fake_fstat(int fd, struct stat *st)
{
	asked++;
	return fstat(fd, st);
}

#ifdef __linux__
static int
fake_fstatfs(int fd, struct statfs *fs)
{
	asked++;
	return fstatfs(fd, fs);
}
#endif

static ssize_t
fake_readlink(const char *path, char *to, size_t room)
{
	questions++;
	if (no_proc) {
		errno = ENOENT;
		return -1;
	}
	return readlink(path, to, room);
}

#define fstat(fd, st) fake_fstat(fd, st)
#define fstatfs(fd, fs) fake_fstatfs(fd, fs)
#define readlink fake_readlink
#define getsockopt fake_getsockopt
#define getsockname fake_getsockname
#define getpeername fake_getpeername
#include "../lib/describe.c"
#undef fstat
#undef fstatfs
#undef readlink
#undef getsockopt
#undef getsockname
#undef getpeername

static struct fdferry_info
told(int fd)
{
	struct fdferry_info info;

	memset(&info, 0, sizeof info);
	info.size = sizeof info;
	(void)fdferry_describe(fd, &info);
	return info;
}

static void
no_question(void)
{
	int p[2], file = open(".", O_RDONLY);

	if (pipe(p) < 0)
		bail("pipe");
	asked = 0;
	ok(told(file).kind == FDFERRY_KIND_DIRECTORY
	    && told(p[0]).kind == FDFERRY_KIND_PIPE
	    && fdferry__kind(file) == FDFERRY_KIND_DIRECTORY, "kinds");
#if FDFERRY_HAVE_STATX
	if (access("/proc/self/fd", X_OK) == 0)
		is(0, asked, "no file system was asked");
	else	/* the pipe's own was, which is the kernel */
		is(1, asked, "no file system but a pipe's was asked");
	asked = 0;
	no_proc = 1;
	ok(told(file).kind == FDFERRY_KIND_DIRECTORY && asked == 0,
	    "nor without /proc");
	ok(told(p[0]).kind == FDFERRY_KIND_PIPE, "a pipe without /proc");
	no_proc = 0;
#else
	skip("no file system was asked", "there is no way not to");
	skip("nor without /proc", "there is no way not to");
	skip("a pipe without /proc", "not Linux");
#endif
	(void)close(p[0]);
	(void)close(p[1]);
	(void)close(file);
}

/* A connection is what is described most: its type, its protocol and its two
   names say all of it. */
static void
few_questions(void)
{
	struct sockaddr_in in;
	struct sockaddr *at = (struct sockaddr *)(void *)&in;
	socklen_t len = sizeof in;
	struct fdferry_info info;
	int l = socket(AF_INET, SOCK_STREAM, 0);
	int c = socket(AF_INET, SOCK_STREAM, 0);

	memset(&in, 0, sizeof in);
	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(l, at, sizeof in) < 0 || listen(l, 1) < 0
	    || getsockname(l, at, &len) < 0 || connect(c, at, len) < 0)
		bail("loopback");
	questions = 0;
	info = told(c);
	ok(info.family == AF_INET && info.type == SOCK_STREAM
	    && info.listening <= 0 && info.local.len > 0 && info.peer.len > 0,
	    "a connection");
	ok(questions <= 4, "with no more than four questions");
	questions = 0;
	info = told(l);
	ok(info.family == AF_INET && info.listening != 0 && info.peer.len == 0
	    && questions <= 5, "a listening socket with five");
	(void)close(c);
	(void)close(l);
}

/* A named fifo is not a pipe; nobody has the other end open. */
static void
fifo(void)
{
	char path[] = "/tmp/fdferry-63.XXXXXX";
	int fd = mkstemp(path);

	(void)close(fd);
	(void)unlink(path);
	if (mkfifo(path, 0600) < 0)
		bail("mkfifo");
	fd = open(path, O_RDONLY | O_NONBLOCK);
	is(FDFERRY_KIND_FIFO, told(fd).kind, "a named fifo");
	(void)close(fd);
	(void)unlink(path);
}

/* A path that looks like a memfd's, or a pipe's, is a file. */
static void
forged(void)
{
#ifdef __linux__
	int fd = open("/dev/null", O_RDONLY);
	struct stat st;

	memset(&st, 0, sizeof st);
	is(FDFERRY_KIND_FILE, refine_by_link(fd, &st, FDFERRY_KIND_FILE,
	    "/memfd:x (deleted)"), "a file named as a memfd, without seals");
	is(FDFERRY_KIND_FIFO, refine_by_link(fd, &st, FDFERRY_KIND_FIFO,
	    "/pipe:[12]"), "a fifo named as a pipe");
	(void)close(fd);
# ifdef MFD_ALLOW_SEALING
	fd = memfd_create("t", MFD_ALLOW_SEALING);
# else
	fd = -1;
# endif
	if (fd < 0)
		skip("a file with seals", "no memory files");
	else {
		no_proc = 1;
		is(fcntl(fd, F_GET_SEALS), told(fd).seals,
		    "what cannot be told from a file has its seals");
		no_proc = 0;
	}
	(void)close(fd);
#else
	skip("a file with seals", "not Linux");
	skip("a file named as a memfd", "not Linux");
	skip("a fifo named as a pipe", "not Linux");
#endif
}

/* A pipe in this thread's table, at a number that is a file in the other. */
static void *
in_thread(void *number)
{
	int p[2], fd = *(int *)number;

#ifdef __linux__
	if (unshare(CLONE_FILES) < 0)
		return NULL;
#endif
	if (pipe(p) < 0 || dup2(p[0], fd) < 0)
		return NULL;
	is(FDFERRY_KIND_PIPE, told(fd).kind, "in a thread with its own table");
	(void)close(p[0]);
	(void)close(p[1]);
	return number;
}

static void
threads(void)
{
	int fd = open("/dev/null", O_RDONLY);
	pthread_t thread;
	void *done = NULL;

	if (pthread_create(&thread, NULL, in_thread, &fd) != 0)
		bail("pthread_create");
	(void)pthread_join(thread, &done);
	if (done == NULL)
		skip("in a thread with its own table", "there is no such thread");
	(void)close(fd);
}

static void
unchanged(void)
{
	int p[2], offset, status;
	char path[] = "/tmp/fdferry-63.XXXXXX", c = 0;
	int fd = mkstemp(path);

	(void)unlink(path);
	(void)write(fd, "abc", 3);
	(void)lseek(fd, 1, SEEK_SET);
	status = fcntl(fd, F_GETFL);
	errno = E2BIG;
	(void)told(fd);
	is(E2BIG, errno, "errno is kept");
	offset = (int)lseek(fd, 0, SEEK_CUR);
	ok(offset == 1 && fcntl(fd, F_GETFL) == status, "offset and flags too");
	(void)close(fd);
	(void)make_pair(SOCK_STREAM, p);
	(void)send(p[0], "xy", 2, 0);
	(void)told(p[1]);
	ok(recv(p[1], &c, 1, 0) == 1 && c == 'x', "and what waits in a socket");
	(void)shutdown(p[0], SHUT_RDWR);
	is(FDFERRY_KIND_SOCKET, told(p[0]).kind, "a socket that is shut down");
	(void)close(p[0]);
	(void)close(p[1]);
}

int
main(void)
{
	plan(4 + 3 + 1 + 3 + 1 + 4 + 6);
	group(no_question, "no question");
	group(few_questions, "few questions");
	group(fifo, "fifo");
	group(forged, "forged");
	group(threads, "threads");
	group(unchanged, "unchanged");
	return tap_bad;
}
