/* SPDX-License-Identifier: 0BSD */
/*
 * detect.h - what this system has: one truth for configure and the code.
 *
 * The first include of every library file and of every configure probe, so
 * that a probe sees the headers as the code will (a configure that saw
 * msg_control and a compile that did not is the classic Solaris failure).
 *
 * Without configure the preprocessor decides, below. With it (the compiler
 * is called with -DFDFERRY_HAVE_CONFIG) the generated fdferry-config.h comes
 * first and overrides each answer; every answer is 0 or 1.
 */
#ifndef FDFERRY_DETECT_H
#define FDFERRY_DETECT_H 1

#if defined FDFERRY_HAVE_CONFIG && !defined FDFERRY_PROBE
# include "fdferry-config.h"
#endif

/*
 * Feature-test macros. glibc and Solaris show more when asked; on the BSDs
 * and macOS a POSIX macro hides CMSG_SPACE, MSG_DONTWAIT and more, so
 * nothing is asked for there but "everything".
 */
#if defined __sun && !defined FDFERRY_OLD_SOCKETS
# ifndef _XOPEN_SOURCE
#  define _XOPEN_SOURCE 600	/* struct msghdr with msg_control */
# endif
# ifndef __EXTENSIONS__
#  define __EXTENSIONS__ 1
# endif
#elif defined __hpux
# ifndef _XOPEN_SOURCE_EXTENDED
#  define _XOPEN_SOURCE_EXTENDED 1
# endif
#elif defined __APPLE__
# ifndef _DARWIN_C_SOURCE
#  define _DARWIN_C_SOURCE 1
# endif
#elif defined __NetBSD__
# ifndef _NETBSD_SOURCE
#  define _NETBSD_SOURCE 1
# endif
#elif defined __linux__ || defined __GNU__ || defined __GLIBC__ \
    || defined __CYGWIN__ || defined __HAIKU__
# ifndef _GNU_SOURCE
#  define _GNU_SOURCE 1
# endif
#endif

#include <stddef.h>
#include <errno.h>

/* Systems without Unix sockets: the library builds, and says ENOTSUP. */
#ifndef FDFERRY_HAVE_SOCKETS
# if defined _WIN32 || defined __wasi__ \
    || !(defined __unix__ || defined __unix || defined __APPLE__ \
	|| defined __linux__ || defined __HAIKU__ || defined _AIX)
#  define FDFERRY_HAVE_SOCKETS 0
# else
#  define FDFERRY_HAVE_SOCKETS 1
# endif
#endif

#if FDFERRY_HAVE_SOCKETS
# include <sys/types.h>
# include <sys/socket.h>
# include <sys/uio.h>
# include <sys/un.h>
#else
struct iovec {
	void *iov_base;
	size_t iov_len;
};
#endif

/*
 * Hosts that declare everything and deliver nothing. Cygwin: its sendmsg()
 * on Unix sockets sends no control data and reports success.
 */
#if defined __CYGWIN__
# define FDFERRY_HOST_LIES 1
#else
# define FDFERRY_HOST_LIES 0
#endif

/* Exactly one FDFERRY_BACKEND_x is defined. */
#if !defined FDFERRY_BACKEND_CMSG && !defined FDFERRY_BACKEND_NONE
# if FDFERRY_HAVE_SOCKETS && !FDFERRY_HOST_LIES && defined SCM_RIGHTS \
    && defined CMSG_LEN && defined CMSG_SPACE && defined CMSG_DATA
#  define FDFERRY_BACKEND_CMSG 1
# else
#  define FDFERRY_BACKEND_NONE 1
# endif
#endif

/* Flags of sendmsg() and recvmsg(). glibc has them as enumerators, and as
   macros of the same name. */
#ifndef FDFERRY_HAVE_MSG_CMSG_CLOEXEC
# ifdef MSG_CMSG_CLOEXEC
#  define FDFERRY_HAVE_MSG_CMSG_CLOEXEC 1
# else
#  define FDFERRY_HAVE_MSG_CMSG_CLOEXEC 0
# endif
#endif
#ifndef FDFERRY_HAVE_MSG_NOSIGNAL
# ifdef MSG_NOSIGNAL
#  define FDFERRY_HAVE_MSG_NOSIGNAL 1
# else
#  define FDFERRY_HAVE_MSG_NOSIGNAL 0
# endif
#endif
#ifndef FDFERRY_HAVE_MSG_DONTWAIT
# ifdef MSG_DONTWAIT
#  define FDFERRY_HAVE_MSG_DONTWAIT 1
# else
#  define FDFERRY_HAVE_MSG_DONTWAIT 0
# endif
#endif

