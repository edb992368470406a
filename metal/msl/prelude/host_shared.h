// A threadgroup variable with an initial value gets it from the first thread of
// the threadgroup that comes to its declaration: memory begins as all ones.
namespace assay_target {
template <class T, class F> inline T& shared_value(int site, const char* name, int line, F value) {
  T& at = *static_cast<T*>(::assay_shared(site, name, line, sizeof(T)));
  unsigned& done = *static_cast<unsigned*>(::assay_shared(-1 - site, name, line, sizeof(unsigned)));
  if (done != 0x600du) value(at), done = 0x600du;
  return at;
}
}
