// Arguments that the host (ops/cuda/adamw.cc) passes to the kernels of adamw.cu.
#pragma once

namespace moebius::adamw_arguments {

constexpr int kEntries = 60;   // as many as the 4 KB of a launch's parameters hold
constexpr int kChunk = 32768;  // values a block updates

struct Entry {
  void* param;
  const void* grad;
  void* exp_avg;
  void* exp_avg_sq;
  float* step;
  void* shadow;  // a bfloat16 copy of param, or null
  long long size;
  int first_block;
  int vectors;
};

struct Entries {
  Entry entries[kEntries];
  int count;
  int first;  // index of the first entry's row in the table
};

// A row of the table: an entry, and the values that depend on its step.
struct Row {
  Entry entry;
  float step_size;
  float root;
};

struct Options {
  double beta1;
  double beta2;
  float eps;
  float weight_decay;
};

}  // namespace moebius::adamw_arguments
