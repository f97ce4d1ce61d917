/* SPDX-License-Identifier: 0BSD */
/*
 * rules.h - which worker suits a connection: rules, and how they decide.
 *
 * A configuration is built line by line, from options or from a file, and
 * checked as a whole at the end. Deciding reads addresses and the first
 * bytes only; it never touches a descriptor.
 */
#ifndef RULES_H
#define RULES_H 1

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/socket.h>

/* An address to listen at, as written. */
struct listen {
	char *addr;
	char *where; /* it was given, for messages */
};

/* A worker: its name in rules, and the address where it listens. */
struct worker {
	char *name;
	char *addr;
	char *where; /* it was given, for messages */
};

/* Workers of which the least busy one is taken. */
struct pool {
	char *name;
	char **workers;
	size_t nworkers;
	char *where;
};

struct net;	   /* an address or network; private.h */
struct term;	   /* one key=value,value; private.h */
struct rule_index; /* finds a rule without a walk over all; index.h */

struct rule {
	char *name;
	char **workers; /* in order of preference */
	size_t nworkers;
	int refuse;   /* what none of them takes */
	int unlogged; /* no line for each connection */
	struct term *terms;
	size_t nterms;
	char *where;
};

/* All zero is an empty one. */
struct config {
	struct listen *listens;
	size_t nlistens;
	struct worker *workers;
	size_t nworkers;
	struct pool *pools;
	size_t npools;
	struct rule *rules; /* the first that matches wins */
	size_t nrules;
	char **defaults; /* workers, in order of preference */
	size_t ndefaults;
	int default_refuse; /* what none of them takes */
	char *default_where;
	struct net *proxies; /* whose PROXY headers are believed */
	size_t nproxies;
	/* of what is whole; NULL again when something is added */
	struct rule_index *index;
	int looks; /* with an index: what config_looks() says */
};

/* Where a line stands, for messages: "--rule" and 0, or a file and line. */
struct place {
	const char *file;
	unsigned long line;
};

/* Longer lines are refused: they are mistakes. */
#define CONFIG_LINE_MOST 8192

/*
 * Add one line. Returns 0, or -1 with one line of text in `err`: where, what
 * is wrong, what was expected. Nothing is half added. An address is checked
 * for being there only: whoever opens it knows more.
 *
 * In an option (place->line is 0) an address is taken as it is; in a file
 * it is one word, or quoted.
 */
int config_listen(struct config *, const char *text, const struct place *,
    char *err, size_t errlen);
int config_worker(struct config *, const char *text, const struct place *,
    char *err, size_t errlen);
int config_pool(struct config *, const char *text, const struct place *,
    char *err, size_t errlen);
int config_rule(struct config *, const char *text, const struct place *,
    char *err, size_t errlen);
int config_default(struct config *, const char *text, const struct place *,
    char *err, size_t errlen);

/* NETWORK[, NETWORK...]: PROXY headers are believed from there. */
int config_proxy_from(struct config *, const char *text, const struct place *,
    char *err, size_t errlen);

/* The same from a file, see fdferry.conf(5). All of it or nothing. */
int config_file(struct config *, const char *path, char *err, size_t errlen);

/* Is it whole: workers that exist, a default, names once each, and no rule
   that can never match? If so, it is made ready for many decisions: each then
   costs the same, however many rules with names and networks there are. */
int config_check(struct config *, char *err, size_t errlen);

/*
 * config_file() into an empty configuration and config_check(), in pieces for
 * those who serve meanwhile. The file is read as a whole at the beginning.
 * Returns NULL with a message if that cannot be done.
 */
struct config_job;
struct config_job *
config_job_new(struct config *, const char *path, char *err, size_t errlen);
/* At most so many lines or rules more. Returns 1 while there are more, 0 when
   all is done and well, -1 with a message. */
int config_job_run(struct config_job *, size_t most, char *err, size_t errlen);
void config_job_free(struct config_job *);

void config_free(struct config *);

/* The most bytes that deciding can make use of, and the least that should
   be offered to it: every bytes= fits in. */
#define LOOK_MOST 65536
#define LOOK_LEAST 64

/* Of a listener's name. */
#define LISTENER_MOST 255

/* Why no more bytes are waited for. */
enum look_end {
	LOOK_ON = 0, /* they are */
	LOOK_END,    /* the client sends no more */
	LOOK_TIME,   /* it had its time */
	LOOK_SIZE,   /* there are as many as are looked at */
	LOOK_ROOM    /* too many connections are held */
};
const char *look_end_name(enum look_end); /* "end", "time" ... */

/* What is known of a connection when it is decided. */
struct decide_input {
	const struct sockaddr *peer;
	socklen_t peerlen;
	const struct sockaddr *local;
	socklen_t locallen;
	const char *listener; /* its name from a service manager, or NULL */
	const unsigned char *data; /* the first bytes that have arrived */
	size_t n;
	enum look_end ended;
};

enum recognised_what {
	RECOGNISED_NOTHING = 0, /* no byte was there or none was looked at */
	RECOGNISED_OTHER,
	RECOGNISED_BAD_PROXY, /* a malformed header of a believed proxy */
	RECOGNISED_TLS,
	RECOGNISED_HTTP1,
	RECOGNISED_HTTP2
};

/* What the bytes were, for the log: NUL-terminated, cut, not escaped. */
struct recognised {
	enum recognised_what what;
	char method[24];     /* HTTP/1 */
	char name[256];	     /* HTTP/1: Host; TLS: SNI; else "" */
	char path[256];	     /* HTTP/1: the target as sent */
	char alpn[32];	     /* TLS: the first protocol offered */
	enum look_end ended; /* why a rule could not decide; else LOOK_ON */
	const struct rule *undecided; /* the first such rule before the one
					 that did decide, or NULL */
	socklen_t clientlen; /* 0: no proxy that is believed told one */
	struct sockaddr_storage client;
};

const char *recognised_name(enum recognised_what); /* "tls", "http1" ... */

/*
 * Decide. Returns 1 with *rule set (NULL: the default), or 0 if a rule that
 * comes before the first match needs more bytes than there are. Once the look
 * has ended it always decides. *recognised is set in both cases.
 */
int config_decide(const struct config *, const struct decide_input *,
    const struct rule **rule, struct recognised *recognised);

/* Does any rule need bytes, of some connections at least? If not, nothing
   needs to be waited for. */
int config_looks(const struct config *);

#endif
