/* SPDX-License-Identifier: 0BSD */
/*
 * t/76-fuzz-channel.c - the corpus of fuzz/channel.c, and mutations of it,
 * with small queues; t/76-channel-hostile.c has them with the real ones.
 */
#define FEED_SMALL
#include "../fuzz/feed.h"
#include "../lib/backend.h"

static const char *
replay_feature(const char *name)
{
	(void)name;
	return "cmsg";
}

#define fdferry_feature_get replay_feature
#include "../fuzz/channel.c"
#include "../fuzz/channel-mutate.c"
#include "../fuzz/replay.h"

/* What the fuzzer has for those who mutate themselves. */
size_t
LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most)
{
	(void)most;
	return replay_bytes(data, size);
}

int
main(void)
{
	replay_mutator = LLVMFuzzerCustomMutator;
	return replay("channel", 2000);
}
