#!/usr/bin/env escript
%% SPDX-License-Identifier: 0BSD
%% rights.erl send PATH FILE COUNT | recv PATH COUNT - the module socket.
%% Erlang opens no file as a number: a socket is sent, FILE is not read.

main(["send", Path, _File, Count]) ->
    {ok, Sock} = socket:open(local, stream, default),
    ok = socket:connect(Sock, #{family => local, path => Path}),
    {ok, What} = socket:open(inet, stream, tcp),
    {ok, Fd} = socket:getopt(What, otp, fd),
    [ok = socket:sendmsg(Sock, #{iov => [<<0>>],
        ctrl => [#{level => socket, type => rights, data => <<Fd:32/native>>}]})
     || _ <- lists:seq(1, list_to_integer(Count))],
    socket:close(Sock);
main(["recv", Path, Count]) ->
    {ok, Listener} = socket:open(local, stream, default),
    ok = socket:bind(Listener, #{family => local, path => Path}),
    ok = socket:listen(Listener, 1),
    {ok, Sock} = socket:accept(Listener),
    io:format("accepted~n"),
    [take(socket:recvmsg(Sock, 1, 64)) || _ <- lists:seq(1, list_to_integer(Count))],
    io:get_line("").

take({ok, #{ctrl := [#{data := <<Fd:32/native, _/binary>>} | _]}}) ->
    io:format("fd ~w~n", [Fd]);
take({ok, #{flags := Flags}}) ->
    io:format("error no descriptor ~w~n", [Flags]);
take({error, Why}) ->
    io:format("error ~w~n", [Why]).
