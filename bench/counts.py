# SPDX-License-Identifier: 0BSD
"""make bench-counts: system calls, instructions and heap allocations of a
message, a descriptor and a connection, and how they grow. Fails if one is
above the figure in bench/counts.txt: by 0.1 calls or 3 % of instructions.

System calls are those that strace counts, instructions those that callgrind
collects in user mode, allocations those of memcheck. For the library a
short run is taken from a longer one, so that starting costs nothing; for a
front, callgrind counts between moments while it sleeps; the least of five
blocks is taken, so that what it does by the clock, and not for a connection,
does not count. Connections come one at a time, each after the front has gone
to sleep, and its request after the front sleeps again: that costs the most
calls, and always the same.
"""
import concurrent.futures
import os
import re
import resource
import subprocess
import sys
import threading

import fronts
import kit

FIGURES = os.path.join(kit.HERE, "counts.txt")
KINDS = ("calls", "instructions", "allocations")
# Above the recorded figure: calls of a front vary by a few in a hundred
# connections, those of the library do not.
ROOM = {"calls": (1, 0.1), "allocations": (1, 0.1), "instructions": (1.03, 0)}
SHORT, LONG = 200, 1200         # messages
FEW, MANY = 50, 250             # connections, for calls
WARM, BLOCKS, BLOCK = 20, 5, 20     # for instructions
MOST_GROWTH = 1.10
READ_LIMIT = 5                  # seconds of processor time
LIBRARY = (("raw", 1), ("raw", 64), ("message", 1), ("message", 64),
           ("told", 1), ("told", 64), ("close", 64), ("pair", 1),
           ("channel", 1), ("channel", 64), ("loop", 1), ("handoff", 1),
           ("describe", 0))
HEAP = (("message", 1), ("channel", 1), ("channel", 64), ("handoff", 1))
GROWTH = {"waiting": (0, 1000, 10000), "hosts": (1, 1000, 100000),
          "networks": (1, 1000, 100000), "workers": (1, 64, 512)}

figures = {}                    # (row, kind): number, or None if not had
seen = {}                       # row: {call: number}
lock = threading.Lock()


def note(row, kind, number):
    with lock:
        figures[row, kind] = number


def run(argv, **more):
    p = subprocess.run(argv, stdout=subprocess.DEVNULL, timeout=kit.WAIT * 2,
                       stderr=subprocess.PIPE, **more)
    if p.returncode != 0:
        raise kit.Failed("%s: exit %d: %s" % (" ".join(argv), p.returncode,
                                              p.stderr.decode()[-300:]))
    return p.stderr.decode()


def by_call(path):
    """What `strace -c` has written: {call: number}."""
    with open(path) as table:
        return {line.split()[-1]: int(line.split()[3]) for line in table
                if re.match(r" *\d+[.,]\d+ ", line)
                and not line.rstrip().endswith(" total")}


def difference(row, short, long, units):
    each = {call: (long[call] - short.get(call, 0)) / units
            for call in long if long[call] != short.get(call, 0)}
    with lock:
        seen[row] = each
    note(row, "calls", sum(each.values()))


# ---- the library ----

def subject(name, n, count):
    return [os.path.join(kit.BIN, "subject"), name, "count", str(n),
            str(count)]


def library_calls(row, name, n):
    counts = []
    for length in SHORT, LONG:
        path = kit.scratch("strace-%s-%d-%d" % (name, n, length))
        run(["strace", "-f", "-c", "-o", path] + subject(name, n, length))
        counts.append(by_call(path))
    difference(row, counts[0], counts[1], LONG - SHORT)


def valgrind(tool, pattern, argv, **more):
    text = run(["valgrind", "--tool=" + tool] + argv, **more)
    return int(re.search(pattern, text).group(1).replace(",", ""))


def collected(argv, **more):
    return valgrind("callgrind", r"Collected : (\d+)", [
        "--callgrind-out-file=/dev/null"] + argv, **more)


def library_instructions(row, name, n):
    counts = [collected(subject(name, n, k)) for k in (SHORT, LONG)]
    note(row, "instructions", (counts[1] - counts[0]) / (LONG - SHORT))


def library_heap(row, name, n):
    counts = [valgrind("memcheck", r"total heap usage: ([\d,]+) allocs",
                       subject(name, n, k)) for k in (SHORT, LONG)]
    note(row, "allocations", (counts[1] - counts[0]) / (LONG - SHORT))


