// SPDX-License-Identifier: 0BSD
//! peer both|send|recv - the crate sendfd, as ../../../subject.c has it.
use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;

use sendfd::{RecvWithFd, SendWithFd};

type Failure = Box<dyn std::error::Error>;

#[repr(C)]
struct Timespec {
    seconds: std::ffi::c_long,
    nanoseconds: std::ffi::c_long,
}

extern "C" {
    fn clock_gettime(clock: std::ffi::c_int, time: *mut Timespec) -> std::ffi::c_int;
}

/// Of the processor (Linux: clock 2) in one process, else real time (1).
fn now(role: &str) -> i64 {
    let mut t = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(if role == "both" { 2 } else { 1 }, &mut t) };
    t.seconds as i64 * 1_000_000_000 + t.nanoseconds as i64
}

fn receive(sock: &UnixStream, n: usize) -> Result<(), Failure> {
    let mut fds: [RawFd; 253] = [0; 253];
    let (_, got) = sock.recv_with_fd(&mut [0u8], &mut fds)?;
    if got != n {
        return Err(format!("{got} of {n} descriptors").into());
    }
    for fd in &fds[..n] {
        drop(unsafe { OwnedFd::from_raw_fd(*fd) });
    }
    Ok(())
}

fn main() -> Result<(), Failure> {
    let role = std::env::args().nth(1).unwrap_or_default();
    let end = |fd| unsafe { UnixStream::from_raw_fd(fd) };
    let out = (role != "recv").then(|| end(3));
    let inp = (role != "send").then(|| end(4));
    let mut answers = end(5);
    let mut files = Vec::new();
    for _ in 0..253 {
        files.push(File::open("/dev/null")?);
    }
    let fds: Vec<RawFd> = files.iter().map(|f| f.as_raw_fd()).collect();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<usize> = line.split(' ').map_while(|w| w.parse().ok()).collect();
        let (n, count, window) = (words[0], words[1], words[2]);
        let begin = now(&role);
        for i in 1..=count {
            if let Some(sock) = &out {
                sock.send_with_fd(&[0u8], &fds[..n])?;
            }
            if let Some(sock) = &inp {
                receive(sock, n)?;
            }
            if i % window == 0 && role == "send" {
                answers.read_exact(&mut [0u8])?;
            } else if i % window == 0 && role == "recv" {
                answers.write_all(&[0u8])?;
            }
        }
        println!("{}", now(&role) - begin);
    }
    Ok(())
}
