# serial 3
dnl FDFERRY_BACKEND - decide how descriptors are passed.
dnl
dnl Sets cache fdferry_cv_backend to cmsg, accrights, streams or none and
dnl defines the matching FDFERRY_BACKEND_x; fdferry_backend_why says in words
dnl why it is none. Compiles and links only, so it works when
dnl cross-compiling. Override: ./configure fdferry_cv_backend=none
dnl
dnl A system that declares what does not link is an error, which names the
dnl function: "none" would be a library that builds and passes nothing.
dnl
dnl Which hosts declare everything and deliver nothing is in lib/detect.h
dnl alone (FDFERRY_HOST_LIES). If that is wrong about a host, override
dnl fdferry_cv_host_lies or the backend; make check then tells the truth.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_BACKEND],
[AC_REQUIRE([FDFERRY_LIBRARIES])
AC_REQUIRE([FDFERRY_CMSG])
AC_REQUIRE([FDFERRY_SOCKETS])
AC_REQUIRE([FDFERRY_STREAMS])
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
# What this system would have: also where the user chose otherwise.
AS_IF(
  # Cygwin: everything compiles, and no descriptor ever arrives.
  [test "$fdferry_cv_host_lies" = yes], [fdferry_here=none],
  # Every Unix of today.
  [test "$fdferry_cv_sockets/$fdferry_cv_msghdr/$fdferry_cv_scm_rights/$fdferry_cv_cmsghdr/$fdferry_cv_cmsg_data" = yes/control/yes/yes/yes],
    [fdferry_here=cmsg],
  # 4.3BSD and its heirs, HP-UX, Solaris before X/Open.
  [test "$fdferry_cv_sockets/$fdferry_cv_msghdr" = yes/accrights],
    [fdferry_here=accrights],
  # System V without descriptors in sockets.
  [test "$fdferry_cv_streams" = yes], [fdferry_here=streams],
  [fdferry_here=none])
AC_CACHE_CHECK([how to pass descriptors], [fdferry_cv_backend],
  [fdferry_cv_backend=$fdferry_here])
# lib/features.c has the same words, but for the one that was chosen.
AS_CASE(["$fdferry_cv_backend:$fdferry_here lies:$fdferry_cv_host_lies sockets:$fdferry_cv_sockets rights:$fdferry_cv_scm_rights msghdr:$fdferry_cv_msghdr cmsghdr:$fdferry_cv_cmsghdr"],
  [none:none*lies:yes*], [fdferry_none=1 fdferry_backend_why="this host declares SCM_RIGHTS and delivers nothing"],
  [none:none*sockets:no*], [fdferry_none=2 fdferry_backend_why="no Unix domain sockets"],
  [none:none*rights:no*], [fdferry_none=3 fdferry_backend_why="neither SCM_RIGHTS, msg_accrights nor I_SENDFD"],
  [none:none*msghdr:neither*], [fdferry_none=6 fdferry_backend_why="SCM_RIGHTS without msg_control and msg_accrights"],
  [none:none*cmsghdr:no*], [fdferry_none=5 fdferry_backend_why="struct cmsghdr is not complete"],
  [none:none*], [fdferry_none=7 fdferry_backend_why="SCM_RIGHTS without CMSG_DATA"],
  [none:*], [fdferry_none=4 fdferry_backend_why="chosen by fdferry_cv_backend=none"],
  [fdferry_none=0 fdferry_backend_why=])
_FDFERRY_DEFINE([FDFERRY_NONE_REASON], [$fdferry_none])
AS_CASE([$fdferry_cv_backend],
  [cmsg], [_FDFERRY_DEFINE([FDFERRY_BACKEND_CMSG], [1])
    _FDFERRY_MUST_LINK([sendmsg], [SCM_RIGHTS and msg_control are])
    _FDFERRY_MUST_LINK([recvmsg], [SCM_RIGHTS and msg_control are])],
  [accrights], [_FDFERRY_DEFINE([FDFERRY_BACKEND_ACCRIGHTS], [1])
    _FDFERRY_MUST_LINK([sendmsg], [msg_accrights is])
    _FDFERRY_MUST_LINK([recvmsg], [msg_accrights is])],
  [streams], [_FDFERRY_DEFINE([FDFERRY_BACKEND_STREAMS], [1])],
  [none], [_FDFERRY_DEFINE([FDFERRY_BACKEND_NONE], [1])],
  [AC_MSG_ERROR([fdferry_cv_backend=$fdferry_cv_backend is unknown: use cmsg, accrights, streams or none])])
# Whatever passes descriptors, addresses and deadlines are there where
# sockets are.
AS_CASE([$fdferry_cv_sockets/$fdferry_cv_backend],
  [yes/cmsg], [fdferry_declared="SCM_RIGHTS and msg_control are"],
  [fdferry_declared="Unix domain sockets are"])
AS_IF([test "$fdferry_cv_sockets" = yes],
  [m4_foreach([_fdferry_f], [getsockname, inet_ntop, if_indextoname,
     clock_gettime, poll, pthread_sigmask],
     [_FDFERRY_MUST_LINK(m4_defn([_fdferry_f]), [$fdferry_declared])
   ])])
AS_IF([test "$fdferry_cv_backend/$fdferry_cv_scm_rights_links" = cmsg/no],
  [AC_MSG_ERROR([SCM_RIGHTS and msg_control are declared, but a program that uses them with CMSG_FIRSTHDR and CMSG_DATA does not link: config.log says why; fdferry_cv_backend=none builds without them])])])

dnl _FDFERRY_MUST_LINK(FUNCTION, WHAT-IS) - an error, never a silent "none".
AC_DEFUN([_FDFERRY_MUST_LINK],
[AS_IF([test "$fdferry_cv_lib_$1" = none],
  [AC_MSG_ERROR([$2 declared, but $1 does not link: name its library in LIBS, as LIBS=-lsocket])])])
