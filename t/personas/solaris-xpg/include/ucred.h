/* SPDX-License-Identifier: 0BSD */
#ifndef PERSONA_UCRED_H
#define PERSONA_UCRED_H 1

#include <sys/types.h>

typedef struct ucred_s ucred_t;

int getpeerucred(int, ucred_t **);
uid_t ucred_geteuid(const ucred_t *);
gid_t ucred_getegid(const ucred_t *);
pid_t ucred_getpid(const ucred_t *);
void ucred_free(ucred_t *);

#endif
