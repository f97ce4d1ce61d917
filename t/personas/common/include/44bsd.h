/* SPDX-License-Identifier: 0BSD */
/*
 * The shape of 4.4BSD, the same to the letter on FreeBSD, NetBSD and macOS;
 * OpenBSD's msg_iovlen is unsigned, Cygwin's cmsg_len a size_t. The persona has
 * PERSONA_ALIGN(n), PERSONA_IOVLEN and PERSONA_CMSGLEN. (sys/socket.h of each system.)
 */
#ifndef PERSONA_44BSD_H
#define PERSONA_44BSD_H 1

#ifndef PERSONA_IOVLEN
# define PERSONA_IOVLEN int
#endif
#ifndef PERSONA_CMSGLEN
# define PERSONA_CMSGLEN socklen_t
#endif

struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	PERSONA_IOVLEN msg_iovlen;
	void *msg_control;
	socklen_t msg_controllen;
	int msg_flags;
};

struct cmsghdr {
	PERSONA_CMSGLEN cmsg_len;
	int cmsg_level;
	int cmsg_type;
};

#define SCM_RIGHTS 0x01
#define CMSG_DATA(c) ((unsigned char *)(c) \
    + PERSONA_ALIGN(sizeof (struct cmsghdr)))
#define CMSG_FIRSTHDR(m) ((m)->msg_controllen >= sizeof (struct cmsghdr) \
    ? (struct cmsghdr *)(m)->msg_control : (struct cmsghdr *)0)
#define CMSG_NXTHDR(m, c) \
    ((char *)(c) + PERSONA_ALIGN((c)->cmsg_len) \
    + PERSONA_ALIGN(sizeof (struct cmsghdr)) \
    > (char *)(m)->msg_control + (m)->msg_controllen ? (struct cmsghdr *)0 \
    : (struct cmsghdr *)(void *)((char *)(c) + PERSONA_ALIGN((c)->cmsg_len)))
/* POSIX programs do not see these two where the persona says so. */
#ifndef PERSONA_HIDES_SPACE
# define CMSG_SPACE(n) (PERSONA_ALIGN(sizeof (struct cmsghdr)) \
    + PERSONA_ALIGN(n))
# define CMSG_LEN(n) (PERSONA_ALIGN(sizeof (struct cmsghdr)) + (n))
#endif

ssize_t sendmsg(int, const struct msghdr *, int);
ssize_t recvmsg(int, struct msghdr *, int);

#endif
