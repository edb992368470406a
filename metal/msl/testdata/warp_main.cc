// Products of matrices against plain loops.
using namespace assay_msl::metal;

static float a[64], b[64], c[64], got[128], transposed[64];

template <class D, class A, class B, class C> static void lane() {
  A a_[64]; B b_[64]; C c_[64]; // every lane's own copies of the memory it reads
  for (int i = 0; i < 64; i++) a_[i] = A(a[i]), b_[i] = B(b[i]), c_[i] = C(c[i]);
  static D d[128], t[64];
  simdgroup_matrix<A, 8, 8> left;
  simdgroup_matrix<B, 8, 8> right;
  simdgroup_matrix<C, 8, 8> sum;
  simdgroup_matrix<D, 8, 8> product, added;
  simdgroup_load(left, a_);
  simdgroup_load(right, b_, 8, ulong2(0, 0), true);
  simdgroup_load(sum, c_);
  simdgroup_multiply(product, left, right);
  simdgroup_multiply_accumulate(added, left, right, sum);
  simdgroup_store(product, d);
  simdgroup_store(added, d + 64);
  simdgroup_store(added, t, 8, ulong2(0, 0), true);
  warp::sync();
  if (warp::lane == 0)
    for (int i = 0; i < 128; i++) got[i] = float(d[i]), transposed[i % 64] = float(t[i % 64]);
}

template <class D, class A, class B, class C> static void check(const char* name) {
  std::vector<std::thread> lanes;
  for (unsigned i = 0; i < 32; i++) lanes.emplace_back([=] { warp::lane = i; lane<D, A, B, C>(); });
  for (auto& l : lanes) l.join();
  int wrong = 0;
  for (int r = 0; r < 8; r++)
    for (int n = 0; n < 8; n++) {
      float sum = 0;
      for (int k = 0; k < 8; k++) sum += a[r * 8 + k] * b[n * 8 + k];
      float want = float(D(sum)), more = float(D(sum + c[r * 8 + n]));
      wrong += got[r * 8 + n] != want;
      wrong += got[64 + r * 8 + n] != more;
      wrong += transposed[n * 8 + r] != more;
    }
  printf("%s %d wrong\n", name, wrong);
}

// Floats with all of their bits, whose products tf32 alone would miss by 5e-4, and
// what is infinite, no number, or near the largest.
static void accuracy() {
  unsigned state = 1;
  auto next = [&] { state = state * 1664525 + 1013904223; return float(int(state)) / 2147483648.0f; };
  for (int i = 0; i < 64; i++) a[i] = next(), b[i] = next(), c[i] = next();
  a[3 * 8 + 1] = __builtin_inff();
  a[4 * 8 + 2] = __builtin_nanf("");
  for (int k = 0; k < 8; k++) a[5 * 8 + k] = 0;
  a[5 * 8] = 3.4028234e38f;
  b[6 * 8 + 5] = -__builtin_inff(); // b is read transposed: column 6
  std::vector<std::thread> lanes;
  for (unsigned i = 0; i < 32; i++) lanes.emplace_back([=] { warp::lane = i; lane<float, float, float, float>(); });
  for (auto& l : lanes) l.join();
  int wrong = 0;
  for (int r = 0; r < 8; r++)
    for (int n = 0; n < 8; n++) {
      double sum = 0, size = 0;
      for (int k = 0; k < 8; k++) sum += double(a[r * 8 + k]) * b[n * 8 + k], size += __builtin_fabs(double(a[r * 8 + k]) * b[n * 8 + k]);
      double x = got[r * 8 + n], error = __builtin_fabs(x - sum);
      wrong += __builtin_isfinite(sum) ? !(error <= 6e-7 * size) : __builtin_isnan(sum) ? !__builtin_isnan(x) : x != sum;
    }
  printf("accuracy %d wrong\n", wrong);
}

int main() {
  for (int i = 0; i < 64; i++) a[i] = float(i * 7 % 31 - 15) / 8, b[i] = float(i * 11 % 29 - 14) / 4, c[i] = float(i * 5 % 23 - 11) / 2;
  check<float, float, float, float>("float");
  check<half, half, half, half>("half");
  check<float, half, half, float>("half into float");
  check<bfloat, bfloat, bfloat, bfloat>("bfloat");
  check<float, bfloat, bfloat, float>("bfloat into float");
  check<half, half, bfloat, float>("mixed");
  check<bfloat, float, half, half>("mixed with float");
  check<float, half, float, float>("mixed the other way");
  accuracy();
}
