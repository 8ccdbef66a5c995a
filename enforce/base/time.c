/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time as RFC 3339 has it, in UTC. Not by gmtime(): the C library would read
 * /etc/localtime first, and with it whatever the caller's TZ names.
 */
#include "ocigate/str.h"

static void two_digits(struct out *out, int64_t value)
{
	char digits[2] = {(char)('0' + value / 10 % 10), (char)('0' + value % 10)};

	out_bytes(out, digits, 2);
}

/* Days since 1970 become a date in a calendar whose year begins in March, where the leap day is the last. */
static void date(struct out *out, int64_t days)
{
	int64_t day = days + 719468, era = day / 146097, of_era = day % 146097;
	int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t from_march = (5 * of_year + 2) / 153;
	int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;

	out_number(out, year_of_era + era * 400 + (month <= 2));
	out_str(out, "-");
	two_digits(out, month);
	out_str(out, "-");
	two_digits(out, of_year - (153 * from_march + 2) / 5 + 1);
}

void out_time(struct out *out, int64_t time_us)
{
	int64_t seconds = time_us / 1000000, of_day = seconds % 86400, us = time_us % 1000000;

	date(out, seconds / 86400);
	out_str(out, "T");
	two_digits(out, of_day / 3600);
	out_str(out, ":");
	two_digits(out, of_day / 60 % 60);
	out_str(out, ":");
	two_digits(out, of_day % 60);
	out_str(out, ".");
	two_digits(out, us / 10000);
	two_digits(out, us / 100 % 100);
	two_digits(out, us % 100);
	out_str(out, "Z");
}
