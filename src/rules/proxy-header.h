/* SPDX-License-Identifier: 0BSD */
/*
 * proxy-header.h - the header of the PROXY protocol, versions 1 and 2, which a
 * proxy puts before a connection to tell whose it is.
 *
 * A pure function of (data, n), as those of recognise.h: more bytes of the same
 * connection never turn a yes or a no into something else.
 */
#ifndef PROXY_HEADER_H
#define PROXY_HEADER_H 1

#include <stddef.h>
#include <sys/types.h>
#include <sys/socket.h>

#include "recognise.h"

struct proxy_header {
	enum answer is;	   /* yes: whole and right */
	int malformed;	   /* no, though it begins as one */
	size_t len;	   /* of a whole one */
	socklen_t fromlen; /* 0: it speaks of this connection itself */
	socklen_t tolen;
	struct sockaddr_storage from, to;
};

void recognise_proxy(const unsigned char *data, size_t n,
    struct proxy_header *header);

#endif
