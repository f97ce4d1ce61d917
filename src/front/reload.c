/* SPDX-License-Identifier: 0BSD */
/*
 * reload.c - SIGHUP: the configuration file is read again.
 *
 * All of the new one is made before anything of the old one goes; if any of
 * it fails, the old one stays. Connections that were decided keep the rules
 * that decided them. Paths that somebody has removed are made again before, with
 * or without a file.
 */
#include "../../lib/detect.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "front.h"
#include "loop/log.h"
#include "service/service.h"

static const char *path;
static int wanted; /* when it is settled which front serves */

/* The file as a configuration that is whole; NULL with a text. */
static struct rules *
read_again(char *err, size_t errlen)
{
	struct rules *r = calloc(1, sizeof *r);

	if (r == NULL) {
		(void)snprintf(err, errlen, "out of memory");
		return NULL;
	}
	r->users = 1;
	if (config_file(&r->config, path, err, errlen) == 0
	    && config_check(&r->config, err, errlen) == 0
	    && listeners_check(&r->config, err, errlen) == 0
	    && workers_check(&r->config, err, errlen) == 0)
		return r;
	rules_drop(r);
	return NULL;
}

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
	return 0;
}

static void
reload(void)
{
	struct timespec now;
	struct rules *r;
	char err[1024];

	wanted = 0;
	listeners_repair();
	control_repair();
	(void)fdferry_deadline(&now, 0);
	notify("RELOADING=1\nMONOTONIC_USEC=%lld",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	(void)snprintf(err, sizeof err,
	    "rules were given as options: "
	    "only --config can be read again");
	r = path != NULL ? read_again(err, sizeof err) : NULL;
	if (r != NULL && take(r, err, sizeof err) < 0) {
		rules_drop(r);
		r = NULL;
	}
	log_begin(r != NULL ? "reloaded" : "reload-failed");
	if (path != NULL)
		log_text("config", path);
	if (r == NULL)
		log_text("why", err);
	log_end();
	notify("READY=1");
}

void
reload_wanted(void)
{
	if (wanted && !front.draining)
		reload();
}

static void
on_hup(evutil_socket_t sig, short what, void *arg)
{
	(void)sig;
	(void)what;
	(void)arg;
	if (front.yielded || front.taking)
		wanted = 1;
	else if (!front.draining)
		reload();
}

void
reload_init(const char *config_path)
{
	struct event *hup = evsignal_new(front.base, SIGHUP, on_hup, NULL);

	path = config_path;
	if (hup == NULL || event_add(hup, NULL) < 0)
		die(1, "cannot handle SIGHUP");
}
