/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shape of a JSON document as data: which keys each object has, what each
 * value must be, and where it goes in our structs. One table (schema*.c)
 * describes the whole runtime-spec; one walker (walk.c) refuses what does not
 * fit and fills in the struct in the same pass.
 *
 * An object of a fixed shape is one that a Go runtime decodes into a struct:
 * there a key that differs from a known one only in case is the same key to
 * one runtime and an unknown one to another, so it is refused. An object
 * whose keys are data (annotations, sysctl) is decoded into a map by all.
 */
#ifndef OCIGATE_SPEC_SCHEMA_H
#define OCIGATE_SPEC_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocigate/json.h"
#include "ocigate/json_text.h"
#include "ocigate/spec.h"
#include "ocigate/list.h"

/** enum shape_type - what a value must be, and what it is written to */
enum shape_type {
	SHAPE_ANY = 0, /* anything that passes the general checks; not kept */
	SHAPE_BOOL,    /* bool */
	SHAPE_INT,     /* int64_t within min..max */
	SHAPE_UINT32,  /* uint32_t within min..max */
	SHAPE_UINT64,  /* uint64_t, all of it */
	SHAPE_LIMIT,   /* struct limit, within min..max */
	SHAPE_STRING,  /* const char * */
	SHAPE_LETTER,  /* char: one letter, one of words[0] */
	SHAPE_STRINGS, /* struct strings */
	SHAPE_MAP,     /* struct key_values: string to string, keys are data */
	SHAPE_OBJECT,  /* the child's struct, in place */
	SHAPE_LIST,    /* array of the child: pointer and count */
	SHAPE_TABLE,   /* object whose keys are data and whose values are the child; checked, not kept */
	SHAPE_OWN,     /* read by the field's own function */
};

struct walk;
struct shape;

/**
 * struct shape_field - one key of an object of a fixed shape
 * @key: as the runtime-spec spells it; in the table itself: a table without addresses needs no correcting at the start
 * @type: what it must be
 * @required: its absence is refused
 * @min, @max: numbers, both included
 * @words: strings: the only values that there are, NULL-terminated; NULL: any
 * @child: OBJECT, LIST, TABLE
 * @to: one more than the offset in the object's struct that the value goes to; 0: nowhere (TO())
 * @count_to: LIST: the same for the number of elements, a size_t
 * @has_to: the same for a bool that says that the key is there
 * @read: OWN
 * @check: STRING, STRINGS: further condition on the text; sets the error and returns -1
 */
struct shape_field {
	char key[24];
	enum shape_type type : 8;
	bool required;
	uint16_t to;
	uint16_t count_to;
	uint16_t has_to;
	int64_t min;
	int64_t max;
	const char *const *words;
	const struct shape *child;
	int (*read)(struct walk *walk, void *base);
	int (*check)(struct walk *walk, const char *text);
};

/**
 * struct shape - an object of a fixed shape
 * @fields, @n_fields: at most 64
 * @size: of the struct that it becomes; 0: checked only
 * @initial: LIST: what an element is before its keys are read; NULL: zeroes
 * @finish: called when all keys are read, with the struct; may refuse
 * @closed: what a key that is not among them would be: it is refused. NULL: something that does no harm
 */
struct shape {
	const struct shape_field *fields;
	size_t n_fields;
	size_t size;
	const void *initial;
	int (*finish)(struct walk *walk, void *base);
	const char *closed;
};

/** TO() - offset for struct shape_field */
#define TO(type, member) (offsetof(type, member) + 1)

/** struct walk_step - one step of the way from the root; @key NULL: element @index of an array */
struct walk_step {
	const char *key;
	size_t index;
};

/**
 * struct walk - one pass over one document
 * @text: at the value that is to be read next
 * @recall: spec_parse_known()
 * @form: what is wrong with the document's form, if anything
 */
struct walk {
	struct json_text text;
	struct arena *arena;
	const struct seccomp_answer *(*recall)(struct arena *arena, const char *block, size_t len);
	struct err form;
	struct walk_step steps[JSON_DEPTH_MAX + 2];
	size_t depth;
};

