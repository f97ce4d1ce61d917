/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-life.c - questions about what may be sent, and about what sender
 * and receiver share afterwards.
 */
#include "selftest-probes.h"

#ifdef FDFERRY_BACKEND_CMSG

# include "selftest-kit.h"

# include <netinet/in.h>
# if FDFERRY_HAVE_KQUEUE
#  include <sys/event.h>
# elif defined __linux__
#  include <sys/epoll.h>
# endif
# ifdef __linux__
#  include <sys/mman.h>
#  include <sys/syscall.h>
# endif

/* Send `fd` through a stream pair; the copy that arrives, or -1. */
static int
ferry(struct st_report *r, int fd)
{
	struct st_got got;
	int pair[2], error;

	if (st_pair(SOCK_STREAM, pair) < 0) {
		(void)st_check(r, 0, "set-up: %s", st_errno(errno));
		return -1;
	}
	error = st_send(pair[0], "n", 1, fd, 1);
	if (error != 0) {
		st_answer(r, "%s", st_errno(error));
		return -1;
	}
	st_recv(pair[1], 1, st_room(4), 0, &got);
	if (got.nfds == 1 && fcntl(got.fds[0], F_GETFD) >= 0)
		return got.fds[0];
	st_answer(r, got.n < 0 ? "%s" : "it does not arrive",
	    st_errno(got.error));
	return -1;
}

/* ------------------------------------------------ kinds ----------------- */

static void
kind(struct st_report *r, int fd)
{
	if (fd < 0)
		st_skip(r, "cannot be made here: %s", st_errno(errno));
	else if (ferry(r, fd) >= 0)
		st_answer(r, "passes");
}

void
st_ask_kind_file(struct st_report *r)
{
	FILE *f = tmpfile();

	kind(r, f != NULL ? fileno(f) : -1);
	if (f != NULL)
		(void)fclose(f);
}

void
st_ask_kind_directory(struct st_report *r)
{
	kind(r, open("/", O_RDONLY));
}

void
st_ask_kind_pipe(struct st_report *r)
{
	int other;

	kind(r, st_thing(&other));
}

void
st_ask_kind_unix(struct st_report *r)
{
	int pair[2];

	kind(r, st_pair(SOCK_DGRAM, pair) < 0 ? -1 : pair[0]);
}

/* A socket that travels through itself. */
void
st_ask_kind_own_end(struct st_report *r)
{
	struct st_got got;
	int pair[2], error;

	if (st_pair(SOCK_STREAM, pair) < 0)
		return;
	error = st_send(pair[0], "n", 1, pair[1], 1);
	if (error != 0) {
		st_answer(r, "%s", st_errno(error));
		return;
	}
	st_recv(pair[1], 1, st_room(4), 0, &got);
	st_answer(r, got.nfds == 1 ? "passes" : "it does not arrive");
}

void
st_ask_kind_tcp(struct st_report *r)
{
	kind(r, socket(AF_INET, SOCK_STREAM, 0));
}

void
st_ask_kind_device(struct st_report *r)
{
	kind(r, open("/dev/null", O_RDWR));
}

void
st_ask_kind_tty(struct st_report *r)
{
	kind(r, open("/dev/ptmx", O_RDWR | O_NOCTTY));
}

# if FDFERRY_HAVE_KQUEUE
void
st_ask_kind_events(struct st_report *r)
{
	kind(r, kqueue());
}
# elif defined __linux__
void
st_ask_kind_events(struct st_report *r)
{
	kind(r, epoll_create(8));
}
# else
void
st_ask_kind_events(struct st_report *r)
{
	st_skip(r, "neither kqueue nor epoll");
}
# endif

# if defined __linux__ && defined SYS_memfd_create
void
st_ask_kind_shm(struct st_report *r)
{
	kind(r, (int)syscall(SYS_memfd_create, "fdferry", 0));
}
# else
void
st_ask_kind_shm(struct st_report *r)
{
	st_skip(r, "no memfd_create");
}
# endif

