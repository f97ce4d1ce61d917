/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-kit.h - what promises and probes share where there are Unix
 * sockets. Included after selftest.h.
 */
#ifndef SELFTEST_KIT_H
#define SELFTEST_KIT_H 1

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SOCK_SEQPACKET
# define SOCK_SEQPACKET (-1)
#endif

/* The flags' values where they are missing: no flag. */
#if !FDFERRY_HAVE_MSG_NOSIGNAL
# undef MSG_NOSIGNAL
# define MSG_NOSIGNAL 0
#endif
#if !FDFERRY_HAVE_MSG_DONTWAIT
# undef MSG_DONTWAIT
# define MSG_DONTWAIT 0
#endif

#define ST_MOST 1200 /* descriptors that are looked at or sent */

/* Two connected ends that pass descriptors here; 0, or -1 with errno. */
int st_pair(int type, int pair[2]);
int st_open_fds(void);
/* A descriptor to send: the read end of a pipe whose other end is *other. */
int st_thing(int *other);
/* Does what is written to `to` come out at `from`? */
int st_joined(int to, int from);
/* Set the soft limit of descriptors; returns what it is then. */
long st_limit_fds(long most);
/* Become a user without rights, if this is root; 0 if we are without. */
int st_drop_root(void);
/* `other` is the end of a pipe whose read ends have been closed: does a write
   say so? Some kernels close late what was in a message: up to a second. */
int st_is_closed(int other);
/* Wait up to two seconds for input. */
int st_readable(int fd);

/* ---- messages without the library, only with msg_control ---- */

struct st_got {
	long n;		   /* what recvmsg() returned */
	int error;	   /* its errno; ETIMEDOUT: nothing came */
	int flags;	   /* msg_flags */
	size_t controllen; /* as the kernel left it */
	size_t cmsg_len;   /* of the first header */
	size_t messages;   /* rights messages that are in the buffer */
	size_t nfds;	   /* descriptors that are in the buffer */
	int fds[ST_MOST];
	char data[64];
};

/* sendmsg() that never waits: 0 or errno. */
int st_sendmsg(int sock, const struct msghdr *msg);
/* A message of `n` copies of `fd`; 0 or errno. Never waits. */
int st_send(int sock, const void *data, size_t len, int fd, size_t n);
/* The same with a control length of one's own. */
int st_send_control(int sock, const void *data, size_t len, int fd, size_t n,
    size_t controllen);
/* Receive up to `len` bytes with `room` bytes of control buffer. */
void st_recv(int sock, size_t len, size_t room, int flags, struct st_got *got);
/* The same without waiting for input first. */
void
st_recv_now(int sock, size_t len, size_t room, int flags, struct st_got *got);
size_t st_room(size_t n); /* CMSG_SPACE of n descriptors */
void st_close(const struct st_got *got);

#endif
