// Logging is nothing: a kernel's messages go nowhere.
struct os_log {
  constexpr os_log() {}
  constexpr os_log(const char*, const char*) {}
  template <class... A> void log(A...) const {}
  template <class... A> void log_debug(A...) const {}
  template <class... A> void log_info(A...) const {}
  template <class... A> void log_default(A...) const {}
  template <class... A> void log_error(A...) const {}
  template <class... A> void log_fault(A...) const {}
};
constexpr os_log os_log_default{};
