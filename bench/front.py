# SPDX-License-Identifier: 0BSD
"""make bench-front: what it costs to have a front before the servers, beside
accepting directly and beside proxies.

The servers do the same with a connection (serve.c), and differ in how they
get it. Each round has one block of each, in an order drawn anew: many clients
at a time, for the processor's time and the rate; then few, for the latency.
The processor's time is that of all processes on the server's side: the
front's or proxy's and the workers'. Everything is on the loopback, and the
clients use a processor too.
"""
import glob
import os
import random
import resource
import signal
import subprocess
import sys
import time

import fronts
import kit

SOURCE = "127.0.0.1"
SATURATED, AT_ONCE = 2000, 64   # connections of a block
LIGHT, FEW = 400, 2
GIB = 1 << 30
BULK_ROUNDS = 3
HELD = 5000


class Missing(Exception):
    """Cannot be had here."""


class Server:
    """One way to get connections to servers."""
    def __init__(self, name, port, processes, held=None):
        self.name, self.port, self.processes = name, port, processes
        self.held = held        # the process that holds silent clients
        # Lists of what was measured, one figure a round.
        self.cpu, self.light_cpu, self.rate = [], [], []
        self.p50, self.p99, self.bulk = [], [], []

    def used(self):
        """Nanoseconds of processor time of all its processes until now."""
        total = 0
        for pid in self.processes:
            for task in family(pid):
                total += on_cpu(task)
        return total

    def block(self, count, at_once, cpu):
        """A block of connections: real time, p50, p99, failures."""
        before = self.used()
        took = fronts.load("run", self.port, count, at_once, SOURCE)
        settle()
        cpu.append((self.used() - before) / count)
        return took

    def saturate(self):
        took = self.block(SATURATED, AT_ONCE, self.cpu)[0]
        self.rate.append(SATURATED * 1e9 / took)

    def light(self):
        _, p50, p99, _ = self.block(LIGHT, FEW, self.light_cpu)
        self.p50.append(p50)
        self.p99.append(p99)

    def gib(self):
        self.bulk.append(fronts.load("bulk", self.port, GIB, SOURCE)[0])


def settle():
    """Until nothing of the servers runs any more, as far as that is seen."""
    time.sleep(0.02)


def family(pid):
    """A process, its threads, its children and theirs."""
    found = []
    try:
        tasks = os.listdir("/proc/%d/task" % pid)
    except OSError:
        return found
    for tid in tasks:
        found.append("/proc/%d/task/%s" % (pid, tid))
        with open("/proc/%d/task/%s/children" % (pid, tid)) as children:
            for child in children.read().split():
                found += family(int(child))
    return found


def on_cpu(task):
    """utime and stime of a thread, to the nanosecond if the kernel says."""
    try:
        with open(task + "/schedstat") as stat:
            return int(stat.read().split()[0])
    except OSError:
        with open(task + "/stat") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000000000 // os.sysconf(
            "SC_CLK_TCK")


def resident(pid):
    """Bytes that a process and its children have in memory."""
    total = 0
    for process in {task.split("/")[2] for task in family(pid)}:
        with open("/proc/%s/statm" % process) as statm:
            total += int(statm.read().split()[1])
    return total * os.sysconf("SC_PAGE_SIZE")


def direct(servers):
    """Servers that accept by themselves, at one port."""
    first, port = fronts.serve("direct", "0")
    rest = [fronts.serve("direct", port)[0] for _ in range(servers - 1)]
    return int(port), [child.pid for child in [first] + rest]


def of_direct(name, servers):
    port, pids = direct(servers)
    return Server(name, port, pids)


def of_front(name, wire, servers, log="none"):
    made = [fronts.worker(wire) for _ in range(servers)]
    names = ["w%d" % i for i in range(servers)]
    words = ["--max-waiting", "15000", "--pool", "all=" + ",".join(names),
             "--default", "all"] if servers > 1 else ["--default", "w0"]
    for which, (_, path) in zip(names, made):
        words += ["--worker", "%s=%s%s" % (
            which, "ack:" if wire == "ack" else "", path)]
    front = fronts.Front(lambda port: ["--listen", "127.0.0.1:%d" % port]
                         + words, servers, log)
    return Server(name, front.port, [front.pid] + [
        child.pid for child, _ in made])


def tool(name):
    for place in os.environ.get("PATH", "").split(":") + [
            "/usr/sbin", "/usr/local/sbin"]:
        if os.access(os.path.join(place, name), os.X_OK):
            return os.path.join(place, name)
    raise Missing("no %s" % name)


