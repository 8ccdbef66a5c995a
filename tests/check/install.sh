#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The installers on a made-up node root: configurations as people write them
# come out with the gate in, and byte for byte as they were.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
top=$(pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
umask 022

# holds NAME COMMAND...
holds() {
	name="install: $1"
	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "not ok $name: status $status: $(tail -n 5 "$work/out" | tr '\n' ' ')"
	fi
}

# run ENGINE OPTIONS...
run() {
	engine=$1
	shift
	script=$top/install/$engine/install.sh
	[ "$engine" != all ] || script=$top/install/install.sh
	# Who starts the tests in the background may have SIGINT ignored, which a shell cannot undo.
	env --default-signal=INT sh "$script" --root "$node" --binary "$top/$BUILD/ocigate" "$@" >"$work/out" 2>&1
	status=$?
}

# fresh NAME: an empty node with runc, crun and a third runtime
fresh() {
	node=$work/$1
	mkdir -p "$node/usr/bin" "$node/opt/own" "$node/etc/containerd" "$node/etc/containers/containers.conf.d" \
		"$node/etc/docker" "$node/etc/crio/crio.conf.d"
	for program in usr/bin/runc usr/bin/crun opt/own/runc; do
		printf '\177ELF of a runtime' >"$node/$program"
		chmod 755 "$node/$program"
	done
}

quiet() {
	"$@" >/dev/null 2>&1
}

# keep, restored: is every file of the engines as it was?
keep() {
	rm -rf "$work/kept"
	mkdir "$work/kept"
	(cd "$node/etc" && tar cf - containerd containers docker crio) | tar xf - -C "$work/kept"
}

restored() {
	for directory in containerd containers docker crio; do
		diff -r "$work/kept/$directory" "$node/etc/$directory" >>"$work/out" 2>&1 || return 1
	done
}

sum() {
	(cd "$node" && find . -type f -exec sha256sum {} + | sort)
}

# cycle ENGINE: dry run, install, install again, uninstall
cycle() {
	keep
	before=$(sum)
	run "$1" --dry-run install
	holds "$1: a dry run says what it would change" eval '[ "$status" -eq 0 ] && grep -q "^+.*ocigate" "$work/out"'
	holds "$1: and changes nothing" [ "$before" = "$(sum)" ]
	run "$1" install
	holds "$1: installs" [ "$status" -eq 0 ]
	installed=$(sum)
	run "$1" install
	holds "$1: a second time changes nothing" eval '[ "$status" -eq 0 ] && [ "$installed" = "$(sum)" ] && grep -q "nothing to change" "$work/out"'
}

uncycle() {
	run "$1" uninstall
	holds "$1: uninstall restores every byte" restored
	holds "$1: and leaves the program for containers that run" [ -x "$node/usr/local/bin/ocigate" ]
	run "$1" uninstall
	holds "$1: uninstalling twice is no harm" eval '[ "$status" -eq 0 ] && restored'
}

# toml FILE EXPRESSION: of the document d
toml() {
	python3 -c '
import sys
try:
    import tomllib
except ImportError:
    import tomli as tomllib
d = tomllib.load(open(sys.argv[1], "rb"))
sys.exit(not eval(sys.argv[2]))' "$node$1" "$2"
}

# refused ENGINE NAME WORDS: says so, and leaves every file alone
refused() {
	keep
	reason=$3
	run "$1" install
	holds "$1: $2 is refused with the reason" eval '[ "$status" -ne 0 ] && grep -q "$reason" "$work/out"'
	holds "$1: $2 is left alone" restored
}

python3 -c 'import tomllib' 2>/dev/null || python3 -c 'import tomli' 2>/dev/null || {
	echo 'skip install: python3 reads no TOML here'
	exit 0
}

# --- containerd ---
fresh containerd-2
cat >"$node/etc/containerd/config.toml" <<'END'
# by hand, 2024
version = 2
oom_score = -999	# tabs here

[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    sandbox_image = "registry.example/pause:3.9"
    unknown_key = """
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.fake.options]
"""
    [plugins."io.containerd.grpc.v1.cri".containerd]
      default_runtime_name = "own"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes]
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
          runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
            SystemdCgroup = true
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.'crun']
          runtime_type = "io.containerd.runc.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.kata]
          runtime_type = "io.containerd.kata.v2"
        [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.own]
          runtime_type = "io.containerd.runc.v2"
          [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.own.options]
            BinaryName = "/opt/own/runc" # ours
