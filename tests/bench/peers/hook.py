#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The least that a hook in Python does: read the state, read the spec, look at one field."""
import json
import sys

state = json.load(sys.stdin)
with open(state["bundle"] + "/config.json", encoding="utf-8") as file:
    spec = json.load(file)
sys.exit(0 if spec["process"].get("noNewPrivileges") else 1)
