/* SPDX-License-Identifier: 0BSD */
/* What streamio(7) says of passing descriptors. */
#ifndef PERSONA_STROPTS_H
#define PERSONA_STROPTS_H 1

#include <sys/types.h>

#define I_RECVFD 0x530e
#define I_SENDFD 0x5311

struct strrecvfd {
	int fd;
	uid_t uid;
	gid_t gid;
	char fill[8];
};

int ioctl(int, unsigned long, ...);
int isastream(int);

#endif