END
printf '            NoPivotRoot = false' >>"$node/etc/containerd/config.toml"
chmod 600 "$node/etc/containerd/config.toml"
cycle containerd
table='d["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]'
config=/etc/containerd/config.toml
holds 'containerd: a handler without a runtime of its own gets the wrapper' toml $config \
	"${table}['runc']['options']['BinaryName'] == '/usr/local/bin/ocigate-runtime'"
holds 'containerd: one without an options table too' toml $config \
	"${table}['crun']['options']['BinaryName'] == '/usr/local/bin/ocigate-runtime'"
holds 'containerd: one with its own runtime gets a wrapper of its own' toml $config \
	"${table}['own']['options']['BinaryName'] == '/usr/local/bin/ocigate-own'"
holds 'containerd: whose real runtime the policy keeps' eval \
	'[ "$(jq -r ".runtime.candidates[\"ocigate-own\"][0]" "$node/etc/ocigate/policy.d/40-installed-containerd.json")" = /opt/own/runc ]'
holds 'containerd: and the policy takes it' quiet "$BUILD/ocigate" policy check "$node/etc/ocigate/policy.d/40-installed-containerd.json"
holds 'containerd: another kind of runtime stays' toml $config "'options' not in ${table}['kata']"
holds 'containerd: and that is said' grep -q 'handler kata .* not judged' "$work/out"
holds 'containerd: the rest stays' toml $config "${table}['runc']['options']['SystemdCgroup'] and d['oom_score'] == -999 and 'fake' not in ${table}"
holds 'containerd: comments stay' grep -q '^# by hand, 2024$' "$node$config"
holds 'containerd: the mode stays' [ "$(stat -c %a "$node$config")" = 600 ]
holds 'containerd: the links are there' eval '[ "$(readlink "$node/usr/local/bin/ocigate-own")" = ocigate ]'
holds 'containerd: the backup is what was there' cmp "$work/kept/containerd/config.toml" \
	"$node/var/lib/ocigate/install/containerd/etc-containerd-config.toml"
uncycle containerd
run containerd install
sed -i 's/^oom_score = -999/oom_score = -998/' "$node$config" "$work/kept/containerd/config.toml"
run containerd uninstall
holds "containerd: what an admin changed since stays on uninstall" restored

# Version 4 is containerd 2.3's: what it moved is not the CRI plugin's.
for number in 3 4; do
	fresh containerd-$number
	cat >"$node/etc/containerd/config.toml" <<END
version = $number
imports = ["conf.d/*.toml"]
END
	mkdir "$node/etc/containerd/conf.d"
	cat >"$node/etc/containerd/conf.d/10-handlers.toml" <<END
version = $number
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.second]
runtime_type = 'io.containerd.runc.v2'
END
	cycle containerd
	table='d["plugins"]["io.containerd.cri.v1.runtime"]["containerd"]["runtimes"]'
	holds "containerd, version $number: a handler of an imported file is edited there" toml /etc/containerd/conf.d/10-handlers.toml \
		"${table}['second']['options']['BinaryName'] == '/usr/local/bin/ocigate-runtime'"
	holds "containerd, version $number: the built-in handler is written down" toml /etc/containerd/conf.d/10-handlers.toml \
		"${table}['runc'] == {'runtime_type': 'io.containerd.runc.v2', 'options': {'BinaryName': '/usr/local/bin/ocigate-runtime'}}"
	uncycle containerd
done

