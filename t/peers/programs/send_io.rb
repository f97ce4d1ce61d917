# SPDX-License-Identifier: 0BSD
# send_io.rb send PATH FILE COUNT | recv PATH COUNT - UNIXSocket#send_io.
require 'socket'
$stdout.sync = true
mode, path = ARGV
count = ARGV[-1].to_i
if mode == 'send'
  sock = UNIXSocket.new(path)
  file = File.open(ARGV[2])
  count.times { sock.send_io(file) }
  exit
end
peer = UNIXServer.new(path).accept
puts 'accepted'
kept = []
count.times do
  kept << peer.recv_io
  puts "fd #{kept[-1].fileno}"
rescue SystemCallError, SocketError => e
  puts "error #{e.message}"
end
$stdin.read
