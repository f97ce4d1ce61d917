/* SPDX-License-Identifier: 0BSD */
/* whole.h - config_check(), in pieces. */
#ifndef WHOLE_H
#define WHOLE_H 1

#include "private.h"
#include "table.h"

struct whole {
	struct config *config;
	struct arena arena;
	struct table names;
	struct rule_index *index; /* until it is the configuration's */
	int looks;
	size_t part, at; /* what is to be checked next */
};

/* 0, or -1 with a message. */
int whole_begin(struct whole *, struct config *, char *err, size_t errlen);
/* At most so many names more; as config_job_run(). */
int whole_some(struct whole *, size_t most, char *err, size_t errlen);
void whole_end(struct whole *); /* in any case */

#endif
