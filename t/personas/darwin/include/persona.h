/* SPDX-License-Identifier: 0BSD */
/* macOS: everything is aligned to 4; no MSG_CMSG_CLOEXEC, no SO_DOMAIN. */
#define PERSONA_ALIGN(n) (((size_t)(n) + 3) & ~(size_t)3)
#include <44bsd.h>

#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000	/* newer in headers than in kernels */
#define SO_NOSIGPIPE 0x1022
#define SOL_LOCAL 0
#define LOCAL_PEERPID 2

int getpeereid(int, uid_t *, gid_t *);
