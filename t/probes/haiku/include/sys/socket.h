/* SPDX-License-Identifier: 0BSD */
#include_next <sys/socket.h>
/* As glibc's and Haiku's have it. */
#define SO_PEERCRED 17
