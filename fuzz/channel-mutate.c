/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/channel-mutate.c - new inputs of fuzz/channel.c out of others. The
 * fuzzer knows bytes; here they are sends of a peer: one is repeated, cut into
 * pieces that each bring descriptors, put elsewhere, its descriptors are lost
 * or come, a right frame is put between two, a header is made to say what is
 * there. Half of the time the fuzzer's own mutations are taken as before.
 */
#include "feed.h"
#include "../lib/channel.h"

#include <string.h>

#include "fuzz.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
    unsigned int seed);

#define SENDS_MOST	400

struct send {
	const uint8_t *bytes;
	size_t len;
	unsigned int nfds, lost;
};

static struct send sends[SENDS_MOST];
static size_t nsends;
static uint8_t source[8192], pool[32768];	/* where bytes of sends are */
static size_t pool_used;
static uint32_t state;

static uint32_t
chance(size_t below)
{
	state = state * 1664525u + 1013904223u;
	return (uint32_t)((state >> 8) % below);
}

/* Room for bytes of sends, or NULL. */
static uint8_t *
pool_take(const uint8_t *bytes, size_t len)
{
	uint8_t *at = pool + pool_used;

	if (len > sizeof pool - pool_used)
		return NULL;
	pool_used += len;
	memcpy(at, bytes, len);
	return at;
}

/* A place for `n` more behind the first `i`. */
static int
sends_open(size_t i, size_t n)
{
	if (n > SENDS_MOST - nsends)
		return 0;
	memmove(sends + i + n, sends + i, (nsends - i) * sizeof *sends);
	nsends += n;
	return 1;
}

static void
sends_read(const uint8_t *data, size_t size)
{
	struct send *s;
	size_t len;

	nsends = pool_used = 0;
	while (size > FEED_SEND && nsends < SENDS_MOST) {
		s = &sends[nsends++];
		len = data[1] + data[2] * 256u;
		s->nfds = data[0];
		s->lost = (unsigned int)len & FEED_LOST;
		s->len = len & ~(size_t)FEED_LOST;
		if (s->len > size - FEED_SEND)
			s->len = size - FEED_SEND;
		s->bytes = data + FEED_SEND;
		data += FEED_SEND + s->len;
		size -= FEED_SEND + s->len;
	}
}

/* Returns the new size: those that fit. */
static size_t
sends_write(uint8_t *data, size_t most)
{
	size_t i, len, size = 0;

	for (i = 0; i < nsends; i++) {
		len = sends[i].len | sends[i].lost;
		if (sends[i].len > most - size
		    || FEED_SEND > most - size - sends[i].len)
			break;
		data[size] = (uint8_t)sends[i].nfds;
		data[size + 1] = (uint8_t)(len & 255);
		data[size + 2] = (uint8_t)(len >> 8);
		memcpy(data + size + FEED_SEND, sends[i].bytes, sends[i].len);
		size += FEED_SEND + sends[i].len;
	}
	return size;
}

/* ------------------------------------------------ one change ------------ */

static void
change_fds(struct send *s)
{
	if (chance(2))
		s->lost ^= FEED_LOST;
	else
		s->nfds = chance(4) ? chance(FDFERRY__FRAME_FDS + 2)
		    : chance(256);
}

static void
repeat(size_t i)
{
	size_t k, n = 1 + chance(chance(3) ? 3 : 24);

	if (sends_open(i, n))
		for (k = 0; k < n; k++)
			sends[i + k] = sends[i + n];
}

/* Pieces of `len`; each brings what the whole did, or is changed. */
static void
cut(size_t i, size_t len)
{
	size_t k, n = len > 0 ? sends[i].len / len : 0;
	struct send whole = sends[i];
	int same = chance(2) != 0;

	if (n == 0 || whole.len == len || !sends_open(i, n))
		return;
	for (k = 0; k <= n; k++) {
		sends[i + k] = whole;
		sends[i + k].bytes += k * len;
		sends[i + k].len = k < n ? len : whole.len - n * len;
		if (k > 0 && !same)
			change_fds(&sends[i + k]);
	}
	if (sends[i + n].len == 0) {	/* nothing is left for the last */
		memmove(sends + i + n, sends + i + n + 1,
		    (nsends - i - n - 1) * sizeof *sends);
		nsends--;
	}
}

static void
drop(size_t i)
{
	nsends--;
	memmove(sends + i, sends + i + 1, (nsends - i) * sizeof *sends);
}

static void
move(size_t i)
{
	struct send moved = sends[i];

	drop(i);
	i = chance(nsends + 1);
	if (sends_open(i, 1))
		sends[i] = moved;
}

