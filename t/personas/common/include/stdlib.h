/* SPDX-License-Identifier: 0BSD */
/* Systems without glibc's macros show these by default. */
#ifndef PERSONA_STDLIB_H
#define PERSONA_STDLIB_H 1

#include_next <stdlib.h>

int posix_openpt(int);
char *mkdtemp(char *);
#ifdef __sun
void closefrom(int);
#endif

#else

/* glibc asks for parts of it (__need_malloc_and_calloc and the like). */
#include_next <stdlib.h>

#endif
