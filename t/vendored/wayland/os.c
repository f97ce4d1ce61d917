/* SPDX-License-Identifier: 0BSD */
/* Who is at the other end, by fdferry. */
#include "fdferry.h"

int
wl_os_socket_peercred(int sockfd, uid_t *uid, gid_t *gid, pid_t *pid)
{
	struct fdferry_peercred peer;

	peer.size = sizeof peer;
	if (fdferry_peer(sockfd, &peer) < 0)
		return -1;
	*uid = peer.uid;
	*gid = peer.gid;
	*pid = peer.known & FDFERRY_PEER_PID ? peer.pid : 0;
	return 0;
}
