/* SPDX-License-Identifier: 0BSD */
/* FreeBSD: alignment of register_t; POSIX programs see less. */
#define PERSONA_ALIGN(n) (((size_t)(n) + sizeof (long) - 1) \
    & ~(sizeof (long) - 1))
#ifdef PERSONA_ASKED_POSIX
# define PERSONA_HIDES_SPACE 1
#endif
#include <44bsd.h>

#define MSG_NOSIGNAL 0x4000
#ifndef PERSONA_ASKED_POSIX
# define MSG_DONTWAIT 0x40
# define MSG_CMSG_CLOEXEC 0x40000000
# define MSG_CMSG_CLOFORK 0x00400000
# define SOCK_CLOEXEC 02000000
# define SOCK_NONBLOCK 04000
# define SO_NOSIGPIPE 0x0800
# define SO_DOMAIN 39
# define SO_PROTOCOL 38
# define SO_PROTOTYPE SO_PROTOCOL
int accept4(int, struct sockaddr *, socklen_t *, int);
#endif
#define SOL_LOCAL 0
#define LOCAL_PEERCRED 1
