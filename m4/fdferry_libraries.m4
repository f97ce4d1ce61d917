# serial 2
dnl FDFERRY_LIBRARIES - the libraries of the functions that the library calls,
dnl each function by itself: Solaris of old has sendmsg in socket, inet_ntop in
dnl nsl and clock_gettime in rt; Haiku has all of sockets in network; AIX has
dnl pthread_sigmask in pthreads; HP-UX has two kinds of sendmsg, and the one
dnl for msg_control in xnet, which must come before the C library.
dnl
dnl Sets cache fdferry_cv_lib_FUNCTION to libc, the libraries, or none, and
dnl FDFERRY_LIBS to all of them together. Which functions must be there,
dnl FDFERRY_BACKEND says.
dnl
dnl SPDX-License-Identifier: FSFAP

dnl _FDFERRY_LIBRARY(FUNCTION, HEADERS, CALL, [LIBS-VARIABLE]) - look for
dnl FUNCTION: in the C library, in what others needed, elsewhere. What it needs
dnl goes in front.
AC_DEFUN([_FDFERRY_LIBRARY],
[m4_pushdef([_fdferry_libs], m4_default([$4], [FDFERRY_LIBS]))dnl
AC_CACHE_CHECK([for the library with $1], [fdferry_cv_lib_$1],
  [fdferry_cv_lib_$1=none
   fdferry_save_LIBS=$LIBS
   fdferry_save_CPPFLAGS=$CPPFLAGS
   CPPFLAGS="$CPPFLAGS $fdferry_probe_CPPFLAGS"
   for fdferry_try in $fdferry_first libc "$_fdferry_libs" -lsocket -lnsl \
       "-lsocket -lnsl" -lnetwork -lxnet -lrt -lpthread -lpthreads; do
     AS_CASE([$fdferry_try], [""], [continue],
       [libc], [LIBS=$fdferry_save_LIBS],
       [LIBS="$fdferry_try $_fdferry_libs $fdferry_save_LIBS"])
     AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include "detect.h"
$2]], [[$3]])], [fdferry_cv_lib_$1=$fdferry_try])
     test "$fdferry_cv_lib_$1" = none || break
   done
   LIBS=$fdferry_save_LIBS
   CPPFLAGS=$fdferry_save_CPPFLAGS])
_FDFERRY_ALLOWED([fdferry_cv_lib_$1], [libc|none|-l*],
  [libc, none or libraries such as -lsocket])
AS_CASE([$fdferry_cv_lib_$1/" $_fdferry_libs "], [libc/*|none/*], [],
  [*/*" $fdferry_cv_lib_$1 "*], [],
  [_fdferry_libs="$fdferry_cv_lib_$1${_fdferry_libs:+ $_fdferry_libs}"])
m4_popdef([_fdferry_libs])])

AC_DEFUN([FDFERRY_LIBRARIES],
[AC_REQUIRE([FDFERRY_MSGHDR])
FDFERRY_LIBS=
# HP-UX: the C library's sendmsg links as well, and reads another msghdr.
AS_CASE([$host_os/$fdferry_cv_xpg], [hpux*/yes], [fdferry_first=-lxnet],
  [fdferry_first=])
_FDFERRY_LIBRARY([sendmsg], [],
  [struct msghdr m; m.msg_iov = 0; return sendmsg(0, &m, 0) < 0;])
_FDFERRY_LIBRARY([recvmsg], [],
  [struct msghdr m; m.msg_iov = 0; return recvmsg(0, &m, 0) < 0;])
_FDFERRY_LIBRARY([getsockname], [],
  [struct sockaddr_un un; socklen_t n = sizeof un;
   return getsockname(0, (struct sockaddr *)(void *)&un, &n)
       + getpeername(0, (struct sockaddr *)(void *)&un, &n)
       + getsockopt(0, 0, 0, (void *)&un, &n)
       + setsockopt(0, 0, 0, (void *)&un, n);])
_FDFERRY_LIBRARY([if_indextoname], [#include <net/if.h>],
  [char t@<:@IF_NAMESIZE@:>@; return if_indextoname(1, t) == 0;])
_FDFERRY_LIBRARY([inet_ntop], [#include <netinet/in.h>
#include <arpa/inet.h>],
  [char t@<:@64@:>@; struct in_addr a; a.s_addr = 0; return inet_ntop(AF_INET, &a, t, sizeof t) == 0;])
_FDFERRY_LIBRARY([clock_gettime], [#include <time.h>],
  [struct timespec t; return clock_gettime(CLOCK_REALTIME, &t);])
_FDFERRY_LIBRARY([poll], [#include <poll.h>],
  [struct pollfd p; p.fd = -1; return poll(&p, 1, 0);])
# Where MSG_NOSIGNAL does it, lib/wait.c has no need of them.
_FDFERRY_LIBRARY([pthread_sigmask], [#include "quirks.h"
#include <signal.h>
#if FDFERRY_HAVE_MSG_NOSIGNAL && !FDFERRY_QUIRK_NOSIGNAL_UNPROVEN
#define pthread_sigmask(how, set, old) 0
#define sigwait(set, sig) 0
#define sigpending(set) 0
#endif],
  [sigset_t set; int sig = 0; sigemptyset(&set);
   return pthread_sigmask(SIG_BLOCK, &set, 0) + sigpending(&set)
       + sigwait(&set, &sig) + sig;])])