# ifdef O_PATH
void
st_ask_kind_path(struct st_report *r)
{
	kind(r, open("/", O_PATH));
}
# else
void
st_ask_kind_path(struct st_report *r)
{
	st_skip(r, "no O_PATH");
}
# endif

void
st_ask_kind_closed(struct st_report *r)
{
	int fd = fcntl(0, F_DUPFD, 40); /* not the next one to be used */

	(void)close(fd);
	if (ferry(r, fd) >= 0)
		st_answer(r, "passes");
}

/* ------------------------------------------------ life ------------------ */

/* One end of a pair is in a message only, for a while. */
void
st_ask_close_in_flight(struct st_report *r)
{
	struct st_got got;
	int carrier[2], pair[2];

	if (st_pair(SOCK_STREAM, carrier) < 0 || st_pair(SOCK_STREAM, pair) < 0)
		return;
	(void)st_send(carrier[0], "n", 1, pair[1], 1);
	(void)close(pair[1]);
	(void)usleep(50000);
	st_recv(carrier[1], 1, st_room(4), 0, &got);
	(void)signal(SIGPIPE, SIG_IGN);
	st_answer(r,
	    got.nfds != 1			 ? "it does not arrive"
		: st_joined(pair[0], got.fds[0]) ? "survives"
						 : "is dead");
}

/* The received copy is closed: does the sender's go on working? */
void
st_ask_close_copy(struct st_report *r)
{
	int pair[2], copy;

	if (st_pair(SOCK_STREAM, pair) < 0 || (copy = ferry(r, pair[1])) < 0)
		return;
	(void)close(copy);
	(void)signal(SIGPIPE, SIG_IGN);
	st_answer(r,
	    st_joined(pair[0], pair[1]) ? "closes that copy only"
					: "closes the socket");
}

/*
 * The received copy is shut down: can the sender's copy still send? What is
 * sent to it is no proof: 4.4BSD's kernels still deliver that.
 */
void
st_ask_shutdown(struct st_report *r)
{
	int pair[2], copy;
	char c = 'c';

	if (st_pair(SOCK_STREAM, pair) < 0 || (copy = ferry(r, pair[1])) < 0)
		return;
	(void)shutdown(copy, SHUT_RDWR);
	(void)signal(SIGPIPE, SIG_IGN);
	st_answer(r,
	    write(pair[1], &c, 1) < 0 && errno == EPIPE
		? "acts on every copy"
		: "acts on that copy only");
}

void
st_ask_flags(struct st_report *r)
{
	int fd, other, copy;

	if ((fd = st_thing(&other)) < 0 || (copy = ferry(r, fd)) < 0)
		return;
	(void)fcntl(copy, F_SETFL, fcntl(copy, F_GETFL) | O_NONBLOCK);
	st_answer(r, fcntl(fd, F_GETFL) & O_NONBLOCK ? "shared" : "apart");
}

void
st_ask_offset(struct st_report *r)
{
	FILE *f = tmpfile();
	int copy;

	if (f == NULL) {
		st_skip(r, "no file can be made here: %s", st_errno(errno));
		return;
	}
	if ((copy = ferry(r, fileno(f))) >= 0) {
		(void)lseek(copy, 7, SEEK_SET);
		st_answer(r,
		    lseek(fileno(f), 0, SEEK_CUR) == 7 ? "shared" : "apart");
	}
	(void)fclose(f);
}

void
st_ask_peer(struct st_report *r)
{
	struct fdferry_peercred cred;
	int pair[2];

	if (st_pair(SOCK_STREAM, pair) < 0)
		return;
	cred.size = sizeof cred;
	if (fdferry_peer(pair[0], &cred) < 0)
		st_answer(r, "%s", st_errno(errno));
	else
		st_answer(r, "%s%s%s",
		    cred.known & FDFERRY_PEER_UID ? "uid" : "",
		    cred.known & FDFERRY_PEER_GID ? " gid" : "",
		    cred.known & FDFERRY_PEER_PID ? " pid" : "");
}

#else
typedef int st_life_unused; /* ISO C wants a declaration */
#endif
