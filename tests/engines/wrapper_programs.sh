#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Real programs under the default seccomp profile: what people run in
# containers must not notice it. The container's root is the machine's own,
# seen through an overlay.
# shellcheck disable=SC2016,SC2034 # conditions are evaluated in holds(), scripts in the container
set -u
cd "$(dirname "$0")/../.." || exit 1
# shellcheck source=tests/lib/node.sh
. tests/lib/node.sh
node_enter "$0" "$@"
# shellcheck source=tests/lib/wrapper.sh
. tests/lib/wrapper.sh

# program NAME OUTPUT COMMAND...: prints OUTPUT under the filter
program() {
	name=$1
	wanted=$2
	shift 2
	if ! command -v "$1" >/dev/null 2>&1; then
		echo "skip $runtime wrapper: $name: not installed"
		return
	fi
	printf '%s\0' "$@" | jq -Rs 'split("\u0000") | map(select(. != ""))' >"$NODE/args.json"
	jq --slurpfile args "$NODE/args.json" '.process.args = $args[0]' "$NODE/spec.json" >"$BUNDLE/config.json"
	wrapped run --bundle "$BUNDLE" programs
	holds "$name works under the default filter" eval '[ "$status" -eq 0 ] && same "$(cat "$NODE/out")" "$wanted"'
}

python='
import asyncio, concurrent.futures, hashlib, json, mmap, multiprocessing, os, select, signal, socket, sqlite3, ssl, subprocess, tempfile, threading, time
def square(x): return x * x
async def ping():
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    return await reader.read()
if __name__ == "__main__":
    threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(20)]
    [t.start() for t in threads]; [t.join() for t in threads]
    with multiprocessing.Pool(2) as pool: assert pool.map(square, range(5)) == [0, 1, 4, 9, 16]
    with concurrent.futures.ThreadPoolExecutor() as pool: assert sum(pool.map(square, range(5))) == 30
    assert subprocess.run(["sh", "-c", "echo hi | cat"], capture_output=True).stdout == b"hi\n"
    with tempfile.TemporaryDirectory() as d:
        db = sqlite3.connect(d + "/x.db"); db.execute("create table t (x)"); db.execute("insert into t values (1)"); db.commit()
        with open(d + "/m", "wb+") as f: f.truncate(4096); mmap.mmap(f.fileno(), 4096)[0:1] = b"x"
        os.symlink("m", d + "/l"); os.link(d + "/m", d + "/h"); os.chmod(d + "/m", 0o600); os.utime(d + "/m", (1, 1))
        os.sendfile(os.open(d + "/s", os.O_WRONLY | os.O_CREAT), os.open(d + "/m", os.O_RDONLY), 0, 1)
    a, b = socket.socketpair(); a.send(b"x"); assert select.select([b], [], [], 1)[0]
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, socket.AF_NETLINK): socket.socket(family, socket.SOCK_DGRAM).close()
    signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(0.05)
    asyncio.run(ping()); ssl.create_default_context(); hashlib.sha256(os.urandom(9)); os.getrandom(8); os.sched_getaffinity(0); os.posix_spawn
    print("python works")
'
node_js='const {execSync} = require("child_process"); const {Worker} = require("worker_threads"); const fs = require("fs");
new Worker("1", {eval: true}).on("exit", () => require("http").createServer((q, s) => s.end("x")).listen(0, "127.0.0.1", function () {
fs.promises.readFile("/proc/self/status").then(() => { console.log("node", execSync("echo works").toString().trim()); process.exit(0); }); }))'

cases() {
	rules=$("$GATE" rules --format json | jq -c '[(.rules? // .)[].name] | map({key: ., value: {effect: "disabled"}}) | from_entries | .seccomp.effect = "apply"')
	settle "$rules"
	make programs 'del(.linux.seccomp) | .process.env = ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=/tmp", "LC_ALL=C.UTF-8"]
		| .mounts += [{destination: "/tmp", type: "tmpfs", source: "tmpfs", options: ["mode=1777"]}] | .linux.resources = {}'
	mkdir -p "$NODE/upper" "$NODE/work"
	mount -t overlay -o "lowerdir=/,upperdir=$NODE/upper,workdir=$NODE/work" overlay "$BUNDLE/rootfs"
	cp "$BUNDLE/config.json" "$NODE/spec.json"
	program 'sh' 'sh works' sh -c 'echo sh works | tr a-z a-z | sort | uniq'
	program 'busybox' 'busybox works' busybox sh -c 'cd /tmp && seq 100 | gzip >x.gz && gunzip x.gz && [ $(wc -l <x) = 100 ] && tar cf y x && rm x && tar xf y && echo busybox works'
	program 'python3' 'python works' /usr/bin/python3 -c "$python"
	program 'perl' 'perl works' perl -e 'use Socket; use POSIX; pipe(R, W); if (fork == 0) { print W "x"; exit } wait; socket(S, PF_INET, SOCK_STREAM, 0) or die; print "perl works\n"'
	program 'node' 'node works' node -e "$node_js"
	program 'git' 'git works' sh -c 'cd /tmp && git init -q x && cd x && echo a >a && git add a && git -c user.name=a -c user.email=a@b commit -qm works && git log --format="git %s"'
	program 'a compiler' 'C works' sh -c 'cd /tmp && echo "#include <stdio.h>
int main(void) { return puts(\"C works\") < 0; }" >x.c && cc x.c -o x && ./x'
	program 'strace' 'traced' sh -c 'strace -f -o /tmp/t sh -c "echo traced" && grep -q execve /tmp/t'
	umount "$BUNDLE/rootfs"
	rm -rf "$NODE/upper" "$NODE/work"
}

each_runtime
