// What rendered kernels and the sim device's runtime know of each other.
extern "C" {
struct assay_launch {
  unsigned grid[3];   // exact grid in threads
  unsigned groups[3]; // threadgroups per grid
  unsigned full[3];   // threads per threadgroup as dispatched
  void* args[31];     // [[buffer(i)]]
  void* shared[31];   // [[threadgroup(i)]], of the worker that runs
};
struct assay_thread {
  const assay_launch* launch;
  unsigned group[3]; // threadgroup position in grid
  unsigned size[3];  // threads of this threadgroup, smaller at the grid's edge
  unsigned at[3];    // position in threadgroup
  unsigned index;    // index in threadgroup
};
struct assay_entry {
  const char* symbol;
  void (*run)(const assay_thread*);
};
// assay_barrier returns when every thread of the threadgroup has arrived.
void assay_barrier(const char* file, int line);
// assay_exchange gives each lane that arrives together the values of all of
// them (32 slots of size bytes) and returns which lanes those are.
unsigned assay_exchange(int op, int line, const void* value, unsigned size, void* all);
// assay_lanes reports an operation that needs all 32 lanes and has those of the mask.
void assay_lanes(unsigned mask);
unsigned assay_lane();
// assay_shared is the threadgroup's memory of one declaration.
void* assay_shared(int site, const char* name, int line, unsigned size);
}