def version():
    """Starting the command, to say which it is."""
    command, env = kit.program()
    path = kit.scratch("strace-version")
    run(["strace", "-f", "-c", "-o", path, command, "--version"], env=env)
    calls = by_call(path)
    note("--version", "calls", sum(calls.values()))
    note("--version", "instructions", collected([command, "--version"],
                                                env=env))


# ---- the front ----

def collected_in(dump):
    with open(dump) as text:
        return int(re.search(r"^totals: (\d+)", text.read(), re.M).group(1))


class Case:
    """A front to count: its arguments, its workers, and who comes."""
    def __init__(self, row, wire, workers=1, log="none", config=None,
                 waiting=0, request=None):
        self.row, self.wire, self.workers = row, wire, workers
        self.log, self.config, self.waiting = log, config, waiting
        self.request = [request] if request else []

    def arguments(self, path, port):
        path = ("ack:" if self.wire == "ack" else "") + path
        names = ["w%d" % i for i in range(self.workers)]
        lines = ["listen 127.0.0.1:%d" % port]
        lines += ["worker %s=%s" % (name, path) for name in names]
        if self.workers > 1:
            lines += ["pool all=" + ",".join(names)]
        to = "all" if self.workers > 1 else "w0"
        # What comes from elsewhere is for a worker that is not there.
        if self.waiting is not None:
            lines += ["worker dead=" + kit.scratch("dead.sock"),
                      "live: from=127.0.0.1 -> " + to, "default dead"]
        else:
            lines += (self.config or []) + ["default " + to]
        file = kit.scratch("%s-%d.conf" % (self.row.replace("/", "-"), port))
        with open(file, "w") as out:
            out.write("\n".join(lines) + "\n")
        return ["--config", file, "--wait", "3600", "--look-time", "3600",
                "--max-waiting", "15000"]

    def start(self, under):
        """A front of its own for each of the methods below, and a worker:
        they run at the same time."""
        worker, path = fronts.worker(self.wire)
        return fronts.Front(lambda port: self.arguments(path, port),
                            self.workers, self.log, under), worker

    def connections(self, front, count):
        try:
            fronts.load("each", front.port, count, front.pid, "127.0.0.1",
                        *self.request)
        except kit.Failed as why:
            raise kit.Failed("%s: %s; the front: %s" % (
                self.row, why, front.status()))

    def calls(self):
        counts = []
        for length in FEW, MANY:
            path = kit.scratch("strace-%s-%d" % (
                self.row.replace("/", "-"), length))
            front, worker = self.start(["strace", "-D", "-f", "-c", "-o",
                                        path])
            self.connections(front, length)
            front.term()
            kit.until(lambda: os.path.exists(path) and " total" in open(
                path).read(), "strace")
            kit.stop(worker, 9)
            counts.append(by_call(path))
        difference(self.row, counts[0], counts[1], MANY - FEW)

    def instructions(self):
        prefix = kit.scratch("vgdb-" + self.row.replace("/", "-"))
        out = kit.scratch("callgrind-" + self.row.replace("/", "-"))
        front, worker = self.start([
            "valgrind", "--tool=callgrind", "-q", "--vgdb-prefix=" + prefix,
            "--instr-atstart=no", "--callgrind-out-file=" + out])
        tell = ["vgdb", "--vgdb-prefix=" + prefix, "--pid=%d" % front.pid]
        clients = None
        if self.waiting:
            clients = fronts.hold(front.port, self.waiting, "127.0.0.2")
            kit.until(lambda: front.holds("waiting") == self.waiting,
                      "clients that wait")
        self.connections(front, WARM)
        run(tell + ["instrumentation", "on"])
        for _ in range(BLOCKS):
            self.connections(front, BLOCK)
            run(tell + ["dump"])
        front.kill()
        if clients:
            kit.stop(clients, 9)
        kit.stop(worker, 9)
        note(self.row, "instructions", min(
            collected_in("%s.%d" % (out, i + 1)) / BLOCK
            for i in range(BLOCKS)))


def hosts(n):
    return ["r%d: host=h%d.example -> w0" % (i, i) for i in range(n)]


def networks(n):
    return ["r%d: from=10.%d.%d.%d/28 -> w0" % (
        i, i >> 12, (i >> 4) & 255, (i & 15) << 4) for i in range(n)]


