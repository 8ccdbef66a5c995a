# SPDX-License-Identifier: Apache-2.0
"""Texts in files, for the tests' scripts"""
import os


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
