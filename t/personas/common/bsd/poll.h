/* SPDX-License-Identifier: 0BSD */
/* POLLRDHUP is Linux's. */
#include_next <poll.h>
#undef POLLRDHUP
