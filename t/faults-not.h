/* SPDX-License-Identifier: 0BSD */
/*
 * faults-not.h - the calls of faults.h under their own names again: what the
 * test does itself does not fail. Before any other header.
 */
#undef calloc
#undef clock_gettime
#undef close
#undef close_range
#undef fcntl
#undef fstat
#undef fstatfs
#undef getpeername
#undef getsockname
#undef getsockopt
#undef if_indextoname
#undef ioctl
#undef isastream
#undef isatty
#undef kevent
#undef madvise
#undef malloc
#undef mmap
#undef munmap
#undef poll
#undef readlink
#undef readv
#undef realloc
#undef recvmsg
#undef sendmsg
#undef setsockopt
#undef statx
#undef writev
