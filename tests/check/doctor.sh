#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The doctor on a made-up node that the installers have set up: green, then
# with one fault after the other planted, each of which it must find and say
# what to do about.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds()
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${BUILD:=build}"
if [ "$(id -u)" -ne 0 ] || ! unshare --mount --pid --fork true 2>/dev/null; then
	echo 'skip doctor: a root directory of its own takes root'
	exit 0
fi
if ! python3 -c 'import tomllib' 2>/dev/null && ! python3 -c 'import tomli' 2>/dev/null; then
	echo 'skip doctor: python3 reads no TOML here'
	exit 0
fi
if [ -z "${DOCTOR_NODE:-}" ]; then
	DOCTOR_NODE=yes exec unshare --mount --pid --fork --kill-child --mount-proc --propagation private sh "$0"
fi
work=$(mktemp -d) || exit 1
trap 'umount -l "$work" 2>/dev/null; rmdir "$work"' EXIT
mount -t tmpfs -o mode=755 tmpfs "$work" || exit 1
umask 022
clean=$work/clean
node=$work/node

holds() {
	name="doctor: $1"
	shift
	if "$@"; then
		echo "ok $name"
	else
		echo "not ok $name: status $status: $(jq -r '.findings[] | select(.health != "ok") | "\(.health) \(.about) \(.text)"' \
			"$work/out" 2>/dev/null | tr '\n' ' ' | tail -c 600) $(head -c 300 "$work/err")"
	fi
}

doctor() {
	"$BUILD/ocigate" doctor --root "$node" --no-live --format json >"$work/out" 2>"$work/err"
	status=$?
}

# has HEALTH WORDS: such a finding, with what to do
has() {
	jq -e --arg health "$1" --arg words "$2" 'any(.findings[]; .health == $health and (.text | test($words)) and
		(.remedy != "" or $health == "ok"))' "$work/out" >/dev/null
}

fresh() {
	umount "$node/proc" 2>/dev/null
	rm -rf "$node"
	cp -a "$clean" "$node"
	mount --bind /proc "$node/proc"
}

# answers PROGRAM TEXT: a program below the node's root that says so, whatever it is asked
answers() {
	cp "$work/answer" "usr/bin/$1" && printf '%s\n' "$2" >"$1.says"
}

# planted NAME COMMAND WORDS [HEALTH]: the command is run in the node's root
planted() {
	fresh
	(cd "$node" && eval "$2") || echo "# could not plant: $1"
	doctor
	health=${4:-fault}
	words=$3
	if [ "$health" = fault ]; then
		holds "finds $1" eval '[ "$status" -eq 1 ] && has fault "$words"'
	else
		holds "warns of $1" eval '[ "$status" -eq 0 ] && has "$health" "$words"'
	fi
}

mkdir -p "$clean/usr/bin" "$clean/usr/local/bin" "$clean/etc/containerd" "$clean/etc/containers" "$clean/etc/docker" \
	"$clean/etc/crio" "$clean/etc/ocigate/policy.d" "$clean/proc" "$clean/dev" "$clean/run" "$clean/var/lib" "$clean/var/log" \
	"$clean/usr/lib" "$clean/sys/module/apparmor/parameters" "$clean/sys/kernel/security/apparmor" "$clean/sys/fs/cgroup" \
	"$clean/usr/share/containers/oci/hooks.d"
: >"$clean/dev/null"
: >"$clean/sys/fs/cgroup/cgroup.controllers"
echo Y >"$clean/sys/module/apparmor/parameters/enabled"
echo 'cri-containerd.apparmor.d (enforce)' >"$clean/sys/kernel/security/apparmor/profiles"
echo 'runc version 1.3.6' >"$clean/version"
"${CC:-cc}" -O1 -static -o "$clean/usr/bin/runc" tests/lib/fake_runtime.c
"${CC:-cc}" -O1 -static -DSAYS -o "$work/answer" tests/lib/fake_runtime.c
cp "$clean/usr/bin/runc" "$clean/usr/bin/crun"
cat >"$clean/etc/containerd/config.toml" <<'END'
version = 2
imports = ["more/*.toml"]
[plugins]
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2" # a comment
    pod_annotations = [ "a", # one
      'b' ]
