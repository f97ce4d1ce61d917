/* SPDX-License-Identifier: 0BSD */
#include_next <signal.h>
#ifndef _POSIX_PTHREAD_SEMANTICS
# define sigwait(set) (sigwait)((set), 0)
#endif
