// SPDX-License-Identifier: 0BSD
//! peer CRATE send PATH FILE COUNT | peer CRATE recv PATH COUNT
use std::fs::File;
use std::io::{IoSlice, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, IntoRawFd, RawFd};
use std::os::unix::net::{UnixListener, UnixStream};

use rustix::net::{
    recvmsg, sendmsg, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};

type Failure = Box<dyn std::error::Error>;

fn send(library: &str, sock: &UnixStream, file: &File) -> Result<(), Failure> {
    match library {
        "sendfd" => {
            sendfd::SendWithFd::send_with_fd(sock, &[0u8], &[file.as_raw_fd()])?;
        }
        "passfd" => passfd::FdPassingExt::send_fd(sock, file.as_raw_fd())?,
        _ => {
            let fds = [file.as_fd()];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut control = SendAncillaryBuffer::new(&mut space);
            control.push(SendAncillaryMessage::ScmRights(&fds));
            sendmsg(sock, &[IoSlice::new(&[0u8])], &mut control, SendFlags::empty())?;
        }
    }
    Ok(())
}

fn recv(library: &str, sock: &UnixStream) -> Result<RawFd, Failure> {
    let mut byte = [0u8];
    match library {
        "sendfd" => {
            let mut fds = [0; 8];
            match sendfd::RecvWithFd::recv_with_fd(sock, &mut byte, &mut fds)? {
                (_, 0) => Err("no descriptor".into()),
                _ => Ok(fds[0]),
            }
        }
        "passfd" => Ok(passfd::FdPassingExt::recv_fd(sock)?),
        _ => {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(8))];
            let mut control = RecvAncillaryBuffer::new(&mut space);
            recvmsg(sock, &mut [IoSliceMut::new(&mut byte)], &mut control, RecvFlags::empty())?;
            for message in control.drain() {
                if let RecvAncillaryMessage::ScmRights(mut fds) = message {
                    if let Some(fd) = fds.next() {
                        return Ok(fd.into_raw_fd());
                    }
                }
            }
            Err("no descriptor".into())
        }
    }
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().collect();
    let count: usize = args[args.len() - 1].parse()?;
    if args[2] == "send" {
        let sock = UnixStream::connect(&args[3])?;
        let file = File::open(&args[4])?;
        for _ in 0..count {
            send(&args[1], &sock, &file)?;
        }
        return Ok(());
    }
    let (sock, _) = UnixListener::bind(&args[3])?.accept()?;
    println!("accepted");
    for _ in 0..count {
        match recv(&args[1], &sock) {
            Ok(fd) => println!("fd {fd}"),
            Err(why) => println!("error {why}"),
        }
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
