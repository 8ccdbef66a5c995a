/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers as Kubernetes writes quantities: sizes with a binary or decimal
 * suffix, CPU in cores or thousandths. Nothing is rounded, nothing overflows.
 */
#include <string.h>

#include "settings.h"

/* Reads digits; no sign, no space. Return: where they end, or NULL when there are none or too many. */
static const char *read_digits(const char *text, int64_t *ret_number)
{
	int64_t number = 0;
	const char *at = text;

	for (; *at >= '0' && *at <= '9'; at++)
		if (__builtin_mul_overflow(number, 10, &number) || __builtin_add_overflow(number, *at - '0', &number))
			return NULL;
	if (at == text)
		return NULL;
	*ret_number = number;
	return at;
}

int number_parse_size(const char *text, int64_t *ret_bytes)
{
	static const struct {
		const char *suffix;
		int64_t factor;
	} units[] = {
		{"", 1},
		{"k", 1000},
		{"M", 1000000},
		{"G", 1000000000},
		{"T", 1000000000000},
		{"P", 1000000000000000},
		{"Ki", (int64_t)1 << 10},
		{"Mi", (int64_t)1 << 20},
		{"Gi", (int64_t)1 << 30},
		{"Ti", (int64_t)1 << 40},
		{"Pi", (int64_t)1 << 50},
	};
	int64_t number;
	const char *rest = read_digits(text, &number);

	if (!rest)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(rest, units[i].suffix) != 0)
			continue;
		if (__builtin_mul_overflow(number, units[i].factor, &number))
			return -1;
		*ret_bytes = number;
		return 0;
	}
	return -1;
}

int number_parse_cpu(const char *text, int64_t *ret_milli)
{
	int64_t number, unit = 1000;
	const char *rest = read_digits(text, &number);

	if (!rest)
		return -1;
	if (strcmp(rest, "m") == 0) {
		*ret_milli = number;
		return 0;
	}
	if (__builtin_mul_overflow(number, 1000, &number))
		return -1;
	if (*rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9' && unit > 1; rest++) {
			unit /= 10;
			if (__builtin_add_overflow(number, (*rest - '0') * unit, &number))
				return -1;
		}
		if (unit == 1000)
			return -1;
	}
	if (*rest != '\0')
		return -1;
	*ret_milli = number;
	return 0;
}

int number_parse_range(const char *text, struct range *ret_range)
{
	struct range range;
	const char *rest = read_digits(text, &range.first);

	if (!rest)
		return -1;
	range.last = range.first;
	if (*rest == '-')
		rest = read_digits(rest + 1, &range.last);
	if (!rest || *rest != '\0' || range.last < range.first)
		return -1;
	*ret_range = range;
	return 0;
}
