// Products of matrices whose sums a float holds exactly, against plain loops.
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

int main() {
  for (int i = 0; i < 64; i++) a[i] = float(i * 7 % 31 - 15) / 8, b[i] = float(i * 11 % 29 - 14) / 4, c[i] = float(i * 5 % 23 - 11) / 2;
  check<float, float, float, float>("float");
  check<half, half, half, half>("half");
  check<float, half, half, float>("half into float");
  check<bfloat, bfloat, bfloat, bfloat>("bfloat");
  check<float, bfloat, bfloat, float>("bfloat into float");
  check<half, half, bfloat, float>("mixed");
  check<bfloat, float, half, half>("mixed with float");
}
