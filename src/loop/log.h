/* SPDX-License-Identifier: 0BSD */
/*
 * log.h - one line per event on standard error, never blocking the loop.
 *
 * Lines wait in a bounded buffer while standard error takes nothing, for
 * whatever reason; what does not fit is dropped and counted. Text that came
 * from elsewhere is escaped, so a line is always one line, and JSON is
 * always valid; a line goes out in one write. What is too long for that is
 * cut and marked so.
 */
#ifndef LOG_H
#define LOG_H 1

struct event_base;

enum log_form { LOG_TEXT, LOG_JSON, LOG_NONE };

/* Call once, before the first line. */
void log_init(struct event_base *base, enum log_form form);

/* False: no line is kept, whatever is in it. */
int log_wanted(void);

/* A line: begin, fields in any number, end. The time is added. */
void log_begin(const char *event);
void log_text(const char *key, const char *value);
void log_number(const char *key, unsigned long long value);
void log_end(void);

/* How many lines were lost, in all. */
unsigned long long log_lost(void);

/* The whole buffer, at the end: waits a moment, not for ever. */
void log_finish(void);

#endif
