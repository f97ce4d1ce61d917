/* SPDX-License-Identifier: 0BSD */
/* What the program asked for, before the host adds its own. */
#ifndef PROBES_FEATURES_H
#define PROBES_FEATURES_H 1
#if defined _XOPEN_SOURCE && (defined __EXTENSIONS__ || defined __hpux)
# define PROBES_XPG 1
#endif
#undef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include_next <features.h>
