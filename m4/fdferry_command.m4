# serial 3
dnl FDFERRY_COMMAND - build the command, and its verbs front and worker?
dnl
dnl --disable-command leaves it out. front and worker need libevent 2.1;
dnl without it they are left out and the summary says so. It is looked for
dnl where the user says (EVENT_CFLAGS, EVENT_LIBS), else where the compiler
dnl looks by itself, else where pkg-config says: the packages of the BSDs and
dnl of Homebrew lie elsewhere.
dnl Sets fdferry_command, fdferry_event and the conditionals COMMAND and
dnl WITH_EVENT.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_COMMAND],
[AC_ARG_ENABLE([command],
  [AS_HELP_STRING([--disable-command], [build the library only])],
  [fdferry_command=$enableval], [fdferry_command=yes])
AC_ARG_VAR([EVENT_CFLAGS], [how to compile with libevent's headers])
AC_ARG_VAR([EVENT_LIBS], [how to link with libevent [-levent_core]])
AC_CHECK_TOOL([PKG_CONFIG], [pkg-config])
fdferry_event=no
AS_IF([test "$fdferry_command" = yes],
  [AC_CACHE_CHECK([for libevent 2.1], [fdferry_cv_libevent],
     [fdferry_cv_libevent=no
      _FDFERRY_EVENT([$EVENT_CFLAGS], [${EVENT_LIBS:--levent_core}])
      AS_IF([test "$fdferry_cv_libevent$EVENT_LIBS" = no &&
             test -n "$PKG_CONFIG"],
        [_FDFERRY_EVENT([`$PKG_CONFIG --cflags libevent_core 2>/dev/null`],
           [`$PKG_CONFIG --libs libevent_core 2>/dev/null`])])])
   _FDFERRY_ALLOWED([fdferry_cv_libevent], [no|*'|'*],
     [no, or CFLAGS|LIBS as -I/opt/include|-levent_core])
   AS_IF([test "$fdferry_cv_libevent" != no],
     [fdferry_event=yes
      EVENT_CFLAGS=${fdferry_cv_libevent%%|*}
      EVENT_LIBS=${fdferry_cv_libevent##*|}])])
AS_IF([test "$fdferry_command/$fdferry_cv_sockets" = yes/yes],
  [FDFERRY_COMMAND_LIBS=$FDFERRY_LIBS
   _FDFERRY_LIBRARY([socket], [],
     [return socket(0, 0, 0) + listen(0, 0) + accept(0, 0, 0)
	  + connect(0, 0, 0) + bind(0, 0, 0);], [FDFERRY_COMMAND_LIBS])
   _FDFERRY_LIBRARY([getaddrinfo], [#include <netdb.h>],
     [struct addrinfo *list = 0; int rc = getaddrinfo("", "", 0, &list);
      freeaddrinfo(list); return gai_strerror(rc) == 0;],
     [FDFERRY_COMMAND_LIBS])
   m4_foreach([_fdferry_f], [socket, getaddrinfo],
     [AS_IF([test "$fdferry_cv_lib_]m4_defn([_fdferry_f])[" = none],
        [AC_MSG_ERROR([the command needs ]m4_defn([_fdferry_f])[, which does not link: name its library in LIBS, or say --disable-command])])
   ])])
AC_SUBST([FDFERRY_COMMAND_LIBS])
AM_CONDITIONAL([COMMAND], [test "$fdferry_command" = yes])
AM_CONDITIONAL([WITH_EVENT], [test "$fdferry_event" = yes])])

dnl _FDFERRY_EVENT(CFLAGS, LIBS) - are these right? The answer holds them.
AC_DEFUN([_FDFERRY_EVENT],
[fdferry_event_cflags=$1
fdferry_event_libs=$2
fdferry_save_CPPFLAGS=$CPPFLAGS
fdferry_save_LIBS=$LIBS
CPPFLAGS="$CPPFLAGS $fdferry_event_cflags"
LIBS="$fdferry_event_libs $LIBS"
AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <event2/event.h>
#if LIBEVENT_VERSION_NUMBER < 0x02010000
#error too old
#endif]], [[return event_base_new() == 0;]])],
  [fdferry_cv_libevent="$fdferry_event_cflags|$fdferry_event_libs"])
CPPFLAGS=$fdferry_save_CPPFLAGS
LIBS=$fdferry_save_LIBS])
