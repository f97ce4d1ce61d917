/* SPDX-License-Identifier: 0BSD */
/* users.c - users and modes: who may connect, whom we deal with. */
#include "../../lib/detect.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net.h"

/* Decimal digits as an id; -1 if it is something else. */
static int
number(const char *text, unsigned long *n)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -1;
	errno = 0;
	*n = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && *n < 0xffffffffUL ? 0 : -1;
}

void
uid_arg(const char *option, const char *text, struct uidlist *list)
{
	unsigned long n;
	struct passwd *pw;

	if (number(text, &n) < 0) {
		pw = getpwnam(text);
		if (pw != NULL)
			n = pw->pw_uid;
		else
			usage_error("%s: %s: no such user: give a number or "
				    "a name",
			    option, text);
	}
	if (list->n == sizeof list->uids / sizeof list->uids[0])
		usage_error("%s: more than %lu users", option,
		    (unsigned long)list->n);
	list->uids[list->n++] = n;
}

void
mode_arg(const char *option, const char *text, struct listen_opts *how)
{
	unsigned int mode = 0;
	const char *p = text;

	while (*p >= '0' && *p <= '7' && mode <= 0777)
		mode = mode * 8 + (unsigned int)(*p++ - '0');
	if (p == text || *p != '\0' || mode > 0777)
		usage_error("%s: %s: give permissions in octal, 0 to 777, as "
			    "0660",
		    option, text);
	how->mode = (mode_t)mode;
	how->mode_set = 1;
}

int
owner_ids(const char *text, uid_t *uid, gid_t *gid, int *has_group, char *err,
    size_t errlen)
{
	const char *colon = strchr(text, ':');
	struct passwd *pw;
	struct group *gr;
	char user[64];
	unsigned long n;

	(void)snprintf(user, sizeof user, "%.*s",
	    colon != NULL ? (int)(colon - text) : (int)strlen(text), text);
	pw = getpwnam(user);
	if (pw == NULL && number(user, &n) == 0)
		pw = getpwuid((uid_t)n);
	*has_group = colon != NULL;
	if (pw != NULL) {
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
	} else if (number(user, &n) == 0 && colon != NULL)
		*uid = (uid_t)n;
	else {
		(void)snprintf(err, errlen,
		    "%s: no such user: use "
		    "USER[:GROUP]",
		    text);
		return -1;
	}
	if (colon == NULL)
		return 0;
	gr = getgrnam(colon + 1);
	if (gr != NULL)
		*gid = gr->gr_gid;
	else if (number(colon + 1, &n) == 0)
		*gid = (gid_t)n;
	else {
		(void)snprintf(err, errlen,
		    "%s: no such group: use "
		    "USER[:GROUP]",
		    text);
		return -1;
	}
	return 0;
}

void
owner_arg(const char *option, const char *text, struct listen_opts *how)
{
	char err[256];
	uid_t uid;
	gid_t gid;
	int has_group;

	if (owner_ids(text, &uid, &gid, &has_group, err, sizeof err) < 0)
		usage_error("%s: %s", option, err);
	how->owner = text;
}

static int
listed(unsigned long uid, const struct uidlist *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (list->uids[i] == uid)
			return 1;
	return 0;
}

int
peer_allowed(int sock, const struct uidlist *allowed)
{
	struct fdferry_peercred peer;

	peer.size = sizeof peer;
	if (fdferry_peer(sock, &peer) < 0)
		return errno == ENOTSUP && allowed->n == 0;
	if (!(peer.known & FDFERRY_PEER_UID))
		return allowed->n == 0;
	return peer.uid == geteuid() || peer.uid == 0
	    || listed(peer.uid, allowed);
}

int
abstract_check(const struct addr *addr, const char *text,
    const struct uidlist *allowed, char *err, size_t errlen)
{
	if (!addr_is_abstract(addr) || allowed->n > 0)
		return 0;
	(void)snprintf(err, errlen,
	    "%s: anybody may use an abstract name: say "
	    "whom to trust with --allow-uid, or use a path",
	    text);
	return -1;
}

void
unix_arg(const char *text, struct addr *addr, const struct uidlist *allowed)
{
	char err[640];

	if (!addr_names_unix(text))
		usage_error("\"%s\": descriptors go over Unix sockets: give a "
			    "path, as ./%s, or @NAME",
		    text, text);
	if (addr_parse(text, addr, 1, err, sizeof err) < 0
	    || abstract_check(addr, text, allowed, err, sizeof err) < 0)
		usage_error("%s", err);
}
