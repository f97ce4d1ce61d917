# serial 2
dnl FDFERRY_MSGHDR - which of its two shapes struct msghdr has.
dnl
dnl Sets cache fdferry_cv_msghdr to
dnl   control    msg_control and msg_flags (4.4BSD, POSIX)
dnl   accrights  msg_accrights (4.3BSD, Solaris without X/Open, HP-UX)
dnl   neither
dnl and fdferry_cv_xpg to yes if the first shape shows only with
dnl _XOPEN_SOURCE=600 and __EXTENSIONS__ (Solaris, illumos, HP-UX). They are
dnl not asked for where the first look finds msg_control: on the BSDs and
dnl macOS they hide things.
dnl
dnl Some systems have a macro that gives one member the other's name, so a
dnl member counts only with its companions: msg_control with msg_flags.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([_FDFERRY_MSGHDR_TRY],
[CPPFLAGS="$fdferry_save_CPPFLAGS $fdferry_probe_CPPFLAGS -DFDFERRY_WANT_XPG=$1"
AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include "detect.h"]],
  [[struct msghdr m; m.msg_control = 0; m.msg_controllen = 0;
    m.msg_flags = 0; return m.msg_flags;]])], [$2])])
AC_DEFUN([FDFERRY_MSGHDR],
[AC_REQUIRE([FDFERRY_SOCKETS])
fdferry_save_CPPFLAGS=$CPPFLAGS
AC_CACHE_CHECK([whether msg_control needs X/Open macros], [fdferry_cv_xpg],
  [fdferry_cv_xpg=no
   _FDFERRY_MSGHDR_TRY([0], [fdferry_cv_xpg=never])
   AS_IF([test "$fdferry_cv_xpg" = never], [fdferry_cv_xpg=no],
     [_FDFERRY_MSGHDR_TRY([1], [fdferry_cv_xpg=yes])])
   CPPFLAGS=$fdferry_save_CPPFLAGS])
_FDFERRY_ALLOWED([fdferry_cv_xpg], [yes|no], [yes or no])
AS_CASE([$fdferry_cv_xpg], [yes], [fdferry_xpg=1], [fdferry_xpg=0])
fdferry_probe_CPPFLAGS="$fdferry_probe_CPPFLAGS -DFDFERRY_WANT_XPG=$fdferry_xpg"
_FDFERRY_DEFINE([FDFERRY_WANT_XPG], [$fdferry_xpg])
AC_CACHE_CHECK([for the shape of struct msghdr], [fdferry_cv_msghdr],
  [fdferry_cv_msghdr=neither
   _FDFERRY_MSGHDR_TRY([$fdferry_xpg], [fdferry_cv_msghdr=control])
   AS_IF([test "$fdferry_cv_msghdr" = neither],
     [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include "detect.h"]],
       [[struct msghdr m; int fd = 0; m.msg_accrights = (char *)&fd;
	 m.msg_accrightslen = (int)sizeof fd;
	 return m.msg_accrights == 0;]])], [fdferry_cv_msghdr=accrights])])
   CPPFLAGS=$fdferry_save_CPPFLAGS])
_FDFERRY_ALLOWED([fdferry_cv_msghdr], [control|accrights|neither],
  [control, accrights or neither])])
