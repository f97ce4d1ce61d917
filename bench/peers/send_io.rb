# SPDX-License-Identifier: 0BSD
# send_io.rb both|send|recv - UNIXSocket#send_io, as ../subject.c has it.
require 'socket'
$stdout.sync = true
role = ARGV.shift
clock = role == 'both' ? Process::CLOCK_PROCESS_CPUTIME_ID : Process::CLOCK_MONOTONIC
out = UNIXSocket.for_fd(3) if role != 'recv'
inp = UNIXSocket.for_fd(4) if role != 'send'
answers = UNIXSocket.for_fd(5)
file = File.open('/dev/null')
while (line = $stdin.gets)
  _, count, window = line.split.map(&:to_i)
  start = Process.clock_gettime(clock, :nanosecond)
  (1..count).each do |i|
    out&.send_io(file)
    inp&.recv_io&.close
    next if role == 'both' || i % window != 0
    role == 'send' ? answers.sysread(1) : answers.syswrite("\0")
  end
  puts Process.clock_gettime(clock, :nanosecond) - start
end
