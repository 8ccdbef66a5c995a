# SPDX-License-Identifier: Apache-2.0
"""With a policy that only records, everything runs: does the gate say of it what the observer sees?

A breach that the gate says nothing of is a hole in the gate. What it finds although nothing is seen is strictness:
counted by rule, for a spec may ask for what a runtime does not do.
"""
import policies


def policy_of(policy):
    """The same settings, and nothing refused."""
    rules = {rule: {key: value for key, value in keys.items() if key not in ("effect", "exec")}
             for rule, keys in policy.get("rules", {}).items() if rule != "*"}
    return {**{key: policy[key] for key in ("version", "preset") if key in policy},
            "rules": {"*": {"effect": "audit"},
                      **{rule: {**rules.get(rule, {}), "effect": "audit"} for rule in policies.RULES}}}


def promised(rules):
    """What would hold if each rule were in force."""
    return {rule: {**{key: value for key, value in keys.items() if key != "exec"}, "effect": "deny"}
            for rule, keys in rules.items()}


def is_remark(finding):
    """It refuses under no policy."""
    return finding["severity"] == "info" or (finding["rule"], finding["severity"]) == ("seccomp", "low")


def told(records):
    """{is it an exec's: rules with findings}"""
    by_exec = {False: set(), True: set()}
    for record in records:
        by_exec[record.get("stage") == "exec"] |= {finding["rule"] for finding in record["findings"]
                                                   if not is_remark(finding)}
    return by_exec


def compare(found, records, ran):
    """@found: [(rule, what)]. Return: (those that the gate says nothing of, {"seen": rules, "strict": rules})"""
    said = told(records)
    holes = [(rule, what) for rule, what in found if rule == "gate" or rule not in said[what.startswith("exec ")]]
    seen = {rule for rule, what in found if not what.startswith("exec ")}
    strict = said[False] & set(policies.RULES) - seen if ran else set()
    return holes, {"seen": sorted(seen), "strict": sorted(strict)}
