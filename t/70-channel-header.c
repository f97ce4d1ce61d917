/* SPDX-License-Identifier: 0BSD */
/*
 * t/70-channel-header.c - what is no frame is told by its 32 bytes alone: each
 * type in its least form, and each field of it as it must not be.
 */
#include "fakechan.h"

struct header {
	const char *name;
	unsigned int type;
	unsigned long id, length, fds, arg, arg_fds;
};

static unsigned char head[32];

static int
verdict(const struct header *h, struct fdferry__frame *f)
{
	raw_head(head, h->type, h->id, h->length, h->fds, h->arg, h->arg_fds);
	memset(f, 0x55, sizeof *f);
	return fdferry__frame_decode(head, f);
}

/* Is it written as it was read? */
static int
same_again(const struct fdferry__frame *f)
{
	unsigned char again[32];

	memset(again, 0x55, sizeof again);
	fdferry__frame_encode(again, f);
	return memcmp(again, head, sizeof again) == 0;
}

static void
good(void)
{
	static const struct header frames[] = {
		{ "HELLO", HELLO, 0, 32, 0, 0, 0 },
		{ "HELLO of a later version", HELLO, 0, 16352, 0, 0, 0 },
		{ "MESSAGE of nothing", MESSAGE, 1, 0, 0, 0, 0 },
		{ "MESSAGE, whole", MESSAGE, 1, 16352, 253, 16352, 253 },
		{ "MESSAGE, its begin", MESSAGE, 1, 1, 1, 2, 2 },
		{ "MESSAGE, larger than any", MESSAGE, 1, 0, 0, 0xffffffff,
			0xffffffff },
		{ "OFFER", OFFER, 2, 0, 1, 0, 1 },
		{ "OFFER with data", OFFER, 2, 16352, 1, 16352, 1 },
		{ "MORE of a byte", MORE, 1, 1, 0, 0, 0 },
		{ "MORE of a descriptor", MORE, 1, 0, 1, 0, 0 },
		{ "MORE of both", MORE, 1, 16352, 253, 0, 0 },
		{ "ABORT", ABORT, 1, 0, 0, 0, 0 },
		{ "REJECT", REJECT, 1, 0, 0, 0, 0 },
		{ "REJECT, why", REJECT, 1, 0, 0, 0xffffffff, 0 },
		{ "ACCEPT", ACCEPT, 2, 0, 0, 0, 0 },
		{ "REFUSE", REFUSE, 2, 0, 0, 0, 0 },
		{ "REFUSE, why", REFUSE, 2, 0, 0, 256, 0 },
		{ "CANCEL", CANCEL, 2, 0, 0, 0, 0 },
		{ "CANCELLED", CANCELLED, 2, 0, 0, 0, 0 },
		{ "BYE", BYE, 0, 0, 0, 0, 0 },
	};
	const size_t n = sizeof frames / sizeof frames[0];
	struct fdferry__frame f;
	size_t i, right = 0;

	for (i = 0; i < n; i++)
		if (verdict(&frames[i], &f) == 0 && f.type == frames[i].type
		    && f.id == frames[i].id && f.length == frames[i].length
		    && f.fds == frames[i].fds && f.arg == frames[i].arg
		    && f.arg_fds == frames[i].arg_fds && same_again(&f))
			right++;
		else
			diag("%s", frames[i].name);
	is((long)n, (long)right, "each type, as it may be");
}

