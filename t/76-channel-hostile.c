/* SPDX-License-Identifier: 0BSD */
/*
 * t/76-channel-hostile.c - the bytes of the wire as fdferry-wire(5) has
 * them; every field of a header wrong in turn; mutations of a conversation.
 */
#include "../fuzz/channel.c"

#include <dirent.h>
#include <stdio.h>

#include "chan.h"
#include "tap.h"

static unsigned char input[70000];
static size_t input_len;

/* ------------------------------------------------ golden bytes ---------- */

/* One frame that a channel writes, id 0x1122334455667788. */
static int
golden(unsigned int type, uint32_t length, uint32_t fds, uint32_t arg,
    uint32_t arg_fds, const char *bytes)
{
	struct fdferry__frame frame, back;
	unsigned char head[32];
	int same;

	memset(&frame, 0, sizeof frame);
	frame.type = type;
	if (type != FDFERRY__HELLO && type != FDFERRY__BYE)
		frame.id = (uint64_t)0x11223344 << 32 | 0x55667788;
	frame.length = length;
	frame.fds = fds;
	frame.arg = arg;
	frame.arg_fds = arg_fds;
	fdferry__frame_encode(head, &frame);
	same = memcmp(head, bytes, 32) == 0;
	memset(&back, 0, sizeof back);
	return same && fdferry__frame_decode(head, &back) == 0
	    && back.type == frame.type && back.id == frame.id
	    && back.length == length && back.fds == fds && back.arg == arg
	    && back.arg_fds == arg_fds;
}

#define START	"\375FRY\1"
#define ID	"\x88\x77\x66\x55\x44\x33\x22\x11"
#define Z4	"\0\0\0\0"

static void
bytes(void)
{
	static const char hello[] =
	    "\1\1\0\0" "\0\0\x10\0" "\x00\1\0\0" "\0\4\0\0" "\x40\0\0\0"
	    Z4 Z4 Z4;
	struct fdferry__limits limits = { 1048576, 256, 1024, 64 }, back;
	unsigned char data[32];

	ok(golden(FDFERRY__HELLO, 32, 0, 0, 0,
	    START "\1\0\0" Z4 Z4 "\x20\0\0\0" Z4 Z4 Z4), "bytes: HELLO");
	fdferry__hello_encode(data, &limits);
	memset(&back, 0, sizeof back);
	ok(memcmp(data, hello, 32) == 0
	    && fdferry__hello_decode(data, 32, &back) == 0
	    && memcmp(&back, &limits, sizeof back) == 0,
	    "bytes: the data of HELLO");
	ok(golden(FDFERRY__MESSAGE, 0x1234, 3, 0xA1B2C3D4, 0x10203, START
	    "\2\0\0" ID "\x34\x12\0\0" "\3\0\0\0" "\xD4\xC3\xB2\xA1"
	    "\3\2\1\0"), "bytes: MESSAGE");
	ok(golden(FDFERRY__OFFER, 258, 1, 258, 1, START "\3\0\0" ID
	    "\2\1\0\0" "\1\0\0\0" "\2\1\0\0" "\1\0\0\0"), "bytes: OFFER");
	ok(golden(FDFERRY__MORE, 0, 253, 0, 0, START "\4\0\0" ID Z4
	    "\xFD\0\0\0" Z4 Z4), "bytes: MORE");
	ok(golden(FDFERRY__ABORT, 0, 0, 0, 0, START "\5\0\0" ID Z4 Z4 Z4 Z4),
	    "bytes: ABORT");
	ok(golden(FDFERRY__REJECT, 0, 0, 5, 0, START "\6\0\0" ID Z4 Z4
	    "\5\0\0\0" Z4), "bytes: REJECT");
	ok(golden(FDFERRY__ACCEPT, 0, 0, 0, 0, START "\7\0\0" ID Z4 Z4 Z4
	    Z4), "bytes: ACCEPT");
	ok(golden(FDFERRY__REFUSE, 0, 0, 0x01020304, 0, START "\x8\0\0" ID Z4
	    Z4 "\4\3\2\1" Z4), "bytes: REFUSE");
	ok(golden(FDFERRY__CANCEL, 0, 0, 0, 0, START "\x9\0\0" ID Z4 Z4 Z4
	    Z4), "bytes: CANCEL");
	ok(golden(FDFERRY__CANCELLED, 0, 0, 0, 0, START "\xA\0\0" ID Z4 Z4
	    Z4 Z4), "bytes: CANCELLED");
	ok(golden(FDFERRY__BYE, 0, 0, 0, 0, START "\xB\0\0" Z4 Z4 Z4 Z4 Z4
	    Z4), "bytes: BYE");
}

