# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
#
# The bundles' configs, made outside: in the machine, which is some twenty
# times slower, only @ID@, @PROFILE@ and @SCRIPT@ are filled in. To be sourced;
# templates DIRECTORY writes NAME.hook.json and NAME.wrapper.json there.

hook='[{path: "/usr/local/bin/ocigate", args: ["ocigate", "hook", "createRuntime"], env: ["LC_ALL=C"], timeout: 30}]'

case ${VM_ARCH:-amd64} in
arm64) architectures='["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]' ;;
*) architectures='["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]' ;;
esac

# template NAME FILTER: a healthy container that runs a shell script, changed by the filter
template() {
	jq --rawfile names tests/lib/syscalls "
		.linux.cgroupsPath = \"/ocigate-vm/@ID@\"
		| .linux.seccomp.architectures = $architectures
		| .linux.seccomp.syscalls = [{names: (\$names | split(\"\\\\s+\"; \"\") | map(select(. != \"\"))), action: \"SCMP_ACT_ALLOW\"}]
		| .process.apparmorProfile = \"@PROFILE@\"
		| .process.args = [\"/bin/busybox\", \"sh\", \"-c\", \"@SCRIPT@\"]
		| $2" tests/lib/healthy.json >"$templates/$1.wrapper.json" &&
		jq ".hooks.createRuntime = $hook" "$templates/$1.wrapper.json" >"$templates/$1.hook.json"
}

# What containerd made of the healthy redis deployment, with another program: the image is not here.
replay() {
	captured=tests/bundles/containerd-1.6-apparmor/redis-healthy
	jq '.process.args = ["/bin/busybox", "sh", "-c", "@SCRIPT@"]' $captured/config.json >"$templates/redis.wrapper.json" &&
		jq -r '.mounts[] | select(.type == "bind") | .source' $captured/config.json >"$templates/redis.sources" &&
		jq -r .id $captured/state.json >"$templates/redis.id"
}

templates() {
	templates=$1
	mkdir -p "$templates"
	template plain . &&
		template none 'del(.process.apparmorProfile)' &&
		template root '.process.user = {uid: 0, gid: 0} | .process.capabilities |= with_entries(.value =
			["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_KILL", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"])
			| .linux.maskedPaths = [] | .linux.readonlyPaths = [] | del(.linux.seccomp)
			| .mounts |= map(if .destination == "/sys" then .options -= ["ro"] else . end)' &&
		template attach 'del(.linux.seccomp)' &&
		template attach-window 'del(.linux.seccomp) | .process.noNewPrivileges = false' &&
		template probe 'del(.linux.seccomp) | .process.args = ["/@SCRIPT@"]' &&
		template probe-window 'del(.linux.seccomp) | .process.args = ["/@SCRIPT@"] | .process.noNewPrivileges = false' &&
		replay
}
