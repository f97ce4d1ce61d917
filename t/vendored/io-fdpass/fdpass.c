/* SPDX-License-Identifier: 0BSD */
/* The two functions of IO::FDPass, by fdferry. */
#include "fdferry.h"

static int
fd_send (int socket, int fd)
{
	return fdferry_send_fd(socket, fd, 0, NULL, NULL) == 0;
}

static int
fd_recv (int socket)
{
	return fdferry_recv_fd(socket, 0, NULL, NULL);
}
