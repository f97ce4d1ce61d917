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
/* Other names for all functions, see fdferry.h; before the first of them. */
#if defined FDFERRY_SYMBOL_PREFIX && !defined FDFERRY_PROBE
# include "fdferry-prefix.h"
#endif
/* Private functions stay in the object that they are linked into, also where
   no option of the compiler says so: between these two. */
#if defined __GNUC__ && __GNUC__ >= 4 && !defined _WIN32 && !defined __CYGWIN__
# define FDFERRY__PRIVATE _Pragma("GCC visibility push(hidden)")
# define FDFERRY__PUBLIC _Pragma("GCC visibility pop")
#else
# define FDFERRY__PRIVATE
# define FDFERRY__PUBLIC
#endif

/*
 * Feature-test macros. glibc and Solaris show more when asked; on the BSDs
 * and macOS a POSIX macro, which a project may have defined for all its
 * files, hides CMSG_SPACE, MSG_DONTWAIT and more: there we ask for
 * "everything", and FreeBSD, which has no such macro, has POSIX's undone.
 *
 * FDFERRY_WANT_XPG: struct msghdr shows msg_control only to X/Open programs
 * (Solaris, illumos, HP-UX).
 */
#ifndef FDFERRY_WANT_XPG
# if defined __sun || defined __hpux
#  define FDFERRY_WANT_XPG 1
# else
#  define FDFERRY_WANT_XPG 0
# endif
#endif
#if FDFERRY_WANT_XPG
# undef _XOPEN_SOURCE
# define _XOPEN_SOURCE 600
# ifndef _XOPEN_SOURCE_EXTENDED
#  define _XOPEN_SOURCE_EXTENDED 1 /* HP-UX */
# endif
#endif
/* HP-UX: what an X/Open program would not see; and the X/Open functions by
   names of their own, so that they are found also without -lxnet (11.11). */
#ifdef __hpux
# ifndef _HPUX_SOURCE
#  define _HPUX_SOURCE 1
# endif
# ifndef _HPUX_ALT_XOPEN_SOCKET_API
#  define _HPUX_ALT_XOPEN_SOCKET_API 1
# endif
#endif
/* Solaris: sigwait() with two arguments, as everywhere. */
#ifdef __sun
# ifndef _POSIX_PTHREAD_SEMANTICS
#  define _POSIX_PTHREAD_SEMANTICS 1
# endif
#endif
#if defined __sun || FDFERRY_WANT_XPG
# ifndef __EXTENSIONS__
#  define __EXTENSIONS__ 1
# endif
#elif defined _AIX
/* CMSG_LEN and CMSG_SPACE are for programs that come from Linux. */
# ifndef _ALL_SOURCE
#  define _ALL_SOURCE 1
# endif
# ifndef _LINUX_SOURCE_COMPAT
#  define _LINUX_SOURCE_COMPAT 1
# endif
#elif defined __QNX__
# ifndef _QNX_SOURCE
#  define _QNX_SOURCE 1
# endif
#elif defined __FreeBSD__ || defined __DragonFly__
# undef _ANSI_SOURCE
# undef _POSIX_SOURCE
# undef _POSIX_C_SOURCE
# undef _XOPEN_SOURCE
#elif defined __OpenBSD__
# ifndef _BSD_SOURCE
#  define _BSD_SOURCE 1
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

/* Files above 2 GiB on 32-bit systems: else open() and fstat() fail with
   EOVERFLOW (glibc, Solaris, HP-UX). No interface of ours has an off_t. */
#if !defined _FILE_OFFSET_BITS && !defined __LP64__ && !defined _LP64 \
    && !defined _WIN32
# define _FILE_OFFSET_BITS 64
#endif

#include <stddef.h>
#include <errno.h>

/*
 * Systems without Unix sockets: the library builds, and says ENOTSUP. Which
 * those are, their headers say, not their names: QNX and Haiku are not
 * __unix__. Windows and WASI have headers and deliver nothing. A compiler
 * that cannot look for a header includes it: where it is not, that is an
 * error, and -DFDFERRY_HAVE_SOCKETS=0 its cure.
 */
