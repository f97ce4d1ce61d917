/* SPDX-License-Identifier: 0BSD */
/*
 * cli.h - what every part of the command uses: messages and ends, arguments,
 * text that may be printed; and the verbs. It uses the public header alone.
 */
#ifndef CLI_H
#define CLI_H 1

#include <stddef.h>
#include <stdio.h>

#include "fdferry.h"

#if defined __GNUC__
# define CLI_FORMAT(fmt, args) \
  __attribute__((__format__(__printf__, fmt, args)))
# define CLI_NORETURN __attribute__((__noreturn__))
#else
# define CLI_FORMAT(fmt, args)
# define CLI_NORETURN
#endif

/* ------------------------------------------------ messages, cli.c ------- */

extern const char *cli_verb; /* for messages: "front", "send"; or NULL */

/* Bit N: descriptor N of 0, 1 and 2 was closed when we were started. */
extern unsigned int cli_closed;

/* "fdferry VERB: message" on standard error: always one line, since bytes
   that are not text are written \xNN. */
void warn(const char *fmt, ...) CLI_FORMAT(1, 2);
/* Called before each exit of the functions below and async-signal-safe. Who
   makes what must not stay (sockets, say) sets it. */
extern void (*cli_at_exit)(void);
/* The same as warn(), then exit. */
CLI_NORETURN void die(int status, const char *fmt, ...) CLI_FORMAT(2, 3);
/* The same with status 2 and where help is. */
CLI_NORETURN void usage_error(const char *fmt, ...) CLI_FORMAT(1, 2);
/* Exit with `status`; with 1 if standard output could not be written. */
CLI_NORETURN void finish(int status);
/* Die if this build or system cannot pass descriptors. */
void need_backend(int status);
void *xrealloc(void *old, size_t n, size_t size);

/* ------------------------------------------------ arguments, args.c ----- */

/*
 * Long options in the GNU way: --name VALUE, --name=VALUE, a beginning that
 * only one name has, before or after operands; "--" ends them.
 */
enum arg_kind {
	ARG_NONE,
	ARG_VALUE,
	ARG_REST /* all that follows, at least one: --exec CMD ARG... */
};
struct opt {
	const char *name; /* without "--"; NULL ends the list */
	enum arg_kind kind;
	int code; /* above 0 */
};
struct args {
	char **argv;
	int argc;
	const struct opt *opts;
	const char *help; /* for --help, which need not be in opts */
	int at;		  /* argv[at] is next */
	int ended;	  /* "--" was there */
	/* After args_next() returned a code: */
	const char *option; /* "--name" */
	const char *value;  /* ARG_VALUE */
	char **rest;	    /* ARG_REST: ends with NULL */
	/* After it returned -1: */
	char **operands;
	int noperands;
	char name[40]; /* room for `option` */
};
/* argv[0] is the verb. --help prints `help` and exits. */
void args_init(struct args *a, int argc, char **argv, const struct opt *opts,
    const char *help);
/* The code of the next option, -1 when there are no more. */
int args_next(struct args *a);

/* Whole numbers of an option, within bounds; else a usage error. */
long number_arg(const char *option, const char *text, long least, long most);
/* Seconds, also as 0.25, as milliseconds; above 0. */
long seconds_arg(const char *option, const char *text);

/* ------------------------------------------------ text, escape.c -------- */

/* One byte, as it may stand in a line: what does not print, and a backslash,
   as \xNN; in a JSON string: what is not ASCII as \u00XX. How many bytes. */
#define ESCAPE_MOST 6
size_t escape_x(unsigned char c, char out[ESCAPE_MOST]);
size_t escape_json(unsigned char c, char out[ESCAPE_MOST]);
int hex_digit(int c); /* its value; -1: it is none */
/* Each \xNN of `text` is one byte of `out`, the rest stays. How many bytes
   there are, which may be more than `room`. */
size_t unescape_x(const char *text, char *out, size_t room);
/* A JSON string, quotes included; bytes that are not ASCII are \u00XX. */
void print_json_string(FILE *f, const char *text);

/* ------------------------------------------------ verbs ---------------- */

/* In fds/, front/ and worker/. */
int verb_front(int argc, char **argv);
int verb_worker(int argc, char **argv);
int verb_info(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_ctl(int argc, char **argv);
int verb_send(int argc, char **argv);
int verb_recv(int argc, char **argv);
int verb_dial(int argc, char **argv);

#endif
