# SPDX-License-Identifier: 0BSD
# worker.rb SOCKET - a plain worker of `fdferry front`: Ruby's recv_io.
require 'socket'

def serve(client)
  nil until ['', nil].include?(client.gets&.chomp)
  client.write "HTTP/1.0 200 OK\r\n\r\nhello from Ruby\n"
rescue SystemCallError
  # The client has gone.
ensure
  client.close
end

listener = UNIXServer.new(ARGV[0])
loop do
  Thread.new(listener.accept) do |front|
    loop { Thread.new(front.recv_io(TCPSocket)) { |client| serve(client) } }
  rescue SocketError, SystemCallError
    front.close # the front has ended
  end
end
