/* SPDX-License-Identifier: 0BSD */
/*
 * Solaris and illumos: two ABIs in one header. X/Open programs get
 * msg_control and are sent to other functions.
 */
#define SCM_RIGHTS 0x1010
#define MSG_DONTWAIT 0x40
#define MSG_NOSIGNAL 0x4000
#define MSG_CMSG_CLOEXEC 0x1000	/* older kernels ignore it */
#define SOCK_CLOEXEC 02000000
#define SOCK_NONBLOCK 04000
#define SO_DOMAIN 39
#define SO_PROTOTYPE 38

struct cmsghdr {
	socklen_t cmsg_len;
	int cmsg_level;
	int cmsg_type;
};

#ifdef PERSONA_XPG
struct msghdr {
	void *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	void *msg_control;
	socklen_t msg_controllen;
	int msg_flags;
};

#define PERSONA_ALIGN(n) (((size_t)(n) + 3) & ~(size_t)3)
#define CMSG_DATA(c) ((unsigned char *)((struct cmsghdr *)(c) + 1))
#define CMSG_FIRSTHDR(m) ((m)->msg_controllen < sizeof (struct cmsghdr) \
    ? (struct cmsghdr *)0 : (struct cmsghdr *)(m)->msg_control)
#define CMSG_NXTHDR(m, c) \
    ((char *)(c) + PERSONA_ALIGN((c)->cmsg_len) + sizeof (struct cmsghdr) \
    > (char *)(m)->msg_control + (m)->msg_controllen ? (struct cmsghdr *)0 \
    : (struct cmsghdr *)(void *)((char *)(c) + PERSONA_ALIGN((c)->cmsg_len)))
#define CMSG_SPACE(n) \
    ((unsigned int)PERSONA_ALIGN(sizeof (struct cmsghdr) + (n)))
#define CMSG_LEN(n) \
    ((unsigned int)PERSONA_ALIGN(sizeof (struct cmsghdr)) + (n))

ssize_t sendmsg(int, const struct msghdr *, int) __asm__ ("__xnet_sendmsg");
ssize_t recvmsg(int, struct msghdr *, int) __asm__ ("__xnet_recvmsg");

#else

struct msghdr {
	char *msg_name;
	socklen_t msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	char *msg_accrights;
	int msg_accrightslen;
};

ssize_t sendmsg(int, const struct msghdr *, int);
ssize_t recvmsg(int, struct msghdr *, int);
#endif

int accept4(int, struct sockaddr *, socklen_t *, int);