#ifndef FDFERRY_HAVE_SOCKETS
# if defined _WIN32 || defined __wasi__
#  define FDFERRY_HAVE_SOCKETS 0
# elif defined __has_include
#  if __has_include(<sys/socket.h>) && __has_include(<sys/un.h>)
#   define FDFERRY_HAVE_SOCKETS 1
#  else
#   define FDFERRY_HAVE_SOCKETS 0
#  endif
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
# ifdef __has_include
#  if __has_include(<sys/uio.h>)
#   include <sys/uio.h>
#   define FDFERRY__UIO 1
#  endif
# endif
# ifndef FDFERRY__UIO
struct iovec {
	void *iov_base;
	size_t iov_len;
};
# endif
#endif

/*
 * Hosts that declare everything and deliver nothing: the one list of them.
 * Cygwin: its sendmsg() on Unix sockets sends no control data and reports
 * success (fhandler_socket_local.cc).
 */
#ifndef FDFERRY_HOST_LIES
# if defined __CYGWIN__
#  define FDFERRY_HOST_LIES 1
# else
#  define FDFERRY_HOST_LIES 0
# endif
#endif

/*
 * Exactly one FDFERRY_BACKEND_x is defined. The preprocessor cannot see
 * members: that a system has SCM_RIGHTS and no macro to walk control
 * messages is the mark of msg_accrights. FDFERRY_NONE_REASON says why there
 * is none, in the numbers of m4/fdferry_backend.m4.
 */
#if defined FDFERRY_BACKEND_NONE && !defined FDFERRY_NONE_REASON \
    && !FDFERRY_HOST_LIES && FDFERRY_HAVE_SOCKETS
# define FDFERRY_NONE_REASON 4 /* chosen */
#endif
#if !defined FDFERRY_BACKEND_CMSG && !defined FDFERRY_BACKEND_ACCRIGHTS \
    && !defined FDFERRY_BACKEND_STREAMS && !defined FDFERRY_BACKEND_NONE
# if !FDFERRY_HAVE_SOCKETS || FDFERRY_HOST_LIES
#  define FDFERRY_BACKEND_NONE 1
# elif defined SCM_RIGHTS && defined CMSG_DATA
#  define FDFERRY_BACKEND_CMSG 1
# elif defined SCM_RIGHTS && (defined __sun || defined __hpux)
#  define FDFERRY_BACKEND_ACCRIGHTS 1
# elif !defined SCM_RIGHTS && (defined __svr4__ || defined __SVR4)
#  define FDFERRY_BACKEND_STREAMS 1
# else
#  define FDFERRY_BACKEND_NONE 1
# endif
#endif
#ifndef FDFERRY_NONE_REASON
# if !defined FDFERRY_BACKEND_NONE
#  define FDFERRY_NONE_REASON 0
# elif FDFERRY_HOST_LIES
#  define FDFERRY_NONE_REASON 1
# elif !FDFERRY_HAVE_SOCKETS
#  define FDFERRY_NONE_REASON 2
# elif !defined SCM_RIGHTS
#  define FDFERRY_NONE_REASON 3
# else
#  define FDFERRY_NONE_REASON 7
# endif
#endif

/* What fdferry_feature("backend") says. */
#if defined FDFERRY_BACKEND_CMSG
# define FDFERRY_BACKEND_NAME "cmsg"
#elif defined FDFERRY_BACKEND_ACCRIGHTS
# define FDFERRY_BACKEND_NAME "accrights"
#elif defined FDFERRY_BACKEND_STREAMS
# define FDFERRY_BACKEND_NAME "streams"
#else
# define FDFERRY_BACKEND_NAME "none"
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

/* STREAMS: read(), write() and ioctl() take no such flags. */
#ifdef FDFERRY_BACKEND_STREAMS
# undef FDFERRY_HAVE_MSG_NOSIGNAL
# undef FDFERRY_HAVE_MSG_DONTWAIT
# define FDFERRY_HAVE_MSG_NOSIGNAL 0
# define FDFERRY_HAVE_MSG_DONTWAIT 0
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
/*
 * CMSG_LEN and CMSG_SPACE where msg_control comes without them (AIX before
 * 5.3, 4.4BSD): by the system's own arithmetic, which is in CMSG_DATA and
 * CMSG_NXTHDR. The next header after one of each length tells the alignment.
 */
