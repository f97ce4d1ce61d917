/* SPDX-License-Identifier: 0BSD */
/*
 * t/76-fuzz-channel.c - the corpus of fuzz/channel.c, and mutations of it,
 * with small queues; t/76-channel-hostile.c has them with the real ones.
 */
#define FEED_SMALL
#include "../lib/backend.h"

static const char *
replay_feature(const char *name)
{
	(void)name;
	return "cmsg";
}

#define fdferry_feature_get replay_feature
#include "../fuzz/channel.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("channel", 2000);
}
