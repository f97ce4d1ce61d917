# serial 1
dnl FDFERRY_FUNCTIONS - functions that only some systems have: close_range,
dnl kqueue. Cache fdferry_cv_close_range, fdferry_cv_kqueue.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_FUNCTIONS],
[_FDFERRY_PROBE([for close_range], [fdferry_cv_close_range],
  [FDFERRY_HAVE_CLOSE_RANGE],
  [AC_LANG_PROGRAM([[#include "detect.h"
#include <unistd.h>]], [[int (*f)(unsigned int, unsigned int, int) = close_range;
    return f(1000, 1000, 0);]])], [link])
_FDFERRY_PROBE([for kqueue], [fdferry_cv_kqueue], [FDFERRY_HAVE_KQUEUE],
  [AC_LANG_PROGRAM([[#include "detect.h"
#include <sys/event.h>
#include <sys/time.h>]], [[return kevent(kqueue(), 0, 0, 0, 0, 0);]])], [link])])
