/* SPDX-License-Identifier: 0BSD */
#include_next <features.h>
#undef __GLIBC__
#undef __GLIBC_MINOR__