END
echo '[engine]' >"$clean/etc/containers/containers.conf"
echo '{"log-driver": "local"}' >"$clean/etc/docker/daemon.json"
printf '[crio.runtime]\ndefault_runtime = "runc"\n[crio.runtime.runtimes.runc]\nruntime_root = "/run/runc"\n' >"$clean/etc/crio/crio.conf"
echo '{"version": 1, "log": {"file": "/var/log/ocigate.log", "syslog": false}}' >"$clean/etc/ocigate/policy.d/50-test.json"
status=0
: >"$work/out"
sh install/install.sh --root "$clean" --binary "$BUILD/ocigate" install >"$work/err" 2>&1 || status=$?
holds 'the installers set the node up' [ "$status" -eq 0 ]

fresh
doctor
holds 'finds nothing wrong with it' eval '[ "$status" -eq 0 ] && [ "$(jq .faults "$work/out")" = 0 ] && [ "$(jq .in_force "$work/out")" = true ]'
for engine in containerd podman docker CRI-O; do
	holds "knows that $engine goes through the wrapper" eval \
		'jq -e --arg engine "$engine" "any(.findings[]; .about == \$engine and .health == \"ok\" and (.text | test(\"goes through\")))" "$work/out" >/dev/null'
done
"$BUILD/ocigate" doctor --root "$node" --no-live >"$work/text" 2>"$work/err"
holds 'says so in words' grep -q '^in force: 0 faults' "$work/text"

conf=etc/containers/containers.conf.d/99-ocigate.conf
planted 'the program missing' 'rm usr/local/bin/ocigate' 'No such file'
planted 'a hook whose program is missing' 'sed -i s,/usr/local/bin/ocigate,/opt/ocigate, etc/ocigate/podman-hooks.d/99-ocigate.json && mkdir -p opt' \
	'podman-hooks.d/99-ocigate.json names /opt/ocigate'
planted 'a program that cannot be executed' 'chmod 644 usr/local/bin/ocigate' 'cannot be executed \(mode 0644\)'
planted 'a program that others may write' 'chmod 777 usr/local/bin/ocigate' 'written by others than root'
planted 'a program of another version' 'cp usr/bin/runc usr/local/bin/ocigate' 'is not this version of ocigate'
planted 'a directory of hooks that is not read' "sed -i '/^hooks_dir/d' $conf" "no hook of ocigate's works"
planted 'a hook that is not for every container' "sed -i 's/\"always\": true/\"always\": false/' etc/ocigate/crio-hooks.d/99-ocigate.json" \
	'not for every container'
planted "podman's own choice of a runtime, where Debian has it" "sed -i '/^crun = /d' $conf && mkdir -p usr/sbin && mv usr/bin/crun usr/sbin/" \
	'handler crun starts /usr/sbin/crun, not the wrapper' warning
planted 'a broken hook file' "echo '{' >>etc/ocigate/podman-hooks.d/10-other.json" '10-other.json'
planted 'a handler without the wrapper' 'printf "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.second]\nruntime_type = \"io.containerd.runc.v2\"\n" >>etc/containerd/config.toml' \
	'handler second does not go through the wrapper'
planted 'one in an imported file' 'mkdir etc/containerd/more && printf "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.third.options]\nBinaryName = \"/usr/bin/crun\"\n" >etc/containerd/more/a.toml' \
	'handler third does not go through the wrapper: it starts /usr/bin/crun'
old_table='[plugins."io.containerd.grpc.v1.cri".containerd.runtimes'
planted 'one among files of several versions' 'mkdir etc/containerd/more && printf "version = 3\n" >etc/containerd/more/b.toml &&
	printf "version = 2\n$old_table.third]\nruntime_type = \"io.containerd.runc.v2\"\n" >etc/containerd/more/a.toml' \
	'handler third does not go through the wrapper'
planted 'one in the old table of a file of version 3' \
	'printf "version = 3\n$old_table.third]\nruntime_type = \"io.containerd.runc.v2\"\n" >etc/containerd/config.toml' \
	'handler third does not go through the wrapper'
