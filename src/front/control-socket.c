/* SPDX-License-Identifier: 0BSD */
/*
 * control-socket.c - the control socket itself: its path, and who connects.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"
#include "front.h"

#ifndef EPROTO
# define EPROTO ECONNABORTED
#endif

#define PAUSE_MS 100
#define FAILURES_MOST 20 /* in a row, of a socket that is dead */

static struct {
	int fd; /* -1: none */
	struct addr at;
	struct event *event;
	struct event *resume; /* accepting again after a pause */
	int failures;	      /* of accept(), in a row */
	int lost;	      /* given up: made again at SIGHUP */
} control = { -1, { { 0 }, 0 }, NULL, NULL, 0, 0 };

void (*control_on_client)(int fd);

/* Nobody can connect, or whoever did has gone: nothing is wrong with us. */
static int
is_passing(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR
	    || error == ECONNABORTED || error == EPROTO;
}

/* The socket itself is none that listens any more. */
static int
is_dead(int error)
{
	return error == EINVAL || error == EBADF || error == ENOTSOCK
	    || error == EOPNOTSUPP;
}

/* Do not try again at once: a client waits and no descriptor is free, or there
   is no client. A line for the first time; a dead socket is given up. */
static void
accept_failed(int error)
{
	struct timeval in = interval(PAUSE_MS);

	if (control.failures++ == 0)
		log_path("control-accept-failed", &control.at, strerror(error));
	if (is_dead(error) && control.failures >= FAILURES_MOST) {
		log_path("control-lost", &control.at, strerror(error));
		control_close();
		control.lost = 1;
		return;
	}
	(void)event_del(control.event);
	(void)event_add(control.resume, &in);
}

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	int fd = accept_from(sock), error = errno;

	(void)what;
	(void)arg;
	if (fd < 0) {
		if (accept_is_over(sock))
			error = EINVAL;
		if (!is_passing(error))
			accept_failed(error);
		return;
	}
	control.failures = 0;
	control_on_client(fd);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	struct timeval in = interval(PAUSE_MS);

	(void)fd;
	(void)what;
	(void)arg;
	if (event_add(control.event, NULL) < 0)
		(void)event_add(control.resume, &in);
}

static void
watch(int fd)
{
	struct timeval in = interval(PAUSE_MS);

	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	control.fd = fd;
	control.lost = control.failures = 0;
	control.event =
	    event_new(front.base, fd, EV_READ | EV_PERSIST, on_accept, NULL);
	control.resume = evtimer_new(front.base, on_resume, NULL);
	if (control.event == NULL || control.resume == NULL)
		die(1, "out of memory");
	if (event_add(control.event, NULL) < 0)
		(void)event_add(control.resume, &in);
}

static void
unwatch(void)
{
	event_free(control.event);
	event_free(control.resume);
	(void)close(control.fd);
	control.fd = -1;
}

/* `fd` listens at `at` already. */
void
control_watch(int fd, const struct addr *at)
{
	control.at = *at;
	watch(fd);
}

/* Those who have connected to the old socket and were not accepted must ask
   again. */
void
control_repair(void)
{
	char why[1024];
	int fd;

	if (control.lost)
		fd = listen_on(&control.at, &front.sockets, why, sizeof why);
	else if (control.fd >= 0 && listen_lost(&control.at))
		fd = listen_again(&control.at, &front.sockets, why, sizeof why);
	else
		return;
	if (fd >= 0) {
		if (control.fd >= 0)
			unwatch();
		watch(fd);
	}
	log_path(fd >= 0 ? "path-made-again" : "path-lost", &control.at,
	    fd >= 0 ? NULL : why);
}

void
control_arg(const char *option, const char *text, struct addr *at)
{
	char err[1024];

	if (addr_names_unix(text)
	    && addr_parse(text, at, 1, err, sizeof err) < 0)
		usage_error("%s %s", option, err);
	if (!addr_names_unix(text) || addr_is_abstract(at))
		usage_error("%s %s: expected the path of a front's control "
			    "socket",
		    option, text);
}

int
control_socket(struct addr *at)
{
	*at = control.at;
	return control.fd;
}

int
control_open(const char *text, struct addr *at)
{
	char err[512];
	int fd;

	control_arg("--control", text, at);
	fd = listen_on(at, &front.sockets, err, sizeof err);
	if (fd < 0)
		die(1, "%s", err);
	return fd;
}

void
control_close(void)
{
	if (control.fd < 0)
		return;
	if (front.yielded) /* its path is the other's now */
		listen_forget(&control.at);
	else
		unlisten(&control.at);
	unwatch();
}
