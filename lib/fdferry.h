/* SPDX-License-Identifier: 0BSD */
/*
 * fdferry.h - carry open file descriptors between processes.
 *
 * The whole public interface. It needs <stddef.h> alone, no feature-test
 * macro and no configuration header, and reads the same in C89 and C++98
 * and later. What each system does below it is in portability.md.
 *
 * Words used here as POSIX uses them: an "open file description" is what
 * open() or accept() made; a "file descriptor" is one process's number for
 * it. Passing makes a new descriptor for the same description, as dup()
 * does. So file offset and status flags (O_NONBLOCK!) are shared by sender
 * and receiver, close() drops one reference, and shutdown() acts on the
 * socket itself, whoever holds it: after sending a socket, close() is safe
 * and shutdown() is not. This library never calls shutdown(). The socket
 * that messages were sent over is best shut for writing, if nobody else holds
 * it, and closed when the receiver has ended: fdferry(3), "Closing".
 *
 * Threads: every function may be called from any thread; two threads may
 * use one socket, each message goes to one of them. Nothing is kept between
 * calls, so fork() needs no care. The functions fdferry_send() to
 * fdferry_close() are async-signal-safe, allocate nothing, and keep about
 * 6 KiB on the stack; only a policy that names users, groups or kinds asks
 * the system more than POSIX lets a signal handler ask. Signals never make
 * a call fail with EINTR. errno means something after a failure only, but
 * where a function says that it keeps it.
 *
 * errno: one meaning has one value on every system.
 *   EAGAIN        would block: the socket is full (sending) or empty
 *   ETIMEDOUT     the deadline passed
 *   EINVAL        an argument is wrong; the text of each call says which
 *   EBADF         a descriptor is not open
 *   EAFNOSUPPORT  sending descriptors: not a Unix domain socket (Linux
 *                 would take them for TCP, drop them and report success)
 *   EPIPE         sending: the other end is closed (SIGPIPE is never raised)
 *   ECONNRESET    the other end went away with our data unread;
 *                 fdferry_recv_fd(): also the end (see result.flags)
 *   EMSGSIZE      sending: the datagram or record is too large, or the
 *                 descriptors are for the socket's buffer even when it is
 *                 empty; receiving: descriptors were cut off (reported
 *                 beside data)
 *   EMFILE        this process's descriptor table is full
 *   ETOOMANYREFS  too many descriptors in flight; poll() cannot see when
 *                 that ends, so try again after a while
 *   EACCES        refused by the receiver's policy
 *   EBADMSG       fdferry_recv_fd(): a byte came without a descriptor
 *   EPERM         sending: the receiver forbids descriptors (Linux:
 *                 SO_PASSRIGHTS); receiving: this process may not have one
 *                 of them (NetBSD, OpenBSD: a directory beyond its chroot)
 *   ENOTSUP       this build or system cannot pass descriptors
 * The system's own errno, where it differs, is in result.oserr.
 *
 * Versions: a program may run with a later library than its header. Then
 * there may be more flags in a result, and kinds, events, outcomes and
 * reasons that it does not know: pass over them, but close the descriptors
 * that came with an event. Structures grow at their end, see their `size`.
 */
#ifndef FDFERRY_H
#define FDFERRY_H 1

#include <stddef.h>

#define FDFERRY_VERSION "0.2.0"

/*
 * For a library that is a part of another program or library; both are given
 * to the compiler for the library's sources and for its users alike.
 * FDFERRY_SYMBOL_PREFIX: every function's name begins with that, so that two
 * copies in one program do not meet (fdferry-prefix.h is what lib/prefix.sh
 * prints). FDFERRY_STATIC: what it is linked into passes no name of it on.
 */
#ifdef FDFERRY_SYMBOL_PREFIX
# include "fdferry-prefix.h"
#endif

#if defined _WIN32 || defined __CYGWIN__
# if defined FDFERRY_BUILDING && defined DLL_EXPORT && !defined FDFERRY_STATIC
#  define FDFERRY_API __declspec (dllexport)
# else
#  define FDFERRY_API
# endif
#elif defined __GNUC__ && __GNUC__ >= 4 && defined FDFERRY_STATIC
# define FDFERRY_API __attribute__ ((__visibility__ ("hidden")))
#elif defined __GNUC__ && __GNUC__ >= 4
# define FDFERRY_API __attribute__ ((__visibility__ ("default")))
#else
# define FDFERRY_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct sockaddr;
struct timespec;
struct iovec;

/*
 * The version of the library in use, as "MAJOR.MINOR.PATCH". It may differ
 * from FDFERRY_VERSION, which is that of the header at compile time.
 */
FDFERRY_API const char *fdferry_version(void);

/* ------------------------------------------------ one message ---------- */

/* Flags of a call. An unknown flag is EINVAL. */
#define FDFERRY_GIVE		0x01u	/* sending: close the caller's copies */
#define FDFERRY_NONBLOCK	0x02u	/* do not wait, whatever O_NONBLOCK is
					   and whatever the deadline */
