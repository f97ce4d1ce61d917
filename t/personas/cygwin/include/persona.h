/* SPDX-License-Identifier: 0BSD */
/* Cygwin: everything is declared. */
#define PERSONA_ALIGN(n) (((size_t)(n) + sizeof (long) - 1) \
    & ~(sizeof (long) - 1))
#define PERSONA_CMSGLEN size_t
#include <44bsd.h>

#define CMSG_ALIGN(n) PERSONA_ALIGN(n)
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000
#define SOCK_CLOEXEC 02000000
#define SOCK_NONBLOCK 04000
#define SO_PEERCRED 17

struct ucred {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};

int accept4(int, struct sockaddr *, socklen_t *, int);
