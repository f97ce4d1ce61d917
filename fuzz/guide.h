/* SPDX-License-Identifier: 0BSD */
/*
 * guide.h - what the fuzzer is told beside the edges that are reached: how
 * much there is of what. An input that has more of something than any other
 * is worth keeping, as one that reaches a new edge is; so it finds its way to
 * where a queue is full, though the code is the same from the second entry on.
 *
 * Clang's fuzzer reads what stands in this section (ELF only). Without
 * FUZZ_GUIDE, in a replay, nobody does.
 */
#ifndef FUZZ_GUIDE_H
#define FUZZ_GUIDE_H 1

#include <stddef.h>
#include <stdint.h>

#define GUIDE_KINDS	96
#define GUIDE_MOST	40	/* more are one and the same */

#ifdef FUZZ_GUIDE
__attribute__((section("__libfuzzer_extra_counters")))
#endif
static uint8_t guide_seen[GUIDE_KINDS][GUIDE_MOST];

static void
guide(unsigned int kind, size_t n)
{
	guide_seen[kind][n < GUIDE_MOST ? n : GUIDE_MOST - 1] = 1;
}

#endif
