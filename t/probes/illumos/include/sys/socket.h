/* SPDX-License-Identifier: 0BSD */
#include_next <sys/socket.h>
#undef MSG_NOSIGNAL
#undef MSG_CMSG_CLOEXEC
#undef SO_PEERCRED
#ifndef PROBES_XPG
# define msg_control host_msg_control
# define msg_controllen host_msg_controllen
#endif
