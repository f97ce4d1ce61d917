/* SPDX-License-Identifier: 0BSD */
#ifndef PERSONA_UN_H
#define PERSONA_UN_H 1

#include <sys/types.h>
#include_next <sys/un.h>

struct unpcbid {
	pid_t unp_pid;
	uid_t unp_euid;
	gid_t unp_egid;
};

#endif
