/* SPDX-License-Identifier: 0BSD */
/*
 * late.c - preloaded: every fork() is slow to start its child, as it may be on
 * a busy machine. A shell that relies on what its background child has done
 * by now is found out. Linux.
 */
#include <time.h>
#include <sys/syscall.h>
#include <unistd.h>

pid_t __libc_fork(void);

pid_t
fork(void)
{
	struct timespec some = { 0, 200000000 };
	pid_t pid = __libc_fork();

	if (pid == 0)
		(void)nanosleep(&some, NULL);
	return pid;
}
