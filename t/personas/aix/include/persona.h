/* SPDX-License-Identifier: 0BSD */
/*
 * AIX: nothing is aligned; CMSG_LEN and CMSG_SPACE are for programs that come
 * from Linux; MSG_NONBLOCK is no MSG_DONTWAIT.
 */
#define PERSONA_ALIGN(n) ((size_t)(n))
#ifndef _LINUX_SOURCE_COMPAT
# define PERSONA_HIDES_SPACE 1
#endif
#include <44bsd.h>

#define MSG_NOSIGNAL 0x4000
#define MSG_NONBLOCK 0x1000000

int getpeereid(int, uid_t *, gid_t *);
