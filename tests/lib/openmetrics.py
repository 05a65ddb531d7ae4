#!/usr/bin/python3 -SE
# SPDX-License-Identifier: Apache-2.0
"""openmetrics.py <TEXT: holds standard input to the text format of OpenMetrics 1.0, as a scraper would. Says what is
wrong, or nothing."""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*"'
SAMPLE = re.compile(r"^(%s)(?:\{(%s(?:,%s)*)?\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?|NaN|[+-]Inf)$" % (NAME, LABEL, LABEL))
META = re.compile(r"^# (TYPE|UNIT|HELP) (%s) (.*)$" % NAME)
SUFFIX = {"counter": "_total", "gauge": "", "unknown": ""}


def check(lines):
    family, types, closed, seen, samples_begun = None, {}, set(), set(), False
    if not lines or lines[-1] != "# EOF":
        yield "the last line is not '# EOF'"
    for line in lines[:-1]:
        meta, sample = META.match(line), SAMPLE.match(line)
        if meta:
            what, name, text = meta.groups()
            if name != family:
                if name in closed:
                    yield "family %s is not in one piece" % name
                closed.add(family)
                family, samples_begun = name, False
            if samples_begun:
                yield "metadata after samples of %s" % name
            if what == "TYPE":
                if name in types or text not in SUFFIX:
                    yield "type of %s" % name
                types[name] = text
            if what == "UNIT" and not name.endswith("_" + text):
                yield "%s does not end in its unit %s" % (name, text)
        elif sample:
            name, labels = sample.group(1), sample.group(2)
            samples_begun = True
            if family is None or name != family + SUFFIX[types.get(family, "unknown")]:
                yield "sample %s in family %s" % (name, family)
            if (name, labels) in seen:
                yield "sample twice: %s" % line
            seen.add((name, labels))
            names = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="', labels or "")
            if types.get(family) == "counter" and sample.group(3).startswith("-"):
                yield "negative counter: %s" % line
            if "id" not in names:
                yield "no id: %s" % line
        else:
            yield "not understood: %s" % line


def main():
    text = sys.stdin.read()
    problems = list(check(text.split("\n")[:-1])) if text.endswith("\n") else ["no newline at the end"]
    print("\n".join(problems), end="")
    sys.exit(1 if problems else 0)


main()
