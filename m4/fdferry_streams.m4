# serial 1
dnl FDFERRY_STREAMS - I_SENDFD and I_RECVFD with struct strrecvfd (System V
dnl STREAMS). Cache fdferry_cv_streams. Old glibc and musl declare them, and
dnl no kernel below answers: so this is the last choice of FDFERRY_BACKEND.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_STREAMS],
[_FDFERRY_PROBE([for I_SENDFD and I_RECVFD], [fdferry_cv_streams],
  [FDFERRY_HAVE_STREAMS],
  [AC_LANG_PROGRAM([[#include "detect.h"
#include <stropts.h>
#include <unistd.h>]], [[struct strrecvfd r; r.fd = -1;
    return ioctl(0, I_SENDFD, 1) < 0 && ioctl(0, I_RECVFD, &r) < 0
	&& isastream(0) && r.fd < 0;]])], [link])])
