/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime.h"

void runtime_exec(struct run *run, struct runtime_args *args, const struct real_runtime *runtime, const char *wrapper)
{
	struct err err;

	(void)args;
	(void)runtime;
	(void)wrapper;
	(void)err_set(&err, ERR_SYSTEM, "exec is not judged yet");
	decision_refuse(&run->decision, &err);
}
