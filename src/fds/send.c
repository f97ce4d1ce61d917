/* SPDX-License-Identifier: 0BSD */
/* send.c - fdferry send: open things, send each as one plain message. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fds.h"

struct sending {
	struct listen_opts how;
	struct uidlist allowed;
	struct timespec when;
	const struct timespec *deadline;
	int listen;		/* we listen, the receiver connects */
	int wait;		/* for a receiver that does not listen yet */
	int write;		/* open files for reading and writing */
};

static const char help[] =
"Usage: fdferry send [OPTION]... SOCKET WHAT...\n"
"Connect to SOCKET (unix:PATH, /PATH, ./PATH or @NAME) and send descriptors,\n"
"each as one NUL byte with one descriptor.\n\n"
"WHAT is one of\n"
"  PATH              a file or directory, opened for reading; ./PATH or\n"
"                    file:PATH if PATH begins like one of the following\n"
"  fd:N              descriptor N that fdferry was started with\n"
"  tcp:HOST:PORT     a new connection\n"
"  listen:HOST:PORT  a new listening socket\n\n"
"Options:\n"
"  --listen           listen at SOCKET for one receiver instead\n"
"  --wait             wait until somebody listens at SOCKET\n"
"  --write            open files for reading and writing\n"
"  --timeout SECONDS  for everything together (no limit)\n"
"  --allow-uid USER   take a receiver of this user too (--listen, @NAME)\n"
"  --mode MODE        of the socket that --listen makes, octal (0600)\n"
"  --owner USER[:GROUP]\n"
"                     its owner\n";

static const struct opt opts[] = {
	{ "listen", ARG_NONE, 'l' },
	{ "wait", ARG_NONE, 'w' },
	{ "write", ARG_NONE, 'W' },
	{ "timeout", ARG_VALUE, 't' },
	{ "allow-uid", ARG_VALUE, 'u' },
	{ "mode", ARG_VALUE, 'm' },
	{ "owner", ARG_VALUE, 'o' },
	{ NULL, ARG_NONE, 0 }
};

/* ------------------------------------------------ WHAT ------------------ */

/* Not blocking: a FIFO without a writer would hold us up. The flag goes
   again, for it would travel along. */
static int
open_file(const char *path, int writing)
{
	int fd = open(path, (writing ? O_RDWR : O_RDONLY) | O_NOCTTY
	    | O_NONBLOCK);
	const char *why;
	struct stat st;

	if (fd >= 0) {
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
		return fd;
	}
	why = strerror(errno);
	if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		why = "a socket cannot be opened: send a file, fd:N, "
		    "tcp:HOST:PORT or listen:HOST:PORT";
	die(1, "%s: %s", path, why);
}

static int
take_fd(const char *what)
{
	int n = (int)number_arg("fd:N", what + 3, 0, INT_MAX);

	if ((n <= 2 && (cli_closed & 1u << n) != 0)
	    || fcntl(n, F_GETFD) < 0)
		die(1, "%s: descriptor %d is not open: open it in the shell, "
		    "as in %d<FILE", what, n, n);
	return n;
}

static int
open_tcp(const char *what, const struct sending *s)
{
	char host[256], port[8], err[640];
	int fd;

	if (host_port(what + 4, host, sizeof host, port, sizeof port, err,
	    sizeof err) < 0)
		usage_error("%s", err);
	(void)number_arg(what, port, 1, 65535);
	fd = connect_host(host, port, left_ms(s->deadline), err, sizeof err);
	if (fd < 0)
		die(1, "%s: %s", what, err);
	return fd;
}

static int
open_listener(const char *what)
{
	struct listen_opts none;
	struct addr addr;
	char err[640];
	int fd;

	memset(&none, 0, sizeof none);
	if (addr_parse(what + 7, &addr, 1, err, sizeof err) < 0)
		usage_error("%s", err);
	if (addr_is_unix(&addr))
		usage_error("%s: listen: takes HOST:PORT", what);
	fd = listen_on(&addr, &none, err, sizeof err);
	if (fd < 0)
		die(1, "%s", err);
	return fd;
}

static int
open_what(const char *what, const struct sending *s)
{
	if (strncmp(what, "fd:", 3) == 0)
		return take_fd(what);
	if (strncmp(what, "tcp:", 4) == 0)
		return open_tcp(what, s);
	if (strncmp(what, "listen:", 7) == 0)
		return open_listener(what);
	return open_file(strncmp(what, "file:", 5) == 0 ? what + 5 : what,
	    s->write);
}

/* ------------------------------------------------ the receiver ---------- */

static void
send_one(int sock, int fd, const char *what, const struct sending *s)
{
	struct fdferry_opts o;
	struct fdferry_result r;
	const char *why;

	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	o.deadline = s->deadline;
	r.size = sizeof r;
	if (fdferry_send_fd(sock, fd, 0, &o, &r) == 0)
		return;
	why = strerror(r.error);
	if (r.error == EPIPE || r.error == ECONNRESET)
		why = "the receiver has closed the connection";
	else if (r.error == ETIMEDOUT)
		why = "the receiver did not read in time";
	else if (r.error == EPERM)
		why = "the receiver forbids descriptors (SO_PASSRIGHTS)";
	die(1, "%s: not sent: %s", what, why);
}

static void
parse(struct sending *s, struct args *a)
{
	int c;

	while ((c = args_next(a)) != -1) {
		switch (c) {
		case 'l':
			s->listen = 1;
			break;
		case 'w':
			s->wait = 1;
			break;
		case 'W':
			s->write = 1;
			break;
		case 't':
			(void)fdferry_deadline(&s->when,
			    seconds_arg(a->option, a->value));
			s->deadline = &s->when;
			break;
		case 'u':
			uid_arg(a->option, a->value, &s->allowed);
			break;
		case 'm':
			mode_arg(a->option, a->value, &s->how);
			break;
		case 'o':
			owner_arg(a->option, a->value, &s->how);
			break;
		}
	}
	if (a->noperands == 0)
		usage_error("SOCKET is missing: give the path where the "
		    "receiver listens");
	if (a->noperands == 1)
		usage_error("%s: nothing to send: give files, fd:N, "
		    "tcp:HOST:PORT or listen:HOST:PORT", a->operands[0]);
	if (!s->listen && (s->how.mode_set || s->how.owner != NULL))
		usage_error("--mode and --owner need --listen");
	if (s->listen && s->wait)
		usage_error("--wait and --listen exclude each other");
}

/* All is opened before anything is sent. */
int
verb_send(int argc, char **argv)
{
	struct sending s;
	struct addr addr;
	struct args a;
	char err[640];
	int i, sock, *fds;

	memset(&s, 0, sizeof s);
	args_init(&a, argc, argv, opts, help);
	parse(&s, &a);
	unix_arg(a.operands[0], &addr, &s.allowed);
	need_backend(1);
	fds = xrealloc(NULL, (size_t)a.noperands, sizeof *fds);
	for (i = 1; i < a.noperands; i++)
		fds[i] = open_what(a.operands[i], &s);
	sock = s.listen ? await_peer(&addr, &s.how, &s.allowed, s.deadline,
	    err, sizeof err) : connect_peer(&addr, &s.allowed, s.deadline,
	    s.wait, err, sizeof err);
	if (sock < 0)
		die(1, "%s", err);
	for (i = 1; i < a.noperands; i++)
		send_one(sock, fds[i], a.operands[i], &s);
	free(fds);
	return 0;
}
