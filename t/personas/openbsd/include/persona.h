/* SPDX-License-Identifier: 0BSD */
/* OpenBSD: alignment of long, msg_iovlen unsigned. */
#if OpenBSD < 200805	/* 2.8 on i386 */
# define PERSONA_ALIGN(n) (((size_t)(n) + 3) & ~(size_t)3)
#else
# define PERSONA_ALIGN(n) (((size_t)(n) + sizeof (long) - 1) \
    & ~(sizeof (long) - 1))
#endif
#define PERSONA_IOVLEN unsigned int
#include <44bsd.h>

#define MSG_DONTWAIT 0x40
#if OpenBSD < 200805
# undef SO_ACCEPTCONN
#else
# define MSG_NOSIGNAL 0x4000
# define MSG_CMSG_CLOEXEC 0x40000000
# define MSG_CMSG_CLOFORK 0x00400000
# define SOCK_CLOEXEC 02000000
# define SOCK_NONBLOCK 04000
# define SO_DOMAIN 39
# define SO_PROTOCOL 38
# define SO_PEERCRED 0x1022

struct sockpeercred {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

int accept4(int, struct sockaddr *, socklen_t *, int);
#endif
