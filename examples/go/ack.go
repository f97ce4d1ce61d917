// SPDX-License-Identifier: 0BSD

package main

import (
	"encoding/binary"
	"errors"
	"net"
	"strconv"
	"strings"
)

// The worker's side of fdferry-wire(5), as far as a front speaks it: HELLO,
// offers, which are accepted at once, and BYE.
const (
	hello     = 1
	offer     = 3
	accept    = 7
	cancel    = 9
	bye       = 11
	headSize  = 32
	mostFrame = 16384
)

var le = binary.LittleEndian

func frame(kind byte, id uint64, data []byte) []byte {
	out := make([]byte, headSize, headSize+len(data))
	copy(out, "\xfdFRY\x01")
	out[5] = kind
	le.PutUint64(out[8:], id)
	le.PutUint32(out[16:], uint32(len(data)))
	return append(out, data...)
}

// ourHello: version 1; what we take and hold.
func ourHello() []byte {
	data := make([]byte, 32)
	data[0], data[1] = 1, 1
	for i, most := range []uint32{16352, 1, 64, 64} {
		le.PutUint32(data[4+4*i:], most)
	}
	return frame(hello, 0, data)
}

// meta reads lines of key=value with escapes \xNN.
func meta(data []byte) map[string]string {
	info := map[string]string{}
	for _, line := range strings.Split(string(data), "\n") {
		key, value, found := strings.Cut(line, "=")
		if !found {
			continue
		}
		if text, err := strconv.Unquote(`"` + strings.ReplaceAll(value, `"`, `\"`) + `"`); err == nil {
			value = text
		}
		info[key] = value
	}
	return info
}

func takeAck(front *net.UnixConn, conns chan<- Conn) error {
	if _, err := front.Write(ourHello()); err != nil {
		return err
	}
	var buffer []byte
	var fds []int
	for {
		more := make([]byte, mostFrame)
		n, new, err := receive(front, more)
		if err != nil || n == 0 {
			return errors.New("ended without BYE")
		}
		buffer, fds = append(buffer, more[:n]...), append(fds, new...)
		for len(buffer) >= headSize {
			size := headSize + int(le.Uint32(buffer[16:]))
			if string(buffer[:5]) != "\xfdFRY\x01" || size > mostFrame {
				return errors.New("not fdferry-wire(5)")
			}
			if len(buffer) < size {
				break
			}
			head, data := buffer[:headSize], buffer[headSize:size]
			buffer = buffer[size:]
			switch head[5] {
			case hello, cancel: // our answer to the offer was under way
			case bye:
				return nil
			case offer:
				if len(fds) == 0 {
					return errors.New("an offer's descriptor was lost")
				}
				c, err := toConn(fds[0], meta(data))
				fds = fds[1:]
				if err != nil {
					return err
				}
				// Nothing is read from it before this is out.
				if _, err := front.Write(frame(accept, le.Uint64(head[8:]), nil)); err != nil {
					c.Close()
					return err
				}
				conns <- c
			default:
				return errors.New("a frame that no front sends")
			}
		}
	}
}
