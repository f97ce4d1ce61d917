/* SPDX-License-Identifier: 0BSD */
/* cli.h - what the verbs of fdferry(1) share. */
#ifndef CLI_H
#define CLI_H 1

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/socket.h>

#include "fdferry.h"

#if defined __GNUC__
# define CLI_FORMAT(fmt, args) __attribute__ ((__format__ (__printf__, fmt, args)))
# define CLI_NORETURN __attribute__ ((__noreturn__))
#else
# define CLI_FORMAT(fmt, args)
# define CLI_NORETURN
#endif

/* ------------------------------------------------ messages, cli.c ------- */

extern const char *cli_verb;	/* for messages: "front", "send"; or NULL */

/* Bit N: descriptor N of 0, 1 and 2 was closed when we were started. */
extern unsigned int cli_closed;

/* "fdferry VERB: message" on standard error: always one line, since bytes
   that are not text are written \xNN. */
void warn(const char *fmt, ...) CLI_FORMAT(1, 2);
/* The same, then exit; sockets that listen_on() made are removed. */
CLI_NORETURN void die(int status, const char *fmt, ...) CLI_FORMAT(2, 3);
/* The same with status 2 and where help is. */
CLI_NORETURN void usage_error(const char *fmt, ...) CLI_FORMAT(1, 2);
/* Exit with `status`; with 1 if standard output could not be written. */
CLI_NORETURN void finish(int status);
/* Die if this build or system cannot pass descriptors. */
void need_backend(int status);
void *xrealloc(void *old, size_t n, size_t size);

/* ------------------------------------------------ arguments, args.c ----- */

/*
 * Long options in the GNU way: --name VALUE, --name=VALUE, a beginning that
 * only one name has, before or after operands; "--" ends them. Once in a
 * process, since getopt_long() is below.
 */
#define ARGS_MOST 40		/* options of a verb */
struct option;
enum arg_kind {
	ARG_NONE,
	ARG_VALUE,
	ARG_REST	/* all that follows, at least one: --exec CMD ARG... */
};
struct opt {
	const char *name;	/* without "--"; NULL ends the list */
	enum arg_kind kind;
	int code;		/* above 0 */
};
struct args {
	char **argv;
	int argc;
	const struct opt *opts;
	const char *help;	/* for --help, which need not be in opts */
	struct option *longs;
	/* After args_next() returned a code: */
	const char *option;	/* "--name" */
	const char *value;	/* ARG_VALUE */
	char **rest;		/* ARG_REST: ends with NULL */
	/* After it returned -1: */
	char **operands;
	int noperands;
	char name[40];		/* room for `option` */
};
/* argv[0] is the verb. --help prints `help` and exits. */
void args_init(struct args *a, int argc, char **argv, const struct opt *opts,
    const char *help);
/* The code of the next option, -1 when there are no more. */
int args_next(struct args *a);

/* Whole numbers of an option, within bounds; else a usage error. */
long number_arg(const char *option, const char *text, long least, long most);
/* Seconds, also as 0.25, as milliseconds; above 0. */
long seconds_arg(const char *option, const char *text);

/* ------------------------------------------------ addresses, addr.c ----- */

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
int addr_is_abstract(const struct addr *addr);
/* HOST:PORT in two; brackets off. */
int host_port(const char *text, char *host, size_t hostlen, char *port,
    size_t portlen, char *err, size_t errlen);

/* A connected socket, blocking and close-on-exec, or -1 with a text in
   `err` and errno. A timeout below 0 is none. */
int connect_to(const struct addr *addr, int timeout_ms, char *err,
    size_t errlen);
/* All addresses of the host in turn; a name that cannot be resolved in time
   ends the program. */
int connect_host(const char *host, const char *port, int timeout_ms,
    char *err, size_t errlen);
/* Milliseconds left of a deadline on CLOCK_MONOTONIC; NULL: -1. */
int left_ms(const struct timespec *deadline);

/* ------------------------------------------------ listening, listen.c --- */