# answers PROGRAM TEXT: one that is asked for its version or for what it makes of its files; it takes root to ask it there
answers() {
	"${CC:-cc}" -O1 -static -DSAYS -o "$node/usr/bin/$1" tests/lib/fake_runtime.c && echo "$2" >"$node/$1.says"
}

if [ "$(id -u)" -eq 0 ]; then
	old='plugins."io.containerd.grpc.v1.cri".containerd.runtimes'
	table='d["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]'
	fresh containerd-2.3
	printf 'version = 3\n[%s.runc]\nruntime_type = "io.containerd.runc.v2"\n' "$old" >"$node/etc/containerd/config.toml"
	answers containerd 'containerd github.com/containerd/containerd/v2 v2.2.7 0123'
	keep
	run containerd install
	holds 'containerd 2.2: the old table of a file of version 3 is nothing' eval '[ "$status" -eq 0 ] &&
		toml $config "\"options\" not in ${table}[\"runc\"] and \"io.containerd.cri.v1.runtime\" in d[\"plugins\"]"'
	run containerd uninstall
	answers containerd 'containerd github.com/containerd/containerd/v2 v2.3.4 0123'
	run containerd install
	holds 'containerd 2.3: it is what counts' eval '[ "$status" -eq 0 ] &&
		toml $config "${table}[\"runc\"][\"options\"][\"BinaryName\"] == \"/usr/local/bin/ocigate-runtime\" and len(d[\"plugins\"]) == 1"'
	run containerd uninstall
	holds 'containerd 2.3: and it is as it was' restored
	fresh containerd-2.2-none
	mkdir "$node/etc/containerd/conf.d"
	echo 'version = 3' >"$node/etc/containerd/conf.d/own.toml"
	answers containerd 'containerd github.com/containerd/containerd/v2 v2.2.7 0123'
	run containerd install
	holds 'containerd 2.2: without a main file drop-ins are not read: one is made' toml $config \
		"d['plugins']['io.containerd.cri.v1.runtime']['containerd']['runtimes']['runc']['options']['BinaryName'] != ''"
fi

fresh containerd-none
cycle containerd
holds 'containerd: without a configuration one is made' toml $config "d['version'] == 2"
uncycle containerd

# --- the hook alone ---
fresh containerd-hook
printf '{"ociVersion": "1.1.0", "process": {"capabilities": {"bounding": ["CAP_CHOWN"]}}, "hooks": {"createRuntime": [{"path": "/usr/bin/own"}]}}' \
	>"$node/etc/containerd/base.json"
cat >"$node$config" <<'END'
version = 2
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
base_runtime_spec = "/etc/containerd/base.json" # ours
END
keep
run containerd --hook-only --dry-run install
holds 'hook-only: a dry run shows it' eval '[ "$status" -eq 0 ] && grep -q "^+.*base_runtime_spec" "$work/out" && restored'
run containerd --hook-only install
spec=$node/etc/ocigate/containerd-base/runc.json
table='d["plugins"]["io.containerd.grpc.v1.cri"]["containerd"]["runtimes"]'
holds 'hook-only: the handler starts from a spec of ours' toml $config "${table}['runc'] == {
	'runtime_type': 'io.containerd.runc.v2', 'base_runtime_spec': '/etc/ocigate/containerd-base/runc.json'}"
holds 'hook-only: it is the one that was there, with our hook behind' [ "$(jq -c '[.ociVersion, .hooks.createRuntime[].path]' "$spec")" = \
	'["1.1.0","/usr/bin/own","/usr/local/bin/ocigate"]' ]
holds 'hook-only: and the default filter, as for its capabilities' [ "$(jq -c '[.linux.seccomp.defaultAction,
	([.linux.seccomp.syscalls[] | select(.names | index("mount")) | .action] | unique)]' "$spec")" = \
	'["SCMP_ACT_ERRNO",["SCMP_ACT_ERRNO"]]' ]
