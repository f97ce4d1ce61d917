/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/address.c - any bytes as a socket address, and any text as one.
 *
 * fdferry_addr_text(): no byte is read beyond the address, however long it
 * says that it is; the text is the same however little room there is, never
 * half an escape, and what it says of a Unix address is that address again
 * when the command reads it. addr_parse(): taken, or refused with a text; what
 * is taken fits. Names are not looked up: getaddrinfo() here knows numbers.
 *
 * The input: one byte, 0 for an address, else for a text; then it.
 */
#include "../lib/detect.h"

#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "fdferry.h"
#include "fuzz.h"

static int
numbers_only(const char *host, const char *port, const struct addrinfo *hints,
    struct addrinfo **list)
{
	struct addrinfo mine = *hints;

	mine.ai_flags |= AI_NUMERICHOST;
	return getaddrinfo(host, port, &mine, list);
}

#define getaddrinfo numbers_only
#include "net/address.c"
#undef getaddrinfo

#define TEXT_MOST	2000

/* As a line of a log: one word that prints. */
static void
prints(const char *text)
{
	for (; *text != '\0'; text++)
		must(*text > ' ' && *text <= '~');
}

static void
as_address(const uint8_t *data, size_t size)
{
	struct sockaddr_storage ss, *copy;
	char whole[TEXT_MOST], some[TEXT_MOST], err[512];
	struct addr back;
	size_t n, room, len;

	memset(&ss, 0, sizeof ss);
	if (size > sizeof ss)
		size = sizeof ss;
	memcpy(&ss, data, size);
	copy = malloc(size > 0 ? size : 1);
	if (copy == NULL)
		return;
	memcpy(copy, &ss, size);
	memset(whole, 'w', sizeof whole);
	n = fdferry_addr_text((struct sockaddr *)copy, size, whole,
	    sizeof whole);
	must(n < sizeof whole && strlen(whole) == n
	    && fdferry_addr_text((struct sockaddr *)copy, size, NULL, 0) == n);
	prints(whole);
	for (room = 1; room <= n; room += 1 + n / 16) {
		memset(some, 's', sizeof some);
		must(fdferry_addr_text((struct sockaddr *)copy, size, some,
		    room) == n && some[room] == 's');
		len = strlen(some);
		must(len < room && memcmp(some, whole, len) == 0);
	}
	free(copy);
	/* What the library writes, the command reads. */
	if (ss.ss_family != AF_UNIX || n == 0 || size > sizeof(struct sockaddr_un))
		return;
	if (addr_parse(whole, &back, 0, err, sizeof err) == 0) {
		must(addr_is_unix(&back));
		(void)fdferry_addr_text((struct sockaddr *)&back.ss,
		    (size_t)back.len, some, sizeof some);
		must(strcmp(some, whole) == 0);
	} else
		must(err[0] != '\0');
}

static void
as_text(const uint8_t *data, size_t size, int passive)
{
	char *text = malloc(size + 1), err[512], out[TEXT_MOST];
	struct addr a;

	if (text == NULL)
		return;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	err[0] = '\0';
	if (addr_parse(text, &a, passive, err, sizeof err) < 0)
		must(err[0] != '\0');
	else {
		must(a.len > 0 && a.len <= (socklen_t)sizeof a.ss);
		must(addr_is_unix(&a) == addr_names_unix(text)
		    && (!addr_is_abstract(&a) || text[0] == '@'));
		must(fdferry_addr_text((struct sockaddr *)&a.ss, (size_t)a.len,
		    out, sizeof out) < sizeof out);
		prints(out);
	}
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > TEXT_MOST)
		return 0;
	if (data[0] == 0)
		as_address(data + 1, size - 1);
	else
		as_text(data + 1, size - 1, data[0] & 1);
	return 0;
}
