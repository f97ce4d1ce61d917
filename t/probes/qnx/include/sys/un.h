/* SPDX-License-Identifier: 0BSD */
/* The member is there; the kernel below wants it elsewhere. */
#ifndef PROBES_UN_H
#define PROBES_UN_H 1
#include <sys/socket.h>
#ifndef PROBES_SUN_PATH
# define PROBES_SUN_PATH 104
#endif
struct sockaddr_un {
	sa_family_t sun_family;
	char sun_path[PROBES_SUN_PATH];
	unsigned char sun_len;
};
#endif
