package judge

import "testing"

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		x    float64
		unit string
		want string
	}{
		{36, "items", "36 items"},
		{92516.4, "tok/s", "92516 tok/s"},
		{1240933430, "it/s", "1.241 G it/s"},
		{-250000, "tok/s", "-250 k tok/s"},
		{1240933430, "items", "1,240,933,430 items"},
		{-1234567, "", "-1,234,567"},
		{999999, "", "999,999"},
		{19.6e6, "B", "18.69 MiB"},
		{0.0123, "s", "12.3 ms"},
		{1e-9, "", "1e-09"},
		{0, "tok/s", "0 tok/s"},
	} {
		if got := Amount(c.x, c.unit); got != c.want {
			t.Errorf("Amount(%v, %q) = %q, want %q", c.x, c.unit, got, c.want)
		}
	}
}

func TestAround(t *testing.T) {
	for _, c := range []struct {
		value, lower, upper float64
		want                string
	}{
		{36, 36, 36, "36 items"},
		{36, 35.99999, 36.00001, "36 items"},
		{36, 35, 37, "36 items (35 items to 37 items)"},
	} {
		b := &Bound{Unit: "items"}
		if got := b.around(Judgement{Estimate: &c.value, Lower: &c.lower, Upper: &c.upper}); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
