package cpu

import (
	"unsafe"

	"github.com/assay-bench/assay/metal/kernels"
)

// cacheAppend copies keys and values of tokens into their caches; a chunk is one token.
type cacheAppend struct {
	k      *kernel
	m, kv  int
	stride int // positions of each KV head
	bytes  int // of one head of one token
	at     []uint32
	all    []copied
}

// copied is what is copied and into which cache.
type copied struct{ from, to unsafe.Pointer }

func bindCacheAppend(b *binder) task {
	return b.cacheAppend(params[kernels.CacheParams](b), copied{b.at("k"), b.at("keys")}, copied{b.at("v"), b.at("values")})
}

func (b *binder) cacheAppend(p kernels.CacheParams, all ...copied) *cacheAppend {
	return &cacheAppend{
		k: b.k, m: int(p.M), kv: int(p.KV), stride: int(p.Stride), bytes: int(p.D) * b.k.t.Size(), at: b.indices("at"), all: all,
	}
}

func (t *cacheAppend) run(p *pool) error {
	if err := t.k.cached(t.at[0], t.m, t.stride); err != nil {
		return err
	}
	return p.do(t, t.m)
}

func (t *cacheAppend) chunks(_, from, to int) {
	for m := from; m < to; m++ {
		for h := range t.kv {
			for _, c := range t.all {
				src, dst := unsafe.Add(c.from, (m*t.kv+h)*t.bytes), unsafe.Add(c.to, t.place(m, h))
				copy(unsafe.Slice((*byte)(dst), t.bytes), unsafe.Slice((*byte)(src), t.bytes))
			}
		}
	}
}

// place is where a head of a token lies in a cache.
func (t *cacheAppend) place(m, h int) int { return (h*t.stride + int(t.at[0]) + m) * t.bytes }

// advance is where the next step stands.
type advance struct {
	at, next []uint32
	p        kernels.AdvanceParams
}

func bindAdvance(b *binder) task {
	return &advance{b.indices("at"), b.indices("next"), params[kernels.AdvanceParams](b)}
}

func (t *advance) run(*pool) error {
	to := t.at[0] + t.p.Step
	if to >= t.p.End {
		to = t.p.First
	}
	t.next[0] = to
	return nil
}
