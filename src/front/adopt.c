/* SPDX-License-Identifier: 0BSD */
/*
 * adopt.c - read what another front gives: its listening sockets.
 *
 * It is checked as what strangers send: an older front may give less than it
 * has, and one that is broken anything.
 */
#include "../../lib/detect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adopt.h"
#include "control-text.h"

struct reading {
	struct adopted *to;
	const int *fds; /* not used yet */
	size_t nfds;
	size_t before; /* as many before its control socket */
	long count;    /* of listeners, as it says; -1: it does not */
};

/* The next descriptor; -1: there is none. */
static int
next_fd(struct reading *r)
{
	if (r->nfds == 0)
		return -1;
	r->nfds--;
	return *r->fds++;
}

static int
is_listening(int fd)
{
	struct fdferry_info info;

	info.size = sizeof info;
	return fd >= 0 && fdferry_describe(fd, &info) == 0
	    && info.listening != 0 && info.type == SOCK_STREAM;
}

/* What was ordered of workers is still ordered. */
static int
read_orders(char *line)
{
	const char *word, *name, *address;
	int i;

	while ((word = field_read(&line)) != NULL) {
		name = field_read(&line);
		address = field_read(&line);
		if (address == NULL)
			return -1;
		for (i = ORDER_ENABLE; i <= ORDER_DISABLE; i++)
			if (strcmp(word, order_words[i]) == 0
			    && orders_set(name, address, (enum order)i) < 0)
				return -1;
	}
	return 0;
}

/* lock, number of listeners, orders */
static int
read_control(struct reading *r, char *line, const struct addr *at)
{
	const char *lock = field_read(&line), *count = field_read(&line);
	int fd;

	r->before -= r->nfds;
	r->to->control = next_fd(r);
	if (lock == NULL || !is_listening(r->to->control))
		return -1;
	if (count != NULL)
		r->count = strtol(count, NULL, 10);
	if (read_orders(line) < 0)
		return -1;
	if (*lock == '\0')
		return 0;
	fd = next_fd(r);
	return fd < 0 ? -1 : listen_adopt(at, fd);
}

/*
 * A relative path is one of the other front's directory: if that is not ours,
 * it says where the path is. Where it does not (0.1.0), or that is too long,
 * the path stays behind at the end, and the log says so.
 */
static void
find_path(struct listener *l, const char *whole, int lock)
{
	struct sockaddr_un un;
	struct addr at;
	char err[512], text[sizeof un + 5];

	memcpy(&un, &l->at.ss, sizeof un);
	if (un.sun_path[0] == '/' || listen_lock_is(&l->at, lock))
		return;
	(void)snprintf(text, sizeof text, "%s", whole);
	if (strlen(whole) < sizeof un.sun_path && whole[0] == '/'
	    && addr_parse(text, &at, 1, err, sizeof err) == 0
	    && listen_lock_is(&at, lock)) {
		l->at = at;
		return;
	}
	l->ours = 0;
	l->stray = 1;
}

/* made, checked, lock, name, address as its configuration has it, and a path
   that is relative as a whole one */
static int
read_listener(struct reading *r, char *line)
{
	const char *ours = field_read(&line), *checked = field_read(&line),
		   *lock = field_read(&line), *name = field_read(&line),
		   *text = field_read(&line), *whole = field_read(&line);
	struct listener *l;
	int fd = next_fd(r);

	if (text == NULL || !is_listening(fd))
		return -1;
	l = listener_add(fd, name, *text != '\0' ? text : NULL);
	l->adopted = 1;
	l->checked = *checked != '\0';
	l->ours = *ours != '\0' && *lock != '\0';
	/* Connections that came by it may be given after it is closed here. */
	l->users++;
	r->to->listeners = xrealloc(r->to->listeners, (size_t)r->to->n + 1,
	    sizeof *r->to->listeners);
	r->to->listeners[r->to->n++] = l;
	if (*lock == '\0')
		return 0;
	fd = next_fd(r);
	if (fd < 0)
		return -1;
	if (l->ours)
		find_path(l, whole != NULL ? whole : "", fd);
	if (l->ours)
		return listen_adopt(&l->at, fd);
	(void)close(fd);
	return 0;
}

static int
read_lines(struct reading *r, char *text, const struct addr *control)
{
	char *line, *end;
	const char *kind;
	int rc;

	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL)
			return -1;
		*end = '\0';
		kind = field_read(&line);
		if (kind != NULL && strcmp(kind, "control") == 0)
			rc = r->to->control < 0 ? read_control(r, line, control)
						: -1;
		else
			rc = read_listener(r, line);
		if (rc < 0)
			return -1;
	}
	return r->nfds == 0 && r->to->control >= 0 ? 0 : -1;
}

int
adopt(struct adopted *to, const struct fdferry_event *event,
    const struct addr *control, char *err, size_t errlen)
{
	const size_t head = strlen(CONTROL_LISTENERS);
	struct reading r;
	char *text = xrealloc(NULL, event->len + 1, 1);
	int rc;

	memset(to, 0, sizeof *to);
	to->control = -1;
	r.to = to;
	r.fds = event->fds;
	r.nfds = r.before = event->nfds;
	r.count = -1;
	memcpy(text, event->data, event->len);
	text[event->len] = '\0';
	rc = read_lines(&r, text + head, control);
	free(text);
	to->confirms = r.count >= 0;
	if (rc < 0 || (r.count >= 0 && r.count != to->n)) {
		(void)snprintf(err, errlen,
		    "the other front speaks another "
		    "language");
		return -1;
	}
	if (r.count < 0 && r.before >= CONTROL_OLD_MOST) {
		(void)snprintf(err, errlen,
		    "the front there is of 0.1.0 and "
		    "gives away no more than %d listening sockets: it may have "
		    "more: end it, then start this one",
		    CONTROL_OLD_MOST - 1);
		return -1;
	}
	return 0;
}
