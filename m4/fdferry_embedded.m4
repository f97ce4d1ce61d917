# serial 1
dnl FDFERRY_EMBEDDED - how the project itself is built as a part of another.
dnl
dnl --enable-embedded, which a project with AC_CONFIG_SUBDIRS says for its user:
dnl one convenience library is built, which passes no name on, and nothing is
dnl installed, the command left out. --with-symbol-prefix=PREFIX: every function
dnl has a name that begins with PREFIX.
dnl Sets the conditionals EMBEDDED and PREFIXED, and fdferry_prefix.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_EMBEDDED],
[AC_ARG_ENABLE([embedded],
  [AS_HELP_STRING([--enable-embedded],
     [be a part of the project around: install nothing])],
  [fdferry_embedded=$enableval], [fdferry_embedded=no])
AC_ARG_WITH([symbol-prefix],
  [AS_HELP_STRING([--with-symbol-prefix=PREFIX],
     [begin the name of every function with PREFIX])],
  [fdferry_prefix=$withval], [fdferry_prefix=])
AS_CASE([$fdferry_prefix], [yes|no], [fdferry_prefix=],
  [@<:@0-9@:>@*|*@<:@!A-Za-z0-9_@:>@*],
  [AC_MSG_ERROR([--with-symbol-prefix=$fdferry_prefix: a name of C cannot begin with that])])
AS_IF([test "$fdferry_embedded" = yes], [enable_command=no])
AC_SUBST([fdferry_prefix])
AM_CONDITIONAL([EMBEDDED], [test "$fdferry_embedded" = yes])
AM_CONDITIONAL([PREFIXED], [test -n "$fdferry_prefix"])])
