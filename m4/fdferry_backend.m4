# serial 2
dnl FDFERRY_BACKEND - decide how descriptors are passed.
dnl
dnl Sets cache fdferry_cv_backend to cmsg, accrights, streams or none and
dnl defines the matching FDFERRY_BACKEND_x; fdferry_backend_why says in words
dnl why it is none. Compiles and links only, so it works when
dnl cross-compiling. Override: ./configure fdferry_cv_backend=none
dnl
dnl Which hosts declare everything and deliver nothing is in lib/detect.h
dnl alone (FDFERRY_HOST_LIES). If that is wrong about a host, override
dnl fdferry_cv_host_lies or the backend; make check then tells the truth.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_BACKEND],
[AC_REQUIRE([FDFERRY_LIBRARIES])
AC_REQUIRE([FDFERRY_CMSG])
AC_REQUIRE([FDFERRY_STREAMS])
_FDFERRY_PROBE([for Unix domain sockets], [fdferry_cv_sockets],
  [FDFERRY_HAVE_SOCKETS],
  [AC_LANG_PROGRAM([[#include "detect.h"
#if !FDFERRY_HAVE_SOCKETS
#error none
#endif]], [[struct sockaddr_un un; un.sun_family = AF_UNIX;
    return un.sun_family + SOCK_STREAM;]])])
_FDFERRY_PROBE([whether this host declares what it does not deliver],
  [fdferry_cv_host_lies], [FDFERRY_HOST_LIES],
  [AC_LANG_PROGRAM([[#include "detect.h"
#if !FDFERRY_HOST_LIES
#error honest
#endif]], [[]])])
_FDFERRY_PROBE([whether SCM_RIGHTS in msg_control links],
  [fdferry_cv_scm_rights_links], [],
  [AC_LANG_PROGRAM([[#include "detect.h"
#include <string.h>]], [[
    struct msghdr m;
    struct cmsghdr *c;
    char space[256];
    memset(&m, 0, sizeof m);
    m.msg_control = space;
    m.msg_controllen = CMSG_SPACE(sizeof (int));
    c = CMSG_FIRSTHDR(&m);
    c->cmsg_len = CMSG_LEN(sizeof (int));
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    memset(CMSG_DATA(c), 0, sizeof (int));
    return sendmsg(0, &m, 0) < 0 && recvmsg(0, &m, 0) < 0
	&& (m.msg_flags & (MSG_CTRUNC | MSG_TRUNC));]])], [link])
AC_CACHE_CHECK([how to pass descriptors], [fdferry_cv_backend],
  [AS_IF(
    # Cygwin: everything compiles, and no descriptor ever arrives.
    [test "$fdferry_cv_host_lies" = yes], [fdferry_cv_backend=none],
    # Every Unix of today.
    [test "$fdferry_cv_msghdr/$fdferry_cv_scm_rights_links" = control/yes],
      [fdferry_cv_backend=cmsg],
    # 4.3BSD and its heirs, HP-UX, Solaris before X/Open.
    [test "$fdferry_cv_msghdr" = accrights && test "$fdferry_cv_libs" != none],
      [fdferry_cv_backend=accrights],
    # System V without descriptors in sockets.
    [test "$fdferry_cv_streams" = yes], [fdferry_cv_backend=streams],
    [fdferry_cv_backend=none])])
AS_CASE([$fdferry_cv_backend/$fdferry_cv_host_lies/$fdferry_cv_sockets/$fdferry_cv_cmsghdr/$fdferry_cv_scm_rights_links],
  [none/yes/*], [fdferry_none=1 fdferry_backend_why="this host declares SCM_RIGHTS and delivers nothing"],
  [none/*/no/*], [fdferry_none=2 fdferry_backend_why="no Unix domain sockets that could pass descriptors"],
  [none/*/*/*/yes], [fdferry_none=4 fdferry_backend_why="chosen by fdferry_cv_backend=none"],
  [none/*/*/no/*], [fdferry_none=5 fdferry_backend_why="struct cmsghdr is not complete"],
  [none/*], [fdferry_none=3 fdferry_backend_why="neither SCM_RIGHTS, msg_accrights nor I_SENDFD"],
  [fdferry_none=0 fdferry_backend_why=])
_FDFERRY_DEFINE([FDFERRY_NONE_REASON], [$fdferry_none])
AS_CASE([$fdferry_cv_backend],
  [cmsg], [_FDFERRY_DEFINE([FDFERRY_BACKEND_CMSG], [1])],
  [accrights], [_FDFERRY_DEFINE([FDFERRY_BACKEND_ACCRIGHTS], [1])],
  [streams], [_FDFERRY_DEFINE([FDFERRY_BACKEND_STREAMS], [1])],
  [none], [_FDFERRY_DEFINE([FDFERRY_BACKEND_NONE], [1])],
  [AC_MSG_ERROR([fdferry_cv_backend=$fdferry_cv_backend is unknown: use cmsg, accrights, streams or none])])])
