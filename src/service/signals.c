/* SPDX-License-Identifier: 0BSD */
/*
 * signals.c - signals that a failing write raises: ignored here, since each
 * write's errno is looked at, and as usual in programs that are started.
 */
#include "../../lib/detect.h"

#include <signal.h>

#include "service.h"

#ifndef SIGXFSZ /* of XSI */
# define SIGXFSZ SIGPIPE
#endif

void
ignore_write_signals(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
}

void
restore_write_signals(void)
{
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
}
