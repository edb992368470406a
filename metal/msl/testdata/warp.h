// A warp of 32 threads of this machine, for the parts of the CUDA rendering that
// exchange values between lanes.
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>
#include <stdio.h>
#include <stdlib.h>

namespace warp {
thread_local unsigned lane;
std::mutex lock;
std::condition_variable changed;
unsigned arrived, turn;
unsigned slots[32][2];

inline void sync() {
  std::unique_lock<std::mutex> l(lock);
  unsigned mine = turn;
  if (++arrived == 32) {
    arrived = 0;
    turn++;
    changed.notify_all();
  } else {
    changed.wait(l, [&] { return turn != mine; });
  }
}
// exchange shows every lane's values to read, which returns before any lane goes on.
template <class F> inline void exchange(unsigned x, unsigned y, F read) {
  slots[lane][0] = x;
  slots[lane][1] = y;
  sync();
  read();
  sync();
}
}
inline void __syncwarp() { warp::sync(); }
inline unsigned __shfl_sync(unsigned mask, unsigned value, unsigned from) {
  unsigned r = 0;
  if (mask != 0xffffffffu) abort();
  warp::exchange(value, 0, [&] { r = warp::slots[from & 31][0]; });
  return r;
}
inline unsigned __shfl_xor_sync(unsigned mask, unsigned value, unsigned flip) { return __shfl_sync(mask, value, warp::lane ^ flip); }
