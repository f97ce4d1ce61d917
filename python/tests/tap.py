# SPDX-License-Identifier: 0BSD
"""tap.py MODULE... - run unittest modules that are beside this file, in TAP.

The names of the tests that fail, and their tracebacks, are comments behind
"not ok"; each skip has its reason.
"""
import os
import signal
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def say(text):
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0
        self.bad = 0
        self._failed = None

    def _name(self, test):
        return test.id().replace("#", "")

    def startTest(self, test):
        super().startTest(test)
        self._failed = []
        self._skipped = None

    def stopTest(self, test):
        super().stopTest(test)
        self.number += 1
        if self._failed:
            self.bad += 1
            say("not ok %d - %s" % (self.number, self._name(test)))
            for text in self._failed:
                for line in text.rstrip().split("\n"):
                    say("# " + line)
        elif self._skipped is not None:
            say("ok %d - %s # SKIP %s" % (self.number, self._name(test),
                                          self._skipped))
        else:
            say("ok %d - %s" % (self.number, self._name(test)))

    def _bad(self, test, error):
        text = self._exc_info_to_string(error, test)
        if self._failed is None:        # set-up of a class or module
            self.number += 1
            self.bad += 1
            say("not ok %d - %s" % (self.number, test))
            say("# " + text.replace("\n", "\n# "))
        else:
            self._failed.append(text)

    def addError(self, test, error):
        self._bad(test, error)

    addFailure = addError

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self._failed.append("%s\n%s" % (
                subtest, self._exc_info_to_string(error, test)))

    def addSkip(self, test, reason):
        # Within a subTest the test goes on.
        self._skipped = reason

    def addUnexpectedSuccess(self, test):
        self._failed.append("unexpected success")


def main():
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    # A shell ignores it for what it starts in the background, and so would all
    # that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    say("1..%d" % suite.countTestCases())
    result = Result()
    suite.run(result)
    sys.exit(result.bad > 0)


if __name__ == "__main__":
    main()