#if defined FDFERRY_BACKEND_CMSG && defined CMSG_DATA \
    && (!defined CMSG_LEN || !defined CMSG_SPACE)
union fdferry__cmsg_room {
	struct cmsghdr header;
	long double align;
	unsigned char bytes[256];
};
static inline size_t
fdferry__cmsg_len(size_t n)
{
	union fdferry__cmsg_room room;

	return (size_t)((unsigned char *)CMSG_DATA(&room.header)
		   - (unsigned char *)&room.header)
	    + n;
}
static inline size_t
fdferry__cmsg_next(size_t length)
{
# ifdef CMSG_NXTHDR
	union fdferry__cmsg_room room = { { 0 } };
	struct msghdr msg;
	unsigned char *next;

	msg.msg_control = &room;
	msg.msg_controllen = sizeof room;
	room.header.cmsg_len = (unsigned short)length;
	next = (unsigned char *)CMSG_NXTHDR(&msg, &room.header);
	return (size_t)(next - (unsigned char *)&room);
# else
	return (length + sizeof(long) - 1) & ~(sizeof(long) - 1);
# endif
}
static inline size_t
fdferry__cmsg_space(size_t n)
{
	size_t first = fdferry__cmsg_next(fdferry__cmsg_len(1));
	size_t align = fdferry__cmsg_next(first + 1) - first;

	return (fdferry__cmsg_len(n) + align - 1) / align * align;
}
# ifndef CMSG_LEN
#  define CMSG_LEN(n) fdferry__cmsg_len(n)
#  define FDFERRY_COMPUTED_CMSG_LEN 1
# endif
# ifndef CMSG_SPACE
#  define CMSG_SPACE(n) fdferry__cmsg_space(n)
#  define FDFERRY_COMPUTED_CMSG_SPACE 1
# endif
#endif

/* Functions: by version here, by linking in configure. */
#ifndef FDFERRY_HAVE_CLOSE_RANGE
# if (defined __GLIBC__ && defined __linux__ \
     && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 34))) \
     || (defined __ANDROID_API__ && __ANDROID_API__ >= 34) \
     || (defined __FreeBSD__ && __FreeBSD__ >= 13)
#  define FDFERRY_HAVE_CLOSE_RANGE 1
# else
#  define FDFERRY_HAVE_CLOSE_RANGE 0
# endif
#endif
/* musl has statx() and its macros since the same day; other C libraries'
   macros come from the kernel's headers, whose day says nothing of them. */
#ifndef FDFERRY_HAVE_STATX
# if !defined __linux__
#  define FDFERRY_HAVE_STATX 0
# elif defined __GLIBC__
#  if __GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 28)
#   define FDFERRY_HAVE_STATX 1
#  else
#   define FDFERRY_HAVE_STATX 0
#  endif
# elif defined __ANDROID_API__
#  if __ANDROID_API__ >= 30
#   define FDFERRY_HAVE_STATX 1
#  else
#   define FDFERRY_HAVE_STATX 0
#  endif
# else
#  include <sys/stat.h>
#  ifdef STATX_TYPE
#   define FDFERRY_HAVE_STATX 1
#  else
#   define FDFERRY_HAVE_STATX 0
#  endif
# endif
#endif
/*
 * <sys/mman.h>, which may declare a way to memory that is empty in a child of
 * fork(). Whether it does, its macros say; whether the kernel does, it is asked.
 */
#ifndef FDFERRY_HAVE_WIPING
# if defined __linux__ || defined __FreeBSD__ || defined __OpenBSD__
#  define FDFERRY_HAVE_WIPING 1
# else
#  define FDFERRY_HAVE_WIPING 0
# endif
#endif
/* What the command alone asks. */
#ifndef FDFERRY_HAVE_FLOCK
# if !FDFERRY_HAVE_SOCKETS || defined __sun || defined __hpux || defined _AIX \
     || defined __QNX__
