/* SPDX-License-Identifier: 0BSD */
/*
 * service.c - inherited descriptors, privileges, limits.
 */
#include "../lib/detect.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli.h"
#include "service.h"

/* ------------------------------------------------ inherited ------------- */

#define FDS_MOST 1024

static char **names;
static size_t nnames;

/* A whole number that is nothing else, or -1. */
static long
whole(const char *text, long most)
{
	char *end;
	long n;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtol(text, &end, 10);
	return errno != 0 || *end != '\0' || n > most ? -1 : n;
}

static void
read_names(const char *text)
{
	size_t len;

	for (; text != NULL && nnames < FDS_MOST; nnames++) {
		len = strcspn(text, ":");
		names = xrealloc(names, nnames + 1, sizeof *names);
		names[nnames] = strndup(text, len);
		text = text[len] == ':' ? text + len + 1 : NULL;
	}
}

int
inherited_fds(void)
{
	const char *fds = getenv("LISTEN_FDS");
	long n = 0;

	if (fds != NULL
	    && whole(getenv("LISTEN_PID"), LONG_MAX) == (long)getpid()) {
		n = whole(fds, FDS_MOST);
		if (n < 0)
			die(2, "LISTEN_FDS=%s: a number from 0 to %d was "
			    "expected", fds, FDS_MOST);
		read_names(getenv("LISTEN_FDNAMES"));
	}
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return (int)n;
}

const char *
inherited_name(int i)
{
	if (i < 0 || (size_t)i >= nnames || names[i] == NULL)
		return "";
	return names[i];
}

/* ------------------------------------------------ privileges ------------ */

void
become(const char *user_group)
{
	char err[512];
	uid_t uid;
	gid_t gid;
	int has_group;

	if (owner_ids(user_group, &uid, &gid, &has_group, err, sizeof err) < 0)
		die(1, "--user %s", err);
	if (setgroups(1, &gid) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
		die(1, "--user %s: %s (only root can change its user)",
		    user_group, strerror(errno));
	/* Trust, and check: nothing of the old user may come back. */
	if (getuid() != uid || geteuid() != uid || getgid() != gid
	    || getegid() != gid || (uid != 0 && setuid(0) == 0))
		die(1, "--user %s: the system did not drop all privileges",
		    user_group);
}

/* ------------------------------------------------ limits ---------------- */

static struct rlimit found;
static int raised;

long
raise_descriptor_limit(void)
{
	struct rlimit limit, high;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	found = high = limit;
	high.rlim_cur = high.rlim_max;
	/* macOS has an "infinite" hard limit that it then refuses. */
	raised = setrlimit(RLIMIT_NOFILE, &high) == 0;
	if (raised)
		limit = high;
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > 1 << 24)
		return 1 << 24;
	return (long)limit.rlim_cur;
}

void
restore_descriptor_limit(void)
{
	if (raised)
		(void)setrlimit(RLIMIT_NOFILE, &found);
}

/* ------------------------------------------------ signals --------------- */

#ifndef SIGXFSZ				/* of XSI */
# define SIGXFSZ SIGPIPE
#endif

void
ignore_write_signals(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
}

void
restore_write_signals(void)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
}

/* ------------------------------------------------ the service manager --- */

static char notify_at[sizeof (struct sockaddr_un)];

/* sd_notify(3): a datagram of lines to NOTIFY_SOCKET, a path or @NAME. */
void
notify(const char *fmt, ...)
{
	struct sockaddr_un un;
	const char *at = getenv("NOTIFY_SOCKET");
	char text[256];
	size_t len;
	va_list ap;
	int sock;

	if (at != NULL && notify_at[0] == '\0')
		(void)snprintf(notify_at, sizeof notify_at, "%s", at);
	len = strlen(notify_at);
	if (len == 0 || len >= sizeof un.sun_path)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	memcpy(un.sun_path, notify_at, len);
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0';
	sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (sock < 0)
		return;
	(void)fcntl(sock, F_SETFL, O_NONBLOCK);
	(void)sendto(sock, text, strlen(text), 0, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(sock);
}
