/* SPDX-License-Identifier: 0BSD */
/*
 * What Haiku answers, by reading its Unix sockets (unix.cpp) and the stack
 * above (net_socket.cpp); nothing was run, and what is not here is not known.
 */
FACT("haiku", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "read", "headers/posix/sys/socket.h: _ALIGN", NULL)
FACT("haiku", "room.len", "EINVAL", "", 64, "read",
    "unix.cpp, unix_process_ancillary_data: CMSG_SPACE of all is needed",
    "the data were taken before, and are lost with the descriptors")
FACT("haiku", "room.space", "EINVAL", "", 0, "read",
    "unix.cpp, unix_process_ancillary_data: CMSG_SPACE of all is needed",
    "the data were taken before, and are lost with the descriptors")
FACT("haiku", "room.padding", "all, not told, no leak", "", 64, "read",
    "unix.cpp, unix_process_ancillary_data", NULL)
FACT("haiku", "room.no-buffer", "none, not told, no leak", "", 0, "read",
    "net_socket.cpp, process_ancillary_data: the container is deleted", NULL)
FACT("haiku", "room.by-read", "descriptors are closed", "", 0, "read",
    "net_socket.cpp, socket_receive_no_buffer", NULL)
FACT("haiku", "table.full", "EMFILE, data lost", "", 0, "read",
    "unix.cpp, unix_process_ancillary_data: new_fd",
    "the data were taken before")
FACT("haiku", "send.len", "taken", "", 0, "read",
    "net_socket.cpp, add_ancillary_data", NULL)
FACT("haiku", "cloexec.flag", "set", "", 0, "read",
    "where headers have MSG_CMSG_CLOEXEC, the kernel acts on it", NULL)
FACT("haiku", "credentials", "uid gid pid", "", 0, "read",
    "unix.cpp, unix_getsockopt: SO_PEERCRED, struct ucred", NULL)