struct listen_opts {
	mode_t mode;
	int mode_set;
	const char *owner;	/* USER[:GROUP], or NULL */
};
void mode_arg(const char *option, const char *text, struct listen_opts *how);
/* Checks USER[:GROUP] at once, so that nothing was started if it is wrong. */
void owner_arg(const char *option, const char *text, struct listen_opts *how);
/* Ids of USER[:GROUP]; without :GROUP *gid is the user's own group. */
int owner_ids(const char *text, uid_t *uid, gid_t *gid, int *has_group,
    char *err, size_t errlen);

/*
 * A listening socket, close-on-exec, or -1 with a text in `err`. A Unix
 * socket is 0600 unless asked otherwise; a stale one is replaced, a live
 * one never, nor anything that is not a socket. PATH.lock beside it is held
 * until unlisten(). [::]:PORT takes IPv4 as well, other IPv6 does not.
 */
int listen_on(const struct addr *addr, const struct listen_opts *how,
    char *err, size_t errlen);
/* Remove the path of a Unix socket that listen_on() made, if it is still
   that socket, and let go of the lock: when we stop listening, before any
   draining, so that a successor can start. May be called twice. */
void unlisten(const struct addr *addr);
/*
 * Another process takes over: it gets the listening socket and, beside it,
 * the descriptor of the lock; -1: none. It adopts both; then we forget the
 * path, and leave it.
 */
int listen_lock(const struct addr *addr);
int listen_adopt(const struct addr *addr, int lock_fd);
void listen_forget(const struct addr *addr);
void unlisten_all(void);	/* async-signal-safe */
/* SIGINT, SIGTERM and SIGHUP remove the sockets, then kill as usual. */
void unlisten_on_signals(void);

/* ------------------------------------------------ peers, peers.c -------- */

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
void unix_arg(const char *text, struct addr *addr,
    const struct uidlist *allowed);
/* Connect to a Unix socket. With `wait`, until somebody listens there. An
   abstract name's owner must be allowed. -1 with a text in `err`. */
int connect_peer(const struct addr *addr, const struct uidlist *allowed,
    const struct timespec *deadline, int wait, char *err, size_t errlen);
/* Listen, wait for an allowed peer (others are refused with a line), stop
   listening. */
int await_peer(const struct addr *addr, const struct listen_opts *how,
    const struct uidlist *allowed, const struct timespec *deadline,
    char *err, size_t errlen);

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

/* ------------------------------------------------ output, escape.c, show.c */

/* One byte, as it may stand in a line: what does not print, and a backslash,
   as \xNN; in a JSON string: what is not ASCII as \u00XX. How many bytes. */
#define ESCAPE_MOST 6
size_t escape_x(unsigned char c, char out[ESCAPE_MOST]);
size_t escape_json(unsigned char c, char out[ESCAPE_MOST]);
int hex_digit(int c);		/* its value; -1: it is none */
/* A JSON string, quotes included; bytes that are not ASCII are \u00XX. */
void print_json_string(FILE *f, const char *text);
/* One line that says what a descriptor is; `sender` may be NULL. */
void show_text(FILE *f, const struct fdferry_info *info,
    const struct fdferry_peercred *sender);
void show_json(FILE *f, const struct fdferry_info *info,
    const struct fdferry_peercred *sender);

/* ------------------------------------------------ programs, exec.c ------ */

/* Signal mask empty, SIGPIPE as it is by default. */
void reset_signals(void);
/* Run a program in this process: returns never, exits 126 or 127 with a
   line as env(1) does. Safe after fork(). */
CLI_NORETURN void run_program(char **argv);
/* Put the `n` descriptors at 3, 4 ..., mark all above close-on-exec, set
   LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES. 0, or -1 with errno. */
int place_fds(int *fds, size_t n);

int verb_front(int argc, char **argv);
int verb_worker(int argc, char **argv);
int verb_info(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_send(int argc, char **argv);
int verb_recv(int argc, char **argv);
int verb_dial(int argc, char **argv);

#endif
