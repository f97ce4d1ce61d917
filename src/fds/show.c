/* SPDX-License-Identifier: 0BSD */
/* show.c - what a descriptor is, as one line of text or JSON. */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "fds.h"

struct word {
	long value;
	const char *name;
};

/* clang-format off */
static const struct word families[] = {
	{ AF_UNIX, "unix" },
	{ AF_INET, "inet" },
#ifdef AF_INET6
	{ AF_INET6, "inet6" },
#endif
#ifdef AF_NETLINK
	{ AF_NETLINK, "netlink" },
#endif
#ifdef AF_PACKET
	{ AF_PACKET, "packet" },
#endif
#ifdef AF_VSOCK
	{ AF_VSOCK, "vsock" },
#endif
	{ -1, NULL }
};
/* clang-format on */

/* clang-format off */
static const struct word types[] = {
	{ SOCK_STREAM, "stream" },
	{ SOCK_DGRAM, "dgram" },
#ifdef SOCK_SEQPACKET
	{ SOCK_SEQPACKET, "seqpacket" },
#endif
#ifdef SOCK_RAW
	{ SOCK_RAW, "raw" },
#endif
	{ -1, NULL }
};
/* clang-format on */

/* clang-format off */
static const struct word protocols[] = {
	{ IPPROTO_TCP, "tcp" },
	{ IPPROTO_UDP, "udp" },
	{ IPPROTO_ICMP, "icmp" },
#ifdef __linux__
	{ 262, "mptcp" },	/* IPPROTO_MPTCP, an enumerator */
#endif
#ifdef IPPROTO_SCTP
	{ IPPROTO_SCTP, "sctp" },
#endif
	{ -1, NULL }
};
/* clang-format on */

/* Bits; a name is given if all of its bits are there. */
/* clang-format off */
static const struct word flags[] = {
	{ O_NONBLOCK, "nonblock" },
	{ O_APPEND, "append" },
#ifdef O_SYNC
	{ O_SYNC, "sync" },
#endif
#ifdef O_DIRECT
	{ O_DIRECT, "direct" },
#endif
#ifdef O_PATH
	{ O_PATH, "path" },
#endif
#ifdef O_ASYNC
	{ O_ASYNC, "async" },
#endif
	{ -1, NULL }
};
/* clang-format on */

static const struct word seals[] = {
#ifdef F_GET_SEALS
	{ F_SEAL_SEAL, "seal" }, { F_SEAL_SHRINK, "shrink" },
	{ F_SEAL_GROW, "grow" }, { F_SEAL_WRITE, "write" },
# ifdef F_SEAL_FUTURE_WRITE
	{ F_SEAL_FUTURE_WRITE, "future_write" },
# endif
#endif
	{ -1, NULL }
};

/* The name, or the number itself in `room`. */
static const char *
word(const struct word *list, int value, char *room, size_t size)
{
	for (; list->name != NULL; list++)
		if (list->value == value)
			return list->name;
	(void)snprintf(room, size, "%d", value);
	return room;
}

static const char *
access_name(unsigned int how)
{
	static const char *const names[] = { "none", "r", "w", "rw" };

	return names[how & (FDFERRY_READABLE | FDFERRY_WRITABLE)];
}

/* ------------------------------------------------ one field at a time --- */

struct line {
	FILE *f;
	int json;
	int begun;
};

static void
key(struct line *l, const char *name)
{
	if (l->json) {
		(void)putc(l->begun ? ',' : '{', l->f);
		print_json_string(l->f, name);
		(void)putc(':', l->f);
	} else
		fprintf(l->f, " %s=", name);
	l->begun = 1;
}

static void
text(struct line *l, const char *name, const char *value)
{
	key(l, name);
	if (l->json)
		print_json_string(l->f, value);
	else
		fputs(value, l->f);
}

static void
number(struct line *l, const char *name, unsigned long value)
{
	key(l, name);
	fprintf(l->f, "%lu", value);
}

/* Text: a,b or "none"; JSON: an array. Nothing if the system cannot tell. */
static void
bits(struct line *l, const char *name, const struct word *list, int value)
{
	const char *comma = "";

	if (value < 0)
		return;
	key(l, name);
	if (l->json)
		(void)putc('[', l->f);
	for (; list->name != NULL; list++) {
		if (list->value == 0
		    || ((long)value & list->value) != list->value)
			continue;
		fputs(comma, l->f);
		if (l->json)
			print_json_string(l->f, list->name);
		else
			fputs(list->name, l->f);
		comma = ",";
	}
	if (l->json)
		(void)putc(']', l->f);
	else if (*comma == '\0')
		fputs("none", l->f);
}

static void
socket_fields(struct line *l, const struct fdferry_info *info)
{
	char room[16];

	if (info->family >= 0)
		text(l, "family",
		    word(families, info->family, room, sizeof room));
	if (info->type >= 0)
		text(l, "type", word(types, info->type, room, sizeof room));
	if (info->protocol >= 0 && info->family != AF_UNIX)
		text(l, "protocol",
		    word(protocols, info->protocol, room, sizeof room));
	if (info->listening >= 0) {
		key(l, "listening");
		fputs(l->json		  ? info->listening ? "true" : "false"
			: info->listening ? "yes"
					  : "no",
		    l->f);
	}
	if (info->local.len > 0 && info->local.text[0] != '\0')
		text(l, "local", info->local.text);
	if (info->peer.len > 0 && info->peer.text[0] != '\0')
		text(l, "peer", info->peer.text);
}

static void
show(struct line *l, const struct fdferry_info *info,
    const struct fdferry_peercred *sender)
{
	const char *kind = fdferry_kind_name((enum fdferry_kind)info->kind);

	if (l->json)
		text(l, "kind", kind);
	else
		fputs(kind, l->f);
	text(l, "access", access_name(info->access));
	if (info->kind == FDFERRY_KIND_SOCKET)
		socket_fields(l, info);
	bits(l, "flags", flags, info->status);
	bits(l, "seals", seals, info->seals);
	if (sender != NULL && (sender->known & FDFERRY_PEER_UID))
		number(l, "sender_uid", sender->uid);
	if (sender != NULL && (sender->known & FDFERRY_PEER_GID))
		number(l, "sender_gid", sender->gid);
	if (sender != NULL && (sender->known & FDFERRY_PEER_PID))
		number(l, "sender_pid", (unsigned long)sender->pid);
	fputs(l->json ? "}\n" : "\n", l->f);
}

void
show_text(FILE *f, const struct fdferry_info *info,
    const struct fdferry_peercred *sender)
{
	struct line l = { NULL, 0, 0 };

	l.f = f;
	show(&l, info, sender);
}

void
show_json(FILE *f, const struct fdferry_info *info,
    const struct fdferry_peercred *sender)
{
	struct line l = { NULL, 1, 0 };

	l.f = f;
	show(&l, info, sender);
}