/* Socket options that tell what a socket is. */
#ifndef FDFERRY_HAVE_SO_DOMAIN
# ifdef SO_DOMAIN
#  define FDFERRY_HAVE_SO_DOMAIN 1
# else
#  define FDFERRY_HAVE_SO_DOMAIN 0
# endif
#endif
#ifndef FDFERRY_HAVE_SO_PROTOCOL
# ifdef SO_PROTOCOL
#  define FDFERRY_HAVE_SO_PROTOCOL 1
# else
#  define FDFERRY_HAVE_SO_PROTOCOL 0
# endif
#endif
#ifndef FDFERRY_HAVE_SO_PROTOTYPE
# ifdef SO_PROTOTYPE
#  define FDFERRY_HAVE_SO_PROTOTYPE 1
# else
#  define FDFERRY_HAVE_SO_PROTOTYPE 0
# endif
#endif
#ifndef FDFERRY_HAVE_SO_ACCEPTCONN
# ifdef SO_ACCEPTCONN
#  define FDFERRY_HAVE_SO_ACCEPTCONN 1
# else
#  define FDFERRY_HAVE_SO_ACCEPTCONN 0
# endif
#endif

/* Functions: by version here, by linking in configure. */
#ifndef FDFERRY_HAVE_CLOSE_RANGE
# if (defined __GLIBC__ && defined __linux__ \
    && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 34))) \
    || (defined __FreeBSD__ && __FreeBSD__ >= 13)
#  define FDFERRY_HAVE_CLOSE_RANGE 1
# else
#  define FDFERRY_HAVE_CLOSE_RANGE 0
# endif
#endif
#ifndef FDFERRY_HAVE_KQUEUE
# if defined __FreeBSD__ || defined __NetBSD__ || defined __OpenBSD__ \
    || defined __DragonFly__ || defined __APPLE__
#  define FDFERRY_HAVE_KQUEUE 1
# else
#  define FDFERRY_HAVE_KQUEUE 0
# endif
#endif
#ifndef FDFERRY_HAVE_SIN6_SCOPE_ID
# if FDFERRY_HAVE_SOCKETS && defined AF_INET6
#  define FDFERRY_HAVE_SIN6_SCOPE_ID 1
# else
#  define FDFERRY_HAVE_SIN6_SCOPE_ID 0
# endif
#endif

/* Peer credentials: exactly one FDFERRY_PEERCRED_x is defined. */
#if !defined FDFERRY_PEERCRED_UCRED && !defined FDFERRY_PEERCRED_SOCKPEERCRED \
    && !defined FDFERRY_PEERCRED_GETPEERUCRED \
    && !defined FDFERRY_PEERCRED_PEEREID \
    && !defined FDFERRY_PEERCRED_XUCRED \
    && !defined FDFERRY_PEERCRED_GETPEEREID && !defined FDFERRY_PEERCRED_NONE
# if defined __OpenBSD__ && defined SO_PEERCRED
#  define FDFERRY_PEERCRED_SOCKPEERCRED 1
# elif defined __linux__ && defined SO_PEERCRED
#  define FDFERRY_PEERCRED_UCRED 1
# elif defined __NetBSD__
#  define FDFERRY_PEERCRED_PEEREID 1
# elif defined __FreeBSD__
#  define FDFERRY_PEERCRED_XUCRED 1
# elif defined __APPLE__ || defined __DragonFly__
#  define FDFERRY_PEERCRED_GETPEEREID 1
# elif defined __sun
#  define FDFERRY_PEERCRED_GETPEERUCRED 1
# else
#  define FDFERRY_PEERCRED_NONE 1
# endif
#endif

/* errno values that some systems lack. */
#ifndef ETOOMANYREFS
# define ETOOMANYREFS ENOBUFS
#endif
#ifndef ENOTSUP
# define ENOTSUP EOPNOTSUPP
#endif

#endif /* FDFERRY_DETECT_H */
