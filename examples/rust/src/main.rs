// SPDX-License-Identifier: 0BSD
//! worker SOCKET - a plain worker of `fdferry front`: Rust with the crate
//! sendfd, a thread for each client.
use std::io::{BufRead, BufReader, Result, Write};
use std::net::TcpStream;
use std::os::fd::FromRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;

use sendfd::RecvWithFd;

fn serve(mut client: TcpStream) -> Result<()> {
    for line in BufReader::new(&client).lines() {
        if line?.is_empty() {
            break;
        }
    }
    client.write_all(b"HTTP/1.0 200 OK\r\n\r\nhello from Rust\n")
}

/// One byte and one descriptor a message, until the front ends.
fn take(front: UnixStream) -> Result<()> {
    let (mut byte, mut fd) = ([0u8], [-1]);
    loop {
        match front.recv_with_fd(&mut byte, &mut fd)? {
            (0, _) => return Ok(()),
            (_, 0) => continue, // lost: no room in the descriptor table
            _ => {
                // SAFETY: the kernel made this number for us alone.
                let client = unsafe { TcpStream::from_raw_fd(fd[0]) };
                thread::spawn(move || serve(client));
            }
        }
    }
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1).expect("usage: worker SOCKET");
    for front in UnixListener::bind(path)?.incoming() {
        let front = front?;
        thread::spawn(move || take(front));
    }
    Ok(())
}
