/* SPDX-License-Identifier: 0BSD */
/* NetBSD: the alignment was a function of libc for long. */
size_t persona_alignbytes(void);
#define PERSONA_ALIGN(n) (((size_t)(n) + persona_alignbytes()) \
    & ~persona_alignbytes())
#include <44bsd.h>

#define MSG_DONTWAIT 0x40
#define MSG_NBIO 0x1000
#define LOCAL_PEEREID 3
#ifndef PERSONA_OLD	/* 5.99 */
# define MSG_NOSIGNAL 0x4000
# define MSG_CMSG_CLOEXEC 0x40000000
# define MSG_CMSG_CLOFORK 0x00400000
# define SOCK_CLOEXEC 02000000
# define SOCK_NONBLOCK 04000
# define SO_NOSIGPIPE 0x0800
int accept4(int, struct sockaddr *, socklen_t *, int);
#endif
