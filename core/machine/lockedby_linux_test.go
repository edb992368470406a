package machine

import "testing"

func TestFindLock(t *testing.T) {
	const locks = "1: POSIX  ADVISORY  WRITE 11 08:01:77 0 EOF\n" +
		"2: FLOCK  ADVISORY  WRITE 12 08:01:770 0 EOF\n" +
		"3: -> FLOCK  ADVISORY  WRITE 13 08:01:77 0 EOF\n" +
		"4: FLOCK  ADVISORY  WRITE 0 08:01:78 0 EOF\n" +
		"half a line\n5: FLOCK  ADVISORY  WRITE 14 08:01:77 0 EOF\n"
	for inode, want := range map[uint64]int{77: 14, 770: 12, 78: 0, 7: 0} {
		if got := findLock(locks, inode); got != want {
			t.Errorf("inode %d: pid %d, want %d", inode, got, want)
		}
	}
}