installed=$(sum)
run containerd --hook-only install
holds 'hook-only: a second time changes nothing' [ "$installed" = "$(sum)" ]
run containerd install
holds 'hook-only: back to the wrapper' eval '[ "$status" -eq 0 ] && grep -q BinaryName "$node$config" && [ ! -e "$spec" ]'
run containerd --hook-only install
run containerd uninstall
holds 'hook-only: uninstall restores every byte' eval 'restored && [ ! -e "$spec" ]'
sed -i '/base_runtime_spec/d' "$node$config"
keep
run containerd --hook-only install
holds 'hook-only: without a spec and without ctr it is refused' eval '[ "$status" -ne 0 ] && grep -q "cannot be asked for its default spec" "$work/out" && restored'
run docker --hook-only install
holds 'hook-only: docker has no hooks' eval '[ "$status" -ne 0 ] && grep -q "knows no hooks" "$work/out" && restored'
for engine in podman crio; do
	run $engine --hook-only install
	holds "hook-only: $engine gets a directory of hooks and no wrapper" eval '[ "$status" -eq 0 ] &&
		grep -rq "ocigate/$engine-hooks.d" "$node/etc/crio" "$node/etc/containers" && ! grep -rq "bin/ocigate-" "$node/etc"'
	run $engine uninstall
	holds "hook-only: $engine is as it was" restored
done

fresh containerd-broken
echo 'version = 2 [plugins' >"$node$config"
refused containerd 'a broken configuration' 'is broken and left alone'
echo '[plugins.cri]' >"$node$config"
refused containerd 'version 1' 'version 1'
printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]\noptions = { SystemdCgroup = true }\n' >"$node$config"
refused containerd 'an inline options table' 'table of their own'
printf 'version = 2\n[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]\nBinaryName = "/usr/bin/script"\n' >"$node$config"
echo '#!/bin/sh' >"$node/usr/bin/script"
refused containerd 'a script as runtime' 'is a script'
rm "$node/usr/bin/script"
refused containerd 'a missing runtime' 'is not on this node'

# --- podman ---
fresh podman
cat >"$node/etc/containers/containers.conf" <<'END'
[engine]
# ours first
runtime = "own"
hooks_dir = ["/etc/containers/oci/hooks.d"]
[engine.runtimes]
own = [
  "/nowhere/runc", # old
  "/opt/own/runc",
]
kata = ["/usr/bin/kata-runtime"]
[future]
key = true
END
cycle podman
drop_in=/etc/containers/containers.conf.d/99-ocigate.conf
holds 'podman: runc, crun and the own one become wrappers' toml $drop_in "d['engine']['runtimes'] == {
	n: ['/usr/local/bin/ocigate-' + n] for n in ('crun', 'own', 'runc')}"
holds 'podman: directories of hooks that were read still are' toml $drop_in \
	"d['engine']['hooks_dir'] == ['/etc/containers/oci/hooks.d', '/etc/ocigate/podman-hooks.d']"
holds 'podman: no precreate stage by default: it would hide why a container is refused' eval '[ ! -e "$node/etc/ocigate/podman-hooks.d/90-ocigate-precreate.json" ]'
run podman --precreate install
holds 'podman: precreate lies in a directory of its own' eval '[ ! -e "$node/usr/share/containers/oci/hooks.d" ] &&
	[ "$(jq -r ".stages[0]" "$node/etc/ocigate/podman-hooks.d/90-ocigate-precreate.json")" = precreate ]'
holds 'podman: the hook is the one that is shipped' eval '[ "$(jq -S . "$node/etc/ocigate/podman-hooks.d/99-ocigate.json")" = "$(jq -S . install/hooks.d/99-ocigate.json)" ]'
uncycle podman
echo '[engine' >"$node/etc/containers/containers.conf"
refused podman 'a broken configuration' 'is broken and left alone'

# --- docker ---
fresh docker
printf '{ "log-driver": "local",\n\t"runtimes": {"own": {"path": "/opt/own/runc", "runtimeArgs": ["--debug"]}},\n "unknown": [1,2] }' \
	>"$node/etc/docker/daemon.json"
