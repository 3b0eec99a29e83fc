// Patches of shared memory in which a warp arranges the results of matrix products from registers
// for copies to memory: 16 rows of 64 values of bfloat16, swizzled as by the TMA.
#pragma once

#include "hopper.h"

constexpr int kPatchBytes = 16 * 64 * 2;

__device__ inline unsigned patch_place(int row, int unit) {
  return static_cast<unsigned>(row * 128 + ((unit ^ (row & 7)) << 4));
}

// Where this lane's row of load_matrices and store_matrices is: columns 16 * pair on.
__device__ inline unsigned matrix_place(unsigned patch, int lane, int pair) {
  return patch + patch_place(lane % 16, 2 * pair + lane / 16);
}

// A lane's part of the 16 rows of 64 columns that a patch is for: 8 columns of every fourth row.
struct Part {
  int64 start;  // of its first value
  int stride;   // from row to row
  int rows;     // from its first on; none if its columns are outside
};

__device__ inline Part part_of(int row, int limit, int column, int columns, int stride, int lane) {
  const int own_row = row + lane / 8, own_column = column + 8 * (lane % 8);
  return {static_cast<int64>(own_row) * stride + own_column, stride,
          own_column < columns ? limit - own_row : 0};
}

__device__ inline void patch_read(unsigned patch, uint4 (&values)[4], int lane) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    values[i] = read_shared(patch + patch_place(4 * i + lane / 8, lane % 8));
  }
}

__device__ inline void to_memory(const uint4 (&values)[4], unsigned short* to, const Part& part) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (4 * i < part.rows) write_memory(to + part.start + 4 * i * part.stride, values[i]);
  }
}

// Writes the patch's content to memory; then the patch may be reused.
__device__ inline void patch_to_memory(unsigned patch, unsigned short* to, const Part& part,
                                       int lane) {
  uint4 values[4];
  __syncwarp();
  patch_read(patch, values, lane);
  __syncwarp();
  to_memory(values, to, part);
}

__device__ inline void patch_write(unsigned patch, const unsigned (&values)[16], int lane) {
#pragma unroll
  for (int pair = 0; pair < 4; ++pair) {
    store_matrices(matrix_place(patch, lane, pair), values[4 * pair], values[4 * pair + 1],
                   values[4 * pair + 2], values[4 * pair + 3]);
  }
}

// A warp's patches, used in turn; results are copied from them to memory asynchronously.
template <int kCount>
class Outbox {
 public:
  __device__ Outbox(unsigned patches, int lane) : patches_(patches), lane_(lane) {}

  // Returns a patch that may be overwritten.
  __device__ unsigned open() {
    if (lane_ == 0) stores_wait<kCount - 1>();
    __syncwarp();
    return patches_ + next_ * kPatchBytes;
  }

  // Sends it to columns x of half y on. `row` counts in the map, `rows` of it are the tile's.
  __device__ void send(const TensorMap& map, int x, int y, int row, int rows, unsigned short* to,
                       const Part& part) {
    const unsigned patch = patches_ + next_ * kPatchBytes;
    fence_shared();
    if (rows >= 16) {
      __syncwarp();
      if (lane_ == 0) store_box(map, patch, x, y, row);
    } else {
      patch_to_memory(patch, to, part, lane_);
    }
    if (lane_ == 0) stores_commit();
    if (++next_ == kCount) next_ = 0;
  }

  __device__ void close() {
    if (lane_ == 0) stores_wait<0>();
  }

 private:
  const unsigned patches_;
  const int lane_;
  int next_ = 0;
};
