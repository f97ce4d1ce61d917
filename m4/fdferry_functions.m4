# serial 3
dnl FDFERRY_FUNCTIONS - functions that only some systems have: close_range,
dnl closefrom, accept4, kqueue, statx, flock; and the member sun_len. Cache
dnl fdferry_cv_<name>. Headers of a new C library declare what an old one does
dnl not have (statx with glibc before 2.28 and Android's before API 30): so
dnl they are linked.
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
#include <sys/time.h>]], [[return kevent(kqueue(), 0, 0, 0, 0, 0);]])], [link])
_FDFERRY_PROBE([for statx], [fdferry_cv_statx], [FDFERRY_HAVE_STATX],
  [AC_LANG_PROGRAM([[#include "detect.h"
#ifndef __linux__
#error it asks what only Linux promises not to ask a file server for
#endif
#include <fcntl.h>
#include <sys/stat.h>]], [[struct statx x; return statx(0, "",
    AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_NLINK, &x);]])],
  [link])
_FDFERRY_PROBE([for flock], [fdferry_cv_flock], [FDFERRY_HAVE_FLOCK],
  [AC_LANG_PROGRAM([[#include "detect.h"
#if !FDFERRY_HAVE_SOCKETS
#error it locks the paths of sockets
#endif
#include <fcntl.h>
#include <sys/file.h>]], [[return flock(0, LOCK_EX | LOCK_NB);]])], [link])
_FDFERRY_PROBE([for sun_len in struct sockaddr_un], [fdferry_cv_sun_len],
  [FDFERRY_HAVE_SUN_LEN],
  [AC_LANG_PROGRAM([[#include "detect.h"]],
    [[struct sockaddr_un un; un.sun_len = 1; return un.sun_len;]])])])
