# SPDX-License-Identifier: Apache-2.0
"""The smallest case that still shows a breach: whatever can be taken away is."""
import copy
import json

import generate

TRIES = 90


class Minimiser:
    def __init__(self, worker, rule):
        self.worker, self.rule, self.tries = worker, rule, 0

    def shows(self, built):
        if self.tries >= TRIES:
            return False
        self.tries += 1
        try:
            return any(rule == self.rule for rule, _ in self.worker.run(built).breaches)
        except OSError:
            return False

    def case(self, case):
        """Without mutations, exec, odd command line and parts of the policy that it does not take."""
        for change in self.smaller_cases:
            for smaller in change(case):
                if self.shows(generate.build(smaller, self.worker.bases)):
                    case = smaller
        return case

    @property
    def smaller_cases(self):
        return self.fewer_mutations, self.plainer, self.less_policy

    @staticmethod
    def fewer_mutations(case):
        for gone in reversed(range(len(case["mutations"]))):
            smaller = copy.deepcopy(case)
            smaller["mutations"] = [each for at, each in enumerate(case["mutations"]) if at != gone]
            yield smaller

    @staticmethod
    def plainer(case):
        for key, value in (("exec", None), ("command", 0), ("calm", True)):
            if case.get(key, value) != value:
                yield {**case, key: value}

    @staticmethod
    def less_policy(case):
        for rule in case["policy"]["rules"]:
            smaller = copy.deepcopy(case)
            smaller["policy"]["rules"].pop(rule)
            yield smaller

    def spec(self, built):
        """Without parts of the spec that it does not take."""
        try:
            spec = json.loads(built.text)
        except ValueError:
            return built
        if json.dumps(spec) != json.dumps(json.loads(built.text)) or self.has_twins(built.text):
            return built
        for path in list(self.parts(spec)):
            smaller = copy.deepcopy(spec)
            try:
                holder = smaller
                for step in path[:-1]:
                    holder = holder[step]
                del holder[path[-1]]
            except (KeyError, IndexError, TypeError):
                continue
            candidate = generate.Built(**{**built.as_json(), "text": json.dumps(smaller, indent=1, ensure_ascii=False)})
            if self.shows(candidate):
                spec, built = smaller, candidate
        return built

    @staticmethod
    def has_twins(text):
        found = []

        def look(pairs):
            names = [name for name, _ in pairs]
            found.append(len(set(names)) != len(names))
            return dict(pairs)
        json.loads(text, object_pairs_hook=look)
        return any(found)

    @staticmethod
    def parts(spec):
        for key in ("hostname", "annotations"):
            yield (key,)
        for at in reversed(range(len(spec.get("mounts") or []))):
            yield "mounts", at
        for key in list(spec.get("linux") or {}):
            yield "linux", key
        for key in list(spec.get("process") or {}):
            yield "process", key


def minimise(worker, case, rule):
    work = Minimiser(worker, rule)
    smaller = work.case(case)
    return smaller, work.spec(generate.build(smaller, worker.bases))
