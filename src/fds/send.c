/* SPDX-License-Identifier: 0BSD */
/* send.c - fdferry send: open things and send them, each as a plain message
   or as the receiver wants it. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fds.h"
#include "net/plain.h"

struct sending {
	struct listen_opts how;
	struct uidlist allowed;
	struct timespec when;
	const struct timespec *deadline;
	int listen;   /* we listen, the receiver connects */
	int wait;     /* for a receiver that does not listen yet */
	int write;    /* open files for reading and writing */
	int type;     /* SOCK_STREAM or SOCK_DGRAM */
	int together; /* one message holds all */
	char *data;   /* of each message; `byte` if it is NULL */
	size_t len;
	int byte_set;
	char byte;
};

/* clang-format off */
static const char help[] =
"Usage: fdferry send [OPTION]... SOCKET WHAT...\n"
"Connect to SOCKET (unix:PATH, /PATH, ./PATH or @NAME) and send descriptors,\n"
"each as a message of one NUL byte and one descriptor.\n\n"
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
"  --together         one message with all descriptors\n"
"  --byte N           byte N instead of NUL, 0 to 255\n"
"  --data TEXT        these bytes instead; \\xNN stands for a byte\n"
"  --datagram         SOCKET is a datagram socket\n"
"  --timeout SECONDS  for everything together (no limit)\n"
"  --allow-uid USER   take a receiver of this user too (--listen, @NAME)\n"
"  --mode MODE        of the socket that --listen makes, octal (0600)\n"
"  --owner USER[:GROUP]\n"
"                     its owner\n";
/* clang-format on */

/* clang-format off */
static const struct opt opts[] = {
	{ "listen", ARG_NONE, 'l' },
	{ "wait", ARG_NONE, 'w' },
	{ "write", ARG_NONE, 'W' },
	{ "together", ARG_NONE, 'T' },
	{ "byte", ARG_VALUE, 'b' },
	{ "data", ARG_VALUE, 'd' },
	{ "datagram", ARG_NONE, 'D' },
	{ "timeout", ARG_VALUE, 't' },
	{ "allow-uid", ARG_VALUE, 'u' },
	{ "mode", ARG_VALUE, 'm' },
	{ "owner", ARG_VALUE, 'o' },
	{ NULL, ARG_NONE, 0 }
};
/* clang-format on */

/* ------------------------------------------------ WHAT ------------------ */

/* Not blocking: a FIFO without a writer would hold us up. The flag goes
   again, for it would travel along. */
static int
open_file(const char *path, int writing)
{
	int fd =
	    open(path, (writing ? O_RDWR : O_RDONLY) | O_NOCTTY | O_NONBLOCK);
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

	if ((n <= 2 && (cli_closed & 1u << n) != 0) || fcntl(n, F_GETFD) < 0)
		die(1,
		    "%s: descriptor %d is not open: open it in the shell, "
		    "as in %d<FILE",
		    what, n, n);
	return n;
}

