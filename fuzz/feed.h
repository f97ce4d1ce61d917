/* SPDX-License-Identifier: 0BSD */
/* feed.h - the shape of the inputs of fuzz/channel.c, see there. First of all
   to be included: it may make the library's limits smaller. */
#ifndef FUZZ_FEED_H
#define FUZZ_FEED_H 1

#ifdef FEED_SMALL	/* the channel's queues */
# define FDFERRY__FRAME_FDS	7
# define FDFERRY__FIFO		16
# define FDFERRY__EVENTS_MOST	8
# define FDFERRY__REJECTIONS	16
#endif

#define FEED_HEAD	5	/* bytes before the first send */
#define FEED_SEND	3	/* bytes before those of a send */
#define FEED_LOST	0x8000u	/* of its length: the descriptors are lost, */
#define FEED_CUT	0x80u	/* as is told by EMSGSIZE, else by EMFILE */

#endif
