(* SPDX-License-Identifier: 0BSD *)
(* msg send PATH FILE COUNT | msg recv PATH COUNT - ExtUnix.
   Debian's package has no ExtUnix itself to link, so its parts are named. *)
let () =
  let argv = Sys.argv in
  let count = int_of_string argv.(Array.length argv - 1) in
  let sock = Unix.socket Unix.PF_UNIX Unix.SOCK_STREAM 0 in
  let at = Unix.ADDR_UNIX argv.(2) in
  if argv.(1) = "send" then begin
    Unix.connect sock at;
    let file = Unix.openfile argv.(3) [ Unix.O_RDONLY ] 0 in
    for _ = 1 to count do
      ExtUnix__All.sendmsg sock ~sendfd:file "\000"
    done
  end
  else begin
    Unix.bind sock at;
    Unix.listen sock 1;
    let peer, _ = Unix.accept sock in
    print_endline "accepted";
    for _ = 1 to count do
      match ExtUnix__All.recvmsg_fd peer with
      | Some fd, _ -> Printf.printf "fd %d\n%!" (Obj.magic (fd : Unix.file_descr) : int)
      | None, data -> Printf.printf "error no descriptor, %d bytes\n%!" (String.length data)
      | exception Unix.Unix_error (e, _, _) -> Printf.printf "error %s\n%!" (Unix.error_message e)
      | exception e -> Printf.printf "error %s\n%!" (Printexc.to_string e)
    done;
    ignore (input_char stdin)
  end
