/* SPDX-License-Identifier: 0BSD */
/* What t/52-streams.c needs of a System V <stropts.h>, on any system. */
#ifndef FAKE_STROPTS_H
#define FAKE_STROPTS_H 1

#include <sys/types.h>

#define I_SENDFD 1
#define I_RECVFD 2

struct strrecvfd {
	int fd;
	uid_t uid;
	gid_t gid;
	char fill[8];
};

#endif
