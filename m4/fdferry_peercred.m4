# serial 1
dnl FDFERRY_PEERCRED - how the other end's user is known.
dnl
dnl Sets cache fdferry_cv_peercred to ucred (Linux SO_PEERCRED),
dnl sockpeercred (OpenBSD SO_PEERCRED), peereid (NetBSD LOCAL_PEEREID), xucred
dnl (FreeBSD LOCAL_PEERCRED), getpeerucred (Solaris), getpeereid or none.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([_FDFERRY_PEERCRED_TRY],
[AS_IF([test "$fdferry_cv_peercred" = none],
  [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include "detect.h"
#include <unistd.h>
$2]], [[$3]])], [fdferry_cv_peercred=$1])])])
AC_DEFUN([FDFERRY_PEERCRED],
[AC_CACHE_CHECK([how the peer's user is known], [fdferry_cv_peercred],
  [fdferry_cv_peercred=none
   fdferry_save_CPPFLAGS=$CPPFLAGS
   fdferry_save_LIBS=$LIBS
   CPPFLAGS="$CPPFLAGS $fdferry_probe_CPPFLAGS"
   LIBS="$FDFERRY_LIBS $LIBS"
   _FDFERRY_PEERCRED_TRY([sockpeercred], [],
     [struct sockpeercred c; socklen_t n = sizeof c;
       return getsockopt(0, SOL_SOCKET, SO_PEERCRED, &c, &n);])
   _FDFERRY_PEERCRED_TRY([ucred], [],
     [struct ucred c; socklen_t n = sizeof c;
       return getsockopt(0, SOL_SOCKET, SO_PEERCRED, &c, &n) + (int)c.pid;])
   _FDFERRY_PEERCRED_TRY([peereid], [],
     [struct unpcbid c; socklen_t n = sizeof c;
       return getsockopt(0, 0, LOCAL_PEEREID, &c, &n) + (int)c.unp_pid;])
   _FDFERRY_PEERCRED_TRY([getpeerucred], [#include <ucred.h>],
     [ucred_t *c = 0; return getpeerucred(0, &c);])
   # macOS has xucred as well, but getpeereid and LOCAL_PEERPID tell more.
   _FDFERRY_PEERCRED_TRY([xucred], [#include <sys/param.h>
#include <sys/ucred.h>
#if defined __APPLE__ || defined __DragonFly__
#error getpeereid
#endif],
     [struct xucred c; socklen_t n = sizeof c;
       return getsockopt(0, 0, LOCAL_PEERCRED, &c, &n)
	   + (int)c.cr_version + XUCRED_VERSION;])
   _FDFERRY_PEERCRED_TRY([getpeereid], [],
     [uid_t u; gid_t g; return getpeereid(0, &u, &g);])
   CPPFLAGS=$fdferry_save_CPPFLAGS
   LIBS=$fdferry_save_LIBS])
# FreeBSD 12 and older: without the process. A member or a macro that
# stands for one: so it is used, not looked for.
AS_CASE([$fdferry_cv_peercred], [xucred],
  [_FDFERRY_PROBE([for cr_pid in struct xucred], [fdferry_cv_xucred_pid],
    [FDFERRY_HAVE_XUCRED_PID],
    [AC_LANG_PROGRAM([[#include "detect.h"
#include <sys/param.h>
#include <sys/ucred.h>]], [[struct xucred c; c.cr_pid = 1; return (int)c.cr_pid;]])])])
AS_CASE([$fdferry_cv_peercred],
  [ucred], [_FDFERRY_DEFINE([FDFERRY_PEERCRED_UCRED], [1])],
  [sockpeercred], [_FDFERRY_DEFINE([FDFERRY_PEERCRED_SOCKPEERCRED], [1])],
  [peereid], [_FDFERRY_DEFINE([FDFERRY_PEERCRED_PEEREID], [1])],
  [getpeerucred], [_FDFERRY_DEFINE([FDFERRY_PEERCRED_GETPEERUCRED], [1])],
  [xucred], [_FDFERRY_DEFINE([FDFERRY_PEERCRED_XUCRED], [1])],
  [getpeereid], [_FDFERRY_DEFINE([FDFERRY_PEERCRED_GETPEEREID], [1])],
  [none], [_FDFERRY_DEFINE([FDFERRY_PEERCRED_NONE], [1])],
  [AC_MSG_ERROR([fdferry_cv_peercred=$fdferry_cv_peercred is unknown: use ucred, sockpeercred, peereid, getpeerucred, xucred, getpeereid or none])])])
