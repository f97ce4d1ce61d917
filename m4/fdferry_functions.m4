# serial 2
dnl FDFERRY_FUNCTIONS - functions that only some systems have: close_range,
dnl closefrom, accept4, kqueue. Cache fdferry_cv_<name>.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_FUNCTIONS],
[_FDFERRY_PROBE([for close_range], [fdferry_cv_close_range],
  [FDFERRY_HAVE_CLOSE_RANGE],
  [AC_LANG_PROGRAM([[#include "detect.h"
#include <unistd.h>]], [[int (*f)(unsigned int, unsigned int, int) = close_range;
    return f(1000, 1000, 0);]])], [link])
_FDFERRY_PROBE([for closefrom], [fdferry_cv_closefrom],
  [FDFERRY_HAVE_CLOSEFROM],
  [AC_LANG_PROGRAM([[#include "detect.h"
#include <stdlib.h>
#include <unistd.h>]], [[closefrom(1000);]])], [link])
_FDFERRY_PROBE([for accept4], [fdferry_cv_accept4], [FDFERRY_HAVE_ACCEPT4],
  [AC_LANG_PROGRAM([[#include "detect.h"]],
    [[return accept4(0, 0, 0, SOCK_CLOEXEC) < 0;]])], [link])
_FDFERRY_PROBE([for kqueue], [fdferry_cv_kqueue], [FDFERRY_HAVE_KQUEUE],
  [AC_LANG_PROGRAM([[#include "detect.h"
#include <sys/event.h>
#include <sys/time.h>]], [[return kevent(kqueue(), 0, 0, 0, 0, 0);]])], [link])])
