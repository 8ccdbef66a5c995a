#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every verb of a runtime with and without the wrapper and compares what can be seen.

usage: conformance.py NAME RUNTIME WRAPPER BUNDLE DIRECTORY

A scenario is a generator of observations: (what, value). Both ways must give the same ones.
"""
import array
import json
import os
import pty
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

NAME, RUNTIME, WRAPPER, BUNDLE, DIRECTORY = sys.argv[1:]
ROOT = os.path.join(DIRECTORY, "state")
WORK = os.path.join(DIRECTORY, "work")
CONFIG = os.path.join(BUNDLE, "config.json")
with open(CONFIG, encoding="utf-8") as file:
    SPEC = json.load(file)


class Way:
    """One way to call the runtime: by itself or through the wrapper"""

    def __init__(self, program):
        self.program = program

    def argv(self, *args):
        return [self.program, "--root", ROOT, *args]

    def start(self, *args, data=b"", program=None, **options):
        return subprocess.run(program or self.argv(*args), input=data, capture_output=True, check=False, timeout=60,
                              **options)

    def run(self, *args, **options):
        done = self.start(*args, **options)
        return seen(done.returncode, done.stdout, done.stderr)


def calm(text):
    """What differs from one run to the next: times, process ids, and with them the width of columns"""
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    text = re.sub(r"\d{4}-\d\d-\d\d[T ][0-9:.]+(Z|[+-][0-9:]+)?", "TIME", text)
    return re.sub(r" +", " ", re.sub(r"\d{2,}", "N", text))


def seen(status, out, err):
    return {"status": status, "out": calm(out), "err": calm(err)}


def spec(**changes):
    """Writes config.json anew: the wrapper has put its hook into the last one"""
    config = json.loads(json.dumps(SPEC))
    config["process"].update(changes)
    with open(CONFIG, "w", encoding="utf-8") as out:
        json.dump(config, out)


def shell(text, **changes):
    spec(args=["/bin/sh", "-c", text], **changes)


def wait_for(path):
    for _ in range(200):
        if os.path.exists(path) and os.path.getsize(path) > 0:
            return True
        time.sleep(0.02)
    return False


# --- scenarios ---


def scenario_run(way):
    shell("echo out; echo err >&2; exit 7")
    yield "run", way.run("run", "--bundle", BUNDLE, "c")
    shell("cat; echo end")
    yield "run reads stdin", way.run("run", "-b", BUNDLE, "c", data=b"line\n" * 1000)
    shell("cat /proc/self/status | /bin/busybox grep -E '^(Cap|NoNewPrivs|Seccomp:)'; id; env; ls -l /proc/self/fd")
    yield "run: what the program is given", way.run("run", "--bundle", BUNDLE, "c")
    yield "run in the bundle's directory", way.run("run", "c", cwd=BUNDLE)
    spec(args=["/nowhere"])
    yield "run of a program that is not there", way.run("run", "--bundle", BUNDLE, "c")
    shell("exit 0")
    yield "run --keep", way.run("run", "--keep", "--bundle", BUNDLE, "c")
    yield "state of what was kept", way.run("state", "c")
    yield "delete", way.run("delete", "c")


def scenario_log(way):
    log = os.path.join(WORK, "log")
    for form in ("json", "text"):
        spec(args=["/nowhere"])
        if os.path.exists(log):
            os.unlink(log)
        yield f"--log as {form}", way.run("--log", log, "--log-format", form, "run", "--bundle", BUNDLE, "c")
        with open(log, "rb") as entry:
            yield f"the log as {form}", calm(entry.read())
    way.run("delete", "--force", "c")


def scenario_lifecycle(way):
    out = os.path.join(WORK, "out")
    pid_file = os.path.join(WORK, "pid")
    shell("echo started; exec sleep 1000")
    with open(out, "wb") as sink:
        done = subprocess.run(way.argv("create", "--bundle", BUNDLE, "--pid-file", pid_file, "c"),
                              stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, check=False, timeout=60)
    with open(pid_file, encoding="utf-8") as file:
        pid = file.read()
    yield "create", done.returncode
    yield "pid-file", (pid.isdigit(), os.path.exists(f"/proc/{pid}"), oct(os.stat(pid_file).st_mode))
    yield "state, created", way.run("state", "c")
    yield "create again", way.run("create", "--bundle", BUNDLE, "c")
    yield "start", way.run("start", "c")
    yield "the program's output", wait_for(out) and calm(open(out, "rb").read())
    for args in (("state", "c"), ("list",), ("list", "-q"), ("list", "-f", "json"), ("list", "--format=table"),
                 ("ps", "c"), ("ps", "--format", "json", "c"), ("start", "c")):
        yield " ".join(args), way.run(*args)
    yield "update", way.run("update", "--resources=-", "c", data=b'{"pids": {"limit": 77}}')
    yield "what update did", pids_limit(pid)
    yield "update, two words", way.run("update", "--resources", "-", "c", data=b'{"pids": {"limit": 78}}')
    yield "what it did", pids_limit(pid)
    yield "update --pids-limit", way.run("update", "--pids-limit", "79", "c")
    yield "events --stats", keys_of(way.start("events", "--stats", "c"))
    yield "exec", way.run("exec", "c", "/bin/sh", "-c", "id; cat; exit 9", data=b"to the exec\n")
    yield "exec of nothing", way.run("exec", "c")
    yield "exec of what is not there", way.run("exec", "c", "/nowhere")
    yield "exec --env --cwd --user", way.run("exec", "-e", "A=B", "--cwd", "/tmp", "--user", "5:6", "c",
                                             "/bin/sh", "-c", "echo $A; pwd; id")
    yield "exec --cap", way.run("exec", "--cap", "CAP_CHOWN", "c", "/bin/sh", "-c",
                                "cat /proc/self/status | /bin/busybox grep Cap")
    yield "exec --detach --pid-file", way.run("exec", "--detach", "--pid-file", pid_file + "2", "c", "/bin/true")
    yield "its pid-file", open(pid_file + "2", encoding="utf-8").read().isdigit()
    yield "pause", way.run("pause", "c")
    # crun asks the kernel, which takes a moment to freeze.
    for _ in range(100):
        if b'"paused"' in way.start("state", "c").stdout:
            break
        time.sleep(0.02)
    for args in (("state", "c"), ("exec", "c", "/bin/true"), ("resume", "c"), ("state", "c"),
                 ("checkpoint", "--image-path", WORK + "/image", "c"), ("delete", "c"), ("kill", "c", "0"),
                 ("kill", "c", "KILL")):
        yield " ".join(args[:2]), way.run(*args)
    time.sleep(0.3)
    for args in (("state", "c"), ("kill", "c", "TERM"), ("exec", "c", "/bin/true"), ("start", "c"), ("delete", "c"),
                 ("state", "c"), ("delete", "c"), ("delete", "--force", "c")):
        yield "stopped: " + " ".join(args), way.run(*args)


def pids_limit(pid):
    try:
        with open(f"/proc/{pid}/cgroup", encoding="utf-8") as file:
            for line in file:
                _, controllers, path = line.rstrip("\n").split(":", 2)
                top = "/sys/fs/cgroup/pids" if controllers == "pids" else "/sys/fs/cgroup"
                where = f"{top}{path}/pids.max"
                if os.path.exists(where):
                    return open(where, encoding="utf-8").read()
    except OSError as error:
        return str(error)
    return None


def keys_of(done):
    """Figures change; their names do not"""
    try:
        return done.returncode, calm(done.stderr), sorted(walk(json.loads(done.stdout)))
    except ValueError:
        return seen(done.returncode, done.stdout, done.stderr)


def walk(value, path=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, f"{path}/{calm(key)}")
    else:
        yield path


def scenario_document(way):
    shell("exec sleep 1000")
    out = open(os.path.join(WORK, "out"), "wb")
    subprocess.run(way.argv("run", "--detach", "--bundle", BUNDLE, "c"), stdin=subprocess.DEVNULL, stdout=out,
                   stderr=out, check=True)
    process = os.path.join(WORK, "process.json")
    with open(process, "w", encoding="utf-8") as file:
        json.dump({**SPEC["process"], "args": ["/bin/sh", "-c", "ls -l /proc/self/fd; id; exit 3"]}, file)
    yield "exec --process", way.run("exec", "--process", process, "c")
    yield "exec -p", way.run("exec", "-p", process, "c")
    done = way.run("exec", "--process", process, "--ignore-unknown", "c")
    yield "exec --process FILE that is not there", done["status"] != 0
    yield "exec --process --preserve-fds", with_fds(way, "exec", "--preserve-fds", "2", "--process", process, "c")
    with open(process, "w", encoding="utf-8") as file:
        json.dump({**SPEC["process"], "terminal": True, "args": ["/bin/sh", "-c", "tty; stty size"]}, file)
    yield "exec --console-socket", through_socket(
        way, lambda path: way.argv("exec", "--detach", "--console-socket", path, "--process", process, "c"))
    yield "exec --tty", on_terminal(way.argv("exec", "--tty", "c", "/bin/sh", "-c", "tty; echo on a terminal"))
    yield "exec -t=false", way.run("exec", "--tty=false", "c", "/bin/tty")
    yield "kill", way.run("kill", "c", "9")
    time.sleep(0.3)
    yield "delete", way.run("delete", "c")


def with_fds(way, *args, program=None, env=None):
    """The program sees descriptors 3 and 4, and nothing else of ours"""
    first, second = os.open("/dev/zero", os.O_RDONLY), os.open("/dev/full", os.O_WRONLY)

    def place():
        os.dup2(first, 10)
        os.dup2(second, 11)
        os.dup2(10, 3)
        os.dup2(11, 4)
        os.closerange(5, 64)

    result = way.run(*args, program=program, preexec_fn=place, close_fds=False, env=env)
    os.close(first)
    os.close(second)
    return result


def scenario_checkpoint(way):
    """Where criu works; where it does not, the complaint is the same"""
    shell("n=0; while :; do n=$((n + 1)); echo $n >/tmp/count; sleep 0.1; done")
    image = ("--image-path", WORK + "/image")
    subprocess.run(way.argv("run", "--detach", "--bundle", BUNDLE, "c"), stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    time.sleep(0.3)
    yield "checkpoint --leave-running", way.run("checkpoint", "--leave-running", *image, "c")
    yield "checkpoint", way.run("checkpoint", *image, "c")
    yield "state of what was saved", way.run("state", "c")
    way.run("delete", "--force", "c")
    done = subprocess.run(way.argv("restore", "--detach", "--bundle", BUNDLE, *image, "c"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False, timeout=60)
    yield "restore", (done.returncode, calm(done.stderr))
    yield "state of what was restored", way.run("state", "c")
    yield "delete it", way.run("delete", "--force", "c")


def scenario_descriptors(way):
    shell("ls -l /proc/self/fd; echo LISTEN_FDS=$LISTEN_FDS")
    yield "run --preserve-fds", with_fds(way, "run", "--preserve-fds", "2", "--bundle", BUNDLE, "c")
    spec(args=["/bin/ls", "-l", "/proc/self/fd"])
    yield "run without", with_fds(way, "run", "--bundle", BUNDLE, "c")
    # What a service manager does: the number of the process itself, which must not change on the way.
    shell("ls -l /proc/self/fd; echo LISTEN_FDS=$LISTEN_FDS")
    yield "LISTEN_FDS", with_fds(way, program=["/bin/sh", "-c", 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"', "sh",
                                               *way.argv("run", "--bundle", BUNDLE, "c")])


def receive_terminal(server):
    """A runtime sends the terminal's other end over the console socket"""
    server.settimeout(20)
    connection, _ = server.accept()
    fds = array.array("i")
    _, ancillary, _, _ = connection.recvmsg(4096, socket.CMSG_SPACE(fds.itemsize))
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(data[:fds.itemsize])
    return fds[0]