#define FDFERRY_UNIX		0x04u	/* sending: the caller knows that `sock`
					   is a Unix domain socket */

/* result.flags; there may be more */
#define FDFERRY_EOF		0x01u	/* stream: the other end has finished */
#define FDFERRY_EMPTY		0x02u	/* a message without data; on SEQPACKET
					   this may also be the end */
#define FDFERRY_TRUNCATED	0x04u	/* descriptors were lost: see error */
#define FDFERRY_DATA_TRUNCATED	0x08u	/* datagram: more data than room */
#define FDFERRY_REFUSED		0x10u	/* the policy refused descriptors */

/*
 * What happened. Set `size` to sizeof (struct fdferry_result) before the
 * call; no more than that many bytes are written, so a program built
 * against this header goes on working when the structure grows. Every
 * field but `size` that this library knows is set by every call, also when
 * it fails. A `size` that cannot even hold itself is EINVAL.
 */
struct fdferry_result {
	size_t size;		/* in: sizeof this structure */
	size_t bytes;		/* data bytes sent or received */
	size_t fds;		/* descriptors sent; or slots filled of fds[] */
	size_t surplus;		/* received above `room` and closed here */
	size_t refused;		/* received and closed because of the policy,
				   or withheld one by one by the kernel */
	unsigned int flags;	/* FDFERRY_EOF ... FDFERRY_REFUSED */
	int error;		/* an errno of the table above, or 0; set also
				   beside data that did arrive */
	int oserr;		/* errno of the system call that ended it, or 0:
				   none failed, or the argument was wrong */
};

struct fdferry_policy;

/*
 * Rarely needed arguments. Zero it, set `size` and what you need; NULL for
 * the whole structure means none of them. What lies beyond the structure
 * that this library knows must be zero: EINVAL.
 */
struct fdferry_opts {
	size_t size;			/* in: sizeof this structure */
	const struct timespec *deadline;	/* absolute, CLOCK_MONOTONIC, see
						   fdferry_deadline(); one that
						   has passed: try once */
	const struct sockaddr *to;	/* sending: address of the datagram */
	size_t tolen;			/* bytes at `to` */
	struct sockaddr *from;		/* receiving: sender's address */
	size_t *fromlen;		/* in: room at `from`; out: length, which
					   is more than that if it was cut */
	const struct fdferry_policy *policy;	/* receiving: what to refuse */
};

/*
 * Send `len` bytes at `buf` and the `nfds` descriptors of `fds` as one
 * message on the Unix domain socket `sock` (stream, datagram, seqpacket).
 *
 * The descriptors travel with the first byte. On a stream, `len` must be 1
 * or more if there are descriptors (Linux would lose them silently, other
 * kernels deliver): EINVAL. An empty seqpacket record is EINVAL as well,
 * since a receiver could not tell it from the end.
 *
 * Waits until all bytes are taken, unless the socket is non-blocking,
 * FDFERRY_NONBLOCK is given or the deadline passes; a stream may then have
 * taken only some. If the return is less than `len`, the descriptors have
 * gone: send the rest of the data without them. A deadline makes the call
 * wait on non-blocking sockets too.
 *
 * The caller keeps its descriptors. With FDFERRY_GIVE they are closed
 * before the return if the kernel has taken them, which is whenever the
 * return is not -1 (one listed twice is sent twice and closed once; `sock`
 * may be among them); on failure nothing is closed.
 *
 * Returns the number of bytes sent, or -1 with errno if nothing was taken:
 * EAGAIN, ETIMEDOUT, EINVAL (also: more than fdferry_max_fds() descriptors),
 * EBADF, EAFNOSUPPORT, EPIPE, ECONNRESET, EMSGSIZE, ETOOMANYREFS, EPERM,
 * ENOTSUP, or what sendmsg() says (ENOENT, ECONNREFUSED, ENOTSOCK, ...).
 * What ended a partial send is in result->error.
 *
 * To send descriptors costs one system call more than sendmsg(): whether
 * `sock` is a Unix domain socket is asked first. With FDFERRY_UNIX it is not:
 * the caller has made the socket, or asked once. If that is wrong, nothing but
 * the descriptors is harmed. They never arrive; the call fails as the kernel's
 * does, but on Linux TCP and UDP take the data, and the return and
 * result->fds say that all was sent: with FDFERRY_GIVE they are closed.
 * Receiving takes the flag too, and it changes nothing there.
 *
 * Not waiting (FDFERRY_NONBLOCK, a deadline) is certain on every system if
 * the socket is O_NONBLOCK, which this library never sets on yours: it would
 * be set for all who share it. On others it is certain where the kernel obeys
 * MSG_DONTWAIT (Linux, FreeBSD, OpenBSD, DragonFly). Where it does not (NetBSD,
 * macOS, kernels not known to; feature "quirk.send_waits" is 1) the socket is
 * polled, and a stream given no more at once than poll() promises room for,
 * SO_SNDLOWAT: certain as long as nobody else sends on it at the same time,
 * and the descriptors, 4 bytes each (OpenBSD: 16) and 64 together, are within
 * that (2048 by default). A record is sent whole: one larger than that may
 * wait. So may, on an unconnected datagram socket, one to a receiver whose
 * queue is full, which poll() does not see: the BSDs and macOS refuse it at
 * once (here EAGAIN), of other kernels that do not obey the flag, or have none
 * (AIX), it is not known. Set O_NONBLOCK there.
 *
 * Sent is not delivered. What was taken is gone if the receiver ends first;
 * and on NetBSD (feature "quirk.in_flight_lost" is 1) the kernel reports
 * success and drops the message, data and all, once the descriptors in flight
 * in the whole system are more than kern.maxfiles / 2. Only an answer of the
 * receiver's tells: see fdferry_channel_handoff().
 *
 * Source: sendmsg() with SCM_RIGHTS, or the backend's mechanism.
 */
