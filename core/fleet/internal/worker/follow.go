package worker

import (
	"path/filepath"

	"github.com/assay-bench/assay/core/record"
)

// follower counts the rounds of a session while it writes its journal.
type follower struct {
	session string
	journal *record.Follower
	counted int
}

func newFollower(journal string) *follower {
	return &follower{session: filepath.Base(filepath.Dir(journal)), journal: record.Follow(journal, record.RoundEndEvent{})}
}

// rounds that have ended and count. What cannot be read now is counted later: the
// outcome is read from the whole journal.
func (f *follower) rounds() int {
	_ = f.journal.More(func(e record.Event) {
		if e.Data.(record.RoundEndEvent).Counted {
			f.counted++
		}
	})
	return f.counted
}
