package decoder

// StepBytes is what a step of one token must read at least, at so many positions: each
// layer's matrices, of its experts those that the token passes, keys and values, and
// with head the head.
func (w *Weights) StepBytes(tokens, positions int, head bool) (n int64) {
	expert := 0
	for i := range w.Layers {
		l := &w.Layers[i]
		n += int64(l.Q.Bytes() + l.K.Bytes() + l.V.Bytes() + l.O.Bytes())
		if w.sparse(i) {
			n += int64(l.Router.Bytes())
			n += int64(min(tokens*w.Experts.TopK, w.Experts.Experts)) * w.Experts.ExpertBytes(expert, true)
			expert++
		} else {
			n += int64(l.Gate.Bytes() + l.Up.Bytes() + l.Down.Bytes())
		}
	}
	if head {
		n += int64(w.Head.Bytes())
	}
	return n + w.CacheBytes(positions)
}
