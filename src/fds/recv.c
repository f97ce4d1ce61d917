/* SPDX-License-Identifier: 0BSD */
/* recv.c - fdferry recv: receive descriptors, show them or run a program. */
#include "../../lib/detect.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fds.h"
#include "net/plain.h"

#define CANNOT_START 125 /* as env(1): we failed, not the program */

struct receiving {
	struct listen_opts how;
	struct uidlist allowed;
	struct fdferry_policy policy;
	struct timespec when;
	const struct timespec *deadline;
	char **command;
	int connect, wait, json;
	int status; /* of a failure before the program starts */
	long count; /* 0: until end of file */
	int *fds;
	size_t nfds;
	unsigned long lost;  /* messages whose descriptors were lost */
	unsigned long plain; /* bytes without a descriptor */
};

/* clang-format off */
static const char help[] =
"Usage: fdferry recv [OPTION]... SOCKET [--exec CMD [ARG]...]\n"
"Listen at SOCKET (unix:PATH, /PATH, ./PATH or @NAME) for one sender, receive\n"
"descriptors until it closes, and print one line for each.\n\n"
"  --exec CMD [ARG]...  do not print, but become CMD with the descriptors at\n"
"                     3, 4 ... and LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES\n"
"  --count N          end after N descriptors\n"
"  --json             one JSON object a line\n"
"  --kind KIND[,KIND]...\n"
"                     close all but these: file, directory, pipe, fifo,\n"
"                     socket, tty, device, shm, events, pidfd, other\n"
"  --connect          connect to a sender that listens at SOCKET instead\n"
"  --wait             with --connect: wait until somebody listens there\n"
"  --timeout SECONDS  for everything together (no limit)\n"
"  --allow-uid USER   take a sender of this user too\n"
"  --mode MODE        of the socket made here, octal (0600)\n"
"  --owner USER[:GROUP]\n"
"                     its owner\n";
/* clang-format on */

