/* SPDX-License-Identifier: 0BSD */
/* ours.h - what ours.c lists, and who brings it. */
#ifndef BENCH_OURS_H
#define BENCH_OURS_H 1

#include <stddef.h>

/* raw.c */
void raw_open(int out, int in);
void raw_send(const int *fds, size_t n);
void raw_recv(size_t n);

/* channels.c */
void channel_open(int out, int in);
void channel_send(const int *fds, size_t n);
void loop_send(const int *fds, size_t n);
void channel_recv(size_t n);
void channel_settle(void);
void handoff_send(const int *fds, size_t n);
void handoff_recv(size_t n);

#endif
