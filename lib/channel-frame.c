/* SPDX-License-Identifier: 0BSD */
/*
 * channel-frame.c - the header of a frame, to and from bytes.
 *
 * Pure functions: byte by byte, so neither word size nor byte order matter.
 * What can be told wrong from the 32 bytes alone is told here.
 */
#include "channel.h"

#include <string.h>

static const unsigned char frame_magic[4] = { 0xFD, 'F', 'R', 'Y' };

static void
frame_put32(unsigned char *at, uint32_t value)
{
	at[0] = (unsigned char)(value & 0xff);
	at[1] = (unsigned char)(value >> 8 & 0xff);
	at[2] = (unsigned char)(value >> 16 & 0xff);
	at[3] = (unsigned char)(value >> 24 & 0xff);
}

static uint32_t
frame_get32(const unsigned char *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16
	    | (uint32_t)at[3] << 24;
}

void
fdferry__frame_encode(unsigned char head[FDFERRY__HEAD],
    const struct fdferry__frame *frame)
{
	memcpy(head, frame_magic, sizeof frame_magic);
	head[4] = FDFERRY__WIRE_VERSION;
	head[5] = (unsigned char)frame->type;
	head[6] = 0;
	head[7] = 0;
	frame_put32(head + 8, (uint32_t)(frame->id & 0xffffffff));
	frame_put32(head + 12, (uint32_t)(frame->id >> 32));
	frame_put32(head + 16, frame->length);
	frame_put32(head + 20, frame->fds);
	frame_put32(head + 24, frame->arg);
	frame_put32(head + 28, frame->arg_fds);
}

int
fdferry__frame_begins(const unsigned char *bytes, size_t n)
{
	return memcmp(bytes, frame_magic,
		   n < sizeof frame_magic ? n : sizeof frame_magic)
	    == 0;
}

/* May a frame of this type look like this? */
static int
frame_plausible(const struct fdferry__frame *f)
{
	switch (f->type) {
	case FDFERRY__HELLO:
		return f->id == 0 && f->length >= FDFERRY__HELLO_LEAST
		    && f->fds == 0 && f->arg == 0 && f->arg_fds == 0;
	case FDFERRY__MESSAGE:
		return f->id != 0 && f->length <= f->arg
		    && f->fds <= f->arg_fds;
	case FDFERRY__OFFER:
		return f->id != 0 && f->length == f->arg && f->fds == 1
		    && f->arg_fds == 1;
	case FDFERRY__MORE:
		return f->id != 0 && (f->length > 0 || f->fds > 0)
		    && f->arg == 0 && f->arg_fds == 0;
	case FDFERRY__REJECT:
	case FDFERRY__REFUSE:
		return f->id != 0 && f->length == 0 && f->fds == 0
		    && f->arg_fds == 0;
	case FDFERRY__ABORT:
	case FDFERRY__ACCEPT:
	case FDFERRY__CANCEL:
	case FDFERRY__CANCELLED:
		return f->id != 0 && f->length == 0 && f->fds == 0
		    && f->arg == 0 && f->arg_fds == 0;
	case FDFERRY__BYE:
		return f->id == 0 && f->length == 0 && f->fds == 0
		    && f->arg == 0 && f->arg_fds == 0;
	default: return 0;
	}
}

int
fdferry__frame_decode(const unsigned char head[FDFERRY__HEAD],
    struct fdferry__frame *frame)
{
	if (memcmp(head, frame_magic, sizeof frame_magic) != 0)
		return EPROTO;
	if (head[4] != FDFERRY__WIRE_VERSION)
		return EPROTONOSUPPORT;
	if (head[6] != 0 || head[7] != 0)
		return EPROTO;
	frame->type = head[5];
	frame->id =
	    frame_get32(head + 8) | (uint64_t)frame_get32(head + 12) << 32;
	frame->length = frame_get32(head + 16);
	frame->fds = frame_get32(head + 20);
	frame->arg = frame_get32(head + 24);
	frame->arg_fds = frame_get32(head + 28);
	if (frame->length > FDFERRY__FRAME_DATA
	    || frame->fds > FDFERRY__FRAME_FDS || !frame_plausible(frame))
		return EPROTO;
	return 0;
}

void
fdferry__hello_encode(unsigned char data[FDFERRY__HELLO_LEAST],
    const struct fdferry__limits *limits)
{
	memset(data, 0, FDFERRY__HELLO_LEAST);
	data[0] = FDFERRY__WIRE_VERSION; /* lowest that we speak */
	data[1] = FDFERRY__WIRE_VERSION; /* highest */
	frame_put32(data + 4, limits->bytes);
	frame_put32(data + 8, limits->fds);
	frame_put32(data + 12, limits->held);
	frame_put32(data + 16, limits->offers);
}

/* Bytes 2, 3 and from 20 on are for later versions, and not looked at. */
int
fdferry__hello_decode(const unsigned char *data, size_t len,
    struct fdferry__limits *limits)
{
	if (len < FDFERRY__HELLO_LEAST || data[0] > data[1])
		return EPROTO;
	if (data[0] > FDFERRY__WIRE_VERSION || data[1] < FDFERRY__WIRE_VERSION)
		return EPROTONOSUPPORT;
	limits->bytes = frame_get32(data + 4);
	limits->fds = frame_get32(data + 8);
	limits->held = frame_get32(data + 12);
	limits->offers = frame_get32(data + 16);
	return 0;
}
