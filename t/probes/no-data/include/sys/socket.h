/* SPDX-License-Identifier: 0BSD */
#include_next <sys/socket.h>
#undef CMSG_DATA
