# SPDX-License-Identifier: Apache-2.0
"""The seccomp filters that a process really has, read back from the kernel, and what they do with a call."""
import ctypes
import os
import struct

import world

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH, PTRACE_GET_FILTER = 0x4206, 0x4207, 17, 0x420c
ALLOWED = (0x7fff0000, 0x7ffc0000)  # ALLOW, LOG
STRENGTH = (0x80000000, 0x00000000, 0x00030000, 0x00050000, 0x7fc00000, 0x7ff00000, 0x7ffc0000, 0x7fff0000)

# Calls that no engine's own profile lets a plain container make, by architecture; numbers of the kernel's tables.
X86_64, I386, X32 = 0xc000003e, 0x40000003, 0x40000000
CALLS = {
    "kexec_load": (246, 283), "init_module": (175, 128), "finit_module": (313, 350), "delete_module": (176, 129),
    "open_by_handle_at": (304, 342), "bpf": (321, 357), "perf_event_open": (298, 336), "swapon": (167, 87),
    "swapoff": (168, 115), "acct": (163, 51), "iopl": (172, 110), "ioperm": (173, 101), "clock_settime": (227, 264),
    "settimeofday": (164, 79), "userfaultfd": (323, 374), "lookup_dcookie": (212, 253), "uselib": (134, 86),
}
# A capability in the bounding set for which engines open a call.
OPENED_BY = {
    "kexec_load": ("SYS_BOOT",), "init_module": ("SYS_MODULE",), "finit_module": ("SYS_MODULE",),
    "delete_module": ("SYS_MODULE",), "open_by_handle_at": ("DAC_READ_SEARCH",), "bpf": ("SYS_ADMIN", "BPF"),
    "perf_event_open": ("SYS_ADMIN", "PERFMON"), "swapon": ("SYS_ADMIN",), "swapoff": ("SYS_ADMIN",),
    "acct": ("SYS_PACCT",), "iopl": ("SYS_RAWIO",), "ioperm": ("SYS_RAWIO",), "clock_settime": ("SYS_TIME",),
    "settimeofday": ("SYS_TIME",), "userfaultfd": ("SYS_PTRACE",), "lookup_dcookie": ("SYS_ADMIN",), "uselib": (),
}
ARGUMENTS = ((0,) * 6, (1,) * 6, (2**64 - 1,) * 6, (2, 3, 4, 5, 6, 7), (2**32,) * 6)


def ptrace(request, pid, address, data):
    world.LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    world.LIBC.ptrace.restype = ctypes.c_long
    done = world.LIBC.ptrace(request, pid, address, data)
    if done < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return done


def read(pid):
    """Every program that the process has: [[(code, jt, jf, k)]]. None: the kernel does not tell."""
    try:
        ptrace(PTRACE_SEIZE, pid, None, None)
    except OSError:
        return None
    programs = []
    try:
        ptrace(PTRACE_INTERRUPT, pid, None, None)
        os.waitpid(pid, 0x40000000)
        while True:
            try:
                length = ptrace(PTRACE_GET_FILTER, pid, len(programs), None)
            except OSError:
                break
            buffer = ctypes.create_string_buffer(8 * length)
            ptrace(PTRACE_GET_FILTER, pid, len(programs), buffer)
            programs.append([struct.unpack_from("<HBBI", buffer.raw, 8 * at) for at in range(length)])
        return programs
    except OSError:
        return None
    finally:
        try:
            ptrace(PTRACE_DETACH, pid, None, None)
        except OSError:
            pass


def run(program, data):
    """Classic BPF, as much as seccomp takes."""
    a = x = at = 0
    memory = [0] * 16
    while True:
        code, jt, jf, k = program[at]
        at += 1
        kind = code & 7
        if kind in (0, 1):
            mode = code & 0xe0
            value = (k if mode == 0 else struct.unpack_from("<I", data, k)[0] if mode == 0x20
                     else memory[k] if mode == 0x60 else 64)
            a, x = (value, x) if kind == 0 else (a, value)
        elif kind in (2, 3):
            memory[k] = a if kind == 2 else x
        elif kind == 4:
            a = compute(code & 0xf0, a, x if code & 8 else k)
        elif kind == 5:
            operand, operation = x if code & 8 else k, code & 0xf0
            taken = {0x10: a == operand, 0x20: a > operand, 0x30: a >= operand, 0x40: bool(a & operand)}
            at += k if operation == 0 else jt if taken[operation] else jf
        elif kind == 6:
            return a if code & 0x18 == 0x10 else k
        else:
            a, x = (x, x) if code & 0xf8 == 0x80 else (a, a)


def compute(operation, a, b):
    done = {0x00: lambda: a + b, 0x10: lambda: a - b, 0x20: lambda: a * b, 0x30: lambda: a // b if b else 0,
            0x40: lambda: a | b, 0x50: lambda: a & b, 0x60: lambda: a << (b & 31), 0x70: lambda: a >> (b & 31),
            0x80: lambda: -a, 0xa0: lambda: a ^ b}
    return done[operation]() & 0xffffffff


def verdict(programs, arch, number, arguments):
    """The strongest of all programs' answers."""
    data = struct.pack("<iIQ6Q", number if number < 2**31 else number - 2**32, arch, 0x1000, *arguments)
    answers = [run(program, data) & 0xffff0000 for program in programs]
    return min(answers, key=STRENGTH.index) if answers else 0x7fff0000


def let_through(programs, bounding):
    """Calls that come through and must not: ["bpf on x32", ...]"""
    found = []
    for call, (number, other) in CALLS.items():
        if any(bounding >> world.BITS[cap] & 1 for cap in OPENED_BY[call]):
            continue
        for name, arch, at in (("x86_64", X86_64, number), ("x32", X86_64, number | X32), ("i386", I386, other)):
            if any(verdict(programs, arch, at, arguments) in ALLOWED for arguments in ARGUMENTS):
                found.append(f"{call} on {name}")
    return found
