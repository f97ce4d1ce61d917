/* SPDX-License-Identifier: 0BSD */
/*
 * What the program itself asked for, noted before glibc adds its own; and
 * "everything", where the persona's system shows everything by default.
 */
#ifndef PERSONA_FEATURES_H
#define PERSONA_FEATURES_H 1

#if defined _XOPEN_SOURCE && defined __EXTENSIONS__
# if _XOPEN_SOURCE >= 500
#  define PERSONA_XPG 1
# endif
#endif
#if defined _POSIX_C_SOURCE || defined _POSIX_SOURCE \
    || defined _XOPEN_SOURCE || defined _ANSI_SOURCE
# define PERSONA_ASKED_POSIX 1
#endif
#if defined PERSONA_SHOWS_ALL && !defined _GNU_SOURCE
# define _GNU_SOURCE 1
#endif
#if defined _BSD_SOURCE && !defined _DEFAULT_SOURCE	/* else it warns */
# define _DEFAULT_SOURCE 1
#endif
#include_next <features.h>

#endif
