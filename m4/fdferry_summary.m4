# serial 1
dnl FDFERRY_SUMMARY - what was found, in one block for bug reports.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_SUMMARY],
[AS_CASE([$fdferry_cv_backend/$host_os],
  [none/*cygwin*|none/*msys*],
    [fdferry_why=" (declares SCM_RIGHTS, delivers nothing)"],
  [none/*], [fdferry_why=" (calls answer ENOTSUP; SCM_RIGHTS: $fdferry_cv_scm_rights)"],
  [fdferry_why=])
AC_MSG_NOTICE([
  fdferry AC_PACKAGE_VERSION on $host
  backend        $fdferry_cv_backend$fdferry_why
  close-on-exec  MSG_CMSG_CLOEXEC: $fdferry_cv_msg_cmsg_cloexec
  flags          MSG_NOSIGNAL: $fdferry_cv_msg_nosignal, MSG_DONTWAIT: $fdferry_cv_msg_dontwait
  sockets        SO_DOMAIN: $fdferry_cv_so_domain, SO_PROTOCOL: $fdferry_cv_so_protocol, SO_PROTOTYPE: $fdferry_cv_so_prototype, SO_ACCEPTCONN: $fdferry_cv_so_acceptconn
  peer           $fdferry_cv_peercred; close_range: $fdferry_cv_close_range; kqueue: $fdferry_cv_kqueue
  command        $fdferry_command, front and worker: $fdferry_event
  libraries      $fdferry_cv_libs; version map: $fdferry_cv_version_map
  Paste this block into bug reports.])])