FDFERRY_API ptrdiff_t fdferry_send(int sock, const void *buf, size_t len,
    const int *fds, size_t nfds, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result);

/*
 * The same from `iovcnt` pieces of data, 0 to 1024 of them; more, or more
 * bytes than a ptrdiff_t can say, is EINVAL.
 */
FDFERRY_API ptrdiff_t fdferry_sendv(int sock, const struct iovec *iov,
    int iovcnt, const int *fds, size_t nfds, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result);

/*
 * Receive one message: up to `len` bytes into `buf`, up to `room`
 * descriptors into `fds`.
 *
 * On return result->fds slots of fds[] are filled and yours to close. A
 * slot holds -1 where the policy or the kernel withheld that one (counted
 * in result->refused), so that the others keep their places. Descriptors
 * beyond `room` are closed here and counted in result->surplus: none stays
 * open unseen. All are close-on-exec; fdferry_feature_get("cloexec") says
 * whether a fork in another thread could see them before that.
 *
 * Data that arrived is always returned. If descriptors were lost beside it,
 * FDFERRY_TRUNCATED is set and result->error is EMFILE (this process's
 * table was full) or EMSGSIZE. The caller who passes no `result` cannot see
 * this.
 *
 * On a stream, several messages may arrive as one or one in pieces, and
 * which bytes descriptors arrive with differs between kernels; only this is
 * common: they arrive not later than the first byte they were sent with.
 * Give each message of descriptors its own fixed length and receive that
 * many bytes. Never read() from such a socket: descriptors would be lost.
 *
 * `len` 0 on a stream is EINVAL. Waiting is as for fdferry_send(). What is
 * closed here (surplus, refused) has SO_LINGER cleared first, so that no
 * socket makes us wait. A file of the sender's own file server (FUSE) can:
 * the kernel asks that server at every close(), yours and that of exit too.
 *
 * Returns the number of data bytes. 0 is end of file only if FDFERRY_EOF is
 * set (streams); FDFERRY_EMPTY tells a message without data. Returns -1
 * with errno if nothing was consumed: EAGAIN, ETIMEDOUT, EINVAL, EBADF,
 * ECONNRESET, ENOTSUP, or what recvmsg() says.
 *
 * A full table (EMFILE, EMSGSIZE) and a descriptor that this process may not
 * have (EPERM) make the whole call fail on every kernel but Linux: then all
 * descriptors of the message are lost (FDFERRY_TRUNCATED is set), and its data
 * are not. They come with the next call, which brings them WITHOUT
 * descriptors and without a sign. Whoever reads a socket alone should make
 * that call at once, and take its data for those whose descriptors are lost.
 *
 * Source: recvmsg() with SCM_RIGHTS, or the backend's mechanism.
 */
FDFERRY_API ptrdiff_t fdferry_recv(int sock, void *buf, size_t len,
    int *fds, size_t room, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result);

/* The same into `iovcnt` pieces, as for fdferry_sendv(). */
FDFERRY_API ptrdiff_t fdferry_recvv(int sock, const struct iovec *iov,
    int iovcnt, int *fds, size_t room, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result);

/*
 * Send one descriptor. On the wire it is one NUL byte and one descriptor:
 * what OpenSSH's ProxyUseFdpass, Perl's IO::FDPass, Ruby's send_io and many
 * daemons speak. Returns 0, or -1 with errno as fdferry_send().
 *
 * Over STREAMS alone (feature "backend") the descriptor can go and its byte
 * find no room: -1, though result->fds is 1 and what was given is closed.
 */
FDFERRY_API int fdferry_send_fd(int sock, int fd, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result);

/*
 * Receive one descriptor: exactly one byte, of any value, and its
 * descriptor. Further descriptors of the same message are closed and
 * counted. Returns the descriptor, yours to close, or -1 with errno as
 * fdferry_recv() and
 *   ECONNRESET  end of file (FDFERRY_EOF is set); on seqpacket, the end or
 *               an empty record (FDFERRY_EMPTY is set)
 *   EBADMSG     a byte without a descriptor; the byte is consumed
 *   EMFILE, EMSGSIZE, EPERM  a descriptor was there and was lost. Its byte
 *               is consumed if result->bytes is 1 (Linux); if it is 0, the
 *               byte is still there, and the next call fails with EBADMSG,
 *               which then is no fault of the sender's
 *   EACCES      refused by the policy and closed; consumed
 */
