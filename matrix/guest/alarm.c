/* SPDX-License-Identifier: 0BSD */
/*
 * alarm.c - an emulated processor is slow: time limits of tests are eight
 * times as long there. Linked with -Wl,--wrap=alarm.
 */
#include <unistd.h>

unsigned int __real_alarm(unsigned int seconds);
unsigned int __wrap_alarm(unsigned int seconds);

unsigned int
__wrap_alarm(unsigned int seconds)
{
	return __real_alarm(seconds * 8);
}
