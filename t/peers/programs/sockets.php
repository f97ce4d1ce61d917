<?php
// SPDX-License-Identifier: 0BSD
// sockets.php send PATH FILE COUNT | recv PATH COUNT - the sockets extension.
[, $mode, $path] = $argv;
$count = (int)end($argv);

// The descriptors that are open, without the one of the listing itself.
function numbers(): array
{
    return array_map('intval', array_filter(scandir('/proc/self/fd'),
        fn($n) => @readlink("/proc/self/fd/$n") !== false));
}

$sock = socket_create(AF_UNIX, SOCK_STREAM, 0);
if ($mode === 'send') {
    socket_connect($sock, $path) or exit(1);
    $file = fopen($argv[3], 'r');
    for ($i = 0; $i < $count; $i++) {
        socket_sendmsg($sock, ['iov' => ["\0"], 'control' => [[
            'level' => SOL_SOCKET, 'type' => SCM_RIGHTS, 'data' => [$file],
        ]]]) or exit(1);
    }
    exit(0);
}
socket_bind($sock, $path);
socket_listen($sock, 1);
$peer = socket_accept($sock);
echo "accepted\n";
$kept = [];
for ($i = 0; $i < $count; $i++) {
    $message = ['name' => [], 'buffer_size' => 1,
        'controllen' => socket_cmsg_space(SOL_SOCKET, SCM_RIGHTS, 3)];
    $before = numbers();
    $n = @socket_recvmsg($peer, $message, 0);
    $got = $message['control'][0]['data'][0] ?? null;
    if ($n === false || $got === null) {
        echo 'error ', $n === false ? socket_strerror(socket_last_error($peer))
            : 'no descriptor', "\n";
        continue;
    }
    $kept[] = $got;
    // PHP tells no number: it is what was not there before.
    echo 'fd ', max(array_diff(numbers(), $before) ?: [-1]), "\n";
}
fgets(STDIN);