FDFERRY_API int fdferry_recv_fd(int sock, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result);

/*
 * The most descriptors that one message may hold here: a number that the
 * kernel is known to take, not the largest that might work. 0: this build
 * cannot pass any. It can fall, once, when the C library proves to take
 * fewer than the kernel.
 */
FDFERRY_API size_t fdferry_max_fds(void);

/*
 * Set *when to `milliseconds` from now on CLOCK_MONOTONIC, for
 * opts.deadline; a negative number gives a time that has passed. Returns 0,
 * or -1 with errno EINVAL, ENOTSUP (no sockets here) or that of
 * clock_gettime().
 *
 * Where time_t can have two sizes (32-bit glibc: _TIME_BITS, and what a
 * distribution makes its default), the library and its callers must be
 * compiled for the same: else this writes beyond *when. The feature
 * "layout.time_t" is the library's, in bits, and pkg-config's flags have what
 * it was compiled with.
 */
FDFERRY_API int fdferry_deadline(struct timespec *when, long milliseconds);

/*
 * Close the `n` descriptors of `fds`, neighbours in one system call where
 * there is close_range(), in ascending order. Each is closed once (close()
 * is never retried), one listed twice too; negative entries are skipped.
 * All entries are set to -1. errno is kept.
 */
FDFERRY_API void fdferry_close(int *fds, size_t n);

/* ------------------------------------------------ what it is ----------- */

/* There may be more: what is not known is to be treated as OTHER. */
enum fdferry_kind {
	FDFERRY_KIND_OTHER = 0,
	FDFERRY_KIND_FILE,
	FDFERRY_KIND_DIRECTORY,
	FDFERRY_KIND_PIPE,	/* from pipe() */
	FDFERRY_KIND_FIFO,	/* a named pipe */
	FDFERRY_KIND_SOCKET,
	FDFERRY_KIND_TTY,
	FDFERRY_KIND_DEVICE,	/* character or block device, not a tty */
	FDFERRY_KIND_SHM,	/* memfd_create(), shm_open() */
	FDFERRY_KIND_EVENTS,	/* epoll, kqueue */
	FDFERRY_KIND_PIDFD
};

/* The name of an enum fdferry_kind, lower case: "file", "socket", ...
   "other". */
FDFERRY_API const char *fdferry_kind_name(int kind);

/*
 * A socket address, with the text that fdferry(1) prints and reads. It has
 * room for the largest there is on any system: AIX, whose sun_path has 1023
 * bytes. A text that is cut, since so much of it does not print, is never cut
 * within an escape, and fdferry_addr_text() writes all of it.
 */
struct fdferry_addr {
	size_t len;		/* bytes used of `at`; 0: there is none */
	union {
		unsigned char bytes[1088];	/* a struct sockaddr_* */
		long l;
		double d;
		void *p;
	} at;
	char text[1088];	/* "192.0.2.1:80", "[2001:db8::1]:80",
				   "unix:/run/x", "@abstract", "netlink:12";
				   "" if there is none; bytes that do not
				   print are \xNN */
};

#define FDFERRY_READABLE	0x1u
#define FDFERRY_WRITABLE	0x2u

/*
 * What a descriptor is. Set `size` as for fdferry_result. A field that this
 * system cannot tell is -1, or a length of 0.
 */
struct fdferry_info {
	size_t size;		/* in: sizeof this structure */
	int kind;		/* enum fdferry_kind */
	unsigned int access;	/* FDFERRY_READABLE | FDFERRY_WRITABLE; 0 for
				   O_PATH and the like */
	int status;		/* fcntl (F_GETFL) */
	int seals;		/* fcntl (F_GET_SEALS) */
	int family;		/* sockets: AF_*, SOCK_*, IPPROTO_* */
	int type;
	int protocol;
	int listening;		/* sockets: 1, 0, or -1 if not known */
	struct fdferry_addr local;
	struct fdferry_addr peer;
};

/*
 * Tell what `fd` is. It asks only: it never blocks, and neither the
 * descriptor nor what is behind it is changed. This answers the question
 * that Python's socket.fromfd() leaves to the caller: of which family, type
 * and protocol is the socket that I received?
 *
 * Not even a file system is asked where the kernel can answer by itself
 * (Linux with /proc): a sender's own file server could never answer.
 *
 * Returns 0, keeping errno, or -1 with errno EBADF or EINVAL (size is too
 * small). Any thread; not for signal handlers.
 * Source: statx() or fstat(), fcntl(), getsockopt() SO_TYPE, SO_DOMAIN, SO_PROTOCOL or
 * SO_PROTOTYPE, SO_ACCEPTCONN, getsockname(), getpeername().
 */
FDFERRY_API int fdferry_describe(int fd, struct fdferry_info *info);

/*
 * Write `len` bytes of socket address as text, as fdferry_addr says.
 * Always terminates `text` if `room` is not 0. Returns the length that the
 * whole text has (as snprintf() does): not less than `room` means that it
 * was cut, never within an escape. An address of an unknown family, or one
 * too short for its family, is "family:N".
 */
