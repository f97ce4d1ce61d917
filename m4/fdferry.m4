# serial 3
dnl FDFERRY_INIT([DIR]) - all that a project which carries fdferry calls.
dnl
dnl DIR is where fdferry.h and the library's sources are, relative to the
dnl top source directory; "lib" if not given. Sets the cache variables of the
dnl macros below, writes DIR/fdferry-config.h in the build tree, and sets
dnl   FDFERRY_CPPFLAGS  to compile the library and what includes fdferry.h
dnl   FDFERRY_LIBS      what the library must be linked with
dnl Needs AC_PROG_CC, and neither libtool nor AC_USE_SYSTEM_EXTENSIONS. It
dnl has no AM_CONDITIONAL, so it may stand inside AS_IF.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_INIT],
[m4_pushdef([_fdferry_dir], m4_default([$1], [lib]))
AC_REQUIRE([AC_PROG_CC])
AC_REQUIRE([AC_CANONICAL_HOST])
AS_IF([test ! -f "$srcdir/_fdferry_dir/detect.h"],
  [AC_MSG_ERROR([_fdferry_dir: no sources of fdferry there (no detect.h); configure.ac must name their directory])])
AC_LANG_PUSH([C])
fdferry_defines=
# Later answers that change what headers show are added to it.
fdferry_probe_CPPFLAGS="-DFDFERRY_PROBE -I$srcdir/_fdferry_dir"
FDFERRY_MSGHDR
FDFERRY_LIBRARIES
FDFERRY_CMSG
FDFERRY_STREAMS
FDFERRY_BACKEND
FDFERRY_LAYOUT
FDFERRY_FLAGS
FDFERRY_FUNCTIONS
FDFERRY_PEERCRED
AC_LANG_POP([C])
FDFERRY_CPPFLAGS="-DFDFERRY_HAVE_CONFIG -I\$(top_builddir)/_fdferry_dir -I\$(top_srcdir)/_fdferry_dir"
AC_SUBST([FDFERRY_CPPFLAGS])
AC_SUBST([FDFERRY_LIBS])
AC_CONFIG_COMMANDS(_fdferry_dir[/fdferry-config.h],
  [{
    echo "/* Written by configure; every answer overrides detect.h. */"
    for fdferry_define in $fdferry_defines; do
      echo "#define $fdferry_define" | sed 's/=/ /'
    done
  } >]_fdferry_dir[/fdferry-config.h], [fdferry_defines='$fdferry_defines'])
m4_popdef([_fdferry_dir])dnl
])

dnl _FDFERRY_DEFINE(NAME, VALUE) - one answer for fdferry-config.h.
AC_DEFUN([_FDFERRY_DEFINE], [fdferry_defines="$fdferry_defines $1=$2"])

dnl _FDFERRY_PROBE(WHAT, CACHE-VAR, NAME, PROGRAM, [compile|link])
dnl Ask one question with detect.h as the first include, so that the probe
dnl sees the headers as the code will; define NAME to 0 or 1.
AC_DEFUN([_FDFERRY_PROBE],
[AC_CACHE_CHECK([$1], [$2],
  [fdferry_save_CPPFLAGS=$CPPFLAGS
   fdferry_save_LIBS=$LIBS
   CPPFLAGS="$CPPFLAGS $fdferry_probe_CPPFLAGS"
   LIBS="$FDFERRY_LIBS $LIBS"
   m4_if([$5], [link], [AC_LINK_IFELSE], [AC_COMPILE_IFELSE])([$4],
     [$2=yes], [$2=no])
   CPPFLAGS=$fdferry_save_CPPFLAGS
   LIBS=$fdferry_save_LIBS])
m4_ifval([$3],
 [AS_IF([test "$[]$2" = yes], [_FDFERRY_DEFINE([$3], [1])],
   [_FDFERRY_DEFINE([$3], [0])])])])

dnl _FDFERRY_MACRO(MACRO, [NAME]) - is a macro of <sys/socket.h> there? glibc
dnl has many as enumerators, with a macro of the same name.
AC_DEFUN([_FDFERRY_MACRO],
[_FDFERRY_PROBE([for $1], [fdferry_cv_]m4_tolower([$1]),
  m4_default([$2], [FDFERRY_HAVE_$1]),
  [AC_LANG_PROGRAM([[#include "detect.h"
#ifndef $1
#error $1 is missing
#endif]], [[]])])])
