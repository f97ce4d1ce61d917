/* SPDX-License-Identifier: 0BSD */
/*
 * t/82-stay.c - a pool that stays with addresses: when a worker goes exactly
 * its clients have another one, all have the same number of clients, and which
 * one a client has is the same everywhere and for ever.
 */
#include "../src/front/stay.c"

#include <stdio.h>
#include <arpa/inet.h>

#include "tap.h"

#define NWORKERS 5
#define NCLIENTS 10000

static struct member members[NWORKERS + 1];
static struct group staying;

/* Five workers, and one more as backup. */
static void
make(void)
{
	char name[16];
	int i;

	memset(&staying, 0, sizeof staying);
	staying.members = members;
	staying.n = NWORKERS + 1;
	for (i = 0; i <= NWORKERS; i++) {
		(void)snprintf(name, sizeof name, "w%d", i);
		memset(&members[i], 0, sizeof members[i]);
		members[i].id = stay_id(name);
		members[i].backup = i == NWORKERS;
		members[i].up = 1;
		staying.up[members[i].backup]++;
	}
}

static void
set_up(int i, int up)
{
	staying.up[members[i].backup] += up - members[i].up;
	members[i].up = up;
}

static void
client(struct connection *c, const char *text)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(c, 0, sizeof *c);
	memset(&in, 0, sizeof in);
	memset(&in6, 0, sizeof in6);
	in.sin_family = AF_INET;
	in6.sin6_family = AF_INET6;
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		memcpy(&c->peer, &in, sizeof in);
	else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1)
		memcpy(&c->peer, &in6, sizeof in6);
	else
		c->peer.sa.sa_family = AF_UNIX;
}

/* Its number, or -1. */
static int
home(const char *text)
{
	struct connection c;
	const struct member *m;

	client(&c, text);
	m = stay_home(&staying, &c, NULL);
	return m != NULL ? (int)(m - members) : -1;
}

static int
home_of(int i)
{
	char text[32];

	(void)snprintf(text, sizeof text, "10.%d.%d.%d", i / 65536, i / 256 % 256,
	    i % 256);
	return home(text);
}

static void
test_even(int first[NCLIENTS])
{
	long n[NWORKERS + 1] = { 0 }, least = NCLIENTS, most = 0;
	int i;

	for (i = 0; i < NCLIENTS; i++)
		n[first[i] = home_of(i)]++;
	for (i = 0; i < NWORKERS; i++) {
		least = n[i] < least ? n[i] : least;
		most = n[i] > most ? n[i] : most;
	}
	/* Four standard deviations of a fair choice. */
	ok(least > NCLIENTS / NWORKERS - 160 && most < NCLIENTS / NWORKERS + 160,
	    "neighbouring addresses: as many for each worker");
	diag("%ld to %ld of %d for each of %d", least, most, NCLIENTS, NWORKERS);
	is(0, n[NWORKERS], "none for a backup while others are up");
}

static void
test_gone(const int first[NCLIENTS])
{
	long n[NWORKERS + 1] = { 0 }, stayed = 0, lost = 0, bad = 0;
	int i, now;

	set_up(2, 0);
	for (i = 0; i < NCLIENTS; i++) {
		now = home_of(i);
		if (first[i] == 2) {
			lost++;
			bad += now == 2;
			n[now]++;
		} else if (now == first[i])
			stayed++;
	}
	is(NCLIENTS, stayed + lost, "a worker goes: all others keep theirs");
	is(0, bad, "... and its own have another one");
	ok(n[0] > lost / 6 && n[1] > lost / 6 && n[3] > lost / 6
		&& n[4] > lost / 6,
	    "... spread over all that are left");
	set_up(2, 1);
	for (i = 0; i < NCLIENTS; i++)
		bad += home_of(i) != first[i];
	is(0, bad, "it is back: so are they");
}

static void
test_backup(const int first[NCLIENTS])
{
	long bad = 0;
	int i;

	for (i = 0; i < NWORKERS; i++)
		set_up(i, 0);
	is(NWORKERS, home("192.0.2.1"), "all have gone: the backup");
	set_up(NWORKERS, 0);
	is(-1, home("192.0.2.1"), "and that too: nobody");
	set_up(NWORKERS, 1);
	set_up(3, 1);
	is(3, home("192.0.2.1"), "one is back: no backup");
	for (i = 0; i < NWORKERS; i++)
		set_up(i, 1);
	for (i = 0; i < NCLIENTS; i++)
		bad += home_of(i) != first[i];
	is(0, bad, "all are back: each has its clients");
}

/* By another implementation (Python): other numbers would send all clients
   elsewhere, and fronts of two versions would not agree. */
static void
test_for_ever(void)
{
	static const struct {
		const char *client;
		int home;
	} known[] = {
		{ "192.0.2.1", 1 },
		{ "192.0.2.2", 4 },
		{ "127.0.0.1", 0 },
		{ "10.0.0.1", 1 },
		{ "203.0.113.200", 0 },
		{ "::1", 0 },
		{ "2001:db8::1", 2 },
		{ "fe80::1", 3 }
	};
	size_t i;

	for (i = 0; i < sizeof known / sizeof known[0]; i++)
		is(known[i].home, home(known[i].client), known[i].client);
	ok(stay_id("w0") == 0x1d64e4b5453ee0b8u, "the number of a name");
}

static void
test_client(void)
{
	struct recognised recognised;
	struct connection c, other;

	is(home("192.0.2.77"), home("::ffff:192.0.2.77"), "a mapped address");
	is(-1, home("unix"), "a client of a Unix socket has no address");
	memset(&recognised, 0, sizeof recognised);
	client(&c, "127.0.0.1");
	client(&other, "192.0.2.2");
	recognised.clientlen = sizeof other.peer;
	memcpy(&recognised.client, &other.peer, sizeof other.peer);
	ok(stay_home(&staying, &c, &recognised)
		== stay_home(&staying, &other, NULL)
		&& home("127.0.0.1") != home("192.0.2.2"),
	    "that of a header that is believed");
}

int
main(void)
{
	static int first[NCLIENTS];

	plan(22);
	make();
	test_even(first);
	test_gone(first);
	test_backup(first);
	test_for_ever();
	test_client();
	return tap_bad;
}
