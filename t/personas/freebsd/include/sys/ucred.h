/* SPDX-License-Identifier: 0BSD */
#ifndef PERSONA_UCRED_H
#define PERSONA_UCRED_H 1

#include <sys/types.h>

#define XU_NGROUPS 16
#define XUCRED_VERSION 0

struct xucred {
	unsigned int cr_version;
	uid_t cr_uid;
	short cr_ngroups;
	gid_t cr_groups[XU_NGROUPS];
	union {
		void *_cr_unused1;
#if __FreeBSD_version >= 1300000
		pid_t cr_pid;
#endif
	};
};

#endif
