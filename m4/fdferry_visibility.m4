# serial 1
dnl FDFERRY_VISIBILITY - sets FDFERRY_HIDE, with which the compiler keeps to the
dnl library what fdferry.h does not give away.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_VISIBILITY],
[AC_CACHE_CHECK([whether $CC takes -fvisibility=hidden],
  [fdferry_cv_visibility],
  [fdferry_save_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS -fvisibility=hidden -Werror"
   AC_COMPILE_IFELSE([AC_LANG_PROGRAM], [fdferry_cv_visibility=yes],
     [fdferry_cv_visibility=no])
   CFLAGS=$fdferry_save_CFLAGS])
_FDFERRY_ALLOWED([fdferry_cv_visibility], [yes|no], [yes or no])
FDFERRY_HIDE=
AS_IF([test "$fdferry_cv_visibility" = yes],
  [FDFERRY_HIDE=-fvisibility=hidden])
AC_SUBST([FDFERRY_HIDE])])
