/* SPDX-License-Identifier: 0BSD */
/*
 * net.h - sockets of the command: addresses as text, connecting, listening
 * (with the paths of Unix sockets), and which users may take part. Uses cli.h
 * and the public header.
 */
#ifndef NET_H
#define NET_H 1

#include <stddef.h>
#include <sys/types.h>
#include <sys/socket.h>

#include "cli.h"

/* ------------------------------------------------ addresses, address.c -- */

/*
 * An address: 127.0.0.1:80, [::1]:80, [fe80::1%eth0]:80, name:80,
 * unix:PATH, /PATH, ./PATH, ../PATH, @NAME (abstract, Linux). In unix:PATH
 * and @NAME \xNN stands for a byte, as fdferry_addr_text() writes it; the
 * others are taken as they are.
 */
struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};
/* 0, or -1 with a text in `err`. `passive`: port 0 is fine. A name with
   several addresses gives the first; see connect_host(). */
int addr_parse(const char *text, struct addr *out, int passive, char *err,
    size_t errlen);
/* Is this text a Unix address, right or wrong? */
int addr_names_unix(const char *text);
int addr_is_unix(const struct addr *addr);
/* An IPv4 address as an IPv6 socket shows it, ::ffff:192.0.2.1, becomes the
   IPv4 one that it is, in place; rules see it so, too. */
void addr_unmap(struct sockaddr *sa, socklen_t *len);
int addr_is_abstract(const struct addr *addr);
/*
 * Is it the same place, however it was written? Of a Unix path its directory
 * and its last part decide, so nothing need be there; of an abstract name all
 * bytes do. With `any_port`, port 0 of `wanted` stands for each.
 */
int addr_same(const struct addr *addr, const struct addr *wanted, int any_port);
/* Port 0 of an Internet address: the system chooses one. */
int addr_any_port(const struct addr *addr);
/* Would two sockets bound there be in each other's way? */
int addr_clash(const struct addr *a, const struct addr *b);
/* HOST:PORT in two; brackets off. */
int host_port(const char *text, char *host, size_t hostlen, char *port,
    size_t portlen, char *err, size_t errlen);

/* ------------------------------------------------ connecting, connect.c  */

/* A connected socket, blocking and close-on-exec, or -1 with a text in
   `err` and errno. A timeout below 0 is none. */
int
connect_to(const struct addr *addr, int timeout_ms, char *err, size_t errlen);
/* The same for SOCK_DGRAM too. */
int connect_type(const struct addr *addr, int type, int timeout_ms, char *err,
    size_t errlen);
/* All addresses of the host in turn; a name that cannot be resolved in time
   ends the program. */
int connect_host(const char *host, const char *port, int timeout_ms, char *err,
    size_t errlen);
/* Milliseconds left of a deadline on CLOCK_MONOTONIC; NULL: -1. */
int left_ms(const struct timespec *deadline);

/* ------------------------------------------------ users, users.c -------- */

/* Users whose processes we deal with beside our own and root. */
struct uidlist {
	unsigned long uids[64];
	size_t n;
};
void uid_arg(const char *option, const char *text, struct uidlist *list);
/* Where the system does not tell who the peer is, only the socket's
   permissions decide: yes if `allowed` is empty, else no. */
int peer_allowed(int sock, const struct uidlist *allowed);
/* Anybody may use an abstract name: 0 if it is none or `allowed` says whom to
   trust, else -1 with a text. */
int abstract_check(const struct addr *addr, const char *text,
    const struct uidlist *allowed, char *err, size_t errlen);
/* SOCKET: a Unix address, else a usage error; the rule above included. */
void
unix_arg(const char *text, struct addr *addr, const struct uidlist *allowed);
struct listen_opts {
	mode_t mode;
	int mode_set;
	const char *owner; /* USER[:GROUP], or NULL */
	int share;	   /* --reuse-port: of Internet addresses */
};
/* Can processes share a port here? */
int listen_can_share(void);
void mode_arg(const char *option, const char *text, struct listen_opts *how);
/* Checks USER[:GROUP] at once, so that nothing was started if it is wrong. */
void owner_arg(const char *option, const char *text, struct listen_opts *how);
/* Ids of USER[:GROUP]; without :GROUP *gid is the user's own group. */
int owner_ids(const char *text, uid_t *uid, gid_t *gid, int *has_group,
    char *err, size_t errlen);

/* ------------------------------------------------ accepting, accept.c --- */

/* What accept() gives, close-on-exec and blocking; or -1 with its errno. */
int accept_from(int listener);
/* After EAGAIN: has somebody shut the listening socket down? */
int accept_is_over(int listener);
/* The same with who it is, as accept() tells it. */
int accept_client(int listener, struct sockaddr *peer, socklen_t *len);

/* ------------------------------------------------ listening, listen.c --- */

/*
 * A listening socket, close-on-exec, or -1 with a text in `err`, and errno
 * EADDRINUSE where somebody else has the address. A Unix
 * socket is 0600 unless asked otherwise; a stale one is replaced, a live
 * one never, nor anything that is not a socket. PATH.lock beside it is held
 * until unlisten(). [::]:PORT takes IPv4 as well, other IPv6 does not.
 */
int listen_on(const struct addr *addr, const struct listen_opts *how, char *err,
    size_t errlen);
/* From now on who has the lock of a path is not waited for: we serve. */
void listen_serving(void);
/* Remove the path of a Unix socket that listen_on() made, if it is still
   that socket, and let go of the lock: when we stop listening, before any
   draining, so that a successor can start. May be called twice. */
void unlisten(const struct addr *addr);
/* Has somebody removed the path of a socket that we listen at, or put
   something else there? Then listen again, under the same lock if it is still
   there: another socket, or -1 with a text. The old one is the caller's. */
int listen_lost(const struct addr *addr);
int listen_again(const struct addr *addr, const struct listen_opts *how,
    char *err, size_t errlen);
/*
 * Another process takes over: it gets the listening socket and, beside it,
 * the descriptor of the lock; -1: none. It adopts both, as lent: unlisten()
 * removes nothing of them until it says listen_own(). Then we forget the
 * path, and leave it.
 */
int listen_lock(const struct addr *addr);
/* Is this the lock of that path, seen from here? A relative path is another
   one in another directory. */
int listen_lock_is(const struct addr *addr, int lock_fd);
int listen_adopt(const struct addr *addr, int lock_fd);
int listen_own(void); /* all that was lent is ours now; how many locks
				   the other still holds: ask again */
void listen_forget(const struct addr *addr);
void unlisten_all(void); /* async-signal-safe */
/* SIGINT, SIGTERM and SIGHUP remove the sockets, then kill as usual. */
void unlisten_on_signals(void);

/* ------------------------------------------------ leaving, linger.c ----- */

/*
 * Before a socket is closed on which descriptors are queued: no more comes
 * from us (-1: that cannot be said, close at once); has the receiver ended
 * its side too, or gone? Wait for that: 0 if it has not in time.
 */
#define LINGER_MS 3000
int linger_begin(int sock);
int linger_over(int sock);
int linger_wait(int sock, int ms);

#endif
