// Activations of quantized kernels: how a lane finds its part of x, and how that
// becomes floats.

// Eight elements of type T from memory words: one uint4, two for float.
#define BLOCK_VECTORS int(BLOCK * sizeof(T) / 16)
#define CHUNK_VECTORS int(CHUNK * sizeof(T) / 16)

template <typename U> struct Unpack;
template <> struct Unpack<float> {
  static void block(const thread uint4 *v, thread float *out) {
    const float4 a = as_type<float4>(v[0]), b = as_type<float4>(v[1]);
    out[0] = a.x; out[1] = a.y; out[2] = a.z; out[3] = a.w;
    out[4] = b.x; out[5] = b.y; out[6] = b.z; out[7] = b.w;
  }
};
template <> struct Unpack<half> {
  static void two(uint v, thread float *out) {
    const half2 h = as_type<half2>(v);
    out[0] = float(h.x);
    out[1] = float(h.y);
  }
  static void block(const thread uint4 *v, thread float *out) {
    two(v[0].x, out);
    two(v[0].y, out + 2);
    two(v[0].z, out + 4);
    two(v[0].w, out + 6);
  }
};
template <> struct Unpack<bfloat> {  // a bfloat is the high half of a float
  static void two(uint v, thread float *out) {
    out[0] = as_type<float>(v << 16);
    out[1] = as_type<float>(v & 0xFFFF0000u);
  }
  static void block(const thread uint4 *v, thread float *out) {
    two(v[0].x, out);
    two(v[0].y, out + 2);
    two(v[0].z, out + 4);
    two(v[0].w, out + 6);
  }
};

// x in threadgroup memory lies in tiles of one chunk per lane, so that a
// simdgroup reads one vector of each of its chunks from 32 neighbouring places.
// Exchanging places within those 32 keeps the writers apart, too.
#define TILE_VECTORS (SIMD * CHUNK_VECTORS)
inline uint staged(uint vector) {
  const uint chunk = vector / CHUNK_VECTORS, v = vector % CHUNK_VECTORS;
  return chunk / SIMD * TILE_VECTORS + v * SIMD + (chunk % SIMD ^ v);
}

// Where a lane finds the vectors of its part of x.
struct Staged {
  const threadgroup uint4 *tile;
  uint lane;
  uint4 vector(int v) const { return tile[uint(v) * SIMD + (lane ^ uint(v))]; }
};
struct Direct {
  const device uint4 *part;
  uint4 vector(int v) const { return part[v]; }
};
struct Held {  // in registers
  uint4 part[CHUNK_VECTORS];
  uint4 vector(int v) const { return part[v]; }
};

// Block b of a lane's part of x as floats.
template <typename X> inline void load_block(const thread X &x, int b, thread float *out) {
  uint4 v[2];
#pragma unroll
  for (int i = 0; i < BLOCK_VECTORS; i++) v[i] = x.vector(b * BLOCK_VECTORS + i);
  Unpack<T>::block(v, out);
}
