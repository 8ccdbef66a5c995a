/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The floor: calls that a container has no business making, and why.
 *
 * "common" marks what at least one engine's own default profile lets through
 * (moby, containerd, containers/common: engine facts): a container with such a
 * profile is in order, but people want to know. Everything else denies.
 */
#include <linux/capability.h>
#include <sched.h>
#include <stddef.h>
#include <sys/socket.h>

#include "ocigate/seccomp.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

#define CAP(name) (UINT64_C(1) << CAP_##name)
#define ADMIN	  CAP(SYS_ADMIN)
#define NAMESPACES                                                                                                     \
	((uint32_t)(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |       \
		    CLONE_NEWNET))
/* Rows: what denies, what is reported, what is reported with certain arguments. */
#define DENIES(call, reason, caps)                                                                                     \
	{                                                                                                              \
		.name = #call, .syscall = #call, .why = (reason), .justified_by = (caps)                               \
	}
#define COMMON(call, reason, caps)                                                                                     \
	{                                                                                                              \
		.name = #call, .syscall = #call, .why = (reason), .justified_by = (caps), .common = true               \
	}
#define ONLY_WITH(number, bits, value) .conditional = true, .arg = (number), .mask = (bits), .equals = (value)

#define MODULES "loads code into the kernel"
#define KEXEC	"replaces the running kernel"
#define CLOCK	"sets the node's clock"
#define MOUNTS	"changes what is mounted"
#define KEYS	"reaches kernel keyrings, which no namespace separates"
#define URING	"makes system calls that no filter sees"

const struct seccomp_call seccomp_floor[] = {
	DENIES(kexec_load, KEXEC, CAP(SYS_BOOT)),
	DENIES(kexec_file_load, KEXEC, CAP(SYS_BOOT)),
	DENIES(init_module, MODULES, CAP(SYS_MODULE)),
	DENIES(finit_module, MODULES, CAP(SYS_MODULE)),
	DENIES(delete_module, "takes code out of the kernel", CAP(SYS_MODULE)),
	DENIES(create_module, MODULES, CAP(SYS_MODULE)),
	DENIES(open_by_handle_at, "opens files of the node by number, past every mount", CAP(DAC_READ_SEARCH)),
	DENIES(bpf, "runs programs in the kernel", ADMIN | CAP(BPF)),
	DENIES(perf_event_open, "watches the kernel and other processes", ADMIN | CAP(PERFMON)),
	DENIES(swapon, "changes the node's swap", ADMIN),
	DENIES(swapoff, "changes the node's swap", ADMIN),
	DENIES(acct, "has the kernel write to a file at every exit", CAP(SYS_PACCT)),
	DENIES(iopl, "reaches the hardware's ports", CAP(SYS_RAWIO)),
	DENIES(ioperm, "reaches the hardware's ports", CAP(SYS_RAWIO)),
	DENIES(clock_settime, CLOCK, CAP(SYS_TIME)),
	DENIES(clock_settime64, CLOCK, CAP(SYS_TIME)),
	DENIES(settimeofday, CLOCK, CAP(SYS_TIME)),
	DENIES(stime, CLOCK, CAP(SYS_TIME)),
	DENIES(userfaultfd, "stops the kernel in the middle of a copy, a tool of many exploits", CAP(SYS_PTRACE)),
	DENIES(quotactl, "changes disk quotas of the node", ADMIN),
	DENIES(quotactl_fd, "changes disk quotas of the node", ADMIN),
	DENIES(lookup_dcookie, "tells paths of the node", ADMIN),
	DENIES(nfsservctl, "runs the kernel's NFS server", ADMIN),
	DENIES(vhangup, "hangs up terminals", CAP(SYS_TTY_CONFIG)),
	DENIES(move_pages, "moves other processes' memory", CAP(SYS_NICE)),
	DENIES(uselib, "loads libraries the old way, past checks", 0),
	DENIES(sysfs, "obsolete, long untested kernel code", 0),
	DENIES(_sysctl, "changes kernel settings", ADMIN),
	DENIES(vm86, "obsolete, long untested kernel code", 0),
	DENIES(vm86old, "obsolete, long untested kernel code", 0),

	COMMON(reboot, "restarts the node, or ends the pid namespace", CAP(SYS_BOOT)),
	COMMON(fanotify_init, "watches the node's files", ADMIN),
	COMMON(mount, MOUNTS, ADMIN),
	COMMON(umount2, MOUNTS, ADMIN),
	COMMON(umount, MOUNTS, ADMIN),
	COMMON(pivot_root, MOUNTS, ADMIN),
	COMMON(move_mount, MOUNTS, ADMIN),
	COMMON(open_tree, MOUNTS, ADMIN),
	COMMON(fsopen, MOUNTS, ADMIN),
	COMMON(fsmount, MOUNTS, ADMIN),
	COMMON(mount_setattr, MOUNTS, ADMIN),
	COMMON(setns, "enters other namespaces", ADMIN),
	{.name = "unshare-namespaces",
	 .syscall = "unshare",
	 .why = "makes namespaces, and with them capabilities over new kernel code",
	 .justified_by = ADMIN,
	 .common = true,
	 ONLY_WITH(0, NAMESPACES, 0)},
	{.name = "clone-namespaces",
	 .syscall = "clone",
	 .why = "makes namespaces, and with them capabilities over new kernel code",
	 .justified_by = ADMIN,
	 .common = true,
	 ONLY_WITH(0, NAMESPACES, 0)},
	COMMON(clone3, "makes namespaces; its arguments are out of a filter's sight", ADMIN),
	COMMON(keyctl, KEYS, 0),
	COMMON(add_key, KEYS, 0),
	COMMON(request_key, KEYS, 0),
	COMMON(io_uring_setup, URING, 0),
	COMMON(io_uring_enter, URING, 0),
	COMMON(io_uring_register, URING, 0),
	COMMON(ptrace, "traces other processes", CAP(SYS_PTRACE)),
	COMMON(process_vm_writev, "writes other processes' memory", CAP(SYS_PTRACE)),
	{"socket-alg", "socket", "reaches the kernel's crypto code (AF_ALG)", 0, .common = true,
	 ONLY_WITH(0, UINT32_MAX, AF_ALG)},
	{"socket-vsock", "socket", "talks to the hypervisor (AF_VSOCK)", 0, .common = true,
	 ONLY_WITH(0, UINT32_MAX, AF_VSOCK)},
	COMMON(syslog, "reads the kernel's log", CAP(SYSLOG)),
	{.name = NULL},
};
