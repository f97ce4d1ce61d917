/* SPDX-License-Identifier: 0BSD */
/*
 * t/83-plain.c - the reader of the plain wire over a kernel that loses
 * descriptors and keeps their bytes, or not; and what who sends has to say.
 */
#include "../lib/detect.h"

#include <stdio.h>
#include <string.h>

#include "fdferry.h"
#include "tap.h"

#define fdferry_recv_fd fake_recv_fd
#define fdferry_feature_get fake_feature_get
int fake_recv_fd(int sock, unsigned int flags,
    const struct fdferry_opts *opts, struct fdferry_result *result);
const char *fake_feature_get(const char *name);
#include "../src/net/plain.c"

/* What the calls to come will say. */
struct answer {
	int fd, error;
	size_t bytes;
	unsigned int flags;
};
static const struct answer *answers;
static int calls, waited;
static const char *feature;

int
fake_recv_fd(int sock, unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	const struct answer *a = &answers[calls++];

	(void)sock;
	(void)opts;
	waited = !(flags & FDFERRY_NONBLOCK);
	memset(result, 0, sizeof *result);
	result->size = sizeof *result;
	result->error = a->error;
	result->bytes = a->bytes;
	result->flags = a->flags;
	errno = a->error;
	return a->fd;
}

const char *
fake_feature_get(const char *name)
{
	return strcmp(name, "quirk.in_flight_lost") == 0 ? feature : NULL;
}

static struct fdferry_result got;

static int
receive(const struct answer *list)
{
	got.size = sizeof got;
	answers = list;
	calls = 0;
	return plain_recv(5, 0, NULL, &got);
}

int
main(void)
{
	static const struct answer good[] = { { 7, 0, 1, 0 } };
	static const struct answer linux_[] = {
		{ -1, EMFILE, 1, FDFERRY_TRUNCATED } };
	static const struct answer bsd[] = {
		{ -1, EMFILE, 0, FDFERRY_TRUNCATED }, { -1, EBADMSG, 1, 0 } };
	static const struct answer gone[] = {
		{ -1, EMFILE, 0, FDFERRY_TRUNCATED }, { 9, 0, 1, 0 } };
	static const struct answer quiet[] = {
		{ -1, EPERM, 0, FDFERRY_TRUNCATED }, { -1, EAGAIN, 0, 0 } };
	static const struct answer end[] = {
		{ -1, ECONNRESET, 0, FDFERRY_EOF } };

	plan(9);
	ok(receive(good) == 7 && calls == 1 && got.flags == 0,
	    "a message: as it is");
	ok(receive(linux_) == -1 && calls == 1 && errno == EMFILE,
	    "lost with its byte: one call");
	ok(receive(bsd) == -1 && calls == 2 && !waited && errno == EMFILE
	    && got.error == EMFILE && got.bytes == 1
	    && (got.flags & FDFERRY_TRUNCATED),
	    "lost, and its byte stayed: taken, and the loss is told");
	ok(receive(gone) == 9 && got.error == EMFILE
	    && (got.flags & FDFERRY_TRUNCATED),
	    "lost, and its byte too: the next is kept, the loss told");
	ok(receive(quiet) == -1 && got.bytes == 1 && got.error == EPERM
	    && errno == EPERM, "EPERM is such a loss, and no end");
	ok(receive(end) == -1 && calls == 1 && (got.flags & FDFERRY_EOF),
	    "the end is the end");
	feature = "0";
	ok(plain_caveat() == NULL, "nothing to say");
	feature = NULL;
	ok(plain_caveat() == NULL, "nor where it is not known");
	feature = "1";
	ok(plain_caveat() != NULL, "a kernel that drops silently: said");
	return tap_bad;
}
