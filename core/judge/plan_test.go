package judge

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/stats"
)

func TestPlanLooks(t *testing.T) {
	for _, c := range []struct {
		m    Method
		want []int
	}{
		{Method{}, []int{8, 16, 24}},
		{Method{Rounds: 10}, []int{10, 17, 24}},
		{Method{Rounds: 30}, []int{30}},
		{Method{Rounds: 8, MaxRounds: 8}, []int{8}},
		{Method{Rounds: 8, MaxRounds: 10}, []int{8, 10}},
		// Raised: beside a noisy control 2⁻ⁿ must be below a fifth of 0.05.
		{Method{Rounds: 6, MaxRounds: 6}, []int{7}},
		{Method{Rounds: 2, MaxRounds: 4}, []int{7}},
		{Method{Rounds: 6, MaxRounds: 7}, []int{6, 9}},
		{Method{Claims: 8, Controls: 8}, []int{10, 17, 24}},
		{Method{Claims: 64}, []int{12, 18, 24}},
		{Method{Claims: 64, Rounds: 4, MaxRounds: 6}, []int{13}},
		// Nearly nothing is spent at the first look.
		{Method{Spending: stats.OBrienFleming}, []int{10, 17, 24}},
	} {
		p := plan(t, c.m)
		var got []int
		sum := 0.0
		for _, l := range p.Looks {
			got = append(got, l.Rounds)
			sum += l.Alpha
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%+v: looks (-want +got)\n%s", c.m, d)
		}
		if math.Abs(sum-0.05) > 1e-12 {
			t.Errorf("%+v: levels add up to %v", c.m, sum)
		}
		m := withDefaults(c.m)
		asked := m.Rounds
		if raised := p.Rounds > asked || p.MaxRounds > m.MaxRounds; raised != (len(p.Notes) == 1 && strings.Contains(p.Notes[0], "raised")) {
			t.Errorf("%+v: rounds %d, notes %q", c.m, p.Rounds, p.Notes)
		}
		if p.Rounds > asked {
			first := p.Looks[0]
			if math.Pow(0.5, float64(first.Rounds)) > first.Alpha/float64(p.Claims) {
				t.Errorf("%+v: a pass is still impossible at the first look", c.m)
			}
		}
	}
}

func TestLookAtAndNextLook(t *testing.T) {
	p := plan(t, Method{})
	for _, c := range []struct{ rounds, at, next int }{
		{0, 0, 8}, {5, 0, 8}, {8, 0, 16}, {9, 1, 16}, {16, 1, 24}, {17, 2, 24}, {24, 2, 0}, {99, 2, 0},
	} {
		next, _ := p.NextLook(c.rounds)
		if at := p.lookAt(c.rounds); at != c.at || next.Rounds != c.next {
			t.Errorf("%d rounds: look %d and next at %d, want %d and %d", c.rounds, at, next.Rounds, c.at, c.next)
		}
	}
}

func TestPlanPromises(t *testing.T) {
	p := plan(t, Method{})
	small, err := p.SmallestLoss(8, 0.01)
	large, err2 := p.SmallestLoss(8, 0.03)
	if err != nil || err2 != nil || !(0 < small && small < large && large < 1) {
		t.Errorf("smallest loss %v and %v with three times the spread; %v %v", small, large, err, err2)
	}
	if l, err := p.SmallestLoss(3, 0.01); err != nil || l != 1 {
		t.Errorf("three rounds detect %v, %v; want 1, nothing", l, err)
	}
	n, err := p.RoundsFor(0.01, 0.02)
	if l, _ := p.SmallestLoss(min(n, 24), 0.02); err != nil || n <= 24 || l <= 0.01 {
		t.Errorf("margin 1 %% at spread 2 %%: %d rounds, %v; 24 detect %v", n, err, l)
	}
	if _, err := p.RoundsFor(0, 0.02); err == nil {
		t.Error("margin 0: no error")
	}
}

func TestCountClaims(t *testing.T) {
	gs := []Guardrail{{Variant: "fused"}, {}}
	if n := CountClaims(gs, 4, 3); n != 4+12 {
		t.Errorf("%d claims, want 16", n)
	}
}
