# SPDX-License-Identifier: 0BSD
"""python-async.py Anyio|Twisted send PATH FILE COUNT | ... recv PATH COUNT"""
import os
import sys


def say(text):
    print(text, flush=True)


def anyio_main(args):
    import anyio

    async def run():
        count = int(args[-1])
        if args[0] == "send":
            sock = await anyio.connect_unix(args[1])
            with open(args[2]) as f:
                for _ in range(count):
                    await sock.send_fds(b"\0", [f.fileno()])
            return
        listener = await anyio.create_unix_listener(args[1])
        # Only serve() is public: it is ended with the first connection.
        async def handle(sock):
            say("accepted")
            for _ in range(count):
                try:
                    data, fds = await sock.receive_fds(1, 8)
                    say("fd %d" % fds[0] if fds else "error no descriptor")
                except Exception as why:
                    say("error %r" % why)
            await anyio.to_thread.run_sync(sys.stdin.read)
            os._exit(0)
        await listener.serve(handle)
    anyio.run(run)


def twisted_main(args):
    from twisted.internet import endpoints, protocol, reactor
    from zope.interface import implementer
    from twisted.internet.interfaces import IFileDescriptorReceiver

    count = int(args[-1])

    class Sending(protocol.Protocol):
        def connectionMade(self):
            with open(args[2]) as f:
                self.kept = [os.dup(f.fileno()) for _ in range(count)]
            for fd in self.kept:
                self.transport.sendFileDescriptor(fd)
                self.transport.write(b"\0")
            self.transport.loseConnection()

        def connectionLost(self, reason):
            reactor.stop()

    @implementer(IFileDescriptorReceiver)
    class Receiving(protocol.Protocol):
        def connectionMade(self):
            say("accepted")

        def dataReceived(self, data):
            pass

        def fileDescriptorReceived(self, fd):
            say("fd %d" % fd)

        def connectionLost(self, reason):
            say("error %s" % reason.getErrorMessage())
            reactor.callInThread(lambda: (sys.stdin.read(), os._exit(0)))

    factory = protocol.Factory.forProtocol(Sending if args[0] == "send"
                                           else Receiving)
    if args[0] == "send":
        endpoints.UNIXClientEndpoint(reactor, args[1]).connect(factory)
    else:
        reactor.listenUNIX(args[1], factory)
    reactor.run()


if __name__ == "__main__":
    {"Anyio": anyio_main, "Twisted": twisted_main}[sys.argv[1]](sys.argv[2:])