def cases():
    """Those of one connection, then those that grow."""
    some = [Case("plain", "plain", waiting=None),
            Case("plain, text log", "plain", log="text", waiting=None),
            Case("ack", "ack", waiting=None)]
    more = [Case("waiting/%d" % n, "ack", waiting=n)
            for n in GROWTH["waiting"]]
    more += [Case("workers/%d" % n, "ack", workers=n, waiting=None)
             for n in GROWTH["workers"]]
    for n in GROWTH["hosts"]:
        more.append(Case("hosts/%d" % n, "plain", config=hosts(n),
                         waiting=None, request="GET / HTTP/1.1\r\nHost: h%d."
                         "example\r\n\r\n" % (n - 1)))
    for n in GROWTH["networks"]:
        more.append(Case("networks/%d" % n, "plain", config=networks(n),
                         waiting=None))
    return some, more


def check_argv(case):
    command, env = kit.program()
    return [command, "front", "--check"] + case.arguments("/none", 1), env


def can_be_read(case):
    """Seconds of processor time that its rules take to read, None if more
    than READ_LIMIT."""
    argv, env = check_argv(case)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    p = subprocess.run(argv, env=env, stdout=subprocess.DEVNULL,
                       preexec_fn=lambda: resource.setrlimit(
                           resource.RLIMIT_CPU, (READ_LIMIT, READ_LIMIT + 1)))
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    return used if p.returncode == 0 else None


def reading():
    """Instructions of reading a rule, among 1,000 and among 4,000."""
    counts = []
    for n in 1, 1000, 4000:
        argv, env = check_argv(Case("read/%d" % n, "plain", waiting=None,
                                    config=hosts(n)))
        counts.append(collected(argv, env=env))
    note("read/1000", "instructions", (counts[1] - counts[0]) / 999)
    note("read/4000", "instructions", (counts[2] - counts[1]) / 3000)


# ---- judging ----

def recorded():
    """The figures of the file, and which compiler they are of."""
    old, of = {}, ""
    if os.path.exists(FIGURES):
        with open(FIGURES) as text:
            for line in text:
                if line.startswith("# compiler: "):
                    of = line[12:].strip()
                elif "\t" in line and not line.startswith("#"):
                    row, kind, number = line.rstrip("\n").split("\t")
                    old[row, kind] = None if number == "-" else float(number)
    return old, of


def record():
    with open(FIGURES, "w") as out:
        out.write("# SPDX-License-Identifier: 0BSD\n"
                  "# Written by `make bench-counts BENCH=--record`: figures "
                  "that it compares with,\n# each of one message or "
                  "connection; - is more than could be counted.\n"
                  "# compiler: %s\n" % kit.compiler())
        for (row, kind), number in sorted(figures.items()):
            out.write("%s\t%s\t%s\n" % (row, kind, "-" if number is None
                                        else "%.2f" % number))


def shown(number):
    if number is None:
        return "-"
    return "%.2f" % number if number < 100 else "{:,.0f}".format(number)


def worse(kind, number, than):
    factor, more = ROOM[kind]
    return number > than * factor + more


def judge(old, same, only):
    """A table of all figures; how many are as they should be, and are not."""
    rows, good, bad = [["", "", "figure", "recorded", ""]], 0, []
    for (row, kind), number in figures.items():
        if (row, kind) not in old:
            verdict = "NOT RECORDED"
        elif kind == "instructions" and not same:
            verdict = "other compiler: not compared"
        elif old[row, kind] is None or number is None:
            verdict = ("WORSE" if number is None
                       and old[row, kind] is not None else
                       "as recorded" if number is None else "better: record")
        elif worse(kind, number, old[row, kind]):
            verdict = "WORSE by %s" % shown(number - old[row, kind])
        else:
            verdict = ("better: record"
                       if worse(kind, old[row, kind], number) else "")
        if verdict[:3] in ("NOT", "WOR"):
            bad.append("%s, %s: %s" % (row, kind, verdict))
        else:
            good += 1
        rows.append([row, kind, shown(number),
                     shown(old[row, kind]) if (row, kind) in old else "",
                     verdict])
    for row, kind in old:
        if (row, kind) not in figures and re.search(only, row):
            bad.append("%s, %s: not counted any more" % (row, kind))
    kit.table(rows, right=2)
    return good, bad


