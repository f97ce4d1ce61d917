/* SPDX-License-Identifier: 0BSD */
/*
 * service.h - what programs that run for long share: what a service manager
 * handed over (inherit.c), as whom they run and how many descriptors they may
 * have (privileges.c), what the service manager is told (notify.c), and signals
 * of writing (signals.c). Uses net/net.h and cli.h.
 */
#ifndef SERVICE_H
#define SERVICE_H 1

#include <stddef.h>

#include "cli.h"

/*
 * Descriptors handed over by a service manager (sd_listen_fds(3)): their
 * number, from 3 on; 0 if there are none or they are another process's
 * (LISTEN_PID). The variables are removed. A wrong number ends the program.
 */
int inherited_fds(void);
/* Why those that are there are not ours; NULL: there are none, or they are. */
const char *inherited_why_not(void);
/* The name of the `i`th from LISTEN_FDNAMES, "" if it has none. */
const char *inherited_name(int i);

/* Become USER[:GROUP], for good; ends the program if that fails. */
void become(const char *user_group);

/* Raise the soft limit of descriptors to the hard one; the new limit. */
long raise_descriptor_limit(void);
/* In a child, before exec: the limit as it was found. */
void restore_descriptor_limit(void);

/* A broken pipe and a file at its limit are told by write(), and kill not;
   in a child, before exec: again as usual. */
void ignore_write_signals(void);
void restore_write_signals(void);

/* Tell the service manager (sd_notify(3)): lines such as READY=1. */
void notify(const char *fmt, ...) CLI_FORMAT(1, 2);

#endif
