# serial 2
dnl FDFERRY_CMSG - SCM_RIGHTS and the control message macros, one by one.
dnl Each is a cache variable fdferry_cv_<name in lower case>; and
dnl fdferry_cv_cmsghdr says whether struct cmsghdr is complete (not on WASI).
dnl
dnl CMSG_LEN and CMSG_SPACE that lib/detect.h computes are not the system's.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_CMSG],
[_FDFERRY_MACRO([SCM_RIGHTS])
_FDFERRY_PROBE([for a complete struct cmsghdr], [fdferry_cv_cmsghdr],
  [],
  [AC_LANG_PROGRAM([[#include "detect.h"]],
    [[struct cmsghdr c; c.cmsg_len = sizeof c; c.cmsg_level = c.cmsg_type = 1;
      return c.cmsg_len == 0;]])])
_FDFERRY_MACRO([CMSG_FIRSTHDR])
_FDFERRY_MACRO([CMSG_NXTHDR])
_FDFERRY_MACRO([CMSG_DATA])
_FDFERRY_MACRO([CMSG_LEN])
_FDFERRY_MACRO([CMSG_SPACE])
_FDFERRY_MACRO([CMSG_ALIGN])])
