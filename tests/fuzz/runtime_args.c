/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A runtime's command line. What is handed on must be read again as what was
 * judged: the same verb, container, bundle and values, and nothing more.
 */
#include "words.h"

#include "../../hook/runtime_args.h"

static void same_text(const char *a, const char *b)
{
	must((a == NULL) == (b == NULL));
	must(a == NULL || strcmp(a, b) == 0);
}

static void same_list(const struct strings *a, const struct strings *b)
{
	must(a->n == b->n);
	for (size_t i = 0; i < a->n; i++)
		same_text(a->items[i], b->items[i]);
}

static void check_again(struct arena *arena, const struct runtime_args *args)
{
	struct runtime_args again;
	struct err err = {0};

	args->argv[0] = "crun";
	must(args->argc < 2 * WORDS_MAX && args->argv[args->argc] == NULL);
	must(runtime_args_parse(arena, (int)args->argc, (char **)(uintptr_t)args->argv, &again, &err) == 0);
	must(again.verb == args->verb && again.incomplete == args->incomplete);
	same_text(again.id, args->id);
	for (int i = VALUE_NONE + 1; i < VALUES; i++) {
		same_text(again.values[i], args->values[i]);
		same_list(&again.lists[i], &args->lists[i]);
	}
	same_list(&again.command, &args->command);
	must(again.argc == args->argc);
	for (size_t i = 1; i < args->argc; i++)
		same_text(again.argv[i], args->argv[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);
	struct runtime_args args;
	struct err err = {0};
	char *argv[WORDS_MAX + 1];
	int argc = words_of((char *)(uintptr_t)text.bytes, text.len, argv);

	if (runtime_args_parse(&arena, argc, argv, &args, &err) < 0) {
		fuzz_refused(&err);
	} else {
		if (args.verb == VERB_OTHER)
			must(args.argc == (size_t)argc);
		else
			must(args.incomplete || (args.id && args.id[0] != '-'));
		check_again(&arena, &args);
	}
	arena_release(&arena);
	return 0;
}
