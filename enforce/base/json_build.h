/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A short cut to jansson's values for documents without surprises.
 *
 * jansson reads byte by byte through layers; of a hook's time that was most.
 * Here whole tokens are taken at once, in a language smaller than JSON: what
 * is not plainly in it is left to jansson, which then also says what is wrong.
 */
#ifndef OCIGATE_BASE_JSON_BUILD_H
#define OCIGATE_BASE_JSON_BUILD_H

#include <jansson.h>
#include <stddef.h>

/**
 * json_build() - the value of a document that json_scan() has not complained about
 *
 * Return: a new reference, the same value as json_loadb() with JSON_REJECT_DUPLICATES gives; or NULL: ask jansson.
 */
json_t *json_build(const char *text, size_t len);

#endif
