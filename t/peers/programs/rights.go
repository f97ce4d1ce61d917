// SPDX-License-Identifier: 0BSD

// rights.go send PATH FILE COUNT | recv PATH COUNT - net.UnixConn and
// syscall.UnixRights.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
	"syscall"
)

func receive(c *net.UnixConn) (int, error) {
	data, control := make([]byte, 1), make([]byte, syscall.CmsgSpace(32))
	_, n, flags, _, err := c.ReadMsgUnix(data, control)
	if err != nil {
		return -1, err
	}
	messages, err := syscall.ParseSocketControlMessage(control[:n])
	if err != nil || len(messages) == 0 {
		return -1, fmt.Errorf("no descriptor, flags %#x", flags)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return -1, err
	}
	return fds[0], nil
}

func main() {
	path := os.Args[2]
	count, _ := strconv.Atoi(os.Args[len(os.Args)-1])
	address := &net.UnixAddr{Name: path, Net: "unix"}
	if os.Args[1] == "send" {
		c, err := net.DialUnix("unix", nil, address)
		if err != nil {
			log.Fatal(err)
		}
		f, err := os.Open(os.Args[3])
		if err != nil {
			log.Fatal(err)
		}
		for i := 0; i < count; i++ {
			_, _, err = c.WriteMsgUnix([]byte{0}, syscall.UnixRights(int(f.Fd())), nil)
			if err != nil {
				log.Fatal(err)
			}
		}
		return
	}
	l, err := net.ListenUnix("unix", address)
	if err != nil {
		log.Fatal(err)
	}
	c, err := l.AcceptUnix()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("accepted")
	for i := 0; i < count; i++ {
		if fd, err := receive(c); err != nil {
			fmt.Println("error", err)
		} else {
			fmt.Println("fd", fd)
		}
	}
	io.ReadAll(os.Stdin)
}
