/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-none.c - the promises where nothing can be passed: all links and
 * runs, every call says ENOTSUP, nothing pretends.
 */
#include "selftest.h"

#ifdef FDFERRY_BACKEND_NONE

# include <string.h>

static void
versions(struct st_report *r)
{
	const char *backend = fdferry_feature_get("backend");

	(void)st_check(r, strcmp(fdferry_version(), FDFERRY_VERSION) == 0,
	    "header %s, library %s", FDFERRY_VERSION, fdferry_version());
	(void)st_check(r, backend != NULL && strcmp(backend, "none") == 0,
	    "backend %s", backend != NULL ? backend : "NULL");
}

static void
sending(struct st_report *r)
{
	struct fdferry_result res;
	int fd = 0;

	memset(&res, 0x55, sizeof res);
	res.size = sizeof res;
	(void)st_check(r,
	    fdferry_send_fd(0, fd, 0, NULL, &res) == -1 && errno == ENOTSUP,
	    "send_fd: %s", st_errno(errno));
	(void)st_check(r,
	    res.error == ENOTSUP && res.bytes == 0 && res.fds == 0,
	    "result: %s", st_errno(res.error));
	(void)st_check(r,
	    fdferry_send(0, "x", 1, &fd, 1, 0, NULL, NULL) == -1
		&& errno == ENOTSUP,
	    "send: %s", st_errno(errno));
}

static void
receiving(struct st_report *r)
{
	struct fdferry_result res;
	int fd = 77;
	char c = 'c';

	memset(&res, 0x55, sizeof res);
	res.size = sizeof res;
	(void)st_check(r,
	    fdferry_recv_fd(0, 0, NULL, &res) == -1 && errno == ENOTSUP,
	    "recv_fd: %s", st_errno(errno));
	(void)st_check(r, res.error == ENOTSUP && res.fds == 0, "result: %s",
	    st_errno(res.error));
	(void)st_check(r,
	    fdferry_recv(0, &c, 1, &fd, 1, 0, NULL, NULL) == -1
		&& errno == ENOTSUP,
	    "recv: %s", st_errno(errno));
	(void)st_check(r, c == 'c' && fd == 77, "something was written");
}

static void
the_rest(struct st_report *r)
{
	struct fdferry_info info;
	const char *name, *value;
	int fds[2] = { -1, -1 };
	size_t i;

	for (i = 0; fdferry_feature(i, &name, &value) == 0; i++)
		(void)st_check(r, fdferry_feature_get(name) != NULL,
		    "feature %s", name);
	(void)st_check(r, i > 0, "no features");
	fdferry_close(fds, 2);
	info.size = sizeof info;
	errno = 0;
	(void)st_check(r, fdferry_describe(-1, &info) == -1,
	    "describe(-1) succeeds");
	/* wine's C library fails without an errno. */
	(void)st_check(r, errno == EBADF || errno == 0, "describe(-1): %s",
	    st_errno(errno));
	(void)st_check(r,
	    strcmp(fdferry_kind_name(FDFERRY_KIND_PIPE), "pipe") == 0,
	    "kind name");
}

/* clang-format off */
const struct st_case st_promises[] = {
	{ "header and library are of one version, backend none", versions },
	{ "sending: ENOTSUP", sending },
	{ "receiving: ENOTSUP, nothing is written", receiving },
	{ "features, closing, describing work", the_rest },
	{ NULL, NULL }
};
/* clang-format on */

#else
typedef int st_none_unused; /* ISO C wants a declaration */
#endif
