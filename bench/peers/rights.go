// SPDX-License-Identifier: 0BSD

// rights.go both|send|recv - net.UnixConn and syscall.UnixRights, as
// ../subject.c has it.
package main

import (
	"bufio"
	"fmt"
	"log"
	"net"
	"os"
	"syscall"
	"time"
)

func conn(fd uintptr) *net.UnixConn {
	c, err := net.FileConn(os.NewFile(fd, "socket"))
	if err != nil {
		log.Fatal(err)
	}
	return c.(*net.UnixConn)
}

// Of the processor in one process, else real time: nanoseconds.
func now(role string) int64 {
	var used syscall.Rusage
	if role != "both" {
		return time.Now().UnixNano()
	}
	syscall.Getrusage(syscall.RUSAGE_SELF, &used)
	return used.Utime.Nano() + used.Stime.Nano()
}

func receive(c *net.UnixConn, data, control []byte, n int) {
	_, got, _, _, err := c.ReadMsgUnix(data, control)
	if err != nil {
		log.Fatal(err)
	}
	messages, err := syscall.ParseSocketControlMessage(control[:got])
	if err != nil || len(messages) != 1 {
		log.Fatal("no descriptors: ", err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != n {
		log.Fatal("descriptors: ", err)
	}
	for _, fd := range fds {
		syscall.Close(fd)
	}
}

func main() {
	var out, in *net.UnixConn
	role := os.Args[1]
	files := make([]int, 253)
	if role != "recv" {
		out = conn(3)
		for i := range files {
			fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
			if err != nil {
				log.Fatal(err)
			}
			files[i] = fd
		}
	}
	if role != "send" {
		in = conn(4)
	}
	answers := os.NewFile(5, "answers")
	data, control := make([]byte, 1), make([]byte, syscall.CmsgSpace(253*4))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var n, count, window int
		fmt.Sscan(lines.Text(), &n, &count, &window)
		begin := now(role)
		for i := 1; i <= count; i++ {
			if out != nil {
				_, _, err := out.WriteMsgUnix(data, syscall.UnixRights(files[:n]...), nil)
				if err != nil {
					log.Fatal(err)
				}
			}
			if in != nil {
				receive(in, data, control, n)
			}
			if role == "send" && i%window == 0 {
				answers.Read(make([]byte, 1))
			} else if role == "recv" && i%window == 0 {
				answers.Write([]byte{0})
			}
		}
		fmt.Println(now(role) - begin)
	}
}
