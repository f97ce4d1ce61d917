/* SPDX-License-Identifier: 0BSD */
/*
 * listener-lines.c - the listeners that a configuration names: which of them
 * are there already, which are to be opened, and which to be closed.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"

static int
complain(const struct listen *line, const char *why, char *err, size_t errlen)
{
	(void)snprintf(err, errlen, "%s: %s", line->where, why);
	return -1;
}

/* Is a line right, as far as it can be seen before anything is open? Its
   address, where it has one, or -1 with a text. */
static int
read_line(const struct listen *line, struct addr *addr, char *err,
    size_t errlen)
{
	char why[1024];

	memset(addr, 0, sizeof *addr);
	if (listener_given(line->addr) >= 0)
		return 0;
	(void)snprintf(why, sizeof why,
	    "%s: a descriptor is 0, or a number from 3 on", line->addr);
	if (listener_given(line->addr) == LISTENER_BAD
	    || addr_parse(line->addr, addr, 1, why, sizeof why) < 0
	    || abstract_check(addr, line->addr, &front.allowed, why, sizeof why)
		< 0)
		return complain(line, why, err, errlen);
	if (!front.sockets.share || !addr_is_unix(addr))
		return 0;
	(void)snprintf(why, sizeof why,
	    "%s: --reuse-port is for TCP ports: a Unix socket has one "
	    "listener",
	    line->addr);
	return complain(line, why, err, errlen);
}

/* The same once all that was given is there. */
static int
read_address(const struct listen *line, struct addr *addr, char *err,
    size_t errlen)
{
	const struct listener *l;
	char why[512];
	int n = listener_given(line->addr);

	if (n < 0)
		return read_line(line, addr, err, errlen);
	l = listener_of_number(n);
	if (l == NULL) {
		(void)snprintf(why, sizeof why,
		    "%s: this front was started without it: a new descriptor "
		    "needs a new front",
		    line->addr);
		return complain(line, why, err, errlen);
	}
	*addr = l->at;
	return 0;
}

int
listeners_check(const struct config *config, char *err, size_t errlen)
{
	struct addr addr;
	size_t i;

	for (i = 0; i < config->nlistens; i++)
		if (read_line(&config->listens[i], &addr, err, errlen) < 0)
			return -1;
	return 0;
}

/* ------------------------------------------------ which is which -------- */

/*
 * A line and a listener are compared by what is bound, so it may be written
 * otherwise than before, or in the front before this one. Port 0 stands for
 * any port at that address: first for one that was asked for in the same
 * words, then for any that no other line names.
 */
static struct listener *
bound_at(const struct addr *at)
{
	struct listener *l, *found = NULL;

	for (l = front.listeners; l != NULL; l = l->next)
		if (!l->stray && addr_same(&l->at, at, 0)) {
			l->named = 1; /* the same socket may be there twice */
			found = l;
		}
	return found;
}

static struct listener *
bound_anywhere(const struct listen *line, const struct addr *at)
{
	struct listener *l, *found = NULL;

	for (l = front.listeners; l != NULL; l = l->next) {
		if (l->named || l->text == NULL || !addr_same(&l->at, at, 1))
			continue;
		if (strcmp(l->text, line->addr) == 0) {
			found = l;
			break;
		}
		if (found == NULL)
			found = l;
	}
	if (found != NULL)
		found->named = 1;
	return found;
}

/* What this line would be called if the listener is handed over. One that came
   from outside has no such name: no reload closes it. */
static void
rename_listener(struct listener *l, const struct listen *line)
{
	char *text;

	if (l->text == NULL || strcmp(l->text, line->addr) == 0)
		return;
	text = strdup(line->addr);
	if (text == NULL)
		return; /* the old name does as well */
	free(l->text);
	l->text = text;
}

/* ------------------------------------------------ opening --------------- */

/* Another process has the address, or another line of ours. */
static void
blame(const struct listen *line, const struct addr *at, const char *why,
    char *err, size_t errlen)
{
	const struct listener *l = front.listeners;
	char text[512];

	while (l != NULL && (errno != EADDRINUSE || !addr_clash(&l->at, at)))
		l = l->next;
	if (l == NULL) {
		(void)complain(line, why, err, errlen);
		return;
	}
	(void)fdferry_addr_text((const struct sockaddr *)&l->at.ss, l->at.len,
	    text, sizeof text);
	(void)snprintf(err, errlen,
	    "%s: %s: in use: this front listens at %s already", line->where,
	    line->addr, text);
}

static int
open_one(const struct listen *line, const struct addr *at, char *err,
    size_t errlen)
{
	struct listener *l;
	char why[1024];
	int fd = listen_on(at, &front.sockets, why, sizeof why);

	if (fd < 0) {
		blame(line, at, why, err, errlen);
		return -1;
	}
	l = listener_add(fd, "", line->addr);
	l->named = l->fresh = 1;
	l->ours = addr_is_unix(at) && !addr_is_abstract(at);
	l->checked = addr_is_abstract(at);
	if (l->ours)
		l->at = *at;
	return 0;
}

/* Those that were opened and never watched: no configuration needs them. */
void
listeners_undo(void)
{
	struct listener *l, *next;

	for (l = front.listeners; l != NULL; l = next) {
		next = l->next;
		if (l->event == NULL && l->fresh)
			listener_close(l);
	}
}

/* What a line names is found, or opened: 0. */
static int
find_or_open(const struct listen *line, const struct addr *at, char *err,
    size_t errlen)
{
	struct listener *l =
	    addr_any_port(at) ? bound_anywhere(line, at) : bound_at(at);

	if (l == NULL)
		return open_one(line, at, err, errlen);
	rename_listener(l, line);
	return 0;
}

/* What is bound at a port that a line names is not free for a port 0. */
static int
open_all(const struct config *config, struct addr *at, char *err, size_t errlen)
{
	size_t i;

	for (i = 0; i < config->nlistens; i++) {
		if (read_address(&config->listens[i], &at[i], err, errlen) < 0)
			return -1;
		if (!addr_any_port(&at[i]))
			(void)bound_at(&at[i]);
	}
	for (i = 0; i < config->nlistens; i++)
		if (find_or_open(&config->listens[i], &at[i], err, errlen) < 0)
			return -1;
	return 0;
}

/* Open those that are not open yet; on failure none of them. */
int
listeners_open(const struct config *config, char *err, size_t errlen)
{
	struct listener *l;
	struct addr *at = calloc(config->nlistens + 1, sizeof *at);
	int rc = -1;

	for (l = front.listeners; l != NULL; l = l->next)
		l->named = l->fresh = 0;
	if (at == NULL)
		(void)snprintf(err, errlen, "out of memory");
	else
		rc = open_all(config, at, err, errlen);
	free(at);
	if (rc < 0)
		listeners_undo();
	return rc;
}

/* Close those that the configuration which was opened does not name. */
void
listeners_keep(void)
{
	struct listener *l, *next;

	for (l = front.listeners; l != NULL; l = next) {
		next = l->next;
		if (l->text != NULL && !l->named)
			listener_finish(l);
		else if (l->event == NULL)
			listener_watch(l);
	}
}
