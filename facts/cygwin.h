/* SPDX-License-Identifier: 0BSD */
/* What Cygwin answers, by reading its source; the library refuses it. */
FACT("cygwin", "layout",
    "cmsghdr 16, cmsg_len 8, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "read", "cygwin/socket.h: sizeof (size_t)", NULL)
FACT("cygwin", "message.most", "0, then success without delivery", "", 0,
    "read", "fhandler_socket_local.cc, sendmsg",
    "passing descriptors is to be done there; success is reported")
