<?php
// SPDX-License-Identifier: 0BSD
// worker.php SOCKET - a plain worker of `fdferry front`: PHP with the
// extension sockets. One client at a time; start several for more.

$listener = socket_create(AF_UNIX, SOCK_STREAM, 0);
socket_bind($listener, $argv[1]) && socket_listen($listener, 16) or exit(1);

function serve(Socket $client): void
{
    $request = '';
    while (!str_contains($request, "\r\n\r\n")) {
        $more = socket_read($client, 4096);
        if ($more === false || $more === '') {
            return;
        }
        $request .= $more;
    }
    socket_write($client, "HTTP/1.0 200 OK\r\n\r\nhello from PHP\n");
    socket_close($client);
}

$fronts = [];
while (true) {
    $ready = [...$fronts, $listener];
    $none = null;
    socket_select($ready, $none, $none, null);
    foreach ($ready as $from) {
        if ($from === $listener) {
            $fronts[] = socket_accept($listener);
            continue;
        }
        $message = ['name' => [], 'buffer_size' => 1,
            'controllen' => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 1)];
        if (!socket_recvmsg($from, $message, 0)) {
            $fronts = array_filter($fronts, fn($f) => $f !== $from);
            continue;
        }
        foreach ($message['control'] as $control) {
            array_map('serve', $control['data']);
        }
    }
}