def read_terminal(fd):
    text = b""
    try:
        while chunk := os.read(fd, 4096):
            text += chunk
            if len(text) > 20000:
                break
    except OSError:
        pass
    # It is a matter of chance whether the last lines still came through a terminal in raw mode, and whether crun read
    # them as output or, when the program was gone already, prints them as an error of its own.
    text = re.sub(rb"\x1b\[[\d;]*m|\d{4}-\d\d-\d\dT[\d:.]+Z: ", b"", re.sub(rb"\r+\n", b"\n", text))
    return calm(text).strip()


def through_socket(way, argv, after=None):
    path = os.path.join(WORK, "console")
    if os.path.exists(path):
        os.unlink(path)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        with subprocess.Popen(argv(path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as started:
            fd = receive_terminal(server)
            out, err = started.communicate(timeout=60)
        if after:
            after()
        text = read_terminal(fd)
        result = (seen(started.returncode, out, err), os.isatty(fd), text)
        os.close(fd)
    return result


def on_terminal(argv):
    ours, theirs = pty.openpty()
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as started:
        os.close(theirs)
        text = read_terminal(ours)
        started.wait(timeout=60)
    os.close(ours)
    return started.returncode, text


def scenario_terminal(way):
    shell("tty; stty size; echo on a terminal", terminal=True)
    yield "create --console-socket", through_socket(
        way, lambda path: way.argv("create", "--console-socket", path, "--bundle", BUNDLE, "c"),
        lambda: way.run("start", "c"))
    way.run("delete", "--force", "c")
    shell("tty; echo on a terminal", terminal=True)
    yield "run on a terminal", on_terminal(way.argv("run", "--bundle", BUNDLE, "c"))
    yield "create without a console socket", way.run("create", "--bundle", BUNDLE, "c")
    way.run("delete", "--force", "c")
    shell("true")
    yield "create --pidfd-socket", way.run("create", "--pidfd-socket", WORK + "/none", "--bundle", BUNDLE, "c")
    way.run("delete", "--force", "c")


def scenario_words(way):
    for args in (["--version"], ["-v"], ["--help"], ["features"], ["state"], ["state", "nobody"],
                 ["kill", "nobody", "KILL"], ["delete", "nobody"], ["delete", "--force", "nobody"], ["start", "nobody"],
                 ["frobnicate"], ["frobnicate", "c"], ["create", "--help"], ["create"], ["run"], ["exec"],
                 ["exec", "--help"], ["restore", "--help"], ["restore", "--lsm-mount-context"],
                 ["checkpoint", "--help"], ["list", "--no-such-option"], ["ps", "nobody"], ["pause", "nobody"],
                 ["resume", "nobody"], ["update", "nobody"], ["events", "--stats", "nobody"]):
        yield " ".join(args), way.run(*args, program=[way.program, *args])
    place = os.path.join(WORK, "spec")
    os.mkdir(place)
    yield "spec", way.run("spec", cwd=place)
    with open(os.path.join(place, "config.json"), encoding="utf-8") as file:
        yield "what it wrote", file.read()
    yield "spec again", way.run("spec", "--bundle", place)
    yield "no verb", way.run(program=[way.program])
    yield "the environment reaches the runtime", way.run(program=[way.program, "list"],
                                                         env={"XDG_RUNTIME_DIR": WORK, "HOME": "/"})


def scenario_death(way):
    """The parent's death signal survives: when the caller dies, the runtime does"""
    shell("exec sleep 1000")
    caller = subprocess.Popen(["/usr/bin/env", "python3", "-c", """
import ctypes, os, signal, subprocess, sys, time
def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
child = subprocess.Popen(sys.argv[1:], preexec_fn=die_with_parent, stdin=subprocess.DEVNULL)
print(child.pid, flush=True)
time.sleep(1000)
""", *way.argv("run", "--bundle", BUNDLE, "c")], stdout=subprocess.PIPE)
    child = int(caller.stdout.readline())
    for _ in range(100):
        if way.run("state", "c")["status"] == 0:
            break
        time.sleep(0.05)
    time.sleep(0.3)
    yield "alive while its caller is", os.path.exists(f"/proc/{child}")
    caller.send_signal(signal.SIGKILL)
    caller.wait()
    caller.stdout.close()
    time.sleep(0.5)
    yield "dead with its caller", is_gone(child)
    way.run("delete", "--force", "c")


def is_gone(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def clean():
    subprocess.run([RUNTIME, "--root", ROOT, "delete", "--force", "c"], capture_output=True, check=False)
    for place in (ROOT, WORK):
        shutil.rmtree(place, ignore_errors=True)
        os.makedirs(place, mode=0o700)


def observe(scenario, program):
    clean()
    return list(scenario(Way(program)))


def compare(name, direct, wrapped):
    for (what, plain), (_, through) in zip(direct, wrapped):
        if plain == through:
            print(f"ok conformance {NAME} {name}: {what}")
        else:
            print(f"not ok conformance {NAME} {name}: {what}: {plain!r} becomes {through!r}")
    if len(direct) != len(wrapped):
        print(f"not ok conformance {NAME} {name}: {len(direct)} observations become {len(wrapped)}")


for key, scenario in list(globals().items()):
    if key.startswith("scenario_"):
        compare(key.removeprefix("scenario_"), observe(scenario, RUNTIME), observe(scenario, WRAPPER))
clean()
