/* SPDX-License-Identifier: 0BSD */
/* children.c - programs for connections, one each. */
#include "../../lib/detect.h"

#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined __linux__
# include <sys/prctl.h>
#elif defined __FreeBSD__
# include <sys/procctl.h>
#endif
#if defined __linux__ || defined __APPLE__ || defined __FreeBSD__ \
    || defined __NetBSD__ || defined __OpenBSD__ || defined __DragonFly__ \
    || defined __CYGWIN__ || defined __GNU__
# include <paths.h>
#endif

#include "fds/fds.h"
#include "children.h"
#include "service/service.h"

static struct child {
	pid_t pid;
	void *owner;
} * children;
static long nchildren, room;

/* ------------------------------------------------ the environment ------- */

/* TCPREMOTEIP and the like, from "1.2.3.4:5" or "[::1]:5". */
static void
set_address(const char *side, const struct fdferry_addr *addr)
{
	static const char mapped[] = "::ffff:";
	char name[32], host[sizeof addr->text];
	const char *text = addr->text;
	char *colon, *end;

	(void)snprintf(host, sizeof host, "%s",
	    text[0] == '[' ? text + 1 : text);
	colon = strrchr(host, ':');
	if (colon == NULL)
		return;
	*colon = '\0';
	end = strchr(host, ']');
	if (end != NULL)
		*end = '\0';
	/* An IPv4 client of an IPv6 socket. */
	if (strncmp(host, mapped, sizeof mapped - 1) == 0
	    && strchr(host, '.') != NULL)
		memmove(host, host + sizeof mapped - 1,
		    strlen(host + sizeof mapped - 1) + 1);
	(void)snprintf(name, sizeof name, "TCP%sIP", side);
	(void)setenv(name, host, 1);
	(void)snprintf(name, sizeof name, "TCP%sPORT", side);
	(void)setenv(name, colon + 1, 1);
}

/* The program must not inherit these variables from whoever started
   fdferry. */
static void
forget_variables(void)
{
	static const char *const all[] = { "PROTO", "TCPLOCALIP",
		"TCPLOCALPORT", "TCPLOCALHOST", "TCPREMOTEIP", "TCPREMOTEPORT",
		"TCPREMOTEHOST", "TCPREMOTEINFO", "LISTEN_FDS", "LISTEN_PID",
		"LISTEN_FDNAMES", "NOTIFY_SOCKET", "FDFERRY_RULE",
		"FDFERRY_PEER", "FDFERRY_LOCAL", "FDFERRY_SEEN", "FDFERRY_NAME",
		"FDFERRY_METHOD", "FDFERRY_PATH", "FDFERRY_TIME" };
	size_t i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++)
		(void)unsetenv(all[i]);
}

static void
set_connection(int fd)
{
	struct fdferry_info info;

	info.size = sizeof info;
	if (fdferry_describe(fd, &info) < 0)
		return;
	if (info.family == AF_UNIX) {
		(void)setenv("PROTO", "UNIX", 1);
		return;
	}
	if (info.family != AF_INET && info.family != AF_INET6)
		return;
	(void)setenv("PROTO", "TCP", 1);
	set_address("LOCAL", &info.local);
	set_address("REMOTE", &info.peer);
}

/* Lines of KEY=VALUE; keys are lower case letters. */
static void
set_about(const char *about)
{
	char name[40], value[1024];
	size_t n, v, i;

	while (*about != '\0') {
		n = strcspn(about, "=\n");
		v = about[n] == '=' ? strcspn(about + n + 1, "\n") : 0;
		if (about[n] == '=' && n > 0 && n < 24 && v < sizeof value) {
			strcpy(name, "FDFERRY_");
			for (i = 0; i < n && islower((unsigned char)about[i]);
			     i++)
				name[8 + i] =
				    (char)toupper((unsigned char)about[i]);
			name[8 + i] = '\0';
			memcpy(value, about + n + 1, v);
			value[v] = '\0';
			if (i == n)
				(void)setenv(name, value, 1);
		}
		about += n + (about[n] == '=' ? 1 + v : 0);
		about += *about == '\n';
	}
}

/* ------------------------------------------------ in the child ---------- */

/*
 * A worker that is killed before it could acknowledge must not leave a
 * program behind that reads what another worker will be given.
 */
#if defined __linux__
static void
end_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(125);
}
#elif defined __FreeBSD__
static void
end_with(pid_t parent)
{
	int sig = SIGKILL;

	(void)procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &sig);
	if (getppid() != parent)
		_exit(125);
}
#else
static void
end_with(pid_t parent)
{
	(void)parent;
}
#endif

/* 0, 1 and 2 stay open, no other that we inherited or have; and `status`,
   if it is one, as 3. Returns where it is. */
static int
leave_open(int status)
{
	if (status < 0) {
		close_from(3);
		return -1;
	}
	if (status != 3 && dup2(status, 3) < 0)
		_exit(125);
	(void)fcntl(3, F_SETFD, FD_CLOEXEC);
	close_from(4);
	return 3;
}

/* All signals are blocked: libevent's handlers must not run here, since
   they write to a socket that the parent reads. */
