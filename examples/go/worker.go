// SPDX-License-Identifier: 0BSD

// worker plain|ack SOCKET - a worker of `fdferry front`: Go's net/http on
// connections that come over a Unix socket.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"syscall"
)

// Conn is a connection with what the front saw of it (ack).
type Conn struct {
	net.Conn
	Info map[string]string
}

// Listener is a net.Listener over the connections that fronts send.
type Listener struct {
	net.Listener // where fronts connect
	conns        chan Conn
}

// Listen takes connections with take() from each front that connects.
func Listen(path string, take func(*net.UnixConn, chan<- Conn) error) (*Listener, error) {
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, err
	}
	out := &Listener{l, make(chan Conn)}
	go func() {
		for {
			front, err := l.Accept()
			if err != nil {
				close(out.conns)
				return
			}
			go func() {
				defer front.Close()
				if err := take(front.(*net.UnixConn), out.conns); err != nil {
					log.Print("front: ", err)
				}
			}()
		}
	}()
	return out, nil
}

// Accept is what net/http calls.
func (l *Listener) Accept() (net.Conn, error) {
	c, open := <-l.conns
	if !open {
		return nil, net.ErrClosed
	}
	return c, nil
}

// receive reads up to len(data) bytes and what descriptors come with them.
func receive(front *net.UnixConn, data []byte) (int, []int, error) {
	control := make([]byte, syscall.CmsgSpace(4*253))
	n, nc, _, _, err := front.ReadMsgUnix(data, control)
	if err != nil {
		return n, nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(control[:nc])
	if err != nil {
		return n, nil, err
	}
	var fds []int
	for _, m := range messages {
		if more, err := syscall.ParseUnixRights(&m); err == nil {
			fds = append(fds, more...)
		}
	}
	return n, fds, nil
}

func toConn(fd int, info map[string]string) (Conn, error) {
	f := os.NewFile(uintptr(fd), "client")
	defer f.Close() // FileConn has a copy
	c, err := net.FileConn(f)
	return Conn{c, info}, err
}

// takePlain: each message is one byte and one descriptor.
func takePlain(front *net.UnixConn, conns chan<- Conn) error {
	for {
		n, fds, err := receive(front, make([]byte, 1))
		if err != nil || n == 0 {
			return nil // the front has ended
		}
		for _, fd := range fds {
			if c, err := toConn(fd, nil); err == nil {
				conns <- c
			}
		}
	}
}

type infoKey struct{}

func main() {
	take := takePlain
	if os.Args[1] == "ack" {
		take = takeAck
	}
	l, err := Listen(os.Args[2], take)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, infoKey{}, c.(Conn).Info)
		},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			info, _ := r.Context().Value(infoKey{}).(map[string]string)
			fmt.Fprintf(w, "hello from Go, %s, rule %s\n", r.RemoteAddr, info["rule"])
		}),
	}
	log.Fatal(server.Serve(l))
}