def stream_module():
    """Where nginx has it as a module, the line that loads it."""
    return ["load_module %s;" % path for path in sorted(glob.glob(
        "/usr/lib*/nginx/modules/ngx_stream_module.so"))]


def of_proxy(name, argv, config, servers):
    """HAProxy or nginx before servers that accept directly."""
    path = kit.scratch(argv[0].split("/")[-1] + "%d.conf" % servers)
    backend, pids = direct(servers)
    port = fronts.free_port()
    with open(path, "w") as out:
        out.write(config % {"port": port, "backend": backend,
                            "dir": kit.scratch(),
                            "modules": "\n".join(stream_module())})
    # nginx, killed, leaves its worker behind.
    child = kit.start(argv + [path], last=signal.SIGTERM,
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        kit.until(lambda: child.poll() is not None or answers(port),
                  name, 10)
    except SystemExit:
        kit.stop(child)
        raise Missing("%s does not answer" % name)
    if child.poll() is not None:
        raise Missing("%s: %s" % (name, child.stderr.read().decode(
            )[-200:].strip()))
    return Server(name, port, [child.pid] + pids, child.pid)


def answers(port):
    try:
        fronts.load("run", port, 1, 1, SOURCE)
        return True
    except kit.Failed:
        return False


HAPROXY = """global
    maxconn 8000
    nbthread 1
defaults
    mode tcp
    maxconn 8000
    timeout connect 10s
    timeout client 600s
    timeout server 600s
listen bench
    bind 127.0.0.1:%(port)d
    server s 127.0.0.1:%(backend)d
"""
NGINX = """daemon off;
worker_processes 1;
pid %(dir)s/nginx.pid;
error_log stderr crit;
%(modules)s
events { worker_connections 15000; }
stream {
    access_log off;
    server {
        listen 127.0.0.1:%(port)d backlog=1024;
        proxy_pass 127.0.0.1:%(backend)d;
    }
}
"""


def servers():
    makers = [
        ("direct, 1", lambda n: of_direct(n, 1)),
        ("direct, 1 again", lambda n: of_direct(n, 1)),
        ("plain, 1", lambda n: of_front(n, "plain", 1)),
        ("plain, 1, text log", lambda n: of_front(n, "plain", 1, "text")),
        ("ack, 1", lambda n: of_front(n, "ack", 1)),
        ("HAProxy, 1", lambda n: of_proxy(
            n, [tool("haproxy"), "-db", "-f"], HAPROXY, 1)),
        ("nginx, 1", lambda n: of_proxy(
            n, [tool("nginx"), "-c"], NGINX, 1)),
        ("direct, 2", lambda n: of_direct(n, 2)),
        ("direct, 2 again", lambda n: of_direct(n, 2)),
        ("plain, 2", lambda n: of_front(n, "plain", 2)),
        ("ack, 2", lambda n: of_front(n, "ack", 2)),
        ("HAProxy, 2", lambda n: of_proxy(
            n, [tool("haproxy"), "-db", "-f"], HAPROXY, 2)),
        ("nginx, 2", lambda n: of_proxy(
            n, [tool("nginx"), "-c"], NGINX, 2)),
    ]
    made = []
    for name, make in makers:
        try:
            made.append(make(name))
        except Missing as why:
            print("skipped: %s: %s" % (name, why))
    return made


def measure(made, rounds):
    for server in made:
        fronts.load("run", server.port, SATURATED, AT_ONCE, SOURCE)
    for i in range(rounds):
        random.shuffle(made)
        for server in made:
            server.saturate()
            server.light()
            if i < BULK_ROUNDS:
                server.gib()


def a_silent_client(pid, port):
    """Bytes of memory a client that connects and says nothing."""
    before = resident(pid)
    clients = fronts.hold(port, HELD)
    settle()
    kit.until(lambda: family_is_quiet(pid), "a quiet process")
    more = (resident(pid) - before) / HELD
    kit.stop(clients, 9)
    return more


def family_is_quiet(pid):
    before = sum(map(on_cpu, family(pid)))
    settle()
    return sum(map(on_cpu, family(pid))) == before


def memory(made):
    """Of a front that waits for the first bytes, and of the proxies."""
    _, path = fronts.worker("plain")
    front = fronts.Front(lambda port: [
        "--listen", "127.0.0.1:%d" % port, "--worker", "w=" + path,
        "--rule", "t: tls=yes -> w", "--default", "w", "--look-time", "600",
        "--max-waiting", "15000"], 1)
    fronts.load("run", front.port, 100, 1, SOURCE)
    found = {"a front that looks": a_silent_client(front.pid, front.port)}
    for server in made:
        if server.held is not None and server.name.endswith(", 1"):
            found[server.name[:-3]] = a_silent_client(server.held,
                                                      server.port)
    return found


def base_of(name):
    return "direct, " + name.split(", ")[1][0]


def figures(made):
    got = {}
    by_name = {server.name: server for server in made}
    for server in made:
        base = by_name[base_of(server.name)]

        def ratio(what):
            return kit.quartiles([a / b for a, b in zip(
                getattr(server, what), getattr(base, what))])
        got[server.name] = {
            "cpu_us": [x / 1e3 for x in kit.quartiles(server.cpu)],
            "cpu_ratio": ratio("cpu"),
            "light_cpu_us": [x / 1e3 for x in kit.quartiles(
                server.light_cpu)],
            "light_cpu_ratio": ratio("light_cpu"),
            "rate": kit.quartiles(server.rate), "rate_ratio": ratio("rate"),
            "p50_us": [x / 1e3 for x in kit.quartiles(server.p50)],
            "p50_ratio": ratio("p50"),
            "p99_us": [x / 1e3 for x in kit.quartiles(server.p99)],
            "gib_s": [x / 1e9 for x in kit.quartiles(server.bulk)]}
    return got


def show(names, got, held):
    rows = [["%d at a time, then %d" % (AT_ONCE, FEW), "CPU us each",
             "to direct", "connections/s", "to direct", "CPU us each",
             "to direct", "p50 us", "to direct", "p99 us", "1 GiB, s"]]
    for name in names:
        f = got[name]
        rows.append([name] + [
            "%.1f (%.1f-%.1f)" % (f["cpu_us"][1], f["cpu_us"][0],
                                  f["cpu_us"][2]),
            "%.2f" % f["cpu_ratio"][1],
            "%.0f (%.0f-%.0f)" % (f["rate"][1], f["rate"][0], f["rate"][2]),
            "%.2f" % f["rate_ratio"][1],
            "%.1f (%.1f-%.1f)" % tuple(f["light_cpu_us"][i]
                                       for i in (1, 0, 2)),
            "%.2f" % f["light_cpu_ratio"][1],
            "%.0f (%.0f-%.0f)" % (f["p50_us"][1], f["p50_us"][0],
                                  f["p50_us"][2]),
            "%.2f" % f["p50_ratio"][1],
            "%.0f (%.0f-%.0f)" % (f["p99_us"][1], f["p99_us"][0],
                                  f["p99_us"][2]),
            "%.2f" % f["gib_s"][1]])
    kit.table(rows)
    kit.table([["memory", "bytes a silent client"]]
              + [[name, "%.0f" % n] for name, n in held.items()])


def goals(got, held):
    g = kit.Goals()

    def of(name, what):
        return got[name][what][1] if name in got else None

    for n in "12":
        plain, proxy = "plain, " + n, "HAProxy, " + n
        g.add(plain + ": CPU to direct", of(plain, "cpu_ratio"), 1.15)
        g.add(plain + ": CPU to HAProxy", of(plain, "cpu_us") / of(
            proxy, "cpu_us") if proxy in got else None, 0.5)
        g.add("ack, %s: CPU to direct" % n, of("ack, " + n, "cpu_ratio"),
              1.35)
        g.add(plain + ": connections/s to direct", of(plain, "rate_ratio"),
              0.95, least=True)
        g.add(plain + ": p99 to HAProxy", of(plain, "p99_us") / of(
            proxy, "p99_us") if proxy in got else None, 1)
    g.add("bytes a silent client", held["a front that looks"], 420,
          form="%.0f")
    return g


def main():
    chosen = kit.options(__doc__.split("\n\n")[0], 900, [
        ("--rounds", dict(type=int, default=21, help="so many (21)"))])
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    made = servers()
    names = [server.name for server in made]
    measure(made, chosen.rounds)
    held = memory(made)
    got = figures(made)
    kit.head("A connection: a request, an answer: %d rounds" % chosen.rounds)
    show(names, got, held)
    g = goals(got, held)
    g.show()
    kit.write_json(chosen.json, {
        "bench": "front", "machine": kit.machine(), "rounds": chosen.rounds,
        "goals": g.data(), "figures": got, "bytes_a_silent_client": held})
    return 0


if __name__ == "__main__":
    sys.exit(main())
