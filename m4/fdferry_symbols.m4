# serial 2
dnl FDFERRY_SYMBOLS - hide what is not public, in the way the linker knows.
dnl
dnl Sets FDFERRY_HIDE (compiler) and FDFERRY_SYMBOLS_LDFLAGS (linker): a
dnl version map where there is one, else libtool's export list.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_SYMBOLS],
[AC_CACHE_CHECK([whether $CC takes -fvisibility=hidden],
  [fdferry_cv_visibility],
  [fdferry_save_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS -fvisibility=hidden -Werror"
   AC_COMPILE_IFELSE([AC_LANG_PROGRAM], [fdferry_cv_visibility=yes],
     [fdferry_cv_visibility=no])
   CFLAGS=$fdferry_save_CFLAGS])
AC_CACHE_CHECK([whether the linker takes a version map],
  [fdferry_cv_version_map],
  [fdferry_save_LDFLAGS=$LDFLAGS
   LDFLAGS="$LDFLAGS -shared -fPIC -Wl,--version-script=conftest.map"
   echo 'FDFERRY_0 { global: fdferry_x; local: *; };' > conftest.map
   AC_LINK_IFELSE([AC_LANG_SOURCE([[int fdferry_x(void); int fdferry_x(void) { return 0; }]])],
     [fdferry_cv_version_map=yes], [fdferry_cv_version_map=no])
   rm -f conftest.map
   LDFLAGS=$fdferry_save_LDFLAGS])
_FDFERRY_ALLOWED([fdferry_cv_visibility], [yes|no], [yes or no])
_FDFERRY_ALLOWED([fdferry_cv_version_map], [yes|no], [yes or no])
FDFERRY_HIDE=
AS_IF([test "$fdferry_cv_visibility" = yes],
  [FDFERRY_HIDE=-fvisibility=hidden])
AS_IF([test "$fdferry_cv_version_map" = yes],
  [FDFERRY_SYMBOLS_LDFLAGS="-Wl,--version-script=\$(top_srcdir)/lib/fdferry.map"],
  [FDFERRY_SYMBOLS_LDFLAGS="-export-symbols \$(top_srcdir)/lib/fdferry.sym"])
AC_SUBST([FDFERRY_HIDE])
AC_SUBST([FDFERRY_SYMBOLS_LDFLAGS])])