cycle docker
daemon=$node/etc/docker/daemon.json
holds 'docker: the default runtime is the wrapper' eval '[ "$(jq -r ".runtimes[.\"default-runtime\"].path" "$daemon")" = /usr/local/bin/ocigate-runtime ]'
holds 'docker: a runtime with a name goes through it with its arguments' eval \
	'[ "$(jq -c ".runtimes.own" "$daemon")" = "{\"path\":\"/usr/local/bin/ocigate-own\",\"runtimeArgs\":[\"--debug\"]}" ]'
holds 'docker: the rest stays' eval '[ "$(jq -c "[.\"log-driver\", .unknown]" "$daemon")" = "[\"local\",[1,2]]" ]'
uncycle docker
run docker install
jq '."log-level" = "debug"' "$daemon" >"$work/new" && cp "$work/new" "$daemon"
run docker uninstall
holds 'docker: what an admin changed since stays on uninstall' eval \
	'[ "$(jq -Sc . "$daemon")" = "$(jq -Sc ". + {\"log-level\": \"debug\"}" "$work/kept/docker/daemon.json")" ]'
echo '{"debug": true, "debug": false}' >"$daemon"
refused docker 'a key given twice' 'given twice'
echo '{"debug": true,}' >"$daemon"
refused docker 'a broken configuration' 'is broken and left alone'
rm "$daemon"
cycle docker
uncycle docker
printf 'PATH DOCKER_BUILDKIT' >"$node/usr/bin/dockerd"
run docker --build install
holds 'docker: builds cannot be judged where dockerd does not know the variable' eval \
	'[ "$status" -ne 0 ] && grep -q "does not know DOCKER_BUILDKIT_RUNC_COMMAND" "$work/out" && restored'
printf 'PATH DOCKER_BUILDKIT_RUNC_COMMAND' >"$node/usr/bin/dockerd"
run docker --build install
unit=$node/etc/systemd/system/docker.service.d/99-ocigate.conf
holds 'docker: builds go through the wrapper on wish' eval '[ "$status" -eq 0 ] &&
	grep -qx "Environment=DOCKER_BUILDKIT_RUNC_COMMAND=/usr/local/bin/ocigate-runtime" "$unit"'
run docker install
holds 'docker: and no more without the wish' eval '[ "$status" -eq 0 ] && [ ! -e "$unit" ] && [ -e "$daemon" ]'
run docker --build install
run docker uninstall
holds 'docker: uninstall takes that away too' eval 'restored && [ ! -e "$node/etc/systemd" ]'

# --- CRI-O ---
fresh crio
cat >"$node/etc/crio/crio.conf.d/10-crio.conf" <<'END'
[crio.runtime]
default_runtime = "crun"
[crio.runtime.runtimes.crun]
runtime_path = "/usr/bin/crun"
runtime_root = "/run/crun"
monitor_path = "/usr/libexec/crio/conmon" # theirs
allowed_annotations = ["io.containers.trace-syscall"]
[crio.runtime.runtimes.crun.default_annotations]
"a.example" = "b"
[crio.runtime.runtimes.vm]
runtime_type = "vm"
runtime_path = "/usr/bin/kata"
END
cycle crio
drop_in=/etc/crio/crio.conf.d/99-ocigate.conf
holds 'crio: a handler keeps all but its path' toml $drop_in "d['crio']['runtime']['runtimes'] == {'crun': {
	'runtime_path': '/usr/local/bin/ocigate-crun', 'runtime_root': '/run/crun', 'monitor_path': '/usr/libexec/crio/conmon',
	'allowed_annotations': ['io.containers.trace-syscall'], 'default_annotations': {'a.example': 'b'}}}"
holds 'crio: no precreate stage where it reads' eval '! grep -rq precreate "$node/etc/ocigate/crio-hooks.d" "$node/etc/crio"'
uncycle crio
echo 'x' >"$node$drop_in.conf"
refused crio 'a broken drop-in' 'is broken and left alone'