static void
join(size_t i)
{
	struct send *s = &sends[i];
	const uint8_t *first = pool_take(s->bytes, s->len);

	if (first == NULL || i + 1 == nsends
	    || pool_take(s[1].bytes, s[1].len) == NULL)
		return;
	s->bytes = first;
	s->len += s[1].len;
	drop(i + 1);
}

static void
header_put(uint8_t *head, const struct send *s, unsigned int type,
    unsigned int id)
{
	struct fdferry__frame f;

	memset(&f, 0, sizeof f);
	f.type = type;
	f.id = type == FDFERRY__BYE || type == FDFERRY__HELLO ? 0 : id;
	if (type <= FDFERRY__MORE) {
		f.length = (uint32_t)(s->len - FDFERRY__HEAD);
		f.fds = type == FDFERRY__HELLO ? 0 : s->nfds;
	}
	if (type == FDFERRY__MESSAGE || type == FDFERRY__OFFER) {
		f.arg = f.length;
		f.arg_fds = f.fds;
	}
	if (type == FDFERRY__MESSAGE && chance(3) == 0) {
		f.arg += chance(200);	/* more follows */
		f.arg_fds += chance(9);
	}
	if (type == FDFERRY__REJECT || type == FDFERRY__REFUSE)
		f.arg = chance(8);
	fdferry__frame_encode(head, &f);
}

static int
header_begins(const struct send *s)
{
	return s->len >= FDFERRY__HEAD
	    && fdferry__frame_begins(s->bytes, s->len);
}

/* A header that fits what is sent with it, if there is one. */
static void
header_right(struct send *s)
{
	uint8_t *bytes;

	if (!header_begins(s)
	    || (bytes = pool_take(s->bytes, s->len)) == NULL)
		return;
	header_put(bytes, s, chance(2) ? bytes[5] : 1 + chance(FDFERRY__BYE),
	    chance(2) ? bytes[8] : chance(12));
	s->bytes = bytes;
}

/* Messages that were repeated or moved get numbers that go up again. */
static void
renumber(void)
{
	unsigned int n = 0;
	uint8_t *bytes;
	size_t i;

	for (i = 0; i < nsends; i++) {
		if (!header_begins(&sends[i])
		    || sends[i].bytes[5] < FDFERRY__MESSAGE
		    || sends[i].bytes[5] > FDFERRY__ABORT)
			continue;
		if ((bytes = pool_take(sends[i].bytes, sends[i].len)) == NULL)
			return;
		n += bytes[5] == FDFERRY__MESSAGE || bytes[5] == FDFERRY__OFFER;
		memset(bytes + 8, 0, 8);
		bytes[8] = (uint8_t)(n & 255);
		bytes[9] = (uint8_t)(n >> 8);
		sends[i].bytes = bytes;
	}
}

/* A whole new frame. */
static void
frame_new(size_t i)
{
	static const uint8_t nothing[FDFERRY__HEAD + 256];
	unsigned int type = 2 + chance(FDFERRY__BYE - 1);
	size_t len = type <= FDFERRY__MORE ? chance(chance(2) ? 8 : 200) : 0;
	uint8_t *bytes = pool_take(nothing, FDFERRY__HEAD + len);
	struct send *s = &sends[i];

	if (bytes == NULL || !sends_open(i, 1))
		return;
	s->bytes = bytes;
	s->len = FDFERRY__HEAD + len;
	s->lost = 0;
	s->nfds = type == FDFERRY__OFFER;
	if (type == FDFERRY__MESSAGE || type == FDFERRY__MORE)
		s->nfds = chance(FDFERRY__FRAME_FDS + 1);
	header_put(bytes, s, type, chance(12));
}

static void
change(size_t i)
{
	static const size_t pieces[] = { 1, 1, 2, 7, 16, 31, 32, 33 };

	switch (chance(11)) {
	case 0:
		repeat(i);
		if (chance(2))
			renumber();
		break;
	case 1: cut(i, pieces[chance(8)]); break;
	case 2: cut(i, chance(sends[i].len + 1)); break;
	case 3: drop(i); break;
	case 4: move(i); break;
	case 5: join(i); break;
	case 6: header_right(&sends[i]); break;
	case 7: frame_new(i); break;
	case 8: renumber(); break;
	default: change_fds(&sends[i]); break;
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
    unsigned int seed)
{
	unsigned int n;

	state = seed;
	if (chance(2) || size <= FEED_HEAD || size > sizeof source)
		return LLVMFuzzerMutate(data, size, most);
	memcpy(source, data, size);
	sends_read(source + FEED_HEAD, size - FEED_HEAD);
	for (n = 1 + chance(4); n > 0; n--)
		if (nsends > 0 && chance(5))
			change(chance(nsends));
		else
			data[chance(FEED_HEAD)] = (uint8_t)chance(256);
	return FEED_HEAD + sends_write(data + FEED_HEAD, most - FEED_HEAD);
}
