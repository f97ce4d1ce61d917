# SPDX-License-Identifier: 0BSD
"""make bench: what it costs to carry descriptors, beside raw system calls and
beside other libraries.

Every subject is a process (two in the second mode) that runs blocks of
messages when it is told to. A round has one block of each subject, number of
descriptors and mode; its order is drawn anew each time, so that what else the
machine does meets all alike. A ratio is that to the raw block of the same
round and size. "raw, again" is a second process of the same program: how far
it is from 1 is the noise.
"""
import os
import random
import socket
import subprocess
import sys

import kit
import peers

SIZES = (1, 4, 16, 64, 253)
MODES = ("one thread", "two processes")
WARM = 3                        # blocks, before the first round
BLOCK = 3e6                     # nanoseconds that a block should take


def window(n):
    """Messages before an answer: never more than 506 descriptors in flight."""
    return max(1, min(32, 512 // n))


class Lane:
    """A subject in a mode: its processes, and its times by size."""
    def __init__(self, name, argv, most, mode, env=None):
        self.name, self.mode = name, mode
        self.sizes = [n for n in SIZES if n <= most]
        self.count = dict.fromkeys(self.sizes, 16)
        self.times = {n: [] for n in self.sizes}
        self.env = env
        one, other = socket.socketpair()
        ask, answer = socket.socketpair()
        if mode == MODES[0]:
            self.all = [self.start(argv + ["both"], one, other, ask)]
        else:
            self.all = [self.start(argv + ["recv"], other, other, answer),
                        self.start(argv + ["send"], one, one, ask)]
        for sock in (one, other, ask, answer):
            sock.close()

    def start(self, argv, three, four, five):
        """A process with these as descriptors 3, 4 and 5."""
        numbers = [s.fileno() for s in (three, four, five)]

        def place():
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate(numbers)]
            for i, fd in enumerate(high):
                os.dup2(fd, 3 + i)
                os.close(fd)
        return kit.start(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         preexec_fn=place, close_fds=False, env=self.env)

    def block(self, n):
        """Nanoseconds a message."""
        w = window(n)
        count = -(-self.count[n] // w) * w
        for child in self.all:
            child.stdin.write(b"%d %d %d\n" % (n, count, w))
            child.stdin.flush()
        return max(int(kit.line(child)) for child in self.all) / count

    def warm(self):
        for n in self.sizes:
            for _ in range(WARM):
                each = self.block(n)
                self.count[n] = max(1, min(20000, int(BLOCK / each)))

    def end(self):
        for child in self.all:
            child.stdin.close()
        for child in self.all:
            kit.stop(child)


def ours():
    """Names of our subjects, and the most descriptors of each."""
    subject = os.path.join(kit.BIN, "subject")
    out = subprocess.run([subject, "--list"], stdout=subprocess.PIPE,
                         check=True, timeout=kit.WAIT).stdout.decode()
    found = [(name, [subject, name], int(most)) for name, most in
             (line.split() for line in out.splitlines()) if most != "0"]
    return found[:1] + [("raw, again",) + found[0][1:]] + found[1:]


def lanes(only):
    made = []
    for name, argv, most in ours():
        made += [Lane(name, argv, most, mode) for mode in MODES]
    for peer in peers.peers():
        if only and peer.name not in only:
            continue
        try:
            argv = peer.argv()
            made += [Lane(peer.name, argv, peer.most, mode) for mode in MODES]
        except peers.Missing as why:
            print("skipped: %s: %s" % (peer.name, why))
    return made


def measure(made, rounds):
    groups = [(mode, n) for mode in MODES for n in SIZES]
    for lane in made:
        lane.warm()
    for _ in range(rounds):
        random.shuffle(groups)
        for mode, n in groups:
            these = [x for x in made if x.mode == mode and n in x.sizes]
            random.shuffle(these)
            for lane in these:
                lane.times[n].append(lane.block(n))


def figures(made):
    """(mode, name, n): quartiles of the time and of the ratio."""
    out = {}
    raw = {lane.mode: lane for lane in made if lane.name == "raw"}
    for lane in made:
        for n in lane.sizes:
            ratios = [a / b for a, b in zip(lane.times[n],
                                            raw[lane.mode].times[n])]
            out[lane.mode, lane.name, n] = (kit.quartiles(lane.times[n]),
                                            kit.quartiles(ratios))
    return out


def show(mode, names, got):
    rows = [[mode + ": ratio to raw"] + ["%d fd%s" % (n, "s" * (n > 1))
                                         for n in SIZES]
            + ["us at 1: median (quartiles)"]]
    for name in names:
        row = [name]
        for n in SIZES:
            if (mode, name, n) in got:
                ratio = got[mode, name, n][1]
                row.append("%.2f (%.2f-%.2f)" % (ratio[1], ratio[0], ratio[2]))
            else:
                row.append("")
        q = got[mode, name, 1][0]
        rows.append(row + ["%.2f (%.2f-%.2f)" % (q[1] / 1e3, q[0] / 1e3,
                                                 q[2] / 1e3)])
    kit.table(rows)


def goals(got, names):
    g = kit.Goals()
    ratio = lambda name, n: got[MODES[0], name, n][1][1]  # noqa: E731
    # Raw's calls exactly are promised when the caller says what the socket is.
    best = "told" if "told" in names else "message"
    g.add("%s, 1 descriptor" % best, ratio(best, 1), 1.05)
    for n in (16, 64, 253):
        g.add("%s, %d" % (best, n), ratio(best, n), 1.02)
    g.add("close, 253", ratio("close", 253), 0.66)
    g.add("channel, 1", ratio("channel", 1), 1.25)
    g.add("channel, 64", ratio("channel", 64), 1.04)
    g.add("handoff, 1", ratio("handoff", 1), 2.2)
    return g


def main():
    chosen = kit.options(__doc__.split("\n\n")[0], 900, [
        ("--rounds", dict(type=int, default=41, help="so many (41)")),
        ("--peers", dict(help="only these, separated by commas; none: none"))])
    made = lanes(chosen.peers.split(",") if chosen.peers else None)
    names = list(dict.fromkeys(lane.name for lane in made))
    measure(made, chosen.rounds)
    got = figures(made)
    kit.head("One message with descriptors, sent, received, all closed: "
             "%d rounds" % chosen.rounds)
    for mode in MODES:
        show(mode, names, got)
    g = goals(got, names)
    g.show()
    kit.write_json(chosen.json, {
        "bench": "messages", "machine": kit.machine(),
        "rounds": chosen.rounds, "goals": g.data(),
        "figures": [{"mode": mode, "name": name, "fds": n,
                     "ns": [round(x, 1) for x in ns],
                     "ratio": [round(x, 4) for x in ratio]}
                    for (mode, name, n), (ns, ratio) in got.items()]})
    for lane in made:
        lane.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