static void
run(char **command, int fd, const char *about, int status)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };
	size_t i;
	int error;

	for (i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (signal(ours[i], SIG_DFL) == SIG_IGN && ours[i] == SIGHUP)
			(void)signal(SIGHUP, SIG_IGN); /* by nohup(1) */
	reset_signals();
	restore_write_signals();
	restore_descriptor_limit();
	forget_variables();
	set_connection(fd);
	if (about != NULL)
		set_about(about);
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		_exit(125);
	status = leave_open(status);
	if (status < 0)
		exec_program(command);
	(void)execvp(command[0], command);
	error = errno;
	warn("%s: %s", command[0], strerror(error));
	(void)!write(status, &error, sizeof error);
	_exit(error == ENOENT || error == ENOTDIR ? 127 : 126);
}

/* ------------------------------------------------ starting -------------- */

/* Before fork(): nothing may fail when the program runs already. */
static int
make_room(void)
{
	struct child *more;
	long n = room > 0 ? 2 * room : 16;

	if (nchildren < room)
		return 0;
	more = realloc(children, (size_t)n * sizeof *more);
	if (more == NULL)
		return -1;
	children = more;
	room = n;
	return 0;
}

static int
status_pipe(int ends[2])
{
	if (pipe(ends) < 0)
		return -1;
	(void)fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return 0;
}

pid_t
child_start(char **command, int fd, const char *about, void *owner, int *status)
{
	sigset_t all, before;
	pid_t pid, parent = getpid();
	int ends[2] = { -1, -1 }, saved;

	if (make_room() < 0 || (status != NULL && status_pipe(ends) < 0))
		return -1;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0) {
		if (status != NULL)
			end_with(parent);
		run(command, fd, about, ends[1]);
	}
	saved = errno;
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	if (pid > 0) {
		children[nchildren].pid = pid;
		children[nchildren++].owner = owner;
	}
	if (status != NULL) {
		(void)close(ends[1]);
		*status = ends[0];
		if (pid < 0)
			(void)close(ends[0]);
	}
	errno = saved;
	return pid;
}

/* ------------------------------------------------ ending ---------------- */

/* Forget the child `pid`. Returns -1 if it was not started here. */
static int
forget(pid_t pid, void **owner)
{
	long i;

	for (i = 0; i < nchildren; i++) {
		if (children[i].pid != pid)
			continue;
		*owner = children[i].owner;
		children[i] = children[--nchildren];
		return 0;
	}
	return -1;
}

/* ECHILD: there is no child, so those that were started have ended, and how
   nobody can say any more. */
void
children_reap(void (*ended)(void *, pid_t, int))
{
	void *owner;
	pid_t pid;
	int status;
	long n;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0
	    || (pid < 0 && errno == EINTR))
		if (pid > 0 && forget(pid, &owner) == 0)
			ended(owner, pid, status);
	if (pid == 0 || errno != ECHILD)
		return;
	for (n = nchildren; n > 0; n--) {
		pid = children[n - 1].pid;
		if (forget(pid, &owner) == 0)
			ended(owner, pid, 0);
	}
}

void
children_disown(const void *owner)
{
	long i;

	for (i = 0; i < nchildren; i++)
		if (children[i].owner == owner)
			children[i].owner = NULL;
}

long
children_running(void)
{
	return nchildren;
}

/* Where execvp() looks if PATH is not set. */
#ifdef _PATH_DEFPATH
static const char *
default_path(void)
{
	return _PATH_DEFPATH;
}
#else
static const char *
default_path(void)
{
	static char path[1024];
	size_t n = confstr(_CS_PATH, path, sizeof path);

	return n > 0 && n <= sizeof path ? path : "/bin:/usr/bin";
}
#endif

/*
 * Better at the start than for each connection. Only what can be known:
 * execvp() may still fail, and the child says so then.
 */
int
program_find(const char *name)
{
	const char *path = getenv("PATH"), *end;
	struct stat st;
	char full[4096];
	int found = 0;

	if (path == NULL)
		path = default_path();
	if (strchr(name, '/') != NULL)
		path = "";
	for (;; path = end + 1) {
		end = path + strcspn(path, ":");
		(void)snprintf(full, sizeof full, "%.*s%s%s", (int)(end - path),
		    path, end > path ? "/" : "", name);
		if (stat(full, &st) == 0) {
			if (S_ISREG(st.st_mode) && access(full, X_OK) == 0)
				return 0;
			found = 1;
		}
		if (*end == '\0')
			break;
	}
	return found ? 126 : 127;
}

const char *
program_why(int status)
{
	return status == 126 ? "it cannot be executed" : "no such program";
}

/* ------------------------------------------------ words ----------------- */

void
program_free(char **words)
{
	size_t i;

	for (i = 0; words != NULL && words[i] != NULL; i++)
		free(words[i]);
	free(words);
}

char **
program_words(const char *text)
{
	char **words = NULL, **more;
	size_t n = 0, len;

	for (;;) {
		text += strspn(text, " \t");
		len = strcspn(text, " \t");
		if (len == 0)
			return words;
		more = realloc(words, (n + 2) * sizeof *words);
		if (more == NULL)
			break;
		words = more;
		words[n + 1] = NULL;
		words[n] = strndup(text, len);
		if (words[n++] == NULL)
			break;
		text += len;
	}
	program_free(words);
	return NULL;
}
