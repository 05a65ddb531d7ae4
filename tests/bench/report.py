# SPDX-License-Identifier: Apache-2.0
"""The figures of tests/bench/run as a table, as a plot, and against the targets."""

ORDER = ("orlop", "crun", "runc", "floor", "floor -c", "floor -r")
COLOURS = {"orlop": "#0b6e99", "crun": "#e0863a", "runc": "#b5463c", "floor": "#8a8a8a", "floor -c": "#a5a5a5",
           "floor -r": "#c5c5c5"}
PLOTTED = ("run", "run_cpu", "seccomp", "userns", "binds", "terminal", "create", "start", "delete", "exec", "state",
           "kill", "list_many", "syscalls_run", "parallel", "rss", "pss", "memory", "alive_all")


def number(value):
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 100:
        return "%.0f" % value
    return "%.1f" % value if abs(value) >= 10 else "%.2f" % value


def columns(result):
    return [n for n in ORDER if any(n in r["values"] for r in result["rows"])]


def table(result):
    names = columns(result)
    lines = ["%s; view %s; medians of %d rounds" % (result["machine"], result["view"], result["rounds"]), "",
             "| | unit | " + " | ".join(names) + " |", "|---|---|" + "---:|" * len(names)]
    for r in result["rows"]:
        cells = [number(r["values"].get(n)) for n in names]
        lines.append("| %s | %s | %s |" % (r["title"], r["unit"], " | ".join(cells)))
    lines += [""] + ["* " + n for n in result["notes"]]
    return "\n".join(lines)


class Figures:
    def __init__(self, result):
        self.rows = {r["key"]: r["values"] for r in result["rows"]}

    def __call__(self, key, name="orlop"):
        return self.rows[key][name]


# (what, limit in words, function to (value, limit)); below the limit is good.
TARGETS = (
    ("run", "1.3 × floor", lambda f: (f("run"), 1.3 * f("run", "floor"))),
    ("run without a mount of cgroups", "1.3 × floor", lambda f: (f("run_plain"), 1.3 * f("run_plain", "floor"))),
    ("run", "1.3 × floor -c", lambda f: (f("run"), 1.3 * f("run", "floor -c"))),
    ("run", "0.45 × crun", lambda f: (f("run"), 0.45 * f("run", "crun"))),
    ("run, seccomp cached: more than run (ms)", "1.5", lambda f: (f("seccomp_more"), 1.5)),
    ("run, seccomp cold", "crun's", lambda f: (f("seccomp_cold"), f("seccomp_cold", "crun"))),
    ("exec", "0.4 × crun", lambda f: (f("exec"), 0.4 * f("exec", "crun"))),
    ("CPU time of run", "0.4 × crun", lambda f: (f("run_cpu"), 0.4 * f("run_cpu", "crun"))),
    ("system calls of run", "320", lambda f: (f("syscalls_run"), 320)),
    ("state: more than an empty program (ms)", "1.2", lambda f: (f("state") - f("state", "floor"), 1.2)),
    ("kill: more than an empty program (ms)", "1.2", lambda f: (f("kill") - f("kill", "floor"), 1.2)),
    ("list of all, 1000 by default (ms)", "30", lambda f: (f("list_many"), 30)),
    ("peak RSS (KiB)", "2048", lambda f: (f("rss"), 2048)),
    ("Pss of a created init (KiB)", "24", lambda f: (f("pss"), 24)),
    ("memory limit (KiB)", "floor + 16", lambda f: (f("memory"), f("memory", "floor") + 16)),
    ("memory limit (KiB)", "floor -c + 16", lambda f: (f("memory"), f("memory", "floor -c") + 16)),
    ("the same without a mount of cgroups", "floor + 16",
     lambda f: (f("memory_plain"), f("memory_plain", "floor") + 16)),
    ("pids limit", "1", lambda f: (f("pids"), 1)),
    ("time of run -d with all alive", "1.2 × that at 1", lambda f: (f("alive_all"), 1.2 * f("alive_1"))),
    # Above the limit is good: both sides are turned round.
    ("8 parallel loops", "2.5 × crun", lambda f: (-f("parallel"), -2.5 * f("parallel", "crun"))),
)


def targets(result):
    figures = Figures(result)
    lines = ["| target | limit | is | may be | |", "|---|---|---:|---:|---|"]
    for what, words, function in TARGETS:
        try:
            value, limit = function(figures)
        except KeyError:
            continue
        lines.append("| %s | %s | %s | %s | %s |" % (what, words, number(abs(value)), number(abs(limit)),
                                                     "met" if value <= limit else "**not met**"))
    return "\n".join(lines)


def plot(result):
    """Bars, a group for each row; each group has its own scale, as what is compared is the runtimes."""
    rows = [r for key in PLOTTED for r in result["rows"] if r["key"] == key]
    names = columns(result)
    bar, gap, left, width = 11, 14, 300, 420
    y, body = 48, []
    for r in rows:
        present = [n for n in names if n in r["values"]]
        top = max(r["values"][n] for n in present) or 1
        body.append('<text x="%d" y="%d" text-anchor="end" class="t">%s%s</text>' % (
            left - 10, y + bar * len(present) / 2 + 4, r["title"], " (%s)" % r["unit"] if r["unit"] else ""))
        for n in present:
            value = r["values"][n]
            body.append('<rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>' % (
                left, y, max(value / top * width, 1), bar - 1, COLOURS[n]))
            body.append('<text x="%.1f" y="%d" class="v">%s</text>' % (
                left + max(value / top * width, 1) + 4, y + bar - 2, number(value)))
            y += bar
        y += gap
    legend = "".join('<rect x="%d" y="16" width="12" height="12" fill="%s"/><text x="%d" y="26" class="t">%s</text>' % (
        left + i * 90, COLOURS[n], left + i * 90 + 17, n) for i, n in enumerate(names))
    return ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif">\n'
            '<style>.t{font-size:12px;fill:#333}.v{font-size:9.5px;fill:#555}</style>\n'
            '<rect width="100%%" height="100%%" fill="#fff"/>\n%s\n%s\n</svg>\n' % (
                left + width + 70, y + 10, legend, "\n".join(body)))