# Handlers that start something else than their own path says.
fresh crio-others
cat >"$node/etc/crio/crio.conf.d/10-crio.conf" <<'END'
[crio.runtime]
default_runtime = "crun"
[crio.runtime.runtimes.crun]
runtime_path = "/usr/bin/crun"
platform_runtime_paths = { "wasi/wasm32" = "/opt/own/runc" }
[crio.runtime.runtimes.fast]
inherit_default_runtime = true
allowed_annotations = ["cpu-quota.crio.io"]
END
run crio install
holds 'crio: what images of a platform are started by goes through a wrapper too' toml $drop_in "d['crio']['runtime']['runtimes'] == {
	'crun': {'runtime_path': '/usr/local/bin/ocigate-crun', 'platform_runtime_paths': {'wasi/wasm32': '/usr/local/bin/ocigate-crun-runc'}}}"
holds 'crio: whose real runtime the policy keeps' eval \
	'[ "$(jq -r ".runtime.candidates[\"ocigate-crun-runc\"][0]" "$node/etc/ocigate/policy.d/40-installed-crio.json")" = /opt/own/runc ]'

fresh later
printf '[crio.runtime]\ndefault_runtime = "runc"\n[crio.runtime.runtimes.crun]\ninherit_default_runtime = true\nplatform_runtime_paths = { "wasi/wasm32" = "/usr/bin/crun" }\n' \
	>"$node/etc/crio/crio.conf.d/zz.conf"
refused crio 'a later file that takes the images of a platform back' 'read after .* gives handler crun its runtime'
printf '[crio.runtime.runtimes.crun]\nruntime_path = "/usr/bin/crun"\n' >"$node/etc/crio/crio.conf.d/zz.conf"
refused crio 'a later file that takes a handler back' 'read after .* gives handler crun its runtime'
printf '[engine.runtimes]\nrunc = ["/usr/bin/runc"]\n' >"$node/etc/containers/containers.conf.d/99-zz.conf"
refused podman 'a later file that takes a runtime back' 'read after .* gives runtime runc its program'
printf '[engine]\nhooks_dir = ["/etc/hooks"]\n' >"$node/etc/containers/containers.conf.d/99-zz.conf"
refused podman 'a later file that names other directories of hooks' 'read after .* sets hooks_dir'

# podman 6 reads one main file, and the drop-ins of both places by their names; podman 5 never looks into the first.
if [ "$(id -u)" -eq 0 ]; then
	fresh podman-6
	mkdir -p "$node/usr/share/containers/containers.conf.d" "$node/etc/containers/containers.rootful.conf.d"
	printf '[engine]\nhooks_dir = ["/usr/hooks"]\n' >"$node/usr/share/containers/containers.conf"
	echo '[containers]' >"$node/etc/containers/containers.conf"
	run podman --dry-run install
	holds 'podman 5: the main file in /usr counts beside that in /etc' grep -q '^+hooks_dir.*/usr/hooks' "$work/out"
	answers podman 'podman version 6.1.3'
	run podman --dry-run install
	holds 'podman 6: the main file in /etc replaces that in /usr' eval 'grep -q "^+hooks_dir" "$work/out" && ! grep -q /usr/hooks "$work/out"'
	mkdir -p "$node/root/.config/containers"
	printf '[engine]\nhooks_dir = ["/root/hooks"]\n' >"$node/root/.config/containers/containers.conf"
	run podman --dry-run install
	holds "podman 6: root's own main file comes before both" eval '[ "$status" -eq 0 ] && grep -q "^+hooks_dir.*/root/hooks" "$work/out"'
	printf '[engine.runtimes]\nrunc = ["/usr/bin/runc"]\n' >"$node/usr/share/containers/containers.conf.d/99-zz.conf"
	refused podman 'podman 6: a later drop-in in /usr' 'read after .* gives runtime runc its program'
	printf '[engine.runtimes]\n' >"$node/etc/containers/containers.rootful.conf.d/99-zz.conf"
	run podman --dry-run install
	holds 'podman 6: one in /etc that masks it' [ "$status" -eq 0 ]
fi