/** shape_container, shape_process, shape_state - the three documents */
extern const struct shape shape_container;
extern const struct shape shape_process;
extern const struct shape shape_state;

/** shape_seccomp - linux.seccomp, for read_seccomp() */
extern const struct shape shape_seccomp;

/**
 * walk_document() - read a whole document of @shape into @base
 * @walk: with @arena and @recall set
 * @name: of the document, for input errors
 *
 * Return: 0, or -1 with ERR_DENIED, ERR_INPUT (empty, cut short) or ERR_SYSTEM.
 */
int walk_document(struct walk *walk, const struct shape *shape, const struct text *text, const char *name, void *base,
		  struct err *err) MUST_CHECK;

/** walk_deny() - refuse the value that the walk is at; the text starts with its name. Return: always -1. */
int walk_deny(struct walk *walk, const char *fmt, ...) PRINTF_LIKE(2, 3);

/** walk_broken() - the text is not what it should be: json_read() will say why. Return: always -1. */
int walk_broken(struct walk *walk);

/** walk_no_memory() - Return: always -1. */
int walk_no_memory(struct walk *walk);

/** walk_enter(), walk_leave() - step into a member (@key) or an element (@key NULL, @index), and back */
static inline void walk_enter(struct walk *walk, const char *key, size_t index)
{
	/* What is nested deeper than the way has room for is refused before long. */
	if (walk->depth < sizeof(walk->steps) / sizeof(walk->steps[0]))
		walk->steps[walk->depth] = (struct walk_step){key, index};
	walk->depth++;
}

static inline void walk_leave(struct walk *walk)
{
	walk->depth--;
}

/** walk_kind() - refuse the next value unless it is of @kind. Return: 0 or -1. */
int walk_kind(struct walk *walk, enum json_kind kind) MUST_CHECK;

/**
 * struct walk_items - a list while it is read: how many there will be nobody knows before its end
 * @size: of one item
 */
struct walk_items {
	void *items;
	size_t size;
	size_t room;
};

/** walk_room() - the place of item @n, zeroed; those before it may move. Return: NULL, and said why. */
void *walk_room(struct walk *walk, struct walk_items *list, size_t n) MUST_CHECK;

/** walk_items_end() - give back what @n items leave. Return: the items, never NULL; only behind a walk_room(). */
void *walk_items_end(struct walk *walk, struct walk_items *list, size_t n);

/** walk_object(), walk_strings(), walk_list(), walk_integer() - read one value of that type */
int walk_object(struct walk *walk, const struct shape *shape, void *base) MUST_CHECK;
int walk_strings(struct walk *walk, const struct shape_field *field, struct strings *ret) MUST_CHECK;
int walk_list(struct walk *walk, const struct shape *shape, void **ret_items, size_t *ret_n) MUST_CHECK;
int walk_integer(struct walk *walk, int64_t min, int64_t max, int64_t *ret) MUST_CHECK;

/** walk_any() - what holds everywhere: no null, no odd field names */
int walk_any(struct walk *walk) MUST_CHECK;

/** walk_distinct() - refuse keys that come twice; @keys may be reordered. Return: 0 or -1. */
int walk_distinct(struct walk *walk, const char **keys, size_t n) MUST_CHECK;

/** walk_plain() - printable ASCII alone; walk_control(): control characters, C0, DEL or C1, in UTF-8 text */
bool walk_plain(const char *key);
bool walk_control(const char *text);

/** key_equal_folded() - are two keys equal to a parser that ignores case, Unicode's simple folding included? */
bool key_equal_folded(const char *known, const char *key);

/* Own readers and checks that the table refers to; each beside its subject. */
int read_capabilities(struct walk *walk, void *base);
int read_namespaces(struct walk *walk, void *base);
int read_hooks(struct walk *walk, void *base);
int read_gids(struct walk *walk, void *base);
int read_seccomp(struct walk *walk, void *base);
int read_pid(struct walk *walk, void *base);
int check_not_empty(struct walk *walk, const char *text);
int check_version(struct walk *walk, const char *text);
int check_access(struct walk *walk, const char *text);
int finish_mount(struct walk *walk, void *base);

#endif
