/* SPDX-License-Identifier: 0BSD */
/*
 * notify.c - tell the service manager, by the convention of sd_notify(3).
 */
#include "../../lib/detect.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service.h"

static char notify_at[sizeof(struct sockaddr_un)];

/* sd_notify(3): a datagram of lines to NOTIFY_SOCKET, a path or @NAME. */
void
notify(const char *fmt, ...)
{
	struct sockaddr_un un;
	const char *at = getenv("NOTIFY_SOCKET");
	char text[256];
	size_t len;
	va_list ap;
	int sock;

	if (at != NULL && notify_at[0] == '\0')
		(void)snprintf(notify_at, sizeof notify_at, "%s", at);
	len = strlen(notify_at);
	if (len == 0 || len >= sizeof un.sun_path)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	memset(&un, 0, sizeof un);
	un.sun_family = AF_UNIX;
	memcpy(un.sun_path, notify_at, len);
	if (un.sun_path[0] == '@')
		un.sun_path[0] = '\0';
	sock = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (sock < 0)
		return;
	(void)fcntl(sock, F_SETFL, O_NONBLOCK);
	(void)sendto(sock, text, strlen(text), 0, (struct sockaddr *)&un,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	(void)close(sock);
}
