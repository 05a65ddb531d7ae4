/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DAY 86400
#define DAYS_400_YEARS 146097
#define DAYS_0000_03_01 719468 /* before 1970-01-01: counting from a March, leap days come last */

/* The proleptic Gregorian calendar, by whole eras of 400 years. */
static void date_of(long long days, long long *year, int *month, int *day)
{
	long long era, in_era, year_of_era, in_year, month_from_march;

	days += DAYS_0000_03_01;
	era = days / DAYS_400_YEARS;
	in_era = days % DAYS_400_YEARS;
	year_of_era = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month_from_march = (5 * in_year + 2) / 153;
	*day = (int)(in_year - (153 * month_from_march + 2) / 5 + 1);
	*month = (int)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
	*year = year_of_era + era * 400 + (*month <= 2);
}

struct timespec clock_now(clockid_t clock)
{
	struct timespec now = { 0 };

	(void)syscall(SYS_clock_gettime, clock, &now);
	return now;
}

int64_t clock_ns(void)
{
	struct timespec now = clock_now(CLOCK_MONOTONIC);

	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

void clock_text(char text[CLOCK_TEXT_SIZE])
{
	clock_text_of(clock_now(CLOCK_REALTIME), text);
}

void clock_text_of(struct timespec now, char text[CLOCK_TEXT_SIZE])
{
	long long year;
	int month, day, second;

	date_of(now.tv_sec / DAY, &year, &month, &day);
	second = (int)(now.tv_sec % DAY);
	snprintf(text, CLOCK_TEXT_SIZE, "%04lld-%02d-%02dT%02d:%02d:%02d.%09ldZ", year, month, day,
		 second / 3600, second / 60 % 60, second % 60, now.tv_nsec);
}
