/* SPDX-License-Identifier: 0BSD */
#include_next <features.h>
#undef __GLIBC_MINOR__
#define __GLIBC_MINOR__ 17
