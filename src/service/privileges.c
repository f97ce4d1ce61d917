/* SPDX-License-Identifier: 0BSD */
/*
 * privileges.c - another user, for good; and how many descriptors this
 * process and its programs may have.
 */
#include "../../lib/detect.h"

#include <grp.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/net.h"
#include "service.h"

void
become(const char *user_group)
{
	char err[512];
	uid_t uid;
	gid_t gid;
	int has_group;

	if (owner_ids(user_group, &uid, &gid, &has_group, err, sizeof err) < 0)
		die(1, "--user %s", err);
	if (setgroups(1, &gid) < 0 || setgid(gid) < 0 || setuid(uid) < 0)
		die(1, "--user %s: %s (only root can change its user)",
		    user_group, strerror(errno));
	/* Trust, and check: nothing of the old user may come back. */
	if (getuid() != uid || geteuid() != uid || getgid() != gid
	    || getegid() != gid || (uid != 0 && setuid(0) == 0))
		die(1, "--user %s: the system did not drop all privileges",
		    user_group);
}

/* ------------------------------------------------ limits ---------------- */

static struct rlimit found;
static int raised;

long
raise_descriptor_limit(void)
{
	struct rlimit limit, high;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 256;
	if (!raised)
		found = limit;
	high = limit;
	high.rlim_cur = high.rlim_max;
	/* macOS has an "infinite" hard limit that it then refuses. */
	if (setrlimit(RLIMIT_NOFILE, &high) == 0) {
		raised = 1;
		limit = high;
	}
	if (limit.rlim_cur == RLIM_INFINITY || limit.rlim_cur > 1 << 24)
		return 1 << 24;
	return (long)limit.rlim_cur;
}

void
restore_descriptor_limit(void)
{
	if (raised)
		(void)setrlimit(RLIMIT_NOFILE, &found);
}
