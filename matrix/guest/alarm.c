/* SPDX-License-Identifier: 0BSD */
/*
 * alarm.c - an emulated processor is slow: time limits of tests are eight
 * times as long there. They are compiled with -Dalarm=fdferry_slow_alarm;
 * the linker's --wrap makes programs that crash for mips64 (lld).
 */
#include <unistd.h>

unsigned int fdferry_slow_alarm(unsigned int seconds);

unsigned int
fdferry_slow_alarm(unsigned int seconds)
{
	return alarm(seconds * 8);
}
