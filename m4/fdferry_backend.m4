# serial 1
dnl FDFERRY_BACKEND - decide how descriptors are passed.
dnl
dnl Sets cache fdferry_cv_backend to cmsg or none and defines the matching
dnl FDFERRY_BACKEND_x. Compiles and links only, so it works when
dnl cross-compiling. Override: ./configure fdferry_cv_backend=none
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_BACKEND],
[_FDFERRY_PROBE([for SCM_RIGHTS in msg_control], [fdferry_cv_scm_rights], [],
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
  [fdferry_backend_why=
   AS_CASE([$host_os],
    [*cygwin*|*msys*],	# declares everything, delivers nothing
      [fdferry_cv_backend=none],
    [AS_IF([test "$fdferry_cv_scm_rights" = yes],
      [fdferry_cv_backend=cmsg], [fdferry_cv_backend=none])])])
AS_CASE([$fdferry_cv_backend],
  [cmsg], [_FDFERRY_DEFINE([FDFERRY_BACKEND_CMSG], [1])],
  [none], [_FDFERRY_DEFINE([FDFERRY_BACKEND_NONE], [1])],
  [AC_MSG_ERROR([fdferry_cv_backend=$fdferry_cv_backend is unknown: use cmsg or none])])])