static void
bad(void)
{
	static const struct header frames[] = {
		{ "no type", 0, 1, 0, 0, 0, 0 },
		{ "no type, no id", 0, 0, 0, 0, 0, 0 },
		{ "a type above all", 12, 1, 0, 0, 0, 0 },
		{ "that without id", 12, 0, 0, 0, 0, 0 },
		{ "the last type", 255, 1, 0, 0, 0, 0 },
		{ "HELLO with an id", HELLO, 1, 32, 0, 0, 0 },
		{ "HELLO, too short", HELLO, 0, 31, 0, 0, 0 },
		{ "HELLO with a descriptor", HELLO, 0, 32, 1, 0, 0 },
		{ "HELLO of a message", HELLO, 0, 32, 0, 1, 0 },
		{ "HELLO of descriptors", HELLO, 0, 32, 0, 0, 1 },
		{ "MESSAGE without id", MESSAGE, 0, 0, 0, 0, 0 },
		{ "MESSAGE with more than its data", MESSAGE, 1, 1, 0, 0, 0 },
		{ "MESSAGE with more than its descriptors", MESSAGE, 1, 0, 1,
			0, 0 },
		{ "data above a frame", MESSAGE, 1, 16353, 0, 16353, 0 },
		{ "descriptors above a frame", MESSAGE, 1, 0, 254, 0, 254 },
		{ "OFFER without id", OFFER, 0, 0, 1, 0, 1 },
		{ "OFFER, not whole", OFFER, 2, 0, 1, 1, 1 },
		{ "OFFER, more than whole", OFFER, 2, 1, 1, 0, 1 },
		{ "OFFER of nothing", OFFER, 2, 0, 0, 0, 1 },
		{ "OFFER of none", OFFER, 2, 0, 0, 0, 0 },
		{ "OFFER of two", OFFER, 2, 0, 2, 0, 2 },
		{ "OFFER of two, one here", OFFER, 2, 0, 1, 0, 2 },
		{ "MORE without id", MORE, 0, 1, 0, 0, 0 },
		{ "MORE of nothing", MORE, 1, 0, 0, 0, 0 },
		{ "MORE, a length again", MORE, 1, 1, 0, 1, 0 },
		{ "MORE, a number again", MORE, 1, 1, 0, 0, 1 },
		{ "BYE with an id", BYE, 1, 0, 0, 0, 0 },
		{ "BYE with data", BYE, 0, 1, 0, 0, 0 },
		{ "BYE with a descriptor", BYE, 0, 0, 1, 0, 0 },
		{ "BYE with a reason", BYE, 0, 0, 0, 1, 0 },
		{ "BYE of descriptors", BYE, 0, 0, 0, 0, 1 },
	};
	const size_t n = sizeof frames / sizeof frames[0];
	struct fdferry__frame f;
	size_t i, right = 0;

	for (i = 0; i < n; i++)
		if (verdict(&frames[i], &f) == EPROTO)
			right++;
		else
			diag("%s", frames[i].name);
	is((long)n, (long)right, "each field, as it must not be");
}

/* The types that say something of an id, and nothing else but a reason. */
static void
answers(void)
{
	static const unsigned int types[] = { ABORT, REJECT, ACCEPT, REFUSE,
		CANCEL, CANCELLED };
	struct fdferry__frame f;
	struct header h;
	size_t i, right = 0;
	int reason;

	for (i = 0; i < 6; i++) {
		memset(&h, 0, sizeof h);
		h.type = types[i];
		right += verdict(&h, &f) == EPROTO;	/* no id */
		h.id = 1;
		h.length = 1;
		right += verdict(&h, &f) == EPROTO;
		h.length = 0;
		h.fds = 1;
		right += verdict(&h, &f) == EPROTO;
		h.fds = 0;
		h.arg_fds = 1;
		right += verdict(&h, &f) == EPROTO;
		h.arg_fds = 0;
		h.arg = 1;
		reason = types[i] == REJECT || types[i] == REFUSE;
		right += verdict(&h, &f) == (reason ? 0 : EPROTO);
	}
	is(6 * 5, (long)right, "answers have an id, and a reason if any");
}