planted 'that a containerd before 2.3 does not go by that table' \
	'printf "version = 3\n$old_table.runc.options]\nBinaryName = \"/usr/local/bin/ocigate-runtime\"\n" >etc/containerd/config.toml
	answers containerd "containerd github.com/containerd/containerd/v2 v2.2.7 0123"' 'handler runc does not go through the wrapper'
planted 'that one before 2.0 takes an imported plugin for the whole' \
	'mkdir etc/containerd/more && printf "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\".cni]\nmax_conf_num = 1\n" >etc/containerd/more/a.toml
	answers containerd "containerd github.com/containerd/containerd 1.7.24~ds1 1.7.24~ds1-6"' 'handler runc does not go through the wrapper'
planted 'drop-ins without a file that imports them' 'mkdir etc/containerd/conf.d && mv etc/containerd/config.toml etc/containerd/conf.d/a.toml
	answers containerd "containerd github.com/containerd/containerd/v2 v2.2.7 0123"' \
	'handler runc does not go through the wrapper'
planted 'a handler of CRI-O for images of some platform' 'printf "[crio.runtime.runtimes.runc]\nruntime_path = \"/usr/local/bin/ocigate-runc\"\nplatform_runtime_paths = { \"wasi/wasm32\" = \"/usr/bin/crun\" }\n" >etc/crio/crio.conf.d/zz.conf' \
	'handler runc .images of some platforms. starts /usr/bin/crun, not the wrapper' warning
fresh
printf '[crio.runtime.runtimes.fast]\ninherit_default_runtime = true\n' >"$node/etc/crio/crio.conf.d/zz.conf"
doctor
holds 'knows what a handler of CRI-O inherits' eval '[ "$status" -eq 0 ] && has ok "handler fast goes through" && ! has warning "handler fast"'
runtimes='[engine.runtimes]
crun = ["/usr/bin/crun"]'
planted 'a later drop-in of the vendor, for podman 6' 'mkdir -p usr/share/containers/containers.conf.d && answers podman "podman version 6.1.3"
	echo "$runtimes" >usr/share/containers/containers.conf.d/zz.conf' 'handler crun starts /usr/bin/crun, not the wrapper' warning
planted "root's own file, for podman 5" 'mkdir -p root/.config/containers && answers podman "podman version 5.4.2"
	echo "$runtimes" >root/.config/containers/containers.conf' 'handler crun starts /usr/bin/crun, not the wrapper' warning
fresh
(cd "$node" && mkdir -p root/.config/containers && answers podman "podman version 4.3.1" &&
	echo "$runtimes" >root/.config/containers/containers.conf)
doctor
holds 'knows that podman 4 does not read it as root' eval '[ "$status" -eq 0 ] && ! has warning "handler crun"'
planted "docker's default runtime changed back" "echo '{\"default-runtime\": \"runc\"}' >etc/docker/daemon.json" 'handler runc does not go through'
planted 'a stale policy' '"$OLDPWD/$BUILD/ocigate" doctor --root "$node" --no-live >/dev/null; echo "{" >etc/ocigate/policy.d/60-typo.json' 'the policy is stale: .*60-typo.json'
planted 'no policy at all' 'echo "{" >etc/ocigate/policy.d/60-typo.json' 'there is no policy to go by: .*60-typo.json'
planted 'a policy directory that others may write' 'chmod 777 etc/ocigate/policy.d' 'policy.d can be written by others'
planted 'a wrapper that points at itself' 'rm usr/bin/runc && ln -s ../local/bin/ocigate usr/bin/runc' 'stands ocigate itself'
planted 'the real runtime missing' 'rm usr/bin/runc usr/bin/crun' 'none of the runtimes that the policy names'
planted 'a real runtime that others may write' 'chmod 775 usr/bin/runc; chmod o+w usr/bin/runc' 'behind .*written by others'
planted 'a real runtime that is a script' 'echo "#!/bin/sh" >usr/bin/runc' 'is a script'
planted 'a snapshot that cannot be written' 'rm -rf var/lib/ocigate && : >var/lib/ocigate' 'snapshot|var/lib/ocigate'
planted 'an old runc' 'echo "runc version 1.1.11" >version' 'CVE-2024-21626'
planted 'a runc of 1.3 before its mending' 'echo "runc version 1.3.2" >version' 'CVE-2025-31133.* mended in 1.3.3'
planted 'an old runc that a distributor patches' 'echo "runc version 1.1.5+ds1" >version' 'CVE-2024-21626' warning
planted 'an old crun with libkrun' 'printf "crun version 1.19\n+SYSTEMD +LIBKRUN\n" >version' 'CVE-2025-24965'
planted 'a crun with libkrun before the whole mending' 'printf "crun version 1.30\n+SYSTEMD +LIBKRUN\n" >version' \
	'crun 1.30: CVE-2026-84042.* mended in 1.30.1'
