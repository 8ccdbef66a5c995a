# SPDX-License-Identifier: Apache-2.0
"""Which AppArmor profile a container asks for, where the kernel has AppArmor: tests/vm loads these."""
from mutate import mutation

GOOD, KILL, WEAK, UNCONFINED, MISSING = "s-enforce", "s-kill", "s-complain", "s-unconfined", "s-missing"
ENGINES = "cri-containerd.apparmor.d"


@mutation("apparmor")
def other_profile(r, d):
    d.process["apparmorProfile"] = r.choice([KILL, ENGINES, WEAK, UNCONFINED, MISSING])


@mutation("apparmor")
def no_profile(r, d):
    d.process.pop("apparmorProfile", None)
    if r.random() < .7:
        d.process["apparmorProfile"] = r.choice(["unconfined", "", "Unconfined", " unconfined"])


@mutation("apparmor")
def stack(r, d):
    parts = [r.choice([GOOD, KILL, WEAK, UNCONFINED, MISSING, "unconfined"]) for _ in range(2)]
    d.process["apparmorProfile"] = r.choice(["//&", "//", "&", "//& "]).join(parts)


@mutation("apparmor")
def odd_name(r, d):
    d.process["apparmorProfile"] = r.choice([f":{GOOD}", f":root:{GOOD}", f":s-other:{GOOD}", f"{GOOD} (enforce)",
                                             f"{WEAK} (enforce)", f"{GOOD}//{WEAK}", f"localhost/{GOOD}", f"{GOOD}\n",
                                             f"changeprofile {GOOD}", "runtime/default", "s-*"])


@mutation("apparmor")
def key(r, d):
    d.process.pop("apparmorProfile", None)
    d.process[r.choice(["apparmorprofile", "ApparmorProfile", "apparmor", "appArmorProfile"])] = r.choice([GOOD, WEAK])
