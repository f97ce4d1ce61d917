# serial 1
dnl FDFERRY_SOCKETS - has this system Unix domain sockets? By including them:
dnl what a system calls itself says nothing (QNX and Haiku are not __unix__).
dnl
dnl Sets cache fdferry_cv_sockets, and FDFERRY_HAVE_SOCKETS for every later
dnl probe: without it a probe that includes detect.h would not compile where
dnl there are none. Windows and WASI have the headers and not what they
dnl declare; lib/detect.h says so, and this asks it.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_SOCKETS],
[_FDFERRY_PROBE([for Unix domain sockets], [fdferry_cv_sockets],
  [FDFERRY_HAVE_SOCKETS],
  [AC_LANG_PROGRAM([[#if !defined _WIN32 && !defined __wasi__
#define FDFERRY_HAVE_SOCKETS 1
#endif
#include "detect.h"
#if !FDFERRY_HAVE_SOCKETS
#error none
#endif]], [[struct sockaddr_un un; un.sun_family = AF_UNIX;
    return un.sun_family + SOCK_STREAM;]])])
AS_CASE([$fdferry_cv_sockets], [yes], [fdferry_sockets=1], [fdferry_sockets=0])
fdferry_probe_CPPFLAGS="$fdferry_probe_CPPFLAGS -DFDFERRY_HAVE_SOCKETS=$fdferry_sockets"])
