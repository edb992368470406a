package proctree

import "testing"

func TestCgroupFolder(t *testing.T) {
	const (
		v1     = "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
		beside = "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:9 - cgroup2 cgroup2 rw\n"
		blanks = `42 31 0:38 /a\040b /mnt/c\040d rw - cgroup2 none rw` + "\n"
		locked = "43 31 0:38 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup2 rw\n"
	)
	for _, c := range []struct{ name, mounts, own, want string }{
		{"beside v1", v1 + beside, "9:name=systemd:/x\n0::/user.slice\n", "/sys/fs/cgroup/unified/user.slice"},
		{"the root", beside, "0::/\n", "/sys/fs/cgroup/unified"},
		{"part of a hierarchy", blanks, "0::/a b/e\n", "/mnt/c d/e"},
		{"another part", blanks, "0::/other\n", ""},
		{"above this namespace", beside, "0::/../other\n", ""},
		{"read only", locked, "0::/\n", ""},
		{"the second is writable", locked + beside, "0::/\n", "/sys/fs/cgroup/unified"},
		{"only v1", v1, "9:name=systemd:/x\n", ""},
		{"nothing", "", "", ""},
	} {
		if got := cgroupFolder(c.mounts, c.own); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