/* Everything that is the same in all of them. */
static void
first_bytes(void)
{
	static const unsigned char magic[] = { 0xFD, 'F', 'R', 'Y' };
	struct fdferry__frame f;
	size_t i, right = 0, begins = 0, n;

	for (i = 0; i < 8; i++) {
		raw_head(head, MESSAGE, 1, 0, 0, 0, 0);
		head[i]++;
		/* The type after MESSAGE is OFFER, without a descriptor. */
		right += fdferry__frame_decode(head, &f)
		    == (i == 4 ? EPROTONOSUPPORT : EPROTO);
	}
	is(8, (long)right, "magic, version and flags");
	memset(head, 0, sizeof head);
	memcpy(head, magic, sizeof magic);
	for (n = 0; n <= 8; n++)
		begins += fdferry__frame_begins(head, n) != 0;
	is(9, (long)begins, "as many bytes as there are begin a frame");
	for (begins = i = 0; i < 4; i++) {
		head[i]++;
		for (n = 0; n <= 8; n++)
			begins += fdferry__frame_begins(head, n) != (n <= i);
		head[i]--;
	}
	is(0, (long)begins, "a wrong one among them does not");
	raw_head(head, MESSAGE, 0, 0, 0, 0, 0);
	for (right = 0, i = 8; i < 16; i++) {
		head[i] = 0x81;
		right += fdferry__frame_decode(head, &f) == 0
		    && f.id == (uint64_t)0x81 << 8 * (i - 8)
		    && same_again(&f);
		head[i] = 0;
	}
	is(8, (long)right, "an id has eight bytes");
}

/* ---- HELLO ---- */

static void
hello(void)
{
	static const struct {
		unsigned char least, most;
		int error;
	} versions[] = { { 1, 1, 0 }, { 0, 1, 0 }, { 1, 2, 0 },
		{ 0, 255, 0 }, { 2, 1, EPROTO }, { 1, 0, EPROTO },
		{ 0, 0, EPROTONOSUPPORT }, { 2, 2, EPROTONOSUPPORT },
		{ 2, 255, EPROTONOSUPPORT } };
	const size_t n = sizeof versions / sizeof versions[0];
	unsigned char data[40];
	struct fdferry__limits l;
	size_t i, right = 0;

	memset(data, 0, sizeof data);
	for (i = 0; i < n; i++) {
		data[0] = versions[i].least;
		data[1] = versions[i].most;
		right += fdferry__hello_decode(data, 32, &l)
		    == versions[i].error;
	}
	is((long)n, (long)right, "HELLO: who speaks version 1 is understood");
	data[0] = data[1] = 1;
	is(EPROTO, fdferry__hello_decode(data, 31, &l), "HELLO: 31 bytes");
	for (i = 2; i < sizeof data; i++)
		data[i] = (unsigned char)i;
	is(0, fdferry__hello_decode(data, sizeof data, &l),
	    "HELLO: what later versions say is not looked at");
	ok(l.bytes == 0x07060504 && l.fds == 0x0b0a0908
	    && l.held == 0x0f0e0d0c && l.offers == 0x13121110,
	    "HELLO: four limits of four bytes");
	fdferry__hello_encode(data, &l);
	for (right = 0, i = 0; i < 32; i++)
		right += data[i] == (i < 2 ? 1 : i < 4 || i >= 20 ? 0 : i);
	is(32, (long)right, "HELLO: said as it is read");
}

/* It need not be whole: a peer that says nonsense is not waited for. */
static void
at_once(void)
{
	begin(NULL, NULL);
	work();
	raw_head(wires[1].bytes + wires[1].len, 12, 1, 100, 0, 0, 0);
	wires[1].len += 32;
	(void)fdferry_channel_work(t.a);
	is(1, fdferry_channel_next(t.a, &t.ev),
	    "a header of no type ends the channel before its data are here");
	ok(t.ev.type == FDFERRY_EVENT_END && t.ev.error == EPROTO, "a breach");
	finish();
}

int
main(void)
{
	chan_need();
	plan(1 + 1 + 1 + 4 + 5 + 2);
	wire_reset();
	good();
	bad();
	answers();
	first_bytes();
	hello();
	at_once();
	return tap_bad;
}
