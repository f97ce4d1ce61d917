/* SPDX-License-Identifier: 0BSD */
#include_next <sys/socket.h>
#undef MSG_NOSIGNAL
#undef MSG_DONTWAIT
#undef MSG_CMSG_CLOEXEC
#undef SOCK_CLOEXEC
#undef SO_DOMAIN
#undef SO_PROTOCOL
#undef SO_PEERCRED
#ifndef _LINUX_SOURCE_COMPAT
# undef CMSG_SPACE
# undef CMSG_LEN
#endif