/* clang-format off */
static const struct opt opts[] = {
	{ "exec", ARG_REST, 'e' },
	{ "count", ARG_VALUE, 'n' },
	{ "json", ARG_NONE, 'j' },
	{ "kind", ARG_VALUE, 'k' },
	{ "connect", ARG_NONE, 'c' },
	{ "wait", ARG_NONE, 'w' },
	{ "timeout", ARG_VALUE, 't' },
	{ "allow-uid", ARG_VALUE, 'u' },
	{ "mode", ARG_VALUE, 'm' },
	{ "owner", ARG_VALUE, 'o' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

/* ------------------------------------------------ arguments ------------- */

static unsigned long
kind_bit(const char *option, const char *name, size_t len)
{
	const char *known;
	int k;

	for (k = 0; k <= FDFERRY_KIND_PIDFD; k++) {
		known = fdferry_kind_name((enum fdferry_kind)k);
		if (strlen(known) == len && strncmp(known, name, len) == 0)
			return FDFERRY_KIND_BIT(k);
	}
	usage_error("%s: \"%.*s\" is no kind: use file, directory, pipe, fifo, "
		    "socket, tty, device, shm, events, pidfd or other",
	    option, (int)len, name);
}

static void
kind_arg(const char *option, const char *text, struct receiving *r)
{
	size_t len;

	for (;;) {
		len = strcspn(text, ",");
		r->policy.kinds |= kind_bit(option, text, len);
		if (text[len] == '\0')
			return;
		text += len + 1;
	}
}

static void
one_option(struct receiving *r, const struct args *a, int c)
{
	switch (c) {
	case 'e':
		r->command = a->rest;
		r->status = CANNOT_START;
		break;
	case 'n': r->count = number_arg(a->option, a->value, 1, 65536); break;
	case 'j': r->json = 1; break;
	case 'k': kind_arg(a->option, a->value, r); break;
	case 'c': r->connect = 1; break;
	case 'w': r->wait = 1; break;
	case 't':
		(void)fdferry_deadline(&r->when,
		    seconds_arg(a->option, a->value));
		r->deadline = &r->when;
		break;
	case 'u': uid_arg(a->option, a->value, &r->allowed); break;
	case 'm': mode_arg(a->option, a->value, &r->how); break;
	case 'o': owner_arg(a->option, a->value, &r->how); break;
	}
}

static void
parse(struct receiving *r, struct args *a)
{
	int c;

	while ((c = args_next(a)) != -1)
		one_option(r, a, c);
	if (a->noperands == 0)
		usage_error("SOCKET is missing: give the path to listen at");
	if (a->noperands > 1)
		usage_error("%s: one SOCKET only; a command comes after --exec",
		    a->operands[1]);
	if (r->connect && (r->how.mode_set || r->how.owner != NULL))
		usage_error("--mode and --owner are of a socket made here: "
			    "not with --connect");
	if (r->wait && !r->connect)
		usage_error("--wait needs --connect");
	if (r->json && r->command != NULL)
		usage_error("--json and --exec exclude each other: nothing is "
			    "printed before CMD");
}

/* ------------------------------------------------ receiving ------------- */

/* A reader of our output sees each line at once. */
static void
show(const struct receiving *r, int fd, const struct fdferry_peercred *sender)
{
	struct fdferry_info info;

	info.size = sizeof info;
	if (fdferry_describe(fd, &info) < 0)
		die(r->status, "descriptor: %s", strerror(errno));
	if (r->json)
		show_json(stdout, &info, sender);
	else
		show_text(stdout, &info, sender);
	if (fflush(stdout) != 0)
		die(r->status, "standard output: %s", strerror(errno));
}

static void
take(struct receiving *r, int fd, const struct fdferry_peercred *sender)
{
	r->nfds++;
	if (r->command == NULL) {
		show(r, fd, sender);
		fdferry_close(&fd, 1);
		return;
	}
	r->fds = xrealloc(r->fds, r->nfds, sizeof *r->fds);
	r->fds[r->nfds - 1] = fd;
}

/* A message whose descriptor we do not have. 0: go on; -1: the end. */
static int
missing(struct receiving *r, const struct fdferry_result *got)
{
	if (got->flags & FDFERRY_EOF)
		return -1;
	if (got->error == EBADMSG && got->bytes > 0) {
		r->plain++;
		return 0;
	}
	if (got->bytes == 0) {
		if (got->error == ETIMEDOUT)
			die(r->status,
			    "the sender sent no more in time: "
			    "%lu received",
			    (unsigned long)r->nfds);
		die(r->status, "receiving: %s", strerror(got->error));
	}
	r->lost++;
	if (got->error == EMFILE)
		warn("lost a descriptor: too many open files: raise ulimit -n");
	else
		warn("lost a descriptor: %s", strerror(got->error));
	return 0;
}

/* What a message brought, up to the number that is wanted. A slot holds -1
   where its descriptor was refused. */
static void
take_all(struct receiving *r, const int *fds, const struct fdferry_result *got,
    const struct fdferry_peercred *sender)
{
	size_t i;

	if (got->surplus > 0) {
		r->lost += got->surplus;
		warn("closed %lu descriptors of a message: more than --count",
		    (unsigned long)got->surplus);
	}
	for (i = 0; i < got->fds; i++) {
		if (fds[i] >= 0) {
			take(r, fds[i], sender);
		} else if (got->flags & FDFERRY_REFUSED) {
			r->lost++;
			warn("refused a descriptor: --kind does not name its "
			     "kind");
		}
	}
}

static void
receive(struct receiving *r, int sock)
{
	struct fdferry_opts o;
	struct fdferry_result got;
	struct fdferry_peercred sender;
	size_t most = fdferry_max_fds(), room = most;
	int *fds = xrealloc(NULL, most, sizeof *fds), known, rc;

	sender.size = sizeof sender;
	known = fdferry_peer(sock, &sender) == 0;
	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	o.deadline = r->deadline;
	r->policy.size = sizeof r->policy;
	o.policy = &r->policy;
	while (r->count == 0 || r->nfds < (size_t)r->count) {
		if (r->count > 0 && (size_t)r->count - r->nfds < most)
			room = (size_t)r->count - r->nfds;
		got.size = sizeof got;
		rc = plain_recv_all(sock, fds, room, 0, &o, &got);
		if ((rc < 0 || (got.flags & FDFERRY_TRUNCATED))
		    && missing(r, &got) < 0)
			break;
		if (rc > 0)
			take_all(r, fds, &got, known ? &sender : NULL);
	}
	free(fds);
	(void)close(sock);
}

/* 0, or what the exit status must be. */
static int
judge(const struct receiving *r)
{
	if (r->plain > 0)
		warn("skipped %lu bytes that came without a descriptor",
		    r->plain);
	if (r->count > 0 && r->nfds < (size_t)r->count) {
		warn("the sender closed after %lu of %ld descriptors",
		    (unsigned long)r->nfds, r->count);
		return r->status;
	}
	if (r->nfds == 0) {
		warn("the sender closed without sending a descriptor");
		return r->status;
	}
	return r->lost > 0 ? r->status : 0;
}

int
verb_recv(int argc, char **argv)
{
	struct receiving r;
	struct addr addr;
	struct args a;
	char err[640];
	int sock, rc;

	memset(&r, 0, sizeof r);
	r.status = 1;
	args_init(&a, argc, argv, opts, help);
	parse(&r, &a);
	unix_arg(a.operands[0], &addr, &r.allowed);
	need_backend(r.status);
	sock = r.connect ? connect_peer(&addr, SOCK_STREAM, &r.allowed,
		   r.deadline, r.wait, err, sizeof err)
			 : await_peer(&addr, &r.how, &r.allowed, r.deadline,
			     err, sizeof err);
	if (sock < 0)
		die(r.status, "%s", err);
	receive(&r, sock);
	rc = judge(&r);
	if (r.command == NULL || rc != 0) {
		free(r.fds);
		return rc;
	}
	if (place_fds(r.fds, r.nfds) < 0)
		die(r.status, "descriptors for %s: %s", r.command[0],
		    strerror(errno));
	exec_program(r.command);
}
