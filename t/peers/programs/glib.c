/* SPDX-License-Identifier: 0BSD */
/* glib send PATH FILE COUNT | recv PATH COUNT - GUnixConnection. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gio/gio.h>
#include <gio/gunixconnection.h>
#include <gio/gunixsocketaddress.h>

static int
send_all(GSocketAddress *at, const char *path, int count)
{
	GError *error = NULL;
	GSocketClient *client = g_socket_client_new();
	GSocketConnection *c = g_socket_client_connect(client,
	    G_SOCKET_CONNECTABLE(at), NULL, &error);
	int file = open(path, O_RDONLY), i;

	for (i = 0; c != NULL && i < count; i++)
		if (!g_unix_connection_send_fd(G_UNIX_CONNECTION(c), file, NULL,
		    &error))
			break;
	if (error != NULL)
		fprintf(stderr, "%s\n", error->message);
	return error != NULL;
}

int
main(int argc, char **argv)
{
	int count = atoi(argv[argc - 1]), i, fd;
	GSocketAddress *at = g_unix_socket_address_new(argv[2]);
	GError *error = NULL;
	GSocketListener *listener;
	GSocketConnection *c;

	if (strcmp(argv[1], "send") == 0)
		return send_all(at, argv[3], count);
	listener = g_socket_listener_new();
	g_socket_listener_add_address(listener, at, G_SOCKET_TYPE_STREAM,
	    G_SOCKET_PROTOCOL_DEFAULT, NULL, NULL, &error);
	c = error != NULL ? NULL : g_socket_listener_accept(listener, NULL,
	    NULL, &error);
	if (c == NULL)
		return fprintf(stderr, "%s\n", error->message), 1;
	puts("accepted");
	fflush(stdout);
	for (i = 0; i < count; i++) {
		error = NULL;
		fd = g_unix_connection_receive_fd(G_UNIX_CONNECTION(c), NULL,
		    &error);
		if (fd >= 0)
			printf("fd %d\n", fd);
		else
			printf("error %s\n", error->message);
		fflush(stdout);
	}
	return getchar() != EOF;
}
