/* SPDX-License-Identifier: 0BSD */
/*
 * uv.c - a uv_pipe_t with IPC, as a subject. libuv passes streams alone, one
 * a message: what is sent is the end of a pipe.
 */
#include <unistd.h>

#include <uv.h>

#include "subject.h"

static uv_loop_t *loop;
static uv_pipe_t out, in, taken, what;
static int unsent, arrived;

static void
room(uv_handle_t *handle, size_t want, uv_buf_t *buf)
{
	static char space[1];

	(void)handle;
	(void)want;
	*buf = uv_buf_init(space, sizeof space);
}

static void
take(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	(void)buf;
	if (n <= 0 || uv_pipe_pending_count(&in) < 1)
		return;
	(void)uv_pipe_init(loop, &taken, 0);
	if (uv_accept(stream, (uv_stream_t *)&taken) < 0)
		subject_die("uv_accept");
	uv_close((uv_handle_t *)&taken, NULL);
	(void)uv_read_stop(stream);
	arrived++;
}

static int
handle(void)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -1;
	(void)uv_pipe_init(loop, &what, 0);
	(void)uv_pipe_open(&what, ends[0]);
	return ends[0];
}

static void
uv_ends(int one, int other)
{
	loop = uv_default_loop();
	if (one >= 0 && (uv_pipe_init(loop, &out, 1) < 0
	    || uv_pipe_open(&out, one) < 0))
		subject_die("uv_pipe_open");
	if (other >= 0 && (uv_pipe_init(loop, &in, 1) < 0
	    || uv_pipe_open(&in, other) < 0))
		subject_die("uv_pipe_open");
}

static void
sent(uv_write_t *req, int status)
{
	(void)req;
	if (status < 0)
		subject_die("uv_write2");
	unsent--;
}

static void
uv_send(const int *fds, size_t n)
{
	static uv_write_t reqs[64];
	static unsigned int next;
	static char nul[1];
	uv_buf_t buf = uv_buf_init(nul, 1);

	(void)fds;
	(void)n;
	unsent++;
	if (uv_write2(&reqs[next++ % 64], (uv_stream_t *)&out, &buf, 1,
	    (uv_stream_t *)&what, sent) < 0)
		subject_die("uv_write2");
}

static void
uv_recv(size_t n)
{
	(void)n;
	(void)uv_read_start((uv_stream_t *)&in, room, take);
	while (arrived == 0)
		(void)uv_run(loop, UV_RUN_ONCE);
	arrived--;
}

static void
uv_settle(void)
{
	while (unsent > 0)
		(void)uv_run(loop, UV_RUN_ONCE);
}

const struct subject subjects[] = {
	{ "uv", 1, uv_ends, uv_send, uv_recv, uv_settle, handle },
	{ NULL, 0, NULL, NULL, NULL, NULL, NULL }
};
