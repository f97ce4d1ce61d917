/* SPDX-License-Identifier: 0BSD */
/*
 * control-socket.c - the control socket itself: its path, and who connects.
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "front.h"

#define PAUSE_MS 100

static struct {
	int fd; /* -1: none */
	struct addr at;
	struct event *event;
	struct event *resume; /* accepting again after a pause */
} control = { -1, { { 0 }, 0 }, NULL, NULL };

void (*control_on_client)(int fd);

static void
on_accept(evutil_socket_t sock, short what, void *arg)
{
	struct timeval in = interval(PAUSE_MS);
	int fd = accept_from(sock);

	(void)what;
	(void)arg;
	if (fd < 0
	    && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
		|| errno == ENOMEM)) {
		/* A client waits and no descriptor is free: do not try again
		   at once. */
		(void)event_del(control.event);
		(void)event_add(control.resume, &in);
	}
	if (fd >= 0)
		control_on_client(fd);
}

static void
on_resume(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	(void)event_add(control.event, NULL);
}

static void
watch(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	control.fd = fd;
	control.event =
	    event_new(front.base, fd, EV_READ | EV_PERSIST, on_accept, NULL);
	control.resume = evtimer_new(front.base, on_resume, NULL);
	if (control.event == NULL || control.resume == NULL
	    || event_add(control.event, NULL) < 0)
		die(1, "cannot watch the control socket");
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

	if (control.fd < 0 || !listen_lost(&control.at))
		return;
	fd = listen_again(&control.at, &front.sockets, why, sizeof why);
	if (fd >= 0) {
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
