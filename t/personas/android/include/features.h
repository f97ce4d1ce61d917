/* SPDX-License-Identifier: 0BSD */
/* bionic is not glibc, and _GNU_SOURCE shows all. */
#ifndef PERSONA_FEATURES_H
#define PERSONA_FEATURES_H 1

#include_next <features.h>

#undef __GLIBC__
#undef __GLIBC_MINOR__

#endif
