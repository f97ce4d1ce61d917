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

#define fdferry_recv fake_recv
#define fdferry_feature_get fake_feature_get
ptrdiff_t fake_recv(int sock, void *buf, size_t len, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result);
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

/* `fd` above 0: that one and, if there is room, the next number. -2: a slot
   whose descriptor the policy refused. */
ptrdiff_t
fake_recv(int sock, void *buf, size_t len, int *fds, size_t room,
    unsigned int flags, const struct fdferry_opts *opts,
    struct fdferry_result *result)
{
	const struct answer *a = &answers[calls++];
	size_t i;

	(void)sock;
	(void)opts;
	(void)buf;
	waited = !(flags & FDFERRY_NONBLOCK) && len == 1;
	memset(result, 0, sizeof *result);
	result->size = sizeof *result;
	result->error = a->error;
	result->bytes = a->bytes;
	result->flags = a->flags;
	if (a->fd != -1)
		result->fds = room > 2 ? 2 : room;
	for (i = 0; i < result->fds; i++)
		fds[i] = a->fd == -2 ? -1 : a->fd + (int)i;
	errno = a->error;
	return a->error != 0 && a->bytes == 0 && !(a->flags & FDFERRY_TRUNCATED)
	    ? -1 : (ptrdiff_t)a->bytes;
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
		{ -1, EMFILE, 0, FDFERRY_TRUNCATED }, { -1, 0, 1, 0 } };
	static const struct answer gone[] = {
		{ -1, EMFILE, 0, FDFERRY_TRUNCATED }, { 9, 0, 1, 0 } };
	static const struct answer quiet[] = {
		{ -1, EPERM, 0, FDFERRY_TRUNCATED }, { -1, EAGAIN, 0, 0 } };
	static const struct answer end[] = {
		{ -1, 0, 0, FDFERRY_EOF } };

	static const struct answer refused[] = {
		{ -2, EACCES, 1, FDFERRY_REFUSED } };
	static const struct answer bare[] = { { -1, 0, 1, 0 } };
	int fds[3];

	plan(13);
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
	ok(receive(end) == -1 && calls == 1 && (got.flags & FDFERRY_EOF)
	    && errno == ECONNRESET && got.error == ECONNRESET,
	    "the end is the end");
	ok(receive(refused) == -1 && errno == EACCES && got.fds == 0,
	    "refused: no descriptor");
	ok(receive(bare) == -1 && errno == EBADMSG && got.error == EBADMSG,
	    "a byte alone is a breach");
	answers = good;
	calls = 0;
	ok(plain_recv_all(5, fds, 3, 0, NULL, &got) == 2 && fds[0] == 7
	    && fds[1] == 8 && got.fds == 2, "several in a message: all");
	answers = gone;
	calls = 0;
	ok(plain_recv_all(5, fds, 3, 0, NULL, &got) == 2 && fds[1] == 10
	    && got.fds == 2 && got.error == EMFILE,
	    "several behind a loss: all, and the loss told");
	feature = "0";
	ok(plain_caveat() == NULL, "nothing to say");
	feature = NULL;
	ok(plain_caveat() == NULL, "nor where it is not known");
	feature = "1";
	ok(plain_caveat() != NULL, "a kernel that drops silently: said");
	return tap_bad;
}