# The engine's checker ends the installer when it sees what was written.
if [ "$(id -u)" -eq 0 ]; then
	fresh interrupted
	cat >"$work/checker.c" <<'END'
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(void)
{
	char text[4096] = "";
	FILE *file = fopen("/etc/containerd/config.toml", "r");
	if (file && fread(text, 1, sizeof(text) - 1, file) && strstr(text, "ocigate-runtime"))
		(void)kill(getppid(), SIGINT), (void)sleep(5);
	return 0;
}
END
	"${CC:-cc}" -O1 -static -o "$node/usr/bin/containerd" "$work/checker.c"
	printf 'version = 2\n' >"$node$config"
	refused containerd 'who interrupts it' 'interrupted: nothing was changed'
fi

# --- all, and another place ---
fresh all
run all --dry-run install
holds 'all: the four engines are found by their files' [ "$(grep -c '^+++ ' "$work/out")" -ge 4 ]
cp "$BUILD/ocigate" "$node/program"
run containerd --prefix /opt/ocigate/bin install
holds 'another prefix: for systems whose /usr is read-only' eval \
	'[ "$status" -eq 0 ] && [ -x "$node/opt/ocigate/bin/ocigate" ] && grep -q "/opt/ocigate/bin/ocigate-runtime" "$node$config" && [ ! -e "$node/usr/local" ]'
run podman --prefix /srv/gate install
holds 'a place that no default knows is named in the policy, or our own hook would be refused' [ \
	"$(jq -c '.rules."bundle-hooks".allowed' "$node/etc/ocigate/policy.d/40-installed-podman.json")" = \
	'["/usr/bin/ocigate","/usr/local/bin/ocigate","/opt/ocigate/bin/ocigate","/srv/gate/ocigate"]' ]
ln -s "$node/srv/gate" "$work/link"
holds 'and where the links on the way to it lead' env PYTHONPATH="$top/install/edit" python3 -B -c 'import json, os, sys
from node import Node
allowed = json.loads(Node("/", sys.argv[1], "podman").policy({}).new)["rules"]["bundle-hooks"]["allowed"]
sys.exit(allowed[3:] != [sys.argv[1] + "/ocigate", os.path.realpath(sys.argv[1]) + "/ocigate"])' "$work/link"

# --- systems that are different ---
fresh selinux
mkdir -p "$node/sys/fs/selinux"
echo 1 >"$node/sys/fs/selinux/enforce"
printf 'version = 2\n' >"$node$config"
run containerd --prefix /opt/ocigate/bin install
holds 'SELinux: labels that cannot be set are told' eval '[ "$status" -eq 0 ] &&
	grep -q "restorecon -RF /etc/ocigate /opt/ocigate/bin/ocigate /opt/ocigate/bin/ocigate-runtime" "$work/out"'
run containerd --prefix /opt/ocigate/bin uninstall
if python3 -c 'import os, sys; os.setxattr(sys.argv[1], "security.selinux", b"of_the_file")' "$node$config" 2>/dev/null; then
	run containerd --prefix /opt/ocigate/bin install
	holds 'SELinux: an edited file keeps its label' python3 -c 'import os, sys
sys.exit(os.getxattr(sys.argv[1], "security.selinux") != b"of_the_file")' "$node$config"
else
	echo 'skip install: SELinux: an edited file keeps its label: labels cannot be set here'
fi

if [ "$(id -u)" -eq 0 ] && unshare --mount true 2>/dev/null; then
	fresh read-only
	# read_only ENGINE OPTIONS...: as run, with a /usr that cannot be written
	read_only() {
		engine=$1
		shift
		unshare --mount sh -c 'mount --bind "$0/usr" "$0/usr" && mount -o remount,bind,ro "$0/usr" && exec sh "$@"' "$node" \
			"$top/install/$engine/install.sh" --root "$node" --binary "$top/$BUILD/ocigate" "$@" install >"$work/out" 2>&1
		status=$?
	}
	read_only containerd
	holds 'a read-only /usr is told, with what to do' eval '[ "$status" -ne 0 ] && grep -q "give --prefix /opt/ocigate/bin" "$work/out" && [ ! -e "$node$config" ]'
	read_only containerd --prefix /opt/ocigate/bin
	holds 'and nothing is written there with another prefix' eval '[ "$status" -eq 0 ] && grep -q /opt/ocigate/bin/ocigate-runtime "$node$config"'