/* ------------------------------------------------ wrong fields ---------- */

static void
add_send(unsigned int nfds, const void *head, const void *data, size_t len)
{
	size_t n = 32 + len;

	input[input_len++] = (unsigned char)nfds;
	input[input_len++] = (unsigned char)(n & 255);
	input[input_len++] = (unsigned char)(n >> 8);
	memcpy(input + input_len, head, 32);
	if (len > 0)
		memcpy(input + input_len + 32, data, len);
	input_len += n;
}

static void
add(unsigned int type, unsigned long id, const char *data, size_t len,
    unsigned int nfds, unsigned long arg, unsigned long arg_fds)
{
	unsigned char head[32];

	raw_head(head, type, id, len, nfds, arg, arg_fds);
	add_send(nfds, head, data, len);
}

static void
add_hello(void)
{
	static const char data[] = "\1\1\0\0\0\0\1\0\0\1\0\0\0\1\0\0\x40\0\0\0"
	    Z4 Z4 Z4;

	add(HELLO, 0, data, 32, 0, 0, 0);
}

static void
start(unsigned int choice)
{
	memset(input, 0, FEED_HEAD);
	input[0] = (unsigned char)choice;
	input_len = FEED_HEAD;
}

/* How the channel ended: 0, an errno, or -1 if it goes on. */
static int
ends(void)
{
	(void)LLVMFuzzerTestOneInput(input, input_len);
	return feed_error;
}

/* A frame right but for one byte, after a HELLO, over stream or records. */
static int
wrong_byte(unsigned int type, size_t at, unsigned char value, int records)
{
	unsigned char head[32];
	unsigned long fds = type == MESSAGE || type == OFFER;

	start(records ? CHOICE_RECORDS : 0);
	add_hello();
	raw_head(head, type, type == BYE ? 0 : 1, 0, fds, 0, fds);
	head[at] = value;
	add_send((unsigned int)fds, head, NULL, 0);
	return ends();
}

static void
fields(void)
{
	static const struct {
		size_t at;
		unsigned char value;
		int error;
		const char *name;
	} wrong[] = {
		{ 0, 'x', EPROTO, "magic, first byte" },
		{ 3, 0, EPROTO, "magic, last byte" },
		{ 4, 0, EPROTONOSUPPORT, "version 0" },
		{ 4, 2, EPROTONOSUPPORT, "version 2" },
		{ 5, 0, EPROTO, "type 0" },
		{ 5, 12, EPROTO, "type 12" },
		{ 6, 1, EPROTO, "flags" },
		{ 7, 128, EPROTO, "flags, high" },
		{ 18, 1, EPROTO, "length" },
		{ 19, 255, EPROTO, "length, high" },
		{ 20, 254, EPROTO, "more descriptors than a frame has" },
		{ 20, 0, EPROTO, "fewer than came" },
		{ 20, 2, EPROTO, "more than came" },
		{ 23, 1, EPROTO, "descriptors, high" },
		{ 28, 0, EPROTO, "fewer in all than in this frame" }
	};
	size_t i;

	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		ok(wrong_byte(MESSAGE, wrong[i].at, wrong[i].value, 0)
		    == wrong[i].error && wrong_byte(MESSAGE, wrong[i].at,
		    wrong[i].value, 1) == wrong[i].error, wrong[i].name);
}

/* Types that carry nothing: any other byte is a breach. */
static void
bare(unsigned int type, const char *name)
{
	size_t at, good = 0, n = 0;

	for (at = 16; at < 32; at++) {
		if ((type == REJECT || type == REFUSE) && at >= 24 && at < 28)
			continue;	/* their reason */
		good += wrong_byte(type, at, 1, 0) == EPROTO;
		n++;
	}
	ok(good == n, name);
}

