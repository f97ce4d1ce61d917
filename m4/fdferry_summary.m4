# serial 3
dnl FDFERRY_SUMMARY - what was found, in one block for bug reports.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_SUMMARY],
[AC_MSG_NOTICE([
  fdferry AC_PACKAGE_VERSION on $host
  backend        $fdferry_cv_backend${fdferry_backend_why:+ ($fdferry_backend_why; calls answer ENOTSUP)}
  found          msghdr: $fdferry_cv_msghdr, X/Open macros: $fdferry_cv_xpg, SCM_RIGHTS: $fdferry_cv_scm_rights, cmsghdr: $fdferry_cv_cmsghdr, I_SENDFD: $fdferry_cv_streams
  macros         CMSG_ FIRSTHDR: $fdferry_cv_cmsg_firsthdr, NXTHDR: $fdferry_cv_cmsg_nxthdr, DATA: $fdferry_cv_cmsg_data, LEN: $fdferry_cv_cmsg_len, SPACE: $fdferry_cv_cmsg_space, ALIGN: $fdferry_cv_cmsg_align
  layout         CMSG_LEN(0): $fdferry_cv_layout_cmsg_len_0, CMSG_SPACE(4): $fdferry_cv_layout_cmsg_space_4, (8): $fdferry_cv_layout_cmsg_space_8, constant: $fdferry_cv_cmsg_constant; iovlen: $fdferry_cv_layout_msg_iovlen, controllen: $fdferry_cv_layout_msg_controllen, cmsg_len: $fdferry_cv_layout_cmsg_len
  flags          MSG_CMSG_CLOEXEC: $fdferry_cv_msg_cmsg_cloexec, CLOFORK: $fdferry_cv_msg_cmsg_clofork, MSG_NOSIGNAL: $fdferry_cv_msg_nosignal, SO_NOSIGPIPE: $fdferry_cv_so_nosigpipe, MSG_DONTWAIT: $fdferry_cv_msg_dontwait
  sockets        SO_DOMAIN: $fdferry_cv_so_domain, PROTOCOL: $fdferry_cv_so_protocol, PROTOTYPE: $fdferry_cv_so_prototype, ACCEPTCONN: $fdferry_cv_so_acceptconn, PASSRIGHTS: $fdferry_cv_so_passrights, RIGHTS_NOTRUNC: $fdferry_cv_so_rights_notrunc
  peer           $fdferry_cv_peercred; close_range: $fdferry_cv_close_range, closefrom: $fdferry_cv_closefrom, accept4: $fdferry_cv_accept4, kqueue: $fdferry_cv_kqueue, statx: $fdferry_cv_statx, flock: $fdferry_cv_flock, sun_len: $fdferry_cv_sun_len
  command        $fdferry_command, front and worker: $fdferry_event
  libraries      ${FDFERRY_LIBS:-libc}; version map: $fdferry_cv_version_map
  Paste this block into bug reports.])])
