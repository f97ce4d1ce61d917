# serial 5
dnl FDFERRY_INIT([DIR], [PREFIX]) - all that a project which carries fdferry
dnl calls.
dnl
dnl DIR is where fdferry.h and the library's sources are, relative to the
dnl top source directory; "lib" if not given. With PREFIX the name of every
dnl function begins with that, and no other copy in the program is met. Sets
dnl the cache variables of the macros below, writes DIR/fdferry-config.h (and
dnl DIR/fdferry-prefix.h) in the build tree, and sets
dnl   FDFERRY_CPPFLAGS  to compile the library and what includes fdferry.h
dnl   FDFERRY_HIDE      to compile the library: its names are nobody else's
dnl   FDFERRY_LIBS      what the library must be linked with
dnl Needs AC_PROG_CC, and neither libtool nor AC_USE_SYSTEM_EXTENSIONS. It
dnl has no AM_CONDITIONAL, so it may stand inside AS_IF.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_INIT],
[m4_foreach([_fdferry_m], [[SOCKETS], [MSGHDR], [LIBRARIES], [CMSG], [STREAMS],
  [BACKEND], [LAYOUT], [FLAGS], [FUNCTIONS], [PEERCRED], [VISIBILITY]],
  [m4_ifdef([FDFERRY_]m4_defn([_fdferry_m]), [],
    [m4_fatal([fdferry.m4 came without fdferry_]m4_tolower(m4_defn([_fdferry_m]))[.m4: FDFERRY_INIT needs all of m4/fdferry*.m4, where AC_CONFIG_MACRO_DIRS or aclocal -I looks])])])dnl
m4_pushdef([_fdferry_dir], m4_default([$1], [lib]))
AC_REQUIRE([AC_PROG_CC])
AC_REQUIRE([AC_CANONICAL_HOST])
AS_IF([test ! -f "$srcdir/_fdferry_dir/detect.h"],
  [AC_MSG_ERROR([_fdferry_dir: no sources of fdferry there (no detect.h); configure.ac must name their directory])])
AC_LANG_PUSH([C])
# A warning about a probe is no answer to it.
fdferry_CFLAGS=$CFLAGS
CFLAGS=`echo " $CFLAGS " | sed 's/ -Werror / /g'`
fdferry_defines=
# Later answers that change what headers show are added to it.
fdferry_probe_CPPFLAGS="-DFDFERRY_PROBE -I$srcdir/_fdferry_dir"
_FDFERRY_IS_C
FDFERRY_SOCKETS
FDFERRY_MSGHDR
FDFERRY_LIBRARIES
FDFERRY_CMSG
FDFERRY_STREAMS
FDFERRY_BACKEND
FDFERRY_LAYOUT
_FDFERRY_LAYOUT_ALLOWED
FDFERRY_FLAGS
FDFERRY_FUNCTIONS
FDFERRY_PEERCRED
FDFERRY_VISIBILITY
CFLAGS=$fdferry_CFLAGS
AC_LANG_POP([C])
FDFERRY_CPPFLAGS="-DFDFERRY_HAVE_CONFIG -I\$(top_builddir)/_fdferry_dir -I\$(top_srcdir)/_fdferry_dir"
m4_ifval([$2], [fdferry_prefix=$2
AS_IF([test -n "$fdferry_prefix"],
  [FDFERRY_CPPFLAGS="-DFDFERRY_SYMBOL_PREFIX=$fdferry_prefix $FDFERRY_CPPFLAGS"
   AC_CONFIG_COMMANDS(_fdferry_dir[/fdferry-prefix.h],
     [$SHELL "$srcdir/]_fdferry_dir[/prefix.sh" >]_fdferry_dir[/fdferry-prefix.h ||
      exit 1], [fdferry_prefix='$fdferry_prefix'])])
])dnl
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

dnl _FDFERRY_IS_C - as C++ the sources would fail one by one, each differently.
AC_DEFUN([_FDFERRY_IS_C],
[AC_COMPILE_IFELSE([AC_LANG_SOURCE([[#ifdef __cplusplus
#error C++
#endif
int fdferry_c;]])], [],
  [AC_COMPILE_IFELSE([AC_LANG_SOURCE([[#ifndef __cplusplus
#error C
#endif
int fdferry_c;]])],
    [AC_MSG_ERROR([CC=$CC compiles C++: fdferry is written in C, say CC=cc or another C compiler])],
    [AC_MSG_ERROR([CC=$CC compiles nothing: config.log says why])])])])

dnl _FDFERRY_ALLOWED(CACHE-VAR, PATTERNS, WORDS) - whoever gave a value, on the
dnl command line or in a cache, is told which there are.
AC_DEFUN([_FDFERRY_ALLOWED],
[AS_CASE([$[]$1], [$2], [],
  [AC_MSG_ERROR([$1=$[]$1 is unknown: use $3])])])

dnl The layout's numbers and types, FDFERRY_LAYOUT.
AC_DEFUN([_FDFERRY_LAYOUT_ALLOWED],
[_FDFERRY_ALLOWED([fdferry_cv_cmsg_constant], [yes|no], [yes or no])
m4_foreach([_fdferry_v], [msg_iovlen, msg_controllen, cmsg_len],
  [_FDFERRY_ALLOWED([fdferry_cv_layout_]m4_defn([_fdferry_v]),
    [@<:@1-9@:>@@<:@us?@:>@|unknown],
    [a size and u or s, as 8u, or unknown])
])
m4_foreach([_fdferry_v], [cmsg_len_0, cmsg_space_4, cmsg_space_8],
  [_FDFERRY_ALLOWED([fdferry_cv_layout_]m4_defn([_fdferry_v]),
    [@<:@1-9@:>@|@<:@1-9@:>@@<:@0-9@:>@|@<:@1-9@:>@@<:@0-9@:>@@<:@0-9@:>@|unknown],
    [a number of bytes, as 16, or unknown])
])])

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
_FDFERRY_ALLOWED([$2], [yes|no], [yes or no])
m4_ifval([$3],
 [AS_IF([test "$[]$2" = yes], [_FDFERRY_DEFINE([$3], [1])],
   [_FDFERRY_DEFINE([$3], [0])])])])

dnl _FDFERRY_MACRO(MACRO, [NAME]) - is a macro of <sys/socket.h> there? glibc
dnl has many as enumerators, with a macro of the same name.
AC_DEFUN([_FDFERRY_MACRO],
[_FDFERRY_PROBE([for $1], [fdferry_cv_]m4_tolower([$1]),
  m4_default([$2], [FDFERRY_HAVE_$1]),
  [AC_LANG_PROGRAM([[#include "detect.h"
#if !defined $1 || defined FDFERRY_COMPUTED_$1
#error $1 is missing
#endif]], [[]])])])