/* After HELLO these frames: how does it end? */
static void
sequences(void)
{
	start(0);
	add(MESSAGE, 1, NULL, 0, 0, 0, 0);
	ok(ends() == EPROTO, "no HELLO first");
	start(0);
	add_hello();
	add_hello();
	ok(ends() == EPROTO, "two HELLOs");
	start(0);
	add(HELLO, 0, "\2\3\0\0" Z4 Z4 Z4 Z4 Z4 Z4 Z4, 32, 0, 0, 0);
	ok(ends() == EPROTONOSUPPORT, "a HELLO of later versions only");
	start(0);
	add(HELLO, 0, "\1\3\0\0" Z4 Z4 Z4 Z4 Z4 Z4 Z4 "later", 37, 0, 0, 0);
	ok(ends() == -1, "a HELLO that knows more is fine");
	start(0);
	add(HELLO, 0, "\1\1", 2, 0, 0, 0);
	ok(ends() == EPROTO, "a short HELLO");
	start(0);
	add_hello();
	add(MESSAGE, 2, "x", 1, 0, 1, 0);
	add(MESSAGE, 2, "x", 1, 0, 1, 0);
	ok(ends() == EPROTO, "an id twice");
	start(0);
	add_hello();
	add(MESSAGE, 2, "x", 1, 0, 1, 0);
	add(MESSAGE, 1, "x", 1, 0, 1, 0);
	ok(ends() == EPROTO, "an id that goes back");
	start(0);
	add_hello();
	add(MORE, 1, "x", 1, 0, 0, 0);
	ok(ends() == EPROTO, "MORE of nothing");
	start(0);
	add_hello();
	add(MESSAGE, 1, "x", 1, 0, 2, 0);
	add(MORE, 2, "y", 1, 0, 0, 0);
	ok(ends() == EPROTO, "MORE of another");
	start(0);
	add_hello();
	add(MESSAGE, 1, "x", 1, 0, 2, 0);
	add(MORE, 1, "yz", 2, 0, 0, 0);
	ok(ends() == EPROTO, "more data than announced");
	start(0);
	add_hello();
	add(MESSAGE, 1, "x", 1, 1, 1, 2);
	add(MORE, 1, NULL, 0, 2, 0, 0);
	ok(ends() == EPROTO, "more descriptors than announced");
	start(0);
	add_hello();
	add(MESSAGE, 1, "x", 1, 0, 3, 0);
	add(MESSAGE, 2, "x", 1, 0, 1, 0);
	ok(ends() == EPROTO, "a message within a message");
	start(0);
	add_hello();
	add(ABORT, 1, NULL, 0, 0, 0, 0);
	ok(ends() == EPROTO, "ABORT of nothing");
	start(0);
	add_hello();
	add(OFFER, 1, NULL, 0, 0, 0, 0);
	ok(ends() == EPROTO, "an offer of nothing");
	start(CHOICE_SENDS);
	add_hello();
	add(REJECT, 1, NULL, 0, 0, 2, 0);
	add(REJECT, 1, NULL, 0, 0, 2, 0);
	ok(ends() == EPROTO, "a message rejected twice");
	start(CHOICE_SENDS);
	add_hello();
	add(REJECT, 9, NULL, 0, 0, 2, 0);
	ok(ends() == EPROTO, "a message rejected that was never sent");
	start(CHOICE_SENDS);
	add_hello();
	add(ACCEPT, 2, NULL, 0, 0, 0, 0);
	add(REJECT, 2, NULL, 0, 0, 2, 0);
	add(BYE, 0, NULL, 0, 0, 0, 0);
	ok(ends() == EPROTO, "an offer rejected that was accepted");
	start(CHOICE_END);
	add_hello();
	ok(ends() == ECONNRESET, "an end without BYE");
	start(CHOICE_END);
	add_hello();
	add(MESSAGE, 1, "x", 1, 1, 2, 1);
	ok(ends() == ECONNRESET, "an end within a message");
	start(0);
	add_hello();
	add(BYE, 0, NULL, 0, 0, 0, 0);
	ok(ends() == 0, "BYE");
	start(CHOICE_RECORDS);
	add_hello();
	input[FEED_HEAD + 1] = 63;
	input_len--;
	ok(ends() == EPROTO, "a record that is cut short");
	start(CHOICE_RECORDS);
	add_hello();
	input[FEED_HEAD + 1]++;
	input[input_len++] = 0;
	ok(ends() == EPROTO, "a record with something behind the frame");
}

/* ------------------------------------------------ mutations ------------- */

static unsigned long seed = 20241;

