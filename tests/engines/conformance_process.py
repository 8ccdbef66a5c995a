#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the process that a runtime is, called by itself and through the wrapper.

usage: conformance_process.py PROBE WRAPPER BUNDLE DIRECTORY

PROBE stands in for a runtime and prints all that it was given.
"""
import ctypes
import os
import resource
import signal
import subprocess
import sys

PROBE, WRAPPER, BUNDLE, DIRECTORY = sys.argv[1:]
LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 1, 4, 38


def usual():
    pass


def odd():
    """As unlike the usual as an engine can make it"""
    os.umask(0o137)
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGUSR1)
    for number in (signal.SIGHUP, signal.SIGPIPE, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM, signal.SIGRTMAX})
    signal.setitimer(signal.ITIMER_REAL, 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, 768))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(3)
    os.chdir("/usr")
    os.setpgid(0, 0)
    keep_open(30)


def handlers():
    """SIGPIPE as programs other than Python's leave it"""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def locked():
    LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def closed():
    os.close(0)
    os.close(2)


def keep_open(number):
    fd = os.open(os.path.join(DIRECTORY, "offset"), os.O_RDWR | os.O_CREAT)
    os.write(fd, b"12345")
    os.dup2(fd, number)
    os.close(fd)


ENVIRONMENTS = {
    "none": {},
    "hostile": {"LD_PRELOAD": "/nowhere.so", "GLIBC_TUNABLES": "glibc.malloc.check=3", "MALLOC_CHECK_": "3",
                "TZ": ":/etc/passwd", "LC_ALL": "xx", "PATH": ".", "LISTEN_FDS": "1", "LISTEN_PID": "1",
                "X": "a\nb", "": "odd"},
}
LINES = (["--root", "/r", "state", "c"], ["update", "--resources=-", "c"], ["kill", "", "x y"],
         ["--log", DIRECTORY + "/log", "run", "--bundle", BUNDLE, "--pid-file", "/p", "c"],
         ["exec", "--detach"], ["restore", "--bundle", BUNDLE, "--image-path", "/i", "c"])


def observe(program, line, before, environment):
    os.chdir("/")
    with open(os.path.join(DIRECTORY, "stdin"), "wb+") as stdin:
        stdin.write(b"what stands on stdin")
        stdin.seek(7)
        done = subprocess.run([program, *line], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              preexec_fn=before, env=environment, close_fds=False, check=False, timeout=30)
        return done.returncode, [calm(text) for text in done.stdout.decode(errors="replace").splitlines()], stdin.tell()


def calm(text):
    """Process ids and pipes differ from one run to the next"""
    words = text.split(" ")
    if words[0] == "pid":
        pid, group, session = words[1], words[5], words[7]
        return f"pid P group {'own' if group == pid else group} session {'own' if session == pid else session}"
    if words[0] == "fd" and "pipe:" in text:
        return " ".join([*words[:2], "pipe", *words[5:]])
    return text


for line in LINES:
    for before in (usual, odd, handlers, locked, closed):
        for name, environment in ENVIRONMENTS.items():
            title = f"conformance process: {' '.join(line)[:30]}, {before.__name__}, environment {name}"
            plain, through = observe(PROBE, line, before, environment), observe(WRAPPER, line, before, environment)
            if not plain[1]:
                print(f"not ok {title}: the probe says nothing")
            elif plain == through:
                print(f"ok {title}")
            else:
                differing = [f"{a!r} becomes {b!r}" for a, b in zip(plain[1], through[1]) if a != b]
                print(f"not ok {title}: status {plain[0]} and {through[0]}; {'; '.join(differing[:4])}")