fi

# --- and away with all ---
fresh purge
printf 'version = 2\n' >"$node$config"
echo '[engine]' >"$node/etc/containers/containers.conf"
empty=$(cd "$node" && find . -type f -exec sha256sum {} + | sort)
run all install
run containerd install
sh "$top/install/install.sh" --help >"$work/out" 2>&1
status=$?
holds 'tells its usage once' eval '[ $status -eq 100 ] && [ "$(grep -c "^usage: install.sh" "$work/out")" -eq 1 ] && grep -q -e "--purge: with uninstall" "$work/out"'
run all install --dry-run
holds 'takes options behind the action' eval '[ $status -eq 0 ] && [ "$(cd "$node" && find . -name "99-ocigate*" | wc -l)" -eq 4 ]'
sh "$top/install/install.sh" --root "$node/nowhere" install >"$work/out" 2>&1
status=$?
holds 'says that a root is not there' eval '[ $status -eq 1 ] && grep -q "nowhere is not there" "$work/out"'
if [ "$(id -u)" -eq 0 ]; then
	# By its text: the tree may lie where that user cannot go.
	(cd / && setpriv --reuid 65534 --regid 65534 --clear-groups sh -s install <"$top/install/install.sh") >"$work/out" 2>&1
	status=$?
	holds 'tells a user to become root' eval '[ $status -eq 1 ] && grep -q "takes root" "$work/out"'
fi
sh "$top/install/install.sh" --root "$node" --purge install >"$work/out" 2>&1
holds '--purge goes with uninstall alone' [ $? -eq 100 ]
mkdir -p "$node/run/containerd/io.containerd.runtime.v2.task/k8s.io/running"
echo /usr/local/bin/ocigate-runtime >"$node/run/containerd/io.containerd.runtime.v2.task/k8s.io/running/runtime"
sh "$top/install/install.sh" --root "$node" --purge uninstall >"$work/out" 2>&1
status=$?
holds '--purge leaves the program while a container runs through it' eval '[ "$status" -ne 0 ] &&
	grep -q "a container runs through it: .*k8s.io/running" "$work/out" && [ -x "$node/usr/local/bin/ocigate" ]'
rm -r "$node/run"

holds 'an uninstall leaves its time, for in-use.sh to see who has not been restarted since' [ -e "$node/var/lib/ocigate/install/containerd.uninstalled" ]

# Another program, of a package say, reads the same policy.
mkdir -p "$node/usr/lib/ocigate/presets" "$node/opt/ocigate/bin"
: >"$node/opt/ocigate/bin/ocigate"
: >"$node/usr/lib/ocigate/presets/audit.json"
sh "$top/install/files.sh" --destdir "$node" remove >"$work/out" 2>&1
status=$?
holds 'what another program needs stays when this one goes' eval '[ "$status" -eq 0 ] && grep -q "what /opt/ocigate/bin/ocigate needs" "$work/out" &&
	[ ! -e "$node/usr/local/bin/ocigate" ] && [ -e "$node/usr/lib/ocigate/presets/audit.json" ] && [ -d "$node/var/lib/ocigate/install" ]'
rm -rf "$node/opt/ocigate"
sh "$top/install/install.sh" --root "$node" --purge uninstall >"$work/out" 2>&1
status=$?
holds '--purge leaves nothing' eval '[ "$status" -eq 0 ] && [ "$empty" = "$(sum)" ] && [ ! -e "$node/etc/ocigate" ] && [ ! -e "$node/var/lib/ocigate" ]'

status=0
sh install/lib.sh containerd --root "$node" install more >"$work/out" 2>&1 || status=$?
holds 'a word too many is refused' [ "$status" -eq 100 ]