#  define FDFERRY_HAVE_FLOCK 0
# else
#  define FDFERRY_HAVE_FLOCK 1
# endif
#endif
#ifndef FDFERRY_HAVE_SUN_LEN
# if defined __FreeBSD__ || defined __NetBSD__ || defined __OpenBSD__ \
     || defined __DragonFly__ || defined __APPLE__ || defined _AIX \
     || defined __HAIKU__ || defined __QNX__ || defined __GNU__
#  define FDFERRY_HAVE_SUN_LEN 1
# else
#  define FDFERRY_HAVE_SUN_LEN 0
# endif
#endif
#ifdef __OpenBSD__
# include <sys/param.h> /* OpenBSD, the day of its release */
#endif
#ifndef FDFERRY_HAVE_KQUEUE
# if defined __FreeBSD__ || defined __NetBSD__ || defined __OpenBSD__ \
     || defined __DragonFly__ || defined __APPLE__
#  if defined __OpenBSD__ && OpenBSD < 200106 /* 2.9 */
#   define FDFERRY_HAVE_KQUEUE 0
#  else
#   define FDFERRY_HAVE_KQUEUE 1
#  endif
# else
#  define FDFERRY_HAVE_KQUEUE 0
# endif
#endif
#ifndef FDFERRY_HAVE_CLOSEFROM
# if defined __FreeBSD__ || defined __DragonFly__ || defined __NetBSD__ \
     || defined __sun || (defined __OpenBSD__ && OpenBSD >= 200405) /* 3.5 */ \
     || (defined __GLIBC__ && defined __linux__ \
	 && (__GLIBC__ > 2 || (__GLIBC__ == 2 && __GLIBC_MINOR__ >= 34)))
#  define FDFERRY_HAVE_CLOSEFROM 1
# else
#  define FDFERRY_HAVE_CLOSEFROM 0
# endif
#endif
#ifndef FDFERRY_HAVE_ACCEPT4
# if defined SOCK_CLOEXEC && !defined __APPLE__ && !defined __QNX__
#  define FDFERRY_HAVE_ACCEPT4 1
# else
#  define FDFERRY_HAVE_ACCEPT4 0
# endif
#endif

/* Peer credentials: exactly one FDFERRY_PEERCRED_x is defined. */
#if !defined FDFERRY_PEERCRED_UCRED && !defined FDFERRY_PEERCRED_SOCKPEERCRED \
    && !defined FDFERRY_PEERCRED_GETPEERUCRED \
    && !defined FDFERRY_PEERCRED_PEEREID && !defined FDFERRY_PEERCRED_XUCRED \
    && !defined FDFERRY_PEERCRED_GETPEEREID && !defined FDFERRY_PEERCRED_NONE
# if defined __OpenBSD__ && defined SO_PEERCRED
#  define FDFERRY_PEERCRED_SOCKPEERCRED 1
# elif (defined __linux__ || defined __HAIKU__ || defined __CYGWIN__) \
     && defined SO_PEERCRED
#  define FDFERRY_PEERCRED_UCRED 1
# elif defined __NetBSD__
#  define FDFERRY_PEERCRED_PEEREID 1
# elif defined __FreeBSD__
#  define FDFERRY_PEERCRED_XUCRED 1
# elif defined __QNX__ && defined LOCAL_PEEREID
#  define FDFERRY_PEERCRED_PEEREID 1 /* the sockets of NetBSD */
# elif defined __APPLE__ || defined __DragonFly__ || defined _AIX61
#  define FDFERRY_PEERCRED_GETPEEREID 1
# elif defined __sun
#  define FDFERRY_PEERCRED_GETPEERUCRED 1
# else
#  define FDFERRY_PEERCRED_NONE 1
# endif
#endif

#ifndef FDFERRY_HAVE_XUCRED_PID
# if defined __FreeBSD__ && __FreeBSD__ >= 13
#  define FDFERRY_HAVE_XUCRED_PID 1
# else
#  define FDFERRY_HAVE_XUCRED_PID 0
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
