/* SPDX-License-Identifier: 0BSD */
#include_next <signal.h>
#undef sigwait
