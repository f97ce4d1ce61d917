/* SPDX-License-Identifier: 0BSD */
#include_next <sys/socket.h>
#undef SCM_RIGHTS