FDFERRY_API size_t fdferry_addr_text(const struct sockaddr *addr, size_t len,
    char *text, size_t room);

/* ------------------------------------------------ who sent it ---------- */

#define FDFERRY_PEER_UID	0x1u
#define FDFERRY_PEER_GID	0x2u
#define FDFERRY_PEER_PID	0x4u

/* The process at the other end, when it connected or made the pair. */
struct fdferry_peercred {
	size_t size;		/* in: sizeof this structure */
	unsigned int known;	/* FDFERRY_PEER_UID | ... : the rest is void */
	unsigned long uid;	/* effective user id */
	unsigned long gid;	/* effective group id */
	long pid;
};

/*
 * Tell who is at the other end of the connected Unix domain socket `sock`.
 * The ids are those at connect(), listen() or socketpair() time, not at the
 * time of a message; a process may have passed its end on since.
 *
 * Returns 0, or -1 with errno: ENOTCONN (also a socket that listens),
 * ENOTSUP (the system does not tell, as old NetBSD does not of the ends of a
 * socketpair(), or it is no Unix domain socket),
 * ENOTSOCK, EBADF, EINVAL (size is too small).
 * Source: SO_PEERCRED, getpeerucred(), LOCAL_PEERCRED, LOCAL_PEEREID,
 * getpeereid(), whichever exists.
 */
FDFERRY_API int fdferry_peer(int sock, struct fdferry_peercred *peer);

#define FDFERRY_KIND_BIT(kind)	(1ul << (kind))

/*
 * What a receiver is willing to take, for opts.policy. Zero it, set `size`;
 * an empty list and a zero limit mean "any". What is refused is closed, and
 * reported in result->refused with FDFERRY_REFUSED and error EACCES; data
 * bytes are delivered. A message is refused as a whole (result->fds is 0)
 * if its sender is not allowed or not known, or if it holds more than `most`
 * descriptors; a descriptor of a kind that is not allowed leaves -1 in its
 * slot.
 *
 * A sender is allowed if its user is listed or its group is listed. It is
 * whom fdferry_peer() names: whoever connected, not whoever wrote. A list
 * that is NULL though its length is not 0 is EINVAL. So is, as in
 * fdferry_opts, what is asked for beyond what this library knows.
 */
struct fdferry_policy {
	size_t size;			/* in: sizeof this structure */
	const unsigned long *uids;
	size_t nuids;
	const unsigned long *gids;
	size_t ngids;
	size_t most;			/* descriptors per message; 0: any */
	unsigned long kinds;		/* FDFERRY_KIND_BIT()s; 0: any */
};

/* ------------------------------------------------ what this build can -- */

/*
 * The `i`th feature, from 0: its name and value, both constant strings.
 * Returns 0, or -1 if there are no more. Names and values are listed in
 * fdferry(3); names do not change their meaning.
 */
FDFERRY_API int fdferry_feature(size_t i, const char **name,
    const char **value);

/* The value of a feature by name, a constant string, or NULL. */
FDFERRY_API const char *fdferry_feature_get(const char *name);

/* ------------------------------------------------ channel -------------- */

/*
 * A channel carries whole messages - data of any length and any number of
 * descriptors, up to stated limits, in order and complete or not at all -
 * and hand-offs, which the receiver acknowledges. Both ends must speak it
 * (fdferry-wire(5)), over a connected pair of Unix domain sockets of type
 * stream, seqpacket or datagram.
 *
 * It never blocks but in fdferry_channel_wait(). In an event loop:
 *
 *   wait for what fdferry_channel_wants() says, call
 *   fdferry_channel_work(), then fdferry_channel_next() until it returns 0.
 *
 * Threads: one thread at a time may use a channel. It belongs to the
 * process that made it: after fork() every call of the child fails with
 * ECHILD, but fdferry_channel_free(), which closes the child's copies. That
 * is known without a system call where the kernel empties memory in a child
 * and can be believed (Linux 4.14, FreeBSD 12, OpenBSD), else by getpid().
 * With the former a child that shares all memory (vfork(), CLONE_VM) is not
 * told from a thread: it must leave the channel alone, as vfork() wants it.
 *
 * errno, beside the table above: ECHILD, see there; ENOMEM; ENOENT no such
 * message or offer; ECANCELED it was taken back; EPROTO the peer broke the
 * protocol; EPROTONOSUPPORT it speaks no version of it that we do.
 */
struct fdferry_channel;

#define FDFERRY_NONE	(~0ul)	/* as a limit: none at all (0: the default) */

/*
 * Descriptors that several channels together may hold. Set `size` and
 * `most`, zero the rest, as in fdferry_opts. Must outlive its channels, which
 * share one thread.
 */
struct fdferry_channel_budget {
	size_t size;		/* in: sizeof this structure */
	size_t most;
	size_t held;		/* now; written by the library alone */
};

