// Arguments that the host (ops/cuda/decode.cc) passes to the kernels of decode_*.cu, and the sizes
// that both sides use. decode.h explains the letters of the shapes.
#pragma once

namespace moebius::decode_arguments {

constexpr int kThreads = 256;      // of a block, but in the experts' last product
constexpr int kProjThreads = 128;  // of a block there
constexpr int kPositions = 128;    // that a block of attention looks at in one go
constexpr int kMaxExperts = 256;
constexpr int kMaxChoices = 16;

struct Array {
  void* data;
  bool wide;
};

// The residual stream: sum + pending, and the norm that reads it.
struct Stream {
  Array sum;
  Array pending;  // or none: nullptr
  Array norm;
  Array next_sum;  // where the total goes, or nullptr
  float eps;
};

struct Matrix {
  const void* data;  // [rows, 8 * groups]
  int rows;
  int groups;
};

struct Cache {
  void* keys;    // [count, G, S, D]
  void* values;  // the same
  const int* position;
  int length;
};

struct Rope {
  Array cos;  // [S, rotated]
  Array sin;
  int rotated;
};

// Partial results of attention, one for each split of the positions.
struct Splits {
  const float* partials;  // [count, H, splits, D]
  const float* totals;    // [count, H, splits, 2]: the largest score, and the sum of powers over it
  const int* position;
  int splits;
  int head_size;
};

struct Router {
  const void* gate;  // [E, C]
  int n_expert;
  int k;
  float scale;
  bool wide_weights;  // weights are kept in float32, else rounded to bfloat16
};

// Who goes where, for the launch after: [0] the number of slots, then for each of the most slots
// there can be its expert, the sequences that chose it as bits, and their weights [count].
struct Routing {
  int* data;
  int most;
};

struct Experts {
  const void* fc;    // [E, 2 I, C]
  const void* proj;  // [E, C, I]
  int width;         // C
  int inner;         // I
};

}  // namespace moebius::decode_arguments