static unsigned long
chance(unsigned long below)
{
	seed = (seed * 1103515245ul + 12345ul) & 0x7ffffffful;
	return (seed >> 8) % below;
}

static void
talk(unsigned int choice)
{
	static char data[300];

	start(choice);
	add_hello();
	add(MESSAGE, 1, data, 200, 3, 500, 5);
	add(MORE, 1, data, 300, 2, 0, 0);
	add(OFFER, 2, "meta", 4, 1, 4, 1);
	add(MESSAGE, 3, NULL, 0, 0, 0, 0);
	add(ACCEPT, 2, NULL, 0, 0, 0, 0);
	add(OFFER, 4, NULL, 0, 1, 0, 1);
	add(CANCEL, 4, NULL, 0, 0, 0, 0);
	add(MESSAGE, 5, data, 10, 1, 20, 3);
	add(ABORT, 5, NULL, 0, 0, 0, 0);
	add(REJECT, 1, NULL, 0, 0, 2, 0);
	add(OFFER, 6, data, 100, 1, 100, 1);
	add(BYE, 0, NULL, 0, 0, 0, 0);
}

static void
mutations(void)
{
	static const unsigned char odd[] = { 0, 1, 2, 3, 12, 127, 128, 253,
	    254, 255 };
	unsigned long round, i, n;
	long ended = 0, on = 0, fine = 0;

	for (round = 0; round < 4000; round++) {
		talk((unsigned int)chance(256));
		/* Small limits, policies, losses, sends in pieces. */
		for (i = 1; i < FEED_HEAD && round % 4 == 0; i++)
			input[i] = (unsigned char)chance(256);
		n = chance(4);
		for (i = 0; i < n; i++)
			input[1 + chance(input_len - 1)]
			    = chance(2) ? (unsigned char)chance(256)
			    : odd[chance(sizeof odd)];
		if (chance(8) == 0)
			input_len = 1 + chance(input_len - 1);
		switch (ends()) {
		case -1: on++; break;
		case 0: fine++; break;
		default: ended++; break;
		}
	}
	printf("# %ld refused, %ld went on, %ld ended well\n", ended, on,
	    fine);
	/* Whatever leaks, hangs or goes wrong aborts in the harness. */
	ok(ended > 1000 && fine > 500 && on > 50,
	    "mutations: nothing breaks, most are refused");
}

/* Inputs that the fuzzer starts from, or once broke something. */
static void
corpus(void)
{
	const char *srcdir = getenv("srcdir");
	struct dirent *entry;
	char path[1000];
	FILE *file;
	DIR *dir;
	int n = 0;

	(void)snprintf(path, sizeof path, "%s/fuzz/corpus-channel",
	    srcdir != NULL ? srcdir : ".");
	dir = opendir(path);
	if (dir == NULL) {
		skip("corpus", "it is not here");
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		(void)snprintf(path, sizeof path, "%s/fuzz/corpus-channel/%s",
		    srcdir != NULL ? srcdir : ".", entry->d_name);
		if (entry->d_name[0] == '.'
		    || (file = fopen(path, "rb")) == NULL)
			continue;
		input_len = fread(input, 1, sizeof input, file);
		(void)fclose(file);
		n += ends() >= -1;
	}
	(void)closedir(dir);
	ok(n >= 8, "the corpus of the fuzzer");
}

int
main(void)
{
	chan_need();
	plan(61);
	tap_alarm(240);	/* an emulator is slow with so many */
	bytes();
	fields();
	bare(ABORT, "ABORT has no more than an id");
	bare(REJECT, "REJECT has no more than a reason");
	bare(ACCEPT, "ACCEPT has no more than an id");
	bare(REFUSE, "REFUSE has no more than a reason");
	bare(CANCEL, "CANCEL has no more than an id");
	bare(CANCELLED, "CANCELLED has no more than an id");
	bare(BYE, "BYE has nothing");
	sequences();
	talk(CHOICE_SENDS);
	ok(ends() == 0, "the conversation that is mutated is itself fine");
	talk(CHOICE_SENDS | CHOICE_RECORDS | CHOICE_ACCEPT);
	ok(ends() == 0, "as records too");
	talk(CHOICE_SENDS | CHOICE_BSD | CHOICE_REFUSE | CHOICE_LAZY);
	ok(ends() == 0, "and glued the other way");
	corpus();
	mutations();
	return tap_bad;
}