planted 'an old crun' 'echo "crun version 1.29.1" >version' 'crun 1.29.1: CVE-2026-88264.* mended in 1.30.0' warning
planted 'a runc whose fault is limited' 'echo "runc version 1.4.2" >version' 'CVE-2026-41579 lets an image reach' warning
for version in 'runc version 1.4.3' 'runc version 1.5.0' 'crun version 1.30'; do
	fresh
	echo "$version" >"$node/version"
	doctor
	holds "knows no escape from $version" eval '[ "$status" -eq 0 ] && has ok "no known escape" && ! has warning CVE'
done
planted 'an AppArmor profile that is not loaded' 'echo "man (enforce)" >sys/kernel/security/apparmor/profiles' 'no default profile'
planted "a precreate stage in CRI-O's directory" 'cp etc/ocigate/podman-hooks.d/99-ocigate.json usr/share/containers/oci/hooks.d/90-precreate.json
	sed -i s/createRuntime/precreate/ usr/share/containers/oci/hooks.d/90-precreate.json' 'precreate, which CRI-O does not know'
planted 'a record that cannot be written' 'mkdir var/log/ocigate.log' 'cannot be written to /var/log/ocigate.log'
planted 'a record that nobody reads' 'mkfifo var/log/ocigate.log' 'ocigate.log: it must be a regular file'
planted 'a record that anybody could write' ': >var/log/ocigate.log; chmod 666 var/log/ocigate.log' 'ocigate.log: it must be .*not writable by others'
planted 'no record at all' 'echo "{\"version\": 1}" >etc/ocigate/policy.d/50-test.json' 'recorded nowhere'
planted 'a broken configuration of containerd' 'echo "[plugins" >>etc/containerd/config.toml' 'containerd/config.toml: line'
planted 'no cgroups' 'rm sys/fs/cgroup/cgroup.controllers' 'no cgroups' warning
planted 'a policy that refuses nothing' 'echo "{\"version\": 1, \"rules\": {\"*\": {\"effect\": \"audit\"}}}" >etc/ocigate/policy.d/60-audit.json' \
	'does not refuse' warning
mkdir "$work/full"
mount -t tmpfs -o size=16k,mode=755 tmpfs "$work/full"
dd if=/dev/zero of="$work/full/filler" bs=1k 2>/dev/null
planted 'no room for the record' 'mount --bind "$work/full" var/log' 'ocigate.log: No space left'
umount "$node/var/log"
planted 'a socket of a syslog that died' 'python3 -c "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).bind(\"dev/log\")"
	echo "{\"version\": 1}" >etc/ocigate/policy.d/50-test.json' 'nobody listens at /dev/log'
planted 'a handler of another kind' 'printf "[plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.vm]\nruntime_type = \"io.containerd.kata.v2\"\n" >>etc/containerd/config.toml' \
	'handler vm .* not judged' warning
planted 'no engine' 'rm -rf etc/containerd etc/containers etc/docker etc/crio' 'none of containerd'

planted 'a runtime of docker that is a shim of its own' 'jq ".runtimes.vm = {runtimeType: \"io.containerd.kata.v2\"}" etc/docker/daemon.json >new && mv new etc/docker/daemon.json' \
	'runtime vm is a shim of its own' warning
planted 'builds that go past it' true 'docker build goes past' warning
planted 'buildkitd with its own runtime' 'mkdir etc/buildkit && : >etc/buildkit/buildkitd.toml' 'buildkitd starts .*not judged' warning

