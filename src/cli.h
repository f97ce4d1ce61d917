/* SPDX-License-Identifier: 0BSD */
/* cli.h - what the verbs of fdferry(1) share. */
#ifndef CLI_H
#define CLI_H 1

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/socket.h>

#include "fdferry.h"

extern const char *cli_verb;	/* for messages: "front", "send" ... */

/* "fdferry VERB: message" on standard error, then exit. */
void die(int status, const char *fmt, ...);
/* The same with status 2 and where help is. */
void usage_error(const char *fmt, ...);

/* Whole numbers of an option, within bounds; else a usage error. */
long number_arg(const char *option, const char *text, long least, long most);

/* An address: 127.0.0.1:80, [::1]:80, name:80, unix:PATH, /PATH, @NAME. */
struct addr {
	struct sockaddr_storage ss;
	socklen_t len;
};
int addr_parse(const char *text, struct addr *out, int passive, char *err,
    size_t errlen);

struct listen_opts {
	mode_t mode;
	int mode_set;
	const char *owner;	/* USER[:GROUP], or NULL */
};
void mode_arg(const char *option, const char *text, struct listen_opts *how);

/* A listening socket, or -1 with a text in `err`. A Unix socket is 0600
   unless asked otherwise; a stale one is replaced, a live one never. */
int listen_on(const struct addr *addr, const struct listen_opts *how,
    char *err, size_t errlen);
/* Remove the path of a Unix socket that listen_on() made. */
void unlisten(const struct addr *addr);
int connect_to(const struct addr *addr, int timeout_ms, char *err,
    size_t errlen);

/* Users whose processes we deal with beside our own and root. */
struct uidlist {
	unsigned long uids[64];
	size_t n;
};
void uid_arg(const char *option, const char *text, struct uidlist *list);
int peer_allowed(int sock, const struct uidlist *allowed);

/* A JSON string, quotes included; bytes that are not ASCII are \u00XX. */
void print_json_string(FILE *f, const char *text);

int verb_front(int argc, char **argv);
int verb_worker(int argc, char **argv);
int verb_info(int argc, char **argv);
int verb_send(int argc, char **argv);
int verb_recv(int argc, char **argv);
int verb_dial(int argc, char **argv);

#endif
