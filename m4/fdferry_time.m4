# serial 1
dnl FDFERRY_TIME - what callers must be compiled with to have our time_t.
dnl
dnl fdferry.h has struct timespec in it, and on 32-bit glibc _TIME_BITS says how
dnl large that is. Sets cache fdferry_cv_time_flags to the flags, or none, and
dnl substitutes FDFERRY_PC_CFLAGS for fdferry.pc. Only for the project itself.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_TIME],
[AC_CACHE_CHECK([what callers need to have our time_t], [fdferry_cv_time_flags],
  [AC_PREPROC_IFELSE([AC_LANG_SOURCE([[
#if !defined _TIME_BITS || _TIME_BITS != 64
# error "one size"
#endif
]])], [fdferry_cv_time_flags='-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64'],
    [fdferry_cv_time_flags=none])])
_FDFERRY_ALLOWED([fdferry_cv_time_flags],
  [none|'-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64'],
  [none, or -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64])
AS_IF([test "$fdferry_cv_time_flags" = none], [FDFERRY_PC_CFLAGS=],
  [FDFERRY_PC_CFLAGS=" $fdferry_cv_time_flags"])
AS_IF([test -n "$fdferry_prefix"],
  [FDFERRY_PC_CFLAGS="$FDFERRY_PC_CFLAGS -DFDFERRY_SYMBOL_PREFIX=$fdferry_prefix"])
AC_SUBST([FDFERRY_PC_CFLAGS])])
