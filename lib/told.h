/* SPDX-License-Identifier: 0BSD */
/*
 * told.h - what the library never asks about a system, and tells: in
 * fdferry_feature(), for bug reports, the matrix and t/50-layout.c.
 *
 * Why it is not used: the backend is chosen as a whole, not by one macro; the
 * walker of control messages is our own; the options change a socket, which
 * is the caller's; MSG_CMSG_CLOFORK would keep descriptors from children that
 * the caller may want to have them; STREAMS may be there beside sockets. What
 * the code does ask is in detect.h.
 */
#ifndef FDFERRY_TOLD_H
#define FDFERRY_TOLD_H 1

#include "detect.h"

/* The control message macros, one by one. */
#ifndef FDFERRY_HAVE_SCM_RIGHTS
# ifdef SCM_RIGHTS
#  define FDFERRY_HAVE_SCM_RIGHTS 1
# else
#  define FDFERRY_HAVE_SCM_RIGHTS 0
# endif
#endif
#ifndef FDFERRY_HAVE_CMSG_FIRSTHDR
# ifdef CMSG_FIRSTHDR
#  define FDFERRY_HAVE_CMSG_FIRSTHDR 1
# else
#  define FDFERRY_HAVE_CMSG_FIRSTHDR 0
# endif
#endif
#ifndef FDFERRY_HAVE_CMSG_NXTHDR
# ifdef CMSG_NXTHDR
#  define FDFERRY_HAVE_CMSG_NXTHDR 1
# else
#  define FDFERRY_HAVE_CMSG_NXTHDR 0
# endif
#endif
#ifndef FDFERRY_HAVE_CMSG_DATA
# ifdef CMSG_DATA
#  define FDFERRY_HAVE_CMSG_DATA 1
# else
#  define FDFERRY_HAVE_CMSG_DATA 0
# endif
#endif
#ifndef FDFERRY_HAVE_CMSG_LEN
# if defined CMSG_LEN && !defined FDFERRY_COMPUTED_CMSG_LEN
#  define FDFERRY_HAVE_CMSG_LEN 1
# else
#  define FDFERRY_HAVE_CMSG_LEN 0
# endif
#endif
#ifndef FDFERRY_HAVE_CMSG_SPACE
# if defined CMSG_SPACE && !defined FDFERRY_COMPUTED_CMSG_SPACE
#  define FDFERRY_HAVE_CMSG_SPACE 1
# else
#  define FDFERRY_HAVE_CMSG_SPACE 0
# endif
#endif
#ifndef FDFERRY_HAVE_CMSG_ALIGN
# ifdef CMSG_ALIGN
#  define FDFERRY_HAVE_CMSG_ALIGN 1
# else
#  define FDFERRY_HAVE_CMSG_ALIGN 0
# endif
#endif

/* Flags and socket options. */
#ifndef FDFERRY_HAVE_MSG_CMSG_CLOFORK
# ifdef MSG_CMSG_CLOFORK
#  define FDFERRY_HAVE_MSG_CMSG_CLOFORK 1
# else
#  define FDFERRY_HAVE_MSG_CMSG_CLOFORK 0
# endif
#endif
#ifndef FDFERRY_HAVE_SO_NOSIGPIPE
# ifdef SO_NOSIGPIPE
#  define FDFERRY_HAVE_SO_NOSIGPIPE 1
# else
#  define FDFERRY_HAVE_SO_NOSIGPIPE 0
# endif
#endif
#ifndef FDFERRY_HAVE_SO_PASSRIGHTS
# ifdef SO_PASSRIGHTS
#  define FDFERRY_HAVE_SO_PASSRIGHTS 1
# else
#  define FDFERRY_HAVE_SO_PASSRIGHTS 0
# endif
#endif
#ifndef FDFERRY_HAVE_SO_RIGHTS_NOTRUNC
# ifdef SO_RIGHTS_NOTRUNC
#  define FDFERRY_HAVE_SO_RIGHTS_NOTRUNC 1
# else
#  define FDFERRY_HAVE_SO_RIGHTS_NOTRUNC 0
# endif
#endif

/*
 * How control messages lie in memory, in words; configure alone can say it.
 * The code asks the macros when it runs, since CMSG_SPACE need not be a
 * constant: NetBSD's called a function until 10. All headers of today that
 * were compiled have a constant.
 */
#ifndef FDFERRY_LAYOUT_CMSG_LEN_0
# define FDFERRY_LAYOUT_CMSG_LEN_0 unknown
#endif
#ifndef FDFERRY_LAYOUT_CMSG_SPACE_4
# define FDFERRY_LAYOUT_CMSG_SPACE_4 unknown
#endif
#ifndef FDFERRY_LAYOUT_CMSG_SPACE_8
# define FDFERRY_LAYOUT_CMSG_SPACE_8 unknown
#endif
#ifndef FDFERRY_LAYOUT_CMSG_CONSTANT
# define FDFERRY_LAYOUT_CMSG_CONSTANT unknown
#endif
#ifndef FDFERRY_LAYOUT_CMSG_LEN
# define FDFERRY_LAYOUT_CMSG_LEN unknown
#endif
#ifndef FDFERRY_LAYOUT_MSG_CONTROLLEN
# define FDFERRY_LAYOUT_MSG_CONTROLLEN unknown
#endif
#ifndef FDFERRY_LAYOUT_MSG_IOVLEN
# define FDFERRY_LAYOUT_MSG_IOVLEN unknown
#endif

/* I_SENDFD, whatever the backend. */
#ifndef FDFERRY_HAVE_STREAMS
# if defined FDFERRY_BACKEND_STREAMS
#  define FDFERRY_HAVE_STREAMS 1
# elif !FDFERRY_HAVE_SOCKETS
#  define FDFERRY_HAVE_STREAMS 0 /* WASI has the header, and no more */
# elif defined __has_include
#  if __has_include(<stropts.h>)
#   define FDFERRY_HAVE_STREAMS 1 /* musl declares them in vain */
#  endif
# endif
# ifndef FDFERRY_HAVE_STREAMS
#  define FDFERRY_HAVE_STREAMS 0
# endif
#endif

#endif /* FDFERRY_TOLD_H */
