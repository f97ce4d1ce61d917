/* SPDX-License-Identifier: 0BSD */
/*
 * The host's <sys/socket.h> with everything that a persona must not show
 * renamed to __host_x, then what the persona shows. glibc has flags as
 * enumerators with macros of the same name: renaming before, #undef after,
 * leaves nothing behind.
 */
#ifndef PERSONA_SYS_SOCKET_H
#define PERSONA_SYS_SOCKET_H 1

#include <features.h>

#define msghdr __host_msghdr
#define cmsghdr __host_cmsghdr
#define mmsghdr __host_mmsghdr
#define ucred __host_ucred
#define sendmsg __host_sendmsg
#define recvmsg __host_recvmsg
#define sendmmsg __host_sendmmsg
#define recvmmsg __host_recvmmsg
#define accept4 __host_accept4
#define __cmsg_nxthdr __host_cmsg_nxthdr
#define SCM_RIGHTS __host_SCM_RIGHTS
#define SCM_CREDENTIALS __host_SCM_CREDENTIALS
#define SCM_PIDFD __host_SCM_PIDFD
#define SCM_SECURITY __host_SCM_SECURITY
#define MSG_CMSG_CLOEXEC __host_MSG_CMSG_CLOEXEC
#define MSG_NOSIGNAL __host_MSG_NOSIGNAL
#define MSG_DONTWAIT __host_MSG_DONTWAIT
#define SOCK_CLOEXEC __host_SOCK_CLOEXEC
#define SOCK_NONBLOCK __host_SOCK_NONBLOCK

#include_next <sys/socket.h>

#undef msghdr
#undef cmsghdr
#undef mmsghdr
#undef ucred
#undef sendmsg
#undef recvmsg
#undef sendmmsg
#undef recvmmsg
#undef accept4
#undef __cmsg_nxthdr
#undef SCM_RIGHTS
#undef SCM_CREDENTIALS
#undef SCM_PIDFD
#undef SCM_SECURITY
#undef MSG_CMSG_CLOEXEC
#undef MSG_CMSG_CLOFORK
#undef MSG_NOSIGNAL
#undef MSG_DONTWAIT
#undef SOCK_CLOEXEC
#undef SOCK_NONBLOCK
#undef CMSG_FIRSTHDR
#undef CMSG_NXTHDR
#undef CMSG_DATA
#undef CMSG_LEN
#undef CMSG_SPACE
#undef CMSG_ALIGN
#undef SO_DOMAIN
#undef SO_PROTOCOL
#undef SO_PEERCRED
#undef SO_PEERPIDFD
#undef SO_PASSCRED
#undef SO_PASSPIDFD
#undef SO_PASSRIGHTS
#undef SO_PASSSEC
#undef SO_RIGHTS_NOTRUNC

/* The kernel's own numbers: personas show these, or nothing. */
#define HOST_SCM_RIGHTS 1
#define HOST_MSG_DONTWAIT 0x40
#define HOST_MSG_NOSIGNAL 0x4000
#define HOST_MSG_CMSG_CLOEXEC 0x40000000
#define HOST_SOCK_NONBLOCK 04000
#define HOST_SOCK_CLOEXEC 02000000
#define HOST_SO_PEERCRED 17
#define HOST_SO_PROTOCOL 38
#define HOST_SO_DOMAIN 39

#include <persona.h>

#endif
