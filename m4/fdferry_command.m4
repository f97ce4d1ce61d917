# serial 1
dnl FDFERRY_COMMAND - build the command, and its verbs front and worker?
dnl
dnl --disable-command leaves it out. front and worker need libevent 2.1;
dnl without it they are left out and the summary says so.
dnl Sets fdferry_command, fdferry_event, EVENT_LIBS and the conditionals
dnl COMMAND and WITH_EVENT.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_COMMAND],
[AC_ARG_ENABLE([command],
  [AS_HELP_STRING([--disable-command], [build the library only])],
  [fdferry_command=$enableval], [fdferry_command=yes])
fdferry_event=no
EVENT_LIBS=
AS_IF([test "$fdferry_command" = yes],
  [fdferry_save_LIBS=$LIBS
   LIBS="-levent_core $LIBS"
   AC_CACHE_CHECK([for libevent 2.1], [fdferry_cv_libevent],
     [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <event2/event.h>
#if LIBEVENT_VERSION_NUMBER < 0x02010000
#error too old
#endif]], [[return event_base_new() == 0;]])],
       [fdferry_cv_libevent=yes], [fdferry_cv_libevent=no])])
   LIBS=$fdferry_save_LIBS
   AS_IF([test "$fdferry_cv_libevent" = yes],
     [fdferry_event=yes EVENT_LIBS=-levent_core])])
AC_SUBST([EVENT_LIBS])
AM_CONDITIONAL([COMMAND], [test "$fdferry_command" = yes])
AM_CONDITIONAL([WITH_EVENT], [test "$fdferry_event" = yes])])
