/* SPDX-License-Identifier: 0BSD */
/* ask.h - ask a front at its control socket, for the verbs that do. */
#ifndef ASK_H
#define ASK_H 1

/* Connect, ask, print the answer; what goes wrong ends the program. `socket`
   is an argument: the path, else a usage error. */
void front_ask(const char *socket, const char *question, long timeout_ms);
#define ASK_MS 10000

#endif
