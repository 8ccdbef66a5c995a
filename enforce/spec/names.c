/* SPDX-License-Identifier: Apache-2.0 */
#include "ocigate/container.h"

#include <assert.h>

const char *const capability_kind_names[CAPS_KINDS] = {
	[CAPS_BOUNDING] = "bounding",	[CAPS_EFFECTIVE] = "effective", [CAPS_INHERITABLE] = "inheritable",
	[CAPS_PERMITTED] = "permitted", [CAPS_AMBIENT] = "ambient",
};

const char *const namespace_type_names[NS_TYPES] = {
	[NS_PID] = "pid", [NS_NETWORK] = "network", [NS_MOUNT] = "mount",   [NS_IPC] = "ipc",
	[NS_UTS] = "uts", [NS_USER] = "user",	    [NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

const char *const namespace_proc_names[NS_TYPES] = {
	[NS_PID] = "pid", [NS_NETWORK] = "net", [NS_MOUNT] = "mnt",	[NS_IPC] = "ipc",
	[NS_UTS] = "uts", [NS_USER] = "user",	[NS_CGROUP] = "cgroup", [NS_TIME] = "time",
};

const char *const hook_stage_names[HOOK_STAGES] = {
	[HOOK_PRESTART] = "prestart",
	[HOOK_CREATE_RUNTIME] = "createRuntime",
	[HOOK_CREATE_CONTAINER] = "createContainer",
	[HOOK_START_CONTAINER] = "startContainer",
	[HOOK_POSTSTART] = "poststart",
	[HOOK_POSTSTOP] = "poststop",
};

const char *const engine_names[ENGINES] = {
	[ENGINE_UNKNOWN] = "unknown", [ENGINE_CONTAINERD] = "containerd", [ENGINE_CRIO] = "cri-o",
	[ENGINE_PODMAN] = "podman",   [ENGINE_DOCKER] = "docker",	  [ENGINE_BUILDKIT] = "buildkit",
};
