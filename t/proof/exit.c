/* SPDX-License-Identifier: 0BSD */
/*
 * exit.c - what a child reaches counts too: it ends with _exit(), which writes
 * no counts. Linked with every program of a tree that counts, in place of the
 * C library's by --wrap.
 */
void __gcov_dump(void);
void __real__exit(int status);
void __wrap__exit(int status);

void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