/*
 * What a channel takes from its peer, and how patient it is. Zero it, set
 * `size` and what you need; NULL for the whole structure is all defaults. As
 * in fdferry_opts, what lies beyond the structure known here must be zero.
 * "Held" is what was received and neither fetched with
 * fdferry_channel_next() nor closed, what waits for the rest of its frame
 * among it. What comes beyond that is closed, and its message rejected.
 */
struct fdferry_channel_opts {
	size_t size;			/* in: sizeof this structure */
	unsigned int flags;		/* FDFERRY_GIVE: `sock` is closed by
					   fdferry_channel_free() */
	unsigned long most_bytes;	/* per message; default 1048576 */
	unsigned long most_fds;		/* per message; default 256, at most
					   16777216 */
	unsigned long most_held;	/* descriptors held by this channel;
					   default 1024, or most_fds and
					   most_offers together. At least
					   most_fds; less than both makes
					   unanswered offers stop messages */
	unsigned long most_offers;	/* unanswered at a time; default 64 */
	unsigned long queue_bytes;	/* waiting to be sent; default 4194304,
					   then EAGAIN. One message of any
					   size is always taken. */
	long doubt_ms;			/* after CANCEL; default 10000 */
	long inflight_ms;		/* patience with ETOOMANYREFS, then the
					   message fails; default 5000 */
	struct fdferry_channel_budget *budget;	/* or NULL */
	const struct fdferry_policy *policy;	/* or NULL; must outlive the
						   channel */
};

/*
 * Make a channel of the connected Unix domain socket `sock`. From now on
 * nothing else may read from or write to it. Takes about 60 KiB of addresses,
 * and half of that in memory until a large message comes (Linux: 24 KiB; a
 * part that is mapped by itself, and beside the others').
 *
 * One that is lent stays as it is. One that is given (FDFERRY_GIVE) is set
 * O_NONBLOCK where nothing else keeps a send from waiting for certain
 * (feature "quirk.send_waits" is 1; see fdferry_send()); if you lend one
 * there, it is better that you set it. Without it records are kept small, and
 * a hand-off with more than 1 KiB of data on a socket of records may wait.
 *
 * Returns NULL with errno: EINVAL, ENOMEM, ENOTSOCK, EBADF, ENOTSUP.
 */
FDFERRY_API struct fdferry_channel *fdferry_channel_new(int sock,
    const struct fdferry_channel_opts *opts);

/*
 * Tell the peer, if that is possible at once, and close all that the
 * channel holds: descriptors given to it and received ones not fetched.
 * Offers that were not answered are the peer's again. A hand-off of our own
 * that was not answered is in doubt: if you kept a copy, close it.
 */
FDFERRY_API void fdferry_channel_free(struct fdferry_channel *ch);

#define FDFERRY_WANT_READ	0x1u
#define FDFERRY_WANT_WRITE	0x2u

/*
 * What to wait for before the next fdferry_channel_work(): returns
 * FDFERRY_WANT_READ and FDFERRY_WANT_WRITE, and in *timeout_ms the
 * milliseconds after which to call it anyway, -1 for none, 0 for at once.
 * Ask again after every other call on the channel: reading stops while too
 * many events are not fetched, and some back-pressure (ETOOMANYREFS) ends
 * without the kernel's telling. Works with edge triggers too.
 */
FDFERRY_API unsigned int fdferry_channel_wants(
    const struct fdferry_channel *ch, long *timeout_ms);

/*
 * Do what can be done without blocking: read, time limits, write. What came
 * of it is in the events. Returns 0, or -1 with errno ECHILD, EINVAL.
 */
FDFERRY_API int fdferry_channel_work(struct fdferry_channel *ch);

/* There may be more: close their fds, and pass over them. */
enum fdferry_event_type {
	FDFERRY_EVENT_NONE = 0,
	FDFERRY_EVENT_MESSAGE,	/* data and descriptors from the peer */
	FDFERRY_EVENT_OFFER,	/* a hand-off: fdferry_channel_accept() or
				   _refuse() must follow; data, no fds */
	FDFERRY_EVENT_TAKEN,	/* the offer you accepted: data, fds[0] */
	FDFERRY_EVENT_WITHDRAWN,	/* an offer you did not answer yet is
					   gone: the sender has it back, or
					   `error` says why */
	FDFERRY_EVENT_SENT,	/* your message is with the kernel, which is
				   not delivered (see fdferry_send()); if it
				   was given, your copies are closed */
	FDFERRY_EVENT_FAILED,	/* your message was not delivered: `error`;
				   fds: what you gave, yours again */
	FDFERRY_EVENT_REJECTED,	/* the peer did not take your message:
				   `reason`, fds as for FAILED unless SENT
				   came before */
	FDFERRY_EVENT_HANDOFF,	/* your hand-off is over: `outcome` */
	FDFERRY_EVENT_DROPPED,	/* messages or offers of the peer were closed
				   and it was told: `count` of them since the
				   last event; id and reason of the last */
	FDFERRY_EVENT_END	/* nothing more will come. error 0: the peer
				   has freed its channel; ECONNRESET: it went
				   away; EMFILE: a full table, and it cannot
				   be known what was lost; EPROTO and others:
				   it cannot be believed. Accepting still works unless
				   WITHDRAWN came. */
};

