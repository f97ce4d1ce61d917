/* SPDX-License-Identifier: 0BSD */
/*
 * reload.c - SIGHUP: the configuration file is read again.
 *
 * All of the new one is made before anything of the old one goes; if any of
 * it fails, the old one stays. Connections that were decided keep the rules
 * that decided them. A long file is read in pieces, between which connections
 * are served; a signal meanwhile reads it once more afterwards.
 * Paths that somebody has removed are made again before, with or without a
 * file.
 */
#include "../../lib/detect.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "control.h"
#include "front.h"
#include "loop/log.h"
#include "service/service.h"

#define PIECE 200 /* lines or rules: about a millisecond */

static const char *path;
static int wanted; /* again, when that may be */

/* The configuration that is being read, or NULL. */
static struct {
	struct rules *rules;
	struct config_job *job;
	struct event *next; /* piece */
} reading;

static int
take(struct rules *r, char *err, size_t errlen)
{
	if (listeners_open(&r->config, err, errlen) < 0)
		return -1;
	if (workers_take(&r->config, err, errlen) < 0) {
		listeners_undo();
		return -1;
	}
	listeners_keep();
	rules_drop(front.rules);
	front.rules = r;
	(void)limits_fit();
	limits_tell();
	return 0;
}

static void
tell(int good, const char *err)
{
	log_begin(good ? "reloaded" : "reload-failed");
	if (path != NULL)
		log_text("config", path);
	if (!good)
		log_text("why", err);
	log_end();
	notify("READY=1");
}

/* With `r`, the whole of the new configuration; else NULL and why. */
static void
have_read(struct rules *r, char *err, size_t errlen)
{
	if (r != NULL
	    && (listeners_check(&r->config, err, errlen) < 0
		|| workers_check(&r->config, err, errlen) != 0
		|| take(r, err, errlen) < 0)) {
		rules_drop(r);
		r = NULL;
	}
	tell(r != NULL, err);
}

/* Forget what is being read, but for the rules. */
static struct rules *
stop_reading(void)
{
	struct rules *r = reading.rules;

	config_job_free(reading.job);
	reading.job = NULL;
	reading.rules = NULL;
	return r;
}

static void
read_piece(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval at_once;
	struct rules *r;
	char err[1024];
	int more;

	(void)fd;
	(void)what;
	(void)arg;
	if (reading.job == NULL)
		return;
	/* Another front may have come meanwhile, or this one may end. */
	if (front.draining || front.yielded || front.taking) {
		wanted = 1;
		rules_drop(stop_reading());
		notify("READY=1");
		return;
	}
	(void)snprintf(err, sizeof err, "out of memory");
	more = config_job_run(reading.job, PIECE, err, sizeof err);
	if (more > 0 && event_add(reading.next, &at_once) == 0)
		return;
	r = stop_reading();
	if (more != 0) {
		rules_drop(r);
		r = NULL;
	}
	have_read(r, err, sizeof err);
	reload_wanted();
}

/* Opening what is no file (a FIFO) may wait for ever, and all with it. */
static int
is_file(char *err, size_t errlen)
{
	struct stat st;

	if (stat(path, &st) < 0 || S_ISREG(st.st_mode))
		return 1; /* or opening it tells why */
	(void)snprintf(err, errlen,
	    "%s: no plain file: it cannot be read while connections are "
	    "served",
	    path);
	return 0;
}

static void
reload(void)
{
	struct timespec now;
	char err[1024];

	wanted = 0;
	listeners_repair();
	control_repair();
	(void)fdferry_deadline(&now, 0);
	notify("RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	(void)snprintf(err, sizeof err,
	    path == NULL ? "rules were given as options: "
			   "only --config can be read again"
			 : "out of memory");
	if (path != NULL && is_file(err, sizeof err))
		reading.rules = calloc(1, sizeof *reading.rules);
	if (reading.rules != NULL) {
		reading.rules->users = 1;
		reading.job = config_job_new(&reading.rules->config, path, err,
		    sizeof err);
	}
	if (reading.job != NULL) {
		read_piece(-1, 0, NULL);
		return;
	}
	if (reading.rules != NULL)
		rules_drop(stop_reading());
	tell(0, err);
}

void
reload_wanted(void)
{
	if (wanted && !front.draining && !front.yielded && !front.taking
	    && reading.job == NULL)
		reload();
}

static void
on_hup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	wanted = 1;
	reload_wanted();
}

void
reload_init(const char *config_path)
{
	struct event *hup = evsignal_new(front.base, SIGHUP, on_hup, NULL);

	path = config_path;
	reading.next = evtimer_new(front.base, read_piece, NULL);
	if (hup == NULL || reading.next == NULL || event_add(hup, NULL) < 0)
		die(1, "cannot handle SIGHUP");
}
