# SPDX-License-Identifier: Apache-2.0
"""schema_check.py [--lines] SCHEMA [FILE...]: holds JSON against a schema of docs/schemas; without FILE, standard input.

With --lines each line is a document. Prints what does not fit; the exit status is 1 then, and 77 without jsonschema.
schema_check.py --schemas DIR: the schemas themselves are schemas of draft 2020-12, and strict.
"""
import glob
import json
import os
import sys

try:
    from jsonschema import Draft202012Validator
except ImportError:
    print("no jsonschema with draft 2020-12 (Debian: python3-jsonschema)")
    sys.exit(77)


def loose(node, at="#"):
    """Objects whose other members are not ruled out."""
    if isinstance(node, dict):
        if node.get("type") == "object" and "properties" in node and node.get("additionalProperties") is not False:
            yield at
        for key, value in node.items():
            yield from loose(value, at + "/" + key)
    elif isinstance(node, list):
        for i, value in enumerate(node):
            yield from loose(value, "%s/%d" % (at, i))


def check_schemas(folder):
    bad = 0
    paths = sorted(glob.glob(folder + "/*.schema.json"))
    for path in paths:
        schema = json.load(open(path))
        Draft202012Validator.check_schema(schema)
        faults = ["%s is not strict" % at for at in loose(schema)]
        if schema.get("$id") != os.path.basename(path) or not schema.get("title"):
            faults.append("$id or title")
        for fault in faults:
            print("%s: %s" % (path, fault))
        bad += len(faults)
    return 1 if bad or not paths else 0


def documents(texts, lines):
    for text in texts:
        for part in text.splitlines() if lines else [text]:
            yield json.loads(part)


def main():
    args = sys.argv[1:]
    if args[0] == "--schemas":
        return check_schemas(args[1])
    lines = args[0] == "--lines"
    path, *files = args[lines:]
    validator = Draft202012Validator(json.load(open(path)))
    texts = [open(f).read() for f in files] if files else [sys.stdin.read()]
    bad = count = 0
    for document in documents(texts, lines):
        count += 1
        for error in validator.iter_errors(document):
            bad += 1
            print("%s: at /%s: %s" % (os.path.basename(path), "/".join(map(str, error.absolute_path)), error.message))
            for part in error.context or []:
                print("    /%s: %s" % ("/".join(map(str, part.absolute_path)), part.message))
    if not count:
        print("%s: nothing to look at" % path)
    return 1 if bad or not count else 0


sys.exit(main())
