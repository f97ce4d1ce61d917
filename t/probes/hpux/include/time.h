/* SPDX-License-Identifier: 0BSD */
#include_next <time.h>
#undef CLOCK_MONOTONIC
