/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scanner for JSON whose form is known to be good: it finds where values
 * begin and end and decodes keys. On bad form it gives up, it never runs on.
 */
#ifndef OCIGATE_AMEND_SCAN_H
#define OCIGATE_AMEND_SCAN_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct scan - a walk over the members of an object or the elements of an array
 * @at, @end: what is left of the text
 * @close: '}' or ']'
 * @first: no item was returned yet
 */
struct scan {
	const char *at;
	const char *end;
	char close;
	bool first;
};

/**
 * struct scan_item - one member or element
 * @gap: where the bytes in front of it begin: behind the bracket or the item before (comma and white space)
 * @key, @key_len: the quoted key without its quotes, as written; NULL in an array
 * @start: first byte of the item: the key's quote, or the value
 * @value, @value_end: the value
 */
struct scan_item {
	const char *gap;
	const char *start;
	const char *key;
	size_t key_len;
	const char *value;
	const char *value_end;
};

/** scan_space() - first byte at or behind @at that is no white space */
const char *scan_space(const char *at, const char *end);

/** scan_value() - first byte behind the value at @at. Return: NULL if it does not end. */
const char *scan_value(const char *at, const char *end);

/** scan_open() - start walking the object or array at @value. Return: false if it is neither. */
bool scan_open(struct scan *scan, const char *value, const char *end);

/**
 * scan_next() - the next item
 * Return: 1 for an item, 0 at the closing bracket (scan->at points behind it), -1 for bad form.
 */
int scan_next(struct scan *scan, struct scan_item *ret_item);

/** scan_key_is() - does the written key, escapes decoded, equal @key? */
bool scan_key_is(const struct scan_item *item, const char *key);

#endif
