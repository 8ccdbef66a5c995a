/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exec's options. The process that is judged is never less than what the
 * runtime could start: no capability is lost, no new privileges are only kept
 * where the options or runc keep them, and ids are ids.
 */
#include "words.h"

#include "../../hook/exec.h"

enum { BASE_UID = 1000, BASE_BITS = 0x21 };

static const struct process *base_process(void)
{
	static struct process base = {.uid = BASE_UID, .gid = BASE_UID, .cwd = "/", .no_new_privileges = true};

	base.caps[CAPS_BOUNDING] = (struct capability_set){.present = true, .mask = BASE_BITS};
	return &base;
}

static void check(const struct runtime_args *args, bool crun, const struct process *process)
{
	const char *told = args->values[VALUE_NO_NEW_PRIVS];

	must(process->uid >= 0 && process->uid <= INT32_MAX);
	must(process->gid >= 0 && process->gid <= INT32_MAX);
	if (!args->values[VALUE_USER] || !args->values[VALUE_USER][0])
		must(process->uid == (crun ? 0 : BASE_UID));
	must((process->caps[CAPS_BOUNDING].mask & BASE_BITS) == BASE_BITS);
	for (int kind = 0; kind < CAPS_KINDS; kind++)
		must(args->lists[VALUE_CAP].n == 0 || process->caps[kind].mask != 0);
	must(process->no_new_privileges == (told ? strcmp(told, "true") == 0 : !crun));
	must(process->args.n == args->command.n && process->cwd != NULL);
	must(process->env.n == args->lists[VALUE_ENV].n);
	for (size_t i = 0; i < process->n_additional_gids; i++)
		must(process->additional_gids[i] >= 0 && process->additional_gids[i] <= INT32_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct text text = fuzz_text(&arena, data, size);
	struct runtime_args args;
	struct process process;
	struct err err = {0};
	char *argv[WORDS_MAX + 1];
	int argc = words_of((char *)(uintptr_t)text.bytes, text.len, argv);

	if (runtime_args_parse(&arena, argc, argv, &args, &err) == 0 && args.verb == VERB_EXEC) {
		for (int crun = 0; crun < 2; crun++) {
			if (exec_process_from_options(&arena, &args, crun, base_process(), &process, &err) < 0)
				fuzz_refused(&err);
			else
				check(&args, crun, &process);
		}
	}
	arena_release(&arena);
	return 0;
}
