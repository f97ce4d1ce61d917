/* SPDX-License-Identifier: 0BSD */
/*
 * init.c - the first and only service of a virtual machine: runs every
 * program of /t, one after the other, tells the console, and stops.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT 600		/* seconds for one program, under emulation */
#define NOBODY 65534

static void
mounts(void)
{
	(void)mkdir("/dev", 0755);
	(void)mkdir("/proc", 0755);
	(void)mkdir("/tmp", 01777);
	(void)mount("dev", "/dev", "devtmpfs", 0, NULL);
	(void)mkdir("/dev/pts", 0755);
	(void)mkdir("/dev/shm", 01777);
	(void)mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666");
	(void)mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
	(void)mount("proc", "/proc", "proc", 0, NULL);
	(void)mount("tmpfs", "/tmp", "tmpfs", 0, "mode=1777");
}

static void
console(void)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0)
		return;
	(void)dup2(fd, 0);
	(void)dup2(fd, 1);
	(void)dup2(fd, 2);
	if (fd > 2)
		(void)close(fd);
}

static void
loopback(void)
{
	struct ifreq request;
	int s = socket(AF_INET, SOCK_DGRAM, 0);

	if (s < 0)
		return;
	memset(&request, 0, sizeof request);
	strcpy(request.ifr_name, "lo");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	(void)ioctl(s, SIOCSIFFLAGS, &request);
	(void)close(s);
}

static void
become_nobody(void)
{
	(void)setgid(NOBODY);
	(void)setuid(NOBODY);
}

/* Run one program in a session of its own; its wait status. */
static int
run(const char *path, const char *option, int unprivileged)
{
	int status = 0, waited = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)setsid();
		(void)chdir("/tmp");
		if (unprivileged)
			become_nobody();
		(void)execl(path, path, option, (char *)NULL);
		_exit(127);
	}
	/* Orphans end here too: only the program itself counts. */
	while (waited < LIMIT * 10) {
		pid_t got = waitpid(-1, &status, WNOHANG);

		if (got == pid)
			break;
		if (got == 0) {
			struct timespec tenth = { 0, 100000000 };

			(void)nanosleep(&tenth, NULL);
			waited++;
		}
	}
	(void)kill(-pid, SIGKILL);
	if (waited >= LIMIT * 10) {
		(void)waitpid(pid, &status, 0);
		return 124;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status)
	    : 128 + WTERMSIG(status);
}

static void
tell(const char *name, const char *path, int unprivileged)
{
	int status;

	printf("\n### begin %s\n", name);
	status = run(path, NULL, unprivileged);
	printf("\n### end %s %d\n", name, status);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
main(void)
{
	static char *names[512];
	char path[300];
	struct utsname u;
	struct rlimit files = { 1024, 524288 };
	struct dirent *e;
	size_t i, n = 0;
	DIR *d;

	mounts();
	console();
	loopback();
	(void)setrlimit(RLIMIT_NOFILE, &files);
	(void)setenv("PATH", "/bin", 1);
	(void)setenv("FAULTS", "few", 1); /* of t/26-faults, a share */
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)uname(&u);
	printf("\n### kernel %s %s %s\n", u.sysname, u.release, u.machine);
	d = opendir("/t");
	while (d != NULL && n < 512 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			names[n++] = strdup(e->d_name);
	qsort(names, n, sizeof names[0], compare);
	for (i = 0; i < n; i++) {
		(void)snprintf(path, sizeof path, "/t/%s", names[i]);
		tell(names[i], path, 0);
	}
	tell("00-selftest-unprivileged", "/t/00-selftest", 1);
	printf("\n### done\n");
	(void)fflush(stdout);
	(void)sync();
	(void)reboot(RB_AUTOBOOT);
	for (;;)
		(void)pause();
}
