/* SPDX-License-Identifier: 0BSD */
/*
 * backend.h - the private seam of the library: all that a porter reads.
 *
 * A backend moves bytes and descriptors through one kernel mechanism. It
 * knows nothing of policy, of waiting, of counting or of what the caller
 * has room for: message.c does that, the same for all. It supplies the
 * three functions and the name below, in one file, guarded as a whole by its
 * FDFERRY_BACKEND_x. CONTRIBUTING.md says how, on one page.
 */
#ifndef FDFERRY_BACKEND_H
#define FDFERRY_BACKEND_H 1

#include "detect.h"

#include <string.h>

#include "fdferry.h"
#include "quirks.h"

FDFERRY__PRIVATE

/* Where received descriptors go, inbox.c. Backends only call what follows. */
struct fdferry__inbox {
	int sock; /* where they come from */
	int *fds;
	size_t room;
	size_t nfds;	 /* slots filled */
	size_t surplus;	 /* closed for want of room */
	size_t withheld; /* slots in which the kernel put an error */
	int full;	 /* no free slot when the first surplus came */
};

/*
 * Take over one slot of a rights message. `fd` is open and now the inbox's
 * business; negative: the kernel withheld this one (SO_RIGHTS_NOTRUNC).
 * Makes it close-on-exec where the kernel is not known to have done so.
 */
void fdferry__take(struct fdferry__inbox *inbox, int fd);
/* The same for the `n` slots at `slots`, which need not be aligned. */
void fdferry__take_all(struct fdferry__inbox *inbox, const unsigned char *slots,
    size_t n);

#define FDFERRY__DONTWAIT 0x1u /* in: this call must not block */
#define FDFERRY__LOST 0x2u     /* out: descriptors did not arrive */
#define FDFERRY__CUT 0x4u      /* out: datagram longer than the room */

struct fdferry__io {
	const struct iovec *iov; /* iovcnt is at most 1024 */
	int iovcnt;
	struct sockaddr *addr;	      /* destination or sender, or NULL */
	size_t addrlen;		      /* 0 without one; receiving: in room, out
					 length */
	const int *fds;		      /* sending */
	size_t nfds;		      /* at most FDFERRY_QUIRK_MAX_FDS */
	struct fdferry__inbox *inbox; /* receiving */
	unsigned int flags;
};

/*
 * One message, no retry: the number of data bytes, or -1 with the system's
 * errno (ENOTSUP: there is no such mechanism).
 *
 * Sending must not raise SIGPIPE where a flag can prevent it (elsewhere the
 * caller has blocked it), and takes all descriptors or none: -1 means none.
 * 0 bytes with descriptors means that they have gone and the data not yet;
 * message.c then goes on with the data alone.
 *
 * Receiving hands every descriptor that reached this process to
 * fdferry__take(), in order, on success and failure alike, or closes it if
 * it came outside a rights message.
 */
ptrdiff_t fdferry__backend_send(int sock, const struct fdferry__io *io);
ptrdiff_t fdferry__backend_recv(int sock, struct fdferry__io *io);

/* SOCK_STREAM and so on, as this backend sees `sock`; or -1 with errno. */
int fdferry__backend_type(int sock);

extern const char fdferry__backend_name[];

/* ---- what the rest of the library gives and needs; not for backends ---- */

/* A function that few calls come to: it must not cost the others anything. */
#ifdef __GNUC__
# define FDFERRY__RARE __attribute__((__noinline__))
#else
# define FDFERRY__RARE
#endif

/*
 * structures.c: the caller's structures, whose first member says how long
 * they are. Reading gives 0 or EINVAL, and `known` (`most` bytes) filled up
 * with zeros. Writing copies as much of `known` as the caller has room for;
 * its first member becomes the caller's size. What is written to must have
 * passed fdferry__can_write(): neither NULL nor too short for its own size.
 */
int fdferry__read_known(const void *from, void *known, size_t most);
int fdferry__read_policy(const struct fdferry_policy *from,
    struct fdferry_policy *policy);
static inline size_t
fdferry__size_of(const void *structure)
{
	size_t size;

	memcpy(&size, structure, sizeof size);
	return size;
}

static inline int
fdferry__can_write(const void *to)
{
	return to != NULL && fdferry__size_of(to) >= sizeof(size_t);
}

static inline void
fdferry__write_known(void *to, void *known, size_t most)
{
	size_t size = fdferry__size_of(to);

	memcpy(known, &size, sizeof size);
	/* Of a length that the compiler knows: it needs no call for that. */
	if (size == most)
		memcpy(to, known, most);
	else
		memcpy(to, known, size < most ? size : most);
}

/* Is one of these no descriptor? By fours: of hundreds it is asked twice. */
static inline int
fdferry__any_negative(const int *fds, size_t n)
{
	int all = 0;

	for (; n >= 4; n -= 4, fds += 4)
		all |= fds[0] | fds[1] | fds[2] | fds[3];
	for (; n > 0; n--)
		all |= *fds++;
	return all < 0;
}

/* wait.c */
struct fdferry__wait {
	const struct timespec *deadline; /* NULL: none */
	int rounds;			 /* waits so far, for a growing pause */
};
int fdferry__wait(int fd, int sending, struct fdferry__wait *wait);
/* Where MSG_DONTWAIT is missing: would receiving not wait? Elsewhere 1. */
int fdferry__ready(int fd);
/*
 * How many bytes may be sent beside `nfds` descriptors by a call that must
 * not wait? 0: it would. SIZE_MAX where a flag sees to it, or O_NONBLOCK.
 */
size_t fdferry__send_room(int sock, size_t nfds);
/* A stream called EMSGSIZE: is it full, or can it never hold so many? */
int fdferry__only_full(int sock, size_t nfds);
/* SIGPIPE held back in this thread; nothing where MSG_NOSIGNAL works. */
#if FDFERRY_HAVE_MSG_NOSIGNAL && !FDFERRY_QUIRK_NOSIGNAL_UNPROVEN
# define FDFERRY__NOSIGNAL_WORKS 1
#else
# define FDFERRY__NOSIGNAL_WORKS 0
#endif
struct fdferry__sigpipe {
	int held;
};
#if FDFERRY__NOSIGNAL_WORKS
static inline void
fdferry__sigpipe_hold(struct fdferry__sigpipe *s)
{
	s->held = 0;
}
static inline void
fdferry__sigpipe_release(struct fdferry__sigpipe *s, int drop)
{
	(void)s;
	(void)drop;
}
#else
void fdferry__sigpipe_hold(struct fdferry__sigpipe *);
void fdferry__sigpipe_release(struct fdferry__sigpipe *, int drop);
#endif

/* close.c: close what was refused, without lingering (law: never hangs). */
void fdferry__discard(int fd);
int fdferry__cloexec(int fd);
int fdferry__nonblock(int fd);

/* errno.c: the system's errno in the words of fdferry.h's table. */
int fdferry__send_errno(int oserr, int sock, size_t nfds);
int fdferry__recv_errno(int oserr, int sock);
int fdferry__lost_errno(int sock);
int fdferry__would_block(int error);
int fdferry__table_full(int fd);

/* describe.c */
int fdferry__socket_type(int sock); /* SOCK_x or -1 with errno */
int fdferry__is_foreign(int sock);  /* a socket, and not AF_UNIX */
int fdferry__is_stream(int type);
int fdferry__is_seqpacket(int type);
int fdferry__is_nonblocking(int fd);
int fdferry__kind(int fd);

FDFERRY__PUBLIC
#endif /* FDFERRY_BACKEND_H */
