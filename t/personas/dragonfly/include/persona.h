/* SPDX-License-Identifier: 0BSD */
/* DragonFly: alignment of long; the names of libc's table, with our numbers. */
#define PERSONA_ALIGN(n) (((size_t)(n) + sizeof (long) - 1) \
    & ~(sizeof (long) - 1))
#include <44bsd.h>

#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x40000000
#define SOCK_CLOEXEC 02000000
#define SOCK_NONBLOCK 04000
#define SO_NOSIGPIPE 0x0800

int accept4(int, struct sockaddr *, socklen_t *, int);
int getpeereid(int, uid_t *, gid_t *);
