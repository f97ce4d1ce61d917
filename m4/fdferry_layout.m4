# serial 2
dnl FDFERRY_LAYOUT - how control messages lie in memory.
dnl
dnl Cache variables, and FDFERRY_LAYOUT_x of the same name:
dnl   fdferry_cv_layout_msg_controllen, _msg_iovlen, _cmsg_len
dnl       size in bytes, then u (unsigned) or s (signed), or unknown
dnl   fdferry_cv_layout_cmsg_len_0, _cmsg_space_4, _cmsg_space_8
dnl       CMSG_LEN(0), where the data begin; CMSG_SPACE(4), CMSG_SPACE(8),
dnl       from which the alignment follows
dnl   fdferry_cv_cmsg_constant
dnl       yes if CMSG_SPACE is a constant expression
dnl
dnl Numbers that are constant expressions are compiled into an object file as
dnl text and read there, so this works when cross-compiling. Where
dnl CMSG_SPACE calls a function (NetBSD until 10, macOS of old) they are
dnl unknown: the library asks the macros when it runs, and needs none of this.
dnl
dnl SPDX-License-Identifier: FSFAP

dnl _FDFERRY_TEXT(VAR, DECLARATIONS, CHARACTERS) - VAR is the text that a list
dnl of constant characters makes, or empty. Link-time optimization keeps it
dnl out of the object: then the program has it.
AC_DEFUN([_FDFERRY_TEXT],
[$1=
fdferry_save_CPPFLAGS=$CPPFLAGS
CPPFLAGS="$CPPFLAGS $fdferry_probe_CPPFLAGS"
AC_COMPILE_IFELSE([AC_LANG_SOURCE([[#include "detect.h"
$2
#define DIGITS(n) (char)('0' + (n) / 100 % 10), (char)('0' + (n) / 10 % 10), (char)('0' + (n) % 10)
const char fdferry_text@<:@@:>@ = {
	'f', 'd', 'f', 'e', 'r', 'r', 'y', '_', 's', 'a', 'y', 's', ':',
	$3, ';' };
int main(int argc, char **argv) { return fdferry_text@<:@argc@:>@ == **argv; }]])],
  [_FDFERRY_TEXT_READ([$1], [conftest.$ac_objext])
   AS_IF([test -z "$$1"], [AC_LINK_IFELSE([],
     [_FDFERRY_TEXT_READ([$1], [conftest$ac_exeext])])])])
CPPFLAGS=$fdferry_save_CPPFLAGS])
AC_DEFUN([_FDFERRY_TEXT_READ],
[$1=`LC_ALL=C tr -c 'a-z0-9_:;?' '@<:@\n*@:>@' <$2 |
  sed -n 's/^.*fdferry_says:\(@<:@^;@:>@*\);.*$/\1/p' | sed 1q`])

dnl _FDFERRY_LAYOUT_TYPE(NAME, STRUCT) - size and sign of STRUCT's NAME.
AC_DEFUN([_FDFERRY_LAYOUT_TYPE],
[AC_CACHE_CHECK([for the type of $1], [fdferry_cv_layout_$1],
  [_FDFERRY_TEXT([fdferry_cv_layout_$1],
[#define MEMBER ((struct $2 *)0)->$1
#if defined __GNUC__ || defined __SUNPRO_C || defined __IBMC__
# define SIGN (char)((__typeof__ (MEMBER))-1 < (__typeof__ (MEMBER))1 ? 's' : 'u')
#else
# define SIGN '?'
#endif], [(char)('0' + sizeof MEMBER % 10), SIGN])
   : ${fdferry_cv_layout_$1:=unknown}])
_FDFERRY_DEFINE([FDFERRY_LAYOUT_]m4_toupper([$1]), [$fdferry_cv_layout_$1])])

AC_DEFUN([FDFERRY_LAYOUT],
[AC_REQUIRE([FDFERRY_BACKEND])
_FDFERRY_LAYOUT_TYPE([msg_iovlen], [msghdr])
_FDFERRY_LAYOUT_TYPE([msg_controllen], [msghdr])
_FDFERRY_LAYOUT_TYPE([cmsg_len], [cmsghdr])
fdferry_numbers=
AC_CACHE_CHECK([whether CMSG_SPACE is a constant expression],
  [fdferry_cv_cmsg_constant],
  [_FDFERRY_TEXT([fdferry_numbers],
    [extern char fdferry_constant@<:@CMSG_SPACE(4)@:>@;],
    [DIGITS(CMSG_LEN(0)), DIGITS(CMSG_SPACE(4)), DIGITS(CMSG_SPACE(8))])
   fdferry_cv_cmsg_constant=no
   test -z "$fdferry_numbers" || fdferry_cv_cmsg_constant=yes])
AC_MSG_CHECKING([for CMSG_LEN(0), CMSG_SPACE(4), CMSG_SPACE(8)])
_FDFERRY_LAYOUT_NUMBER([cmsg_len_0], [\(...\)......])
_FDFERRY_LAYOUT_NUMBER([cmsg_space_4], [...\(...\)...])
_FDFERRY_LAYOUT_NUMBER([cmsg_space_8], [......\(...\)])
AC_MSG_RESULT([$fdferry_cv_layout_cmsg_len_0, $fdferry_cv_layout_cmsg_space_4, $fdferry_cv_layout_cmsg_space_8])
AS_CASE([$fdferry_cv_cmsg_constant], [yes], [fdferry_constant=1],
  [fdferry_constant=0])
_FDFERRY_DEFINE([FDFERRY_LAYOUT_CMSG_CONSTANT], [$fdferry_constant])])

dnl One of the three numbers in $fdferry_numbers; a cache variable wins.
AC_DEFUN([_FDFERRY_LAYOUT_NUMBER],
[AS_IF([test "${fdferry_cv_layout_$1+set}" != set],
  [fdferry_cv_layout_$1=`echo "$fdferry_numbers" | sed -n 's/^$2$/\1/p' | sed 's/^0*//'`
   : ${fdferry_cv_layout_$1:=unknown}])
_FDFERRY_DEFINE([FDFERRY_LAYOUT_]m4_toupper([$1]), [$fdferry_cv_layout_$1])])
