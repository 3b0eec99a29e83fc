// Arguments that the host (ops/cuda/clip.cc) passes to the kernels of clip.cu.
#pragma once

namespace moebius::clip_arguments {

constexpr int kEntries = 120;  // as many as the 4 KB of a launch's parameters hold
constexpr int kChunk = 32768;  // values a block squares

struct Entry {
  const void* data;
  long long size;
  int first_block;
  unsigned char wide;
  unsigned char vectors;
};

struct Entries {
  Entry entries[kEntries];
  int count;
  int first_block;  // of those before, in earlier launches
};

}  // namespace moebius::clip_arguments