# Handlers whose spec has the hook, without the wrapper
hooked='sed -i "/runc.options/d; s,^.*BinaryName.*,base_runtime_spec = \"/etc/base.json\"," etc/containerd/config.toml
	printf "{\"hooks\":{\"createRuntime\":[{\"path\":\"/usr/local/bin/ocigate\",\"args\":[\"ocigate\",\"hook\",\"createRuntime\"]}]}}" >etc/base.json'
planted 'a handler with the hook alone' "$hooked" 'handler runc starts .* not the wrapper: the hook judges' warning
planted 'a spec without the hook' "$hooked; echo '{}' >etc/base.json" 'has no hook of ocigate'
planted 'a spec that is not there' "$hooked; rm etc/base.json" 'base_runtime_spec of handler runc.* cannot be read'
planted "a spec whose hook's program is missing" "$hooked; sed -i s,local/bin/ocigate,bin/ocigate, etc/base.json" 'base.json names /usr/bin/ocigate'

# Daemons that run: stand-ins with the right name, which tell no version ("--v"). A configuration from the future is younger than they are.
echo 'int pause(void); int main(int argc, char **argv) { return argc == 2 && argv[1][2] == 118 ? 1 : pause(); }' | "${CC:-cc}" -O1 -x c -o "$work/pause" -
# daemon NAME WORDS...: one that runs while the next fault is looked for
daemon() {
	cp "$work/pause" "$work/$1"
	daemon_name=$1
	shift
	"$work/$daemon_name" "$@" &
	running=$!
	sleep 0.1
}
daemon_end() {
	kill "$running"
	wait "$running" 2>/dev/null
}
daemon containerd
planted 'a containerd that is older than its configuration' 'touch -d "+1 hour" etc/containerd/config.toml' \
	'started before /etc/containerd/config.toml was changed'
planted 'one that is older than an imported file' 'mkdir -p etc/containerd/more && : >etc/containerd/more/a.toml && touch -d "+1 hour" etc/containerd/more/a.toml' \
	'started before .*more/a.toml'
fresh
touch -d '-1 hour' "$node"/etc/containerd/*.toml
doctor
holds 'finds a daemon younger than its configuration good' eval '[ "$status" -eq 0 ] && has ok "started after its configuration"'
daemon_end
planted 'a handler in a configuration of version 4' 'printf "version = 4\n[plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes.second]\nruntime_type = \"io.containerd.runc.v2\"\n" >etc/containerd/config.toml' \
	'handler second does not go through the wrapper'
daemon containerd --config /etc/other.toml
planted 'a containerd with another configuration' 'echo "version = 2" >etc/other.toml' 'handler runc does not go through the wrapper'
daemon_end
daemon containerd --config /etc/docker.toml
planted "the usual file, where dockerd's own containerd has no CRI" 'printf "version = 2\ndisabled_plugins = [\"io.containerd.grpc.v1.cri\"]\n" >etc/docker.toml
	sed -i "/runc.options/d; /BinaryName/d" etc/containerd/config.toml' 'handler runc does not go through the wrapper'
daemon_end
mkdir "$work/k3s" && ln -s ../k3s-program/k3s "$work/k3s/containerd" && mkdir "$work/k3s-program" && cp "$work/pause" "$work/k3s-program/k3s"
"$work/k3s/containerd" -c /var/lib/k3s.toml &
running=$!
planted "k3s, whose containerd is the only engine" 'rm -rf etc/containerd etc/containers etc/docker etc/crio && echo "version = 3" >var/lib/k3s.toml' \
	'handler runc does not go through the wrapper'
daemon_end
daemon dockerd
planted 'a dockerd that is older than its configuration' 'touch -d "+1 hour" etc/docker/daemon.json' \
	'started before /etc/docker/daemon.json' warning
daemon_end
export DOCKER_BUILDKIT_RUNC_COMMAND=/usr/local/bin/ocigate-runtime
daemon dockerd
unset DOCKER_BUILDKIT_RUNC_COMMAND
fresh
doctor
holds 'knows that builds go through the wrapper' eval '[ "$status" -eq 0 ] && has ok "handler docker build goes through" && ! has warning "docker build"'
daemon_end

"$BUILD/ocigate" doctor --root relative >/dev/null 2>&1
status=$?
holds 'takes no relative root' [ "$status" -eq 100 ]
umount "$node/proc"
