package main

import (
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"
)

// onTerminal runs assay on a terminal of its own, and remembers the other end.
func onTerminal(t *trial, c *exec.Cmd) (func(), error) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	t.terminal = master
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		return nil, err
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		return nil, err
	}
	slave, err := os.OpenFile("/dev/pts/"+strconv.Itoa(n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	c.SysProcAttr.Setpgid, c.SysProcAttr.Setsid, c.SysProcAttr.Setctty = false, true, true
	go func() {
		for b := make([]byte, 4096); ; { // as a terminal reads what it shows
			if _, err := master.Read(b); err != nil {
				return
			}
		}
	}()
	return func() { _ = slave.Close() }, nil
}
