# SPDX-License-Identifier: 0BSD
"""87-metrics: fdferry status --prometheus is in the format, whenever it is
asked, and adds up to what the log says, exactly.
"""
import os
import random
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from exposition import Wrong, parse
from harness import (FDFERRY, Front, Program, WAIT, Worker, done, echo,
                     listens, ok, path, plan, rest, until)

plan(13, 120)

# ------------------------------------------------ the reader is strict

GOOD = """# HELP a_total What \\\\ is \\n counted.
# TYPE a_total counter
a_total{x="a\\"b\\\\c\\nd",y=""} 5
a_total 1e3 1395066363000
# a comment
# HELP h Times.
# TYPE h histogram
h_bucket{le="0.1"} 1
h_bucket{le="+Inf"} 2
h_sum 0.5
h_count 2
"""
BAD = [
    ("a_total 1e3 ", "a_total 1e3x "), ('y=""}', 'x=""}'),
    ('y=""}', 'y=""'), ('\\nd"', '\\td"'), ("# TYPE a_total counter\n", ""),
    ("# HELP h Times.\n", ""), ("a_total 1e3", "a_total -1"),
    ("counter", "counters"), ("# TYPE h", "# TYPE a_total"),
    ("What \\\\ is", "What \\ is"), ("# HELP h Times.\n", "# HELP h Times.\n"
                                     "a_total 3\n"),
    ('h_bucket{le="0.1"} 1', 'h_bucket{le="0.1"} 3'),
    ('h_bucket{le="+Inf"} 2\n', ""), ("h_count 2\n", ""), ("h_sum 0.5\n", ""),
    ("h_count 2", "h_count 3"), ('{le="0.1"} 1', "{} 1"),
    ('le="0.1"', 'le="+Inf"'), ("h_count 2\n", "h_count 2"),
    ("a_total 1e3", "b_total 1e3"), ("a_total 1e3 1", "a_total  1e3 1"),
]


def wrong(text):
    try:
        parse(text)
    except Wrong as why:
        return why
    return None


read = parse(GOOD)["a_total"].samples
ok(read[("a_total", (("x", 'a"b\\c\nd'), ("y", "")))] == 5,
   "the reader knows the format", read)
taken = [bad for bad in BAD if GOOD.replace(*bad) == GOOD
         or not wrong(GOOD.replace(*bad))]
ok(not taken, "and takes nothing that is not: %d ways" % len(BAD), taken)

# ------------------------------------------------ a load run

with open(path("slow"), "w") as program:
    program.write("#!/bin/sh\nread x\ncase $x in e1*) sleep 0.06 ;; esac\n"
                  "echo ran $x\n")
os.chmod(path("slow"), 0o755)
plain = Worker("plain", echo(b"plain"))
ack = Program("ack", "worker", path("ack.sock"), "--wire", "ack",
              "--max-children", "3", "--exec", path("slow"))
until(lambda: listens(path("ack.sock")))
late = path("late.sock")
f = Front("load", "--worker", "plain=" + plain.at, "--worker",
          "ack=ack:" + path("ack.sock"), "--worker", "exec=exec:"
          + path("slow"), "--worker", "late=" + late, "--pool",
          "both=plain, ack", "--rule", "k: bytes=k -> ack", "--rule",
          "e: bytes=e -> exec", "--rule", "both: bytes=b -> both", "--rule",
          "late: bytes=l -> late", "--default", "late", "--wait", "0.2",
          "--look-time", "0.3", "--max-children", "4", "--control",
          path("load.ctl"), "--max-per-source", "9")
f.up("plain", "ack", "exec")


def scrape():
    got = subprocess.run([FDFERRY, "status", "--prometheus",
                          path("load.ctl")], stdout=subprocess.PIPE,
                         timeout=WAIT)
    return got.stdout.decode()


def values(families, name):
    return {labels: value for (_, labels), value
            in families["fdferry_" + name].samples.items()}


def total(families, name):
    return sum(values(families, name).values())


empty = scrape()
ok(wrong(empty) is None and total(parse(empty), "connections_ended_total")
   == 0, "before anything has come", wrong(empty))


