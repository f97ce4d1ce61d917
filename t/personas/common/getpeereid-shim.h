/* SPDX-License-Identifier: 0BSD */
/* getpeereid() of macOS, DragonFly and AIX. */
int
getpeereid(int sock, uid_t *uid, gid_t *gid)
{
	struct host_peer peer;

	if (host_peer(sock, &peer) < 0)
		return -1;
	*uid = peer.uid;
	*gid = peer.gid;
	return 0;
}
