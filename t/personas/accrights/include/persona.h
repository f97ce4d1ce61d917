/* SPDX-License-Identifier: 0BSD */
/*
 * Sockets of 4.3BSD: descriptors in msg_accrights, no msg_flags. SCM_RIGHTS
 * and struct cmsghdr are there without the macros to use them (HP-UX,
 * Solaris without X/Open).
 */
struct msghdr {
	char *msg_name;
	int msg_namelen;
	struct iovec *msg_iov;
	int msg_iovlen;
	char *msg_accrights;
	int msg_accrightslen;
};

struct cmsghdr {
	socklen_t cmsg_len;
	int cmsg_level;
	int cmsg_type;
};

#define SCM_RIGHTS 0x1010

ssize_t sendmsg(int, const struct msghdr *, int);
ssize_t recvmsg(int, struct msghdr *, int);
