# serial 1
dnl FDFERRY_LIBRARIES - what sendmsg needs: -lsocket (Solaris, illumos of old),
dnl -lnsl beside it (Solaris 2.5), -lxnet (HP-UX; Solaris with the X/Open
dnl interfaces). Sets FDFERRY_LIBS and cache fdferry_cv_libs, which is the
dnl libraries, libc, or none if nothing has sendmsg.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_LIBRARIES],
[AC_REQUIRE([FDFERRY_MSGHDR])
FDFERRY_LIBS=
AC_CACHE_CHECK([for the library with sendmsg], [fdferry_cv_libs],
  [fdferry_cv_libs=none
   for fdferry_try in "" "-lsocket" "-lsocket -lnsl" "-lxnet"; do
     fdferry_save_LIBS=$LIBS
     fdferry_save_CPPFLAGS=$CPPFLAGS
     LIBS="$fdferry_try $LIBS"
     CPPFLAGS="$CPPFLAGS $fdferry_probe_CPPFLAGS"
     AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include "detect.h"]],
       [[struct msghdr m; m.msg_iov = 0; return sendmsg(0, &m, 0) < 0;]])],
       [fdferry_cv_libs=${fdferry_try:-libc}])
     LIBS=$fdferry_save_LIBS
     CPPFLAGS=$fdferry_save_CPPFLAGS
     test "$fdferry_cv_libs" = none || break
   done])
AS_CASE([$fdferry_cv_libs], [none|libc], [], [FDFERRY_LIBS=$fdferry_cv_libs])])