/* There may be more. One that is not known says as little as IN_DOUBT. */
enum fdferry_outcome {
	FDFERRY_OUTCOME_NONE = 0,
	FDFERRY_ACCEPTED,	/* the peer owns it; given copy closed */
	FDFERRY_REFUSED_BACK,	/* yours: refused (`reason`), or taken back:
				   error ECANCELED, ETIMEDOUT, or what the
				   system said */
	FDFERRY_GONE,		/* yours: the peer ended first and cannot have
				   used it */
	FDFERRY_IN_DOUBT	/* nobody can tell. A given copy was closed;
				   close yours, hand it to nobody else. */
};

/* Why something was refused. An application's own begin at 256; between,
   there may be more. */
enum fdferry_reason {
	FDFERRY_REASON_NONE = 0,
	FDFERRY_REASON_BYTES,	/* more data than the receiver takes */
	FDFERRY_REASON_FDS,	/* more descriptors */
	FDFERRY_REASON_BUSY,	/* it holds too many already */
	FDFERRY_REASON_MEMORY,	/* no memory there */
	FDFERRY_REASON_TABLE,	/* its descriptor table is full */
	FDFERRY_REASON_POLICY,	/* its policy, or its kernel's */
	FDFERRY_REASON_LOST,	/* descriptors were lost on the way */
	FDFERRY_REASON_OWN = 256
};

struct fdferry_event {
	size_t size;		/* in: sizeof this structure */
	int type;		/* enum fdferry_event_type */
	int outcome;		/* enum fdferry_outcome */
	int error;		/* an errno, or 0 */
	unsigned int reason;	/* enum fdferry_reason or above */
	unsigned long id;	/* the message or hand-off, yours or theirs */
	unsigned long count;	/* DROPPED */
	const void *data;	/* valid until the next fetch; not NULL with
				   MESSAGE, OFFER and TAKEN, if empty too */
	size_t len;
	const int *fds;		/* valid likewise; the open descriptors in it
				   are yours to close from now on */
	size_t nfds;
};

/*
 * Fetch the next event. Returns 1, 0 if there is none, or -1 with errno
 * ECHILD, EINVAL.
 */
FDFERRY_API int fdferry_channel_next(struct fdferry_channel *ch,
    struct fdferry_event *event);

/*
 * The same, and wait for it until the deadline (NULL: for ever), doing the
 * work of the channel: no more of it than brings an event, so a message costs
 * one sendmsg() and one recvmsg(). What it left, fdferry_channel_wants() tells
 * with a time of 0, should an event loop take over. Returns 1, or -1 with errno ECHILD, EINVAL,
 * ETIMEDOUT, EPIPE (END was fetched and nothing can follow), ENOTSUP.
 */
FDFERRY_API int fdferry_channel_wait(struct fdferry_channel *ch,
    struct fdferry_event *event, const struct timespec *deadline);

/*
 * Queue a message. The data are copied. The descriptors are borrowed, and
 * must stay open until SENT, FAILED or REJECTED comes with this id; or
 * given (FDFERRY_GIVE): the channel owns them, closes them at SENT and gives
 * them back with FAILED or REJECTED. A message of more descriptors or data
 * than one kernel message holds goes in pieces, and is delivered complete
 * or not at all. `id` may be NULL.
 *
 * Returns 0, or -1 with errno, and then nothing was given: EAGAIN the queue
 * is full, wait for SENT; EMSGSIZE, E2BIG more data or descriptors than the
 * peer takes (before its limits are known, FAILED tells); EBADF; EINVAL;
 * ENOMEM; EPIPE the peer is gone; ECHILD.
 */
FDFERRY_API int fdferry_channel_send(struct fdferry_channel *ch,
    const void *data, size_t len, const int *fds, size_t nfds,
    unsigned int flags, unsigned long *id);

#define FDFERRY_HANDOFF_DATA	16352	/* most bytes beside a hand-off */

/*
 * Queue a hand-off: one descriptor, with up to FDFERRY_HANDOFF_DATA bytes
 * about it. Exactly one HANDOFF event will say what became of it. A copy is
 * kept open until then: the channel's, if it was given; else yours, which
 * must then not be used or handed to anybody until the event.
 *
 * When the deadline (NULL: none) passes before an answer, the offer is
 * called back, as by fdferry_channel_cancel(). If the peer answers nothing
 * to that either for doubt_ms, the outcome is FDFERRY_IN_DOUBT. Hand-offs
 * beyond the number that the peer takes wait in the queue. On datagram
 * sockets only sending shows that a peer has crashed: set a deadline.
 *
 * Returns as fdferry_channel_send().
 */
FDFERRY_API int fdferry_channel_handoff(struct fdferry_channel *ch,
    const void *data, size_t len, int fd, unsigned int flags,
    const struct timespec *deadline, unsigned long *id);

