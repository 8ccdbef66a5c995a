/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a string of a setting must be (enum setting_check).
 */
#include <regex.h>
#include <string.h>
#include <sys/capability.h>

#include "ocigate/container.h"
#include "ocigate/seccomp.h"

#include "settings.h"

enum { CAPABILITIES_MAX = 64 }; /* bits of a capability mask */

/* libcap takes any case, numbers and a missing prefix; runtimes do not. */
static bool is_capability(const char *text)
{
	cap_value_t value;

	if (strncmp(text, "CAP_", 4) != 0 ||
	    text[4 + strspn(text + 4, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] != '\0')
		return false;
	return text[4 + strspn(text + 4, "0123456789")] != '\0' && cap_from_name(text, &value) == 0;
}

static bool is_clean_path(const char *text)
{
	if (text[0] != '/')
		return false;
	if (text[1] == '\0')
		return true;
	while (*text == '/') {
		size_t n = strcspn(++text, "/");

		if (n == 0 || (n == 1 && text[0] == '.') || (n == 2 && text[0] == '.' && text[1] == '.'))
			return false;
		text += n;
	}
	return true;
}

static bool is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

/* Up to nine digits, so that every runtime reads the same number, or "*". */
static const char *skip_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return *text == '*' ? text + 1 : digits > 0 && digits < 10 ? text + digits : NULL;
}

static bool is_device(const char *text)
{
	const char *at;
	size_t access;

	if ((text[0] != 'c' && text[0] != 'b') || text[1] != ' ')
		return false;
	at = skip_number(text + 2);
	at = at && *at == ':' ? skip_number(at + 1) : NULL;
	if (!at || *at != ' ')
		return false;
	access = strspn(at + 1, "rwm");
	return access > 0 && access < 4 && at[1 + access] == '\0';
}

static int check_regex(struct reader *reader, const char *text)
{
	char why[128];
	regex_t regex;
	int failure;

	if (text[0] != '~')
		return 0;
	failure = regcomp(&regex, text + 1, REG_EXTENDED | REG_NOSUB);
	if (failure == 0) {
		regfree(&regex);
		return 0;
	}
	(void)regerror(failure, NULL, why, sizeof(why));
	return reader_fail(reader, "\"%s\" is no regular expression: %s", text + 1, why);
}

static size_t capability_names(const char **names, size_t room)
{
	static char texts[CAPABILITIES_MAX][32];
	size_t n = 0;

	for (cap_value_t value = 0; value < CAPABILITIES_MAX && n < room; value++) {
		char *name = cap_to_name(value);
		size_t len = name ? strlen(name) : 0;

		/* A capability without a name comes back as its number. */
		if (len > 4 && len < sizeof(texts[0]) && strncmp(name, "cap_", 4) == 0) {
			for (size_t i = 0; i <= len; i++)
				texts[n][i] = name[i] >= 'a' && name[i] <= 'z' ? (char)(name[i] - 'a' + 'A') : name[i];
			names[n] = texts[n];
			n++;
		}
		(void)cap_free(name);
	}
	return n;
}

size_t check_names(enum setting_check check, const char **names, size_t room)
{
	size_t n = 0;

	if (check == CHECK_CAPABILITY)
		return capability_names(names, room);
	if (check == CHECK_FLOOR) {
		names[n++] = "default";
		names[n++] = "common";
		for (size_t i = 0; seccomp_floor[i].name && n < room; i++)
			names[n++] = seccomp_floor[i].name;
	}
	if (check == CHECK_NAMESPACE)
		for (; n < NS_TYPES && n < room; n++)
			names[n] = namespace_type_names[n];
	return n;
}

static int check_known(struct reader *reader, const char *what, enum setting_check check, const char *text)
{
	const char *names[NAMES_MAX];
	size_t n = check_names(check, names, NAMES_MAX);

	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], text) == 0)
			return 0;
	return reader_unknown(reader, what, text, names, n);
}

/* As pods and docker write them. Return: always -1. */
static int unknown_capability(struct reader *reader, const char *text)
{
	char name[32] = "CAP_";

	for (size_t i = 4; i < sizeof(name) - 1 && text[i - 4]; i++)
		name[i] = text[i - 4] >= 'a' && text[i - 4] <= 'z' ? (char)(text[i - 4] - 'a' + 'A') : text[i - 4];
	if (is_capability(name))
		return reader_fail(reader, "unknown capability \"%s\"; did you mean \"%s\"?", text, name);
	return check_known(reader, "capability", CHECK_CAPABILITY, text);
}

int check_string(struct reader *reader, enum setting_check check, const char *text)
{
	switch (check) {
	case CHECK_NONE:
		return 0;
	case CHECK_CAPABILITY:
		return is_capability(text) ? 0 : unknown_capability(reader, text);
	case CHECK_NAMESPACE:
		return check_known(reader, "namespace", check, text);
	case CHECK_FLOOR:
		return check_known(reader, "call of the floor", check, text);
	case CHECK_PATH:
		if (is_clean_path(text))
			return 0;
		return reader_fail(
			reader, "\"%s\" must be an absolute path without \"//\", \".\", \"..\" or a \"/\" at its end",
			text);
	case CHECK_REGEX:
		return check_regex(reader, text);
	case CHECK_DEVICE:
		return is_device(text)
			       ? 0
			       : reader_fail(reader, "\"%s\" must be a device as in \"c 10:229 rwm\" or \"b 8:* r\"",
					     text);
	case CHECK_SHA256:
		return is_sha256(text)
			       ? 0
			       : reader_fail(reader, "\"%s\" must be 64 hexadecimal digits in lower case", text);
	}
	return reader_fail(reader, "no check of that kind");
}