def goals(seconds):
    g = kit.Goals()

    def get(row, kind):
        return figures.get((row, kind))

    def judge(what, kind, goal, rows, formula=lambda x: x, form="%.2f"):
        """If all rows that the formula takes were counted, and None counts
        as more than any goal."""
        if not all((row, kind) in figures for row in rows):
            return
        numbers = [get(row, kind) for row in rows]
        g.add(what, float("inf") if None in numbers else formula(*numbers),
              goal, form=form)

    best = "told" if ("told/1", "calls") in figures else "message"
    ends = [best + "/1", best + "/64", "raw/1", "raw/64"]
    judge(best + ": calls beyond raw's", "calls", 0, [best + "/1", "raw/1"],
          lambda a, b: a - b)
    judge(best + ": instructions beyond raw's", "instructions", 250,
          [best + "/1", "raw/1"], lambda a, b: a - b, "%.0f")
    judge(best + ": instructions a descriptor beyond raw's", "instructions",
          8, ends, lambda a, b, c, d: (b - a - d + c) / 63, "%.1f")
    judge("message: heap allocations", "allocations", 0, ["message/1"])
    judge("channel message: calls", "calls", 4, ["channel/1"])
    judge("hand-off: calls", "calls", 8, ["handoff/1"])
    judge("plain: calls a connection", "calls", 5, ["plain"])
    judge("ack: calls a connection", "calls", 10, ["ack"])
    for what, sizes in list(GROWTH.items()) + [("read", (1000, 4000))]:
        for n in sizes[1:]:
            judge("%s, %d: growth since %d" % (what, n, sizes[0]),
                  "instructions", MOST_GROWTH,
                  ["%s/%d" % (what, sizes[0]), "%s/%d" % (what, n)],
                  lambda first, now: now / first)
    for what, used in seconds.items():
        g.add("%s: seconds to read them" % what,
              float("inf") if used is None else used, 0.5)
    return g


def all_of_it(only):
    """What there is to count, as functions; and what cannot be."""
    known = subprocess.run([os.path.join(kit.BIN, "subject"), "--list"],
                           stdout=subprocess.PIPE).stdout.decode().split()
    some, more = cases()
    jobs, seconds = [], {}
    wanted = re.compile(only).search
    some, more = ([c for c in these if wanted(c.row)]
                  for these in (some, more))
    for case in more:
        if case.row.endswith("/100000"):
            seconds[case.row] = can_be_read(case)
            if seconds[case.row] is None:
                note(case.row, "instructions", None)
                continue
        jobs.append(case.instructions)
    # The long ones first.
    jobs.reverse()
    jobs += [reading] if wanted("read") else []
    jobs += [version] if wanted("--version") else []
    for case in some:
        jobs += [case.calls, case.instructions]
    for name, n in LIBRARY:
        row = "%s/%d" % (name, n)
        if name in known and wanted(row):
            for count in library_instructions, library_calls:
                jobs.append(lambda c=count, a=(row, name, n): c(*a))
            if (name, n) in HEAP:
                jobs.append(lambda a=(row, name, n): library_heap(*a))
    return jobs, seconds


def show_calls():
    rows = [["calls a message or connection", ""]]
    for row in sorted(seen):
        rows.append([row, ", ".join("%s %s" % (call, ("%.2f" % n).rstrip(
            "0").rstrip(".")) for call, n in sorted(
                seen[row].items(), key=lambda x: -x[1]) if n >= 0.005)])
    kit.table(rows, right=2)


def main():
    chosen = kit.options(__doc__.split("\n\n")[0], 540, [
        ("--record", dict(action="store_true",
                          help="write bench/counts.txt")),
        ("--only", dict(metavar="REGEX", default="",
                        help="rows that have this in their names"))])
    if chosen.record and chosen.only:
        sys.exit("bench: --record is of all rows")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    jobs, seconds = all_of_it(chosen.only)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for job in [pool.submit(job) for job in jobs]:
            job.result()
    order = sorted(figures, key=lambda k: (KINDS.index(k[1]), [
        (int(x), "") if x.isdigit() else (0, x) for x in k[0].split("/")]))
    for key in order:
        figures[key] = figures.pop(key)
    if chosen.record:
        record()
    old, of = recorded()
    kit.head("Counted: one message, one connection")
    good, bad = judge(old, of == kit.compiler(),
                      chosen.only)
    show_calls()
    g = goals(seconds)
    g.show()
    kit.write_json(chosen.json, {
        "bench": "counts", "machine": kit.machine(), "goals": g.data(),
        "calls": seen, "figures": [{"row": row, "kind": kind, "figure": n}
                                   for (row, kind), n in figures.items()]})
    for line in bad:
        print("FAIL: " + line)
    print("%d passed, %d failed" % (good, len(bad)))
    return len(bad) > 0


if __name__ == "__main__":
    sys.exit(main())