def client(seed):
    dice = random.Random(seed)
    for i in range(25):
        kind = dice.choice("kkkeebbbbpwl")
        try:
            sock = f.connect()
            if kind == "w":                     # goes before a byte
                if dice.random() < 0.5:
                    time.sleep(0.05)
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                    struct.pack("ii", 1, 0))    # a reset
                sock.close()
                continue
            if dice.random() < 0.2:             # takes its time
                time.sleep(dice.random() / 4)
            sock.sendall(b"%c%d\n" % (ord(kind), i))
            if dice.random() < 0.1:             # does not wait
                sock.close()
                continue
            rest(sock)
        except OSError:
            pass


threads = [threading.Thread(target=client, args=(seed,), daemon=True)
           for seed in range(14)]
for thread in threads:
    thread.start()
bad, sums, back, before, scrapes = [], [], [], {}, 0
while any(thread.is_alive() for thread in threads):
    try:
        now = parse(scrape())
    except Wrong as why:
        bad.append(why)
        break
    scrapes += 1
    came = total(now, "connections_accepted_total") + total(
        now, "connections_adopted_total")
    went = total(now, "connections_ended_total") + total(
        now, "connections_held")
    if came != went:
        sums.append((came, went))
    for family in now.values():
        if family.type == "gauge":
            continue
        for key, value in family.samples.items():
            if value < before.get(key, 0):
                back.append((key, before[key], value))
            before[key] = value
    time.sleep(0.02)
ok(not bad and scrapes > 5, "%d times under load: in the format" % scrapes,
   bad)
ok(not sums, "each time all that came has ended, or is held", sums[:3])
ok(not back, "no counter and no bucket ever falls", back[:3])

held = f.connect()                      # is still looked at when it ends
until(lambda: total(parse(scrape()), "connections_held") == 1)
last = parse(scrape())
held.close()
until(lambda: total(parse(scrape()), "connections_held") == 0)
last = parse(scrape())
lines = [line for line in f.lines() if "looked_ms" in line]
ended, looked, waited, answered = Counter(), {}, {}, {}
SEEN = {"delivered", "acknowledged", "started", "refused", "gone",
        "refused-source"}
UNDECIDED = ("gone", "refused-source", "refused-user", "refused-end", "moved")
for line in lines:
    decided = line["event"] not in UNDECIDED or "waited_ms" in line
    who = line["rule"] if decided else "", line.get("worker", "")
    ended[who + (line["event"],)] += 1
    if decided:
        looked.setdefault(who, []).append(line["looked_ms"])
        waited.setdefault(who, []).append(line.get("waited_ms", 0))
    if line["event"] == "acknowledged":
        answered.setdefault(who, []).append(line["answered_ms"])
told = {(dict(labels)["rule"], dict(labels)["worker"],
         dict(labels)["outcome"]): n
        for labels, n in values(last, "connections_ended_total").items()}
ok(told == dict(ended) and set(who[2] for who in told) >= SEEN,
   "the counts are those of the log: %d lines" % len(lines),
   (told, dict(ended)))
ok(sum(told.values()) == total(last, "connections_accepted_total"),
   "and all that was accepted")


def histogram(name):
    """{(rule, worker): ([cumulative], sum in ms)}"""
    found = {}
    for (sample, labels), n in last["fdferry_" + name].samples.items():
        labels = dict(labels)
        one = found.setdefault((labels["rule"], labels["worker"]),
                               [{}, None])
        if sample.endswith("_bucket"):
            one[0][float(labels["le"])] = n
        elif sample.endswith("_sum"):
            one[1] = round(n * 1000)
    return found


def expected(times, found):
    """From the log, with the bounds that were found."""
    return {who: [{le: sum(ms <= le * 1000 for ms in all_ms) for le
                   in found.get(who, [{}])[0]}, sum(all_ms)]
            for who, all_ms in times.items()}


for name, times in (("decide_seconds", looked), ("wait_seconds", waited),
                    ("acknowledge_seconds", answered)):
    found = histogram(name)
    ok(found == expected(times, found) and any(
        one[1] > 0 for one in found.values()),
       "%s: each bucket and sum is that of the log" % name,
       (found, expected(times, found)))
text = scrape()
ok('fdferry_worker_up{worker="ack"} 1' in text
   and 'fdferry_worker_up{worker="late"} 0' in text, "workers, up or not")
f.term()
f.end()
usage = subprocess.run([FDFERRY, "status", "--json", "--prometheus", "./x"],
                       stderr=subprocess.PIPE, timeout=WAIT)
ok(usage.returncode == 2 and b"exclude each other" in usage.stderr,
   "one form at a time", usage)
done()
