/* SPDX-License-Identifier: 0BSD */
/* How a wl_connection's two rings reach the socket, by fdferry. */
#include "fdferry.h"

int
wl_connection_flush(struct wl_connection *connection)
{
	struct wl_ring_buffer *out = &connection->out;
	struct wl_ring_buffer *waiting = &connection->fds_out;
	uint32_t tail = out->tail;

	if (!connection->want_flush)
		return 0;
	while (out->head != out->tail) {
		struct iovec iov[2];
		int fds[MAX_FDS_OUT], count;
		size_t size = ring_buffer_size(waiting);
		ptrdiff_t len;

		if (size > sizeof fds)
			size = sizeof fds;
		ring_buffer_copy(waiting, fds, size);
		ring_buffer_get_iov(out, iov, &count);
		len = fdferry_sendv(connection->fd, iov, count, fds,
		    size / sizeof fds[0], FDFERRY_GIVE | FDFERRY_NONBLOCK,
		    NULL, NULL);
		if (len < 0)
			return -1;
		waiting->tail += size;
		out->tail += len;
	}
	connection->want_flush = 0;
	return out->head - tail;
}

int
wl_connection_read(struct wl_connection *connection)
{
	struct wl_ring_buffer *in = &connection->in;
	struct wl_ring_buffer *arrived = &connection->fds_in;
	int fds[sizeof arrived->data / sizeof(int)], count;
	struct fdferry_result got;
	struct iovec iov[2];
	ptrdiff_t len;

	got.size = sizeof got;
	if (ring_buffer_size(in) >= sizeof in->data) {
		errno = EOVERFLOW;
		return -1;
	}
	ring_buffer_put_iov(in, iov, &count);
	len = fdferry_recvv(connection->fd, iov, count, fds,
	    (sizeof arrived->data - ring_buffer_size(arrived)) / sizeof fds[0],
	    FDFERRY_NONBLOCK, NULL, &got);
	if (len <= 0)
		return len;
	ring_buffer_put(arrived, fds, got.fds * sizeof fds[0]);
	if (got.surplus || got.flags & FDFERRY_TRUNCATED) {
		errno = got.surplus ? EOVERFLOW : got.error;
		return -1;
	}
	in->head += len;
	return wl_connection_pending_input(connection);
}
