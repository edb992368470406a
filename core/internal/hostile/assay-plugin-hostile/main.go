// Command assay-plugin-hostile is a plugin that breaks rules on purpose. Its
// configuration or its environment names one of the modes in package hostile. It
// needs no device: it sleeps for as long as an iteration is to take, and reports
// how long that was to be.
package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/hostile"
	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// early is the mode of the whole process.
var early = os.Getenv(hostile.Env)

// text is what a terminal, a web page or a table would obey.
const text = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\x1b[0m\r\n<script>alert(1)</script>\u202e|\x00"

// whileServed is long enough for every limit of a test.
const whileServed = time.Hour

func main() {
	if len(os.Args) > 1 && os.Args[1] == wire.DescribeArg {
		describe()
		return
	}
	start()
	s := &server{cases: map[string]prepared{}}
	serving.Protocol(s, serving.NewLogger())
	if early == "no-exit" {
		time.Sleep(whileServed)
	}
}

// describe answers on stdout.
func describe() {
	switch early {
	case "describe-exit":
		fmt.Fprintln(os.Stderr, text)
		os.Exit(3)
	case "describe-hang":
		time.Sleep(whileServed)
	case "describe-flood":
		for block := bytes.Repeat([]byte("x"), 1<<20); ; {
			if _, err := os.Stdout.Write(block); err != nil {
				return
			}
		}
	case "describe-garbage":
		fmt.Println(`{"name":"hostile","version":[1,2`)
		return
	case "describe-empty":
		return
	case "describe-children":
		spawn(2)
	}
	if err := serving.PrintDescription(os.Stdout, description()); err != nil {
		os.Exit(1)
	}
}

// start misbehaves before the handshake.
func start() {
	switch early {
	case "ignore-signals":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		_ = os.Unsetenv(wire.EnvLifeline)
	case "no-lifeline":
		_ = os.Unsetenv(wire.EnvLifeline)
	case "own-session":
		_, _ = syscall.Setsid()
		_ = syscall.Setpgid(0, 0)
	case "double-fork":
		fork()
	case "start-exit":
		os.Exit(7)
	case "start-hang":
		time.Sleep(whileServed)
	case "start-garbage":
		fmt.Println("loading the device library… ok" + text)
	case "start-flood":
		for block := bytes.Repeat([]byte("1|1|unix"), 1<<17); ; {
			if _, err := os.Stdout.Write(block); err != nil {
				return
			}
		}
	case "socket-garbage", "socket-silent", "socket-closed":
		listen()
	}
}

// fork lets a process in a session of its own serve in this one's place.
func fork() {
	const forked = "ASSAY_HOSTILE_FORKED"
	if os.Getenv(forked) != "" {
		return
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), forked+"=1")
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		os.Exit(1)
	}
	time.Sleep(whileServed)
}

// listen completes the handshake, and then speaks no gRPC.
func listen() {
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "hostile.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("1|1|unix|%s|grpc|\n", path)
	for {
		c, err := l.Accept()
		if err != nil {
			os.Exit(1)
		}
		switch early {
		case "socket-closed":
			_ = c.Close()
		case "socket-garbage":
			go func() {
				for block := bytes.Repeat([]byte{0xff, 0, 'P', 'R', 'I', 13, 10}, 1000); ; {
					if _, err := c.Write(block); err != nil {
						return
					}
				}
			}()
		}
	}
}

// spawn starts processes that ask for no end.
func spawn(n int) {
	for range n {
		c := exec.Command("/bin/sh", "-c", "trap '' TERM HUP INT; while :; do sleep 1; done")
		c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		_ = c.Start()
	}
}
