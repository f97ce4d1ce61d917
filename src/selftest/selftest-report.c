/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-report.c - what one case says.
 */
#include "selftest.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *st_self;

static void
say(struct st_report *r, int kind, const char *format, va_list list)
{
	r->kind = kind;
	(void)vsnprintf(r->text, sizeof r->text, format, list);
}

void
st_answer(struct st_report *r, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(r, ST_ANSWER, format, list);
	va_end(list);
}

void
st_skip(struct st_report *r, const char *format, ...)
{
	va_list list;

	if (r->kind != ST_PASS)
		return;
	va_start(list, format);
	say(r, ST_SKIP, format, list);
	va_end(list);
}

int
st_check(struct st_report *r, int holds, const char *format, ...)
{
	va_list list;

	if (holds || r->kind == ST_FAIL)
		return holds;
	va_start(list, format);
	say(r, ST_FAIL, format, list);
	va_end(list);
	return holds;
}
