/* SPDX-License-Identifier: 0BSD */
#include_next <sys/socket.h>
#undef MSG_DONTWAIT
#undef SOCK_CLOEXEC
#undef SO_DOMAIN
#undef SO_PROTOCOL
