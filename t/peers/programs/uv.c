/* SPDX-License-Identifier: 0BSD */
/*
 * uv send PATH FILE COUNT | recv PATH COUNT - a uv_pipe_t with IPC.
 *
 * libuv passes streams alone: FILE is not opened, a pipe is sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uv.h>

static uv_loop_t *loop;
static uv_pipe_t sock, taken[8];
static int count, seen;

static void
sent(uv_write_t *req, int status)
{
	(void)req;
	if (status < 0)
		fprintf(stderr, "%s\n", uv_strerror(status));
	if (++seen == count)
		uv_close((uv_handle_t *)&sock, NULL);
}

static void
connected(uv_connect_t *req, int status)
{
	static uv_write_t reqs[8];
	static char nul[1];
	uv_buf_t buf = uv_buf_init(nul, 1);
	static uv_pipe_t ends[2];
	int fds[2], i;

	(void)req;
	if (status < 0 || pipe(fds) < 0)
		exit(1);
	uv_pipe_init(loop, &ends[0], 0);
	uv_pipe_open(&ends[0], fds[0]);
	for (i = 0; i < count; i++)
		uv_write2(&reqs[i], (uv_stream_t *)&sock, &buf, 1,
		    (uv_stream_t *)&ends[0], sent);
}

static void
room(uv_handle_t *handle, size_t want, uv_buf_t *buf)
{
	static char space[256];

	(void)handle;
	(void)want;
	*buf = uv_buf_init(space, sizeof space);
}

static void
over(void)
{
	char c;

	while (read(0, &c, 1) > 0)
		continue;
	exit(0);
}

static void
arrived(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	uv_os_fd_t fd;

	(void)buf;
	while (uv_pipe_pending_count(&sock) > 0 && seen < count) {
		uv_pipe_init(loop, &taken[seen], 0);
		if (uv_accept(stream, (uv_stream_t *)&taken[seen]) < 0
		    || uv_fileno((uv_handle_t *)&taken[seen], &fd) < 0)
			break;
		printf("fd %d\n", fd);
		seen++;
	}
	if (n < 0)
		printf("error %s\n", uv_strerror((int)n));
	else if (n > 0 && seen == 0)
		printf("error no descriptor\n");
	fflush(stdout);
	if (n < 0 || seen == count)
		over();
}

static void
accepted(uv_stream_t *listener, int status)
{
	if (status < 0 || uv_accept(listener, (uv_stream_t *)&sock) < 0)
		exit(1);
	puts("accepted");
	fflush(stdout);
	uv_read_start((uv_stream_t *)&sock, room, arrived);
}

int
main(int argc, char **argv)
{
	static uv_pipe_t listener;
	static uv_connect_t req;

	count = atoi(argv[argc - 1]);
	loop = uv_default_loop();
	uv_pipe_init(loop, &sock, 1);
	if (strcmp(argv[1], "send") == 0) {
		uv_pipe_connect(&req, &sock, argv[2], connected);
	} else {
		uv_pipe_init(loop, &listener, 0);
		if (uv_pipe_bind(&listener, argv[2]) < 0
		    || uv_listen((uv_stream_t *)&listener, 1, accepted) < 0)
			return 1;
	}
	return uv_run(loop, UV_RUN_DEFAULT);
}