static int
open_tcp(const char *what, const struct sending *s)
{
	char host[256], port[8], err[640];
	int fd;

	if (host_port(what + 4, host, sizeof host, port, sizeof port, err,
		sizeof err)
	    < 0)
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

static const char *
reason(const struct sending *s, int error)
{
	if (error == EMSGSIZE && s->type == SOCK_DGRAM)
		return "too large for one datagram here";
	return send_why(error);
}

/* One message of `n` descriptors; `what` is the first of them. On a stream
   its data may go in pieces, the descriptors with the first. */
static void
send_message(int sock, const int *fds, size_t n, const char *what,
    const struct sending *s)
{
	const char *data = s->data != NULL ? s->data : &s->byte;
	size_t len = s->data != NULL ? s->len : 1, done = 0;
	struct fdferry_result r;
	struct fdferry_opts o;
	ptrdiff_t sent;

	memset(&o, 0, sizeof o);
	o.size = sizeof o;
	o.deadline = s->deadline;
	do {
		sent =
		    send_in_turn(sock, data + done, len - done, fds, n, &o, &r);
		if (sent > 0)
			done += (size_t)sent;
		if (sent < 0 || r.error != 0)
			die(1, "%s: not sent%s: %s", what,
			    done > 0 ? " whole" : "", reason(s, r.error));
		n = 0;
	} while (done < len);
}

static void
send_all(int sock, const int *fds, char **whats, size_t n,
    const struct sending *s)
{
	size_t i;

	if (s->together) {
		send_message(sock, fds, n, whats[0], s);
		return;
	}
	for (i = 0; i < n; i++)
		send_message(sock, fds + i, 1, whats[i], s);
}

static void
data_arg(struct sending *s, const char *text)
{
	s->data = xrealloc(s->data, strlen(text) + 1, 1);
	s->len = unescape_x(text, s->data, strlen(text));
	if (s->len == 0)
		usage_error("--data: descriptors need at least one byte");
}

static void
one_option(struct sending *s, const struct args *a, int c)
{
	switch (c) {
	case 'l': s->listen = 1; break;
	case 'w': s->wait = 1; break;
	case 'W': s->write = 1; break;
	case 'T': s->together = 1; break;
	case 'b':
		s->byte = (char)number_arg(a->option, a->value, 0, 255);
		s->byte_set = 1;
		break;
	case 'd': data_arg(s, a->value); break;
	case 'D': s->type = SOCK_DGRAM; break;
	case 't':
		(void)fdferry_deadline(&s->when,
		    seconds_arg(a->option, a->value));
		s->deadline = &s->when;
		break;
	case 'u': uid_arg(a->option, a->value, &s->allowed); break;
	case 'm': mode_arg(a->option, a->value, &s->how); break;
	case 'o': owner_arg(a->option, a->value, &s->how); break;
	}
}

static void
exclude(const struct sending *s)
{
	if (!s->listen && (s->how.mode_set || s->how.owner != NULL))
		usage_error("--mode and --owner need --listen");
	if (s->listen && s->wait)
		usage_error("--wait and --listen exclude each other");
	if (s->listen && s->type == SOCK_DGRAM)
		usage_error("--datagram and --listen exclude each other");
	if (s->byte_set && s->data != NULL)
		usage_error("--byte and --data exclude each other");
}

static void
parse(struct sending *s, struct args *a)
{
	int c;

	while ((c = args_next(a)) != -1)
		one_option(s, a, c);
	if (a->noperands == 0)
		usage_error("SOCKET is missing: give the path where the "
			    "receiver listens");
	if (a->noperands == 1)
		usage_error("%s: nothing to send: give files, fd:N, "
			    "tcp:HOST:PORT or listen:HOST:PORT",
		    a->operands[0]);
	exclude(s);
}

/*
 * All was sent. Our copies go first: nobody shall wait for the end of a
 * connection that its receiver has closed. If the receiver does not end in
 * time it may still be reading, and nothing is known to have failed. A
 * datagram socket has no end, and what it holds stays.
 */
static void
leave(int sock, const int *fds, int n, const struct sending *s)
{
	int i, ms = left_ms(s->deadline);

	for (i = 0; i < n; i++)
		(void)close(fds[i]);
	if (ms < 0 || ms > LINGER_MS)
		ms = LINGER_MS;
	if (s->type == SOCK_STREAM && linger_begin(sock) == 0)
		(void)linger_wait(sock, ms);
}

static void
fits(size_t n, const struct sending *s)
{
	if (s->together && n > fdferry_max_fds())
		die(1,
		    "--together: a message holds %lu descriptors here, not "
		    "%lu",
		    (unsigned long)fdferry_max_fds(), (unsigned long)n);
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
	s.type = SOCK_STREAM;
	args_init(&a, argc, argv, opts, help);
	parse(&s, &a);
	unix_arg(a.operands[0], &addr, &s.allowed);
	if (s.type == SOCK_DGRAM && addr_is_abstract(&addr))
		usage_error(
		    "%s: --datagram needs a path: nobody can tell whose "
		    "an abstract name is",
		    a.operands[0]);
	need_backend(1);
	fits((size_t)a.noperands - 1, &s);
	fds = xrealloc(NULL, (size_t)a.noperands, sizeof *fds);
	for (i = 1; i < a.noperands; i++)
		fds[i] = open_what(a.operands[i], &s);
	sock = s.listen
	    ? await_peer(&addr, &s.how, &s.allowed, s.deadline, err, sizeof err)
	    : connect_peer(&addr, s.type, &s.allowed, s.deadline, s.wait, err,
		sizeof err);
	if (sock < 0)
		die(1, "%s", err);
	if (plain_caveat() != NULL)
		warn("%s", plain_caveat());
	send_all(sock, fds + 1, a.operands + 1, (size_t)a.noperands - 1, &s);
	leave(sock, fds + 1, a.noperands - 1, &s);
	free(fds);
	free(s.data);
	return 0;
}