/*
 * Take back a message or a hand-off of ours, or all (id 0). The event tells
 * whether that was in time: FAILED or REFUSED_BACK with error ECANCELED.
 * Returns 0, or -1 with errno ENOENT (it is over), ECHILD, EINVAL.
 */
FDFERRY_API int fdferry_channel_cancel(struct fdferry_channel *ch,
    unsigned long id);

/*
 * Look at the descriptor of an offer that you have not answered: to describe
 * it, or to start a program that will have it. It stays the channel's: do
 * not close it, and above all read and write nothing, for the sender may
 * yet get it back. After this a sender that wants it back has to wait for
 * your answer.
 * Returns the descriptor, or -1 with errno ENOENT, ECANCELED, ECHILD, EINVAL.
 */
FDFERRY_API int fdferry_channel_look(struct fdferry_channel *ch,
    unsigned long id);

/*
 * Accept an offer. The descriptor comes with the event TAKEN, as soon as the
 * kernel has the answer: so the sender will read it even if this process
 * dies then, and no connection ever has two readers.
 * Returns 0, or -1 with errno ENOENT, ECANCELED, ECHILD, EINVAL.
 */
FDFERRY_API int fdferry_channel_accept(struct fdferry_channel *ch,
    unsigned long id);

/*
 * Refuse an offer: it is closed here, and the sender's again. `reason` is
 * FDFERRY_REASON_NONE, _BUSY, _POLICY or at least FDFERRY_REASON_OWN.
 * Returns as fdferry_channel_accept().
 */
FDFERRY_API int fdferry_channel_refuse(struct fdferry_channel *ch,
    unsigned long id, unsigned int reason);

/*
 * The socket of the channel, for an event loop to watch: as it was given to
 * fdferry_channel_new(). It stays whose it was; nothing is read from it or
 * written to it. Returns -1 with errno ECHILD, EINVAL.
 */
FDFERRY_API int fdferry_channel_fd(const struct fdferry_channel *ch);

/*
 * Names of the numbers in an event: "offer" for FDFERRY_EVENT_OFFER,
 * "refused-back" for FDFERRY_REFUSED_BACK, "busy" for FDFERRY_REASON_BUSY,
 * "own" for a reason of the application's, "unknown" for what this library
 * does not know. Constant strings, never NULL.
 */
FDFERRY_API const char *fdferry_event_name(int type);
FDFERRY_API const char *fdferry_outcome_name(int outcome);
FDFERRY_API const char *fdferry_reason_name(unsigned int reason);

struct fdferry_channel_stats {
	size_t size;			/* in: sizeof this structure */
	unsigned long queued;		/* messages and hand-offs not sent */
	unsigned long unanswered;	/* our hand-offs that were sent; those
					   in doubt among them */
	unsigned long offers;		/* the peer's, waiting for an answer */
	unsigned long held;		/* descriptors received and held */
	unsigned long accepted, refused, gone, in_doubt; /* our hand-offs */
	unsigned long dropped;		/* the peer's that we did not take */
	unsigned long peer_bytes;	/* what the peer takes; 0 until known */
	unsigned long peer_fds;
	unsigned long peer_offers;
};

/* Returns 0, or -1 with errno ECHILD, EINVAL. */
FDFERRY_API int fdferry_channel_count(const struct fdferry_channel *ch,
    struct fdferry_channel_stats *stats);

/* ------------------------------------------------ beside a hand-off ---- */

/*
 * What fdferry(1)'s front says of a connection, as the data of its hand-off:
 * lines of KEY=VALUE (fdferry-wire(5) lists the keys). These functions read
 * and write such lines; they allocate nothing and are async-signal-safe.
 */

/*
 * Append a line to the `used` bytes at `meta`, which has room for `room`. A
 * key has lower case letters, digits, "-" and "_" only; the `len` bytes at
 * `value` may be any.
 *
 * Returns the bytes that are used then, or -1 with errno, nothing written:
 * EINVAL; EMSGSIZE there is not that much room.
 */
FDFERRY_API ptrdiff_t fdferry_meta_put(void *meta, size_t room, size_t used,
    const char *key, const void *value, size_t len);

/* A line. Neither string ends with NUL: both lie within `meta`. */
struct fdferry_meta {
	size_t size;		/* in: sizeof this structure */
	const char *key;
	size_t keylen;
	const char *value;	/* as it is written: see fdferry_meta_value() */
	size_t valuelen;
};

/*
 * The next line of the `len` bytes at `meta`. Set *at to 0 first; it moves
 * on. What is no line of KEY=VALUE is passed over. Returns 1, 0 if there is
 * none, or -1 with errno EINVAL.
 */
FDFERRY_API int fdferry_meta_next(const void *meta, size_t len, size_t *at,
    struct fdferry_meta *line);

/*
 * The value of a line with its escapes undone: up to `room` bytes at
 * `value`, which end with no NUL and may hold some. Returns the length of
 * all of it, never more than line->valuelen.
 */
FDFERRY_API size_t fdferry_meta_value(const struct fdferry_meta *line,
    void *value, size_t room);

#ifdef __cplusplus
}
#endif

#endif /* FDFERRY_H */
