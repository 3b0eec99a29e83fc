// Matrix products of groups of rows of bfloat16 on Hopper, with SwiGLU at their ends.
//
// A block computes tiles of the result, one after the other. One of its three warpgroups (the
// producer) copies boxes of both matrices to shared memory, up to kStages ahead; the other two
// multiply. They either share one tile of 128 x 256, or, for products with SwiGLU, whose epilogue
// is long, each has its own tile of 128 x 128: they alternate, so that the tensor cores multiply
// for one while the other computes its epilogue. Sums are float32.
//
// The kernel reads the groups' ends from device memory, so that the host need not know them. A tile
// belongs to one group; rows of the next group that it reads are not written.

#include "gated.h"
#include "patches.h"
#include "tiles.h"

// Only this variant of the architecture has the instructions.
#if defined(__CUDA_ARCH_FEAT_SM90_ALL) || !defined(__CUDA_ARCH__)

enum class Product {
  kForward,       // y = x @ weight.T
  kGatedForward,  // fc = x @ weight.T, h = silu(gate) * up
  kInput,         // dx = dy @ weight
  kGatedInput,    // dfc from dh = dy @ weight and fc, and h again
  kWeight,        // dweight = dy.T @ x, in each group
  kWeightAdd,     // sum += dweight, in float32
};

constexpr int kConsumers = 2;
constexpr int kGroupThreads = 128;
constexpr int kGroupWarps = 4;
constexpr int kThreads = (kConsumers + 1) * kGroupThreads;
constexpr int kStages = 4;
// A box of 64 lines of 64 values, the unit of TMA copies and products.
constexpr int kBoxBytes = 64 * 64 * 2;
constexpr int kLeftBytes = kTileRows / 64 * kBoxBytes;
constexpr int kWarps = kConsumers * kGroupWarps;

template <Product kProduct>
constexpr bool kIsGated = kProduct == Product::kGatedForward || kProduct == Product::kGatedInput;
// Whether the lines of a matrix run along the result's rows or columns, not along the depth.
template <Product kProduct>
constexpr bool kLeftAcross = kProduct == Product::kWeight || kProduct == Product::kWeightAdd;
template <Product kProduct>
constexpr bool kRightAcross = kProduct != Product::kForward && kProduct != Product::kGatedForward;

// How a kind of product divides its work and the shared memory.
template <Product kProduct>
struct Plan {
  static constexpr int kColumns = kIsGated<kProduct> ? 128 : 256;
  // Half of the columns of kGatedForward are gates, half what they gate.
  static constexpr int kResultColumns = kProduct == Product::kGatedForward ? 64 : kColumns;
  static constexpr int kStageBytes = kLeftBytes + kColumns / 64 * kBoxBytes;
  static constexpr int kPatches = kIsGated<kProduct> ? 5 : 2;  // of a warp
  static constexpr int kPatchesAt = kStages * kStageBytes;
  static constexpr int kBarriersAt = kPatchesAt + kWarps * kPatches * kPatchBytes;
  static constexpr int kBytes = kBarriersAt + (2 * kStages + 2 * kWarps + kConsumers) * 8;
};

// And room to begin on a boundary of 1024 bytes: as in ops/cuda/grouped_wgmma.cc.
constexpr int kSharedBytes = 226 * 1024;
static_assert(Plan<Product::kForward>::kBytes + 1024 <= kSharedBytes);
static_assert(Plan<Product::kGatedForward>::kBytes + 1024 <= kSharedBytes);

struct Results {
  unsigned short* first;   // y, fc, dx, dfc or dweight
  unsigned short* second;  // h
  float* sum;
};

// The matrices as the TMA sees them. The last three are [columns, 1 or 2 halves, rows].
struct Maps {
  TensorMap left;
  TensorMap right;
  TensorMap first;
  TensorMap second;
  TensorMap fc;
};

// ---- copying matrices to shared memory -------------------------------------------------------

template <Product kProduct>
__device__ inline void produce(const Maps& maps, const int* ends, const Sizes& sizes,
                               unsigned shared) {
  using Shared = Plan<kProduct>;
  const unsigned full = shared + Shared::kBarriersAt, empty = full + 8 * kStages;
  Schedule<kLeftAcross<kProduct>> schedule(ends, sizes, Shared::kResultColumns);
  Tile tile;
  unsigned turn = 0;
  for (int index = static_cast<int>(blockIdx.x); schedule.find(index, tile);
       index += static_cast<int>(gridDim.x)) {
    for (int block = 0; block < tile.blocks; ++block, ++turn) {
      const unsigned stage = turn % kStages;
      const int at = tile.begin + block * kTileDepth;
      const unsigned left = shared + stage * Shared::kStageBytes, right = left + kLeftBytes;
      const unsigned barrier = full + 8 * stage;
      barrier_wait(empty + 8 * stage, turn / kStages % 2 ^ 1);
      barrier_arrive_expecting(barrier, Shared::kStageBytes);
      if constexpr (kLeftAcross<kProduct>) {
        copy_box(left, maps.left, tile.row, at, 0, barrier);
        copy_box(left + kBoxBytes, maps.left, tile.row + 64, at, 0, barrier);
      } else {
        copy_box(left, maps.left, at, tile.row, 0, barrier);
      }
      if constexpr (kProduct == Product::kGatedForward) {
        copy_box(right, maps.right, at, tile.column, tile.group, barrier);
        copy_box(right + kBoxBytes, maps.right, at, tile.column + sizes.columns, tile.group,
                 barrier);
      } else if constexpr (kProduct == Product::kForward) {
        copy_box(right, maps.right, at, tile.column, tile.group, barrier);
      } else {
        const int z = kLeftAcross<kProduct> ? 0 : tile.group;
#pragma unroll
        for (int i = 0; i < Shared::kColumns / 64; ++i) {
          copy_box(right + i * kBoxBytes, maps.right, tile.column + 64 * i, at, z, barrier);
        }
      }
    }
  }
}

// ---- multiplying -----------------------------------------------------------------------------

// Sets the lines of a box that belong to the next group to zero.
__device__ inline void clear_lines(unsigned left, unsigned right, int first, int thread,
                                   int group) {
  const int units = (64 - first) * 8;
  for (int unit = thread; unit < units; unit += kGroupThreads) {
    const unsigned place = first * 128 + unit * 16;
    const uint4 zero = make_uint4(0, 0, 0, 0);
    write_shared(left + place, zero);
#pragma unroll
    for (int i = 0; i < 4; ++i) write_shared(right + i * kBoxBytes + place, zero);
  }
  fence_shared();
  meet(2 + group, kGroupThreads);
}

// A matrix in shared memory as the TMA writes it with a swizzle of 128 bytes: blocks of 64 values,
// 8 lines of them in 1024 bytes. `next_block` is how far apart blocks are along a line, for a
// matrix whose lines run along rows or columns of the result.
__device__ inline unsigned long long matrix_in(unsigned address, int next_block) {
  return static_cast<unsigned long long>((address & 0x3ffffu) >> 4) |
         static_cast<unsigned long long>(next_block >> 4) << 16 | (1024ull >> 4) << 32 | 1ull << 62;
}

// Distance of 16 values along the depth, in the units of matrix_in.
template <bool kAcross>
constexpr unsigned long long kMatrixStep = (kAcross ? 16 * 128 : 32) >> 4;

// Position of a thread of a consuming warpgroup, and its warp's part of the shared memory.
template <Product kProduct>
struct Place {
  using Shared = Plan<kProduct>;
  int thread = static_cast<int>(threadIdx.x) % kGroupThreads;
  int group = static_cast<int>(threadIdx.x) / kGroupThreads - 1;
  int warp = thread / 32;
  int lane = thread % 32;
  unsigned full;
  unsigned empty;
  unsigned fc_full;
  unsigned turns;
  unsigned patches;

  __device__ explicit Place(unsigned shared)
      : full(shared + Shared::kBarriersAt),
        empty(full + 8 * kStages),
        fc_full(empty + 8 * kStages + 16 * (group * kGroupWarps + warp)),
        turns(empty + 8 * (kStages + 2 * kWarps)),
        patches(shared + Shared::kPatchesAt +
                (group * kGroupWarps + warp) * Shared::kPatches * kPatchBytes) {}
};

// Adds a group's products from registers to memory with reductions, which do not read the values
// into registers; no other block adds to these values.
__device__ inline void add_to_memory(float* to, const Tile& tile, const Sizes& sizes, int row,
                                     int lane, const float (&sums)[128]) {
  to += static_cast<int64>(tile.group) * sizes.rows * sizes.columns;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int own_row = row + 8 * half + lane / 4;
    if (own_row >= tile.limit) continue;
    float* line = to + static_cast<int64>(own_row) * sizes.columns;
#pragma unroll
    for (int i = 0; i < 32; ++i) {
      const int column = tile.column + 8 * i + 2 * (lane % 4);
      if (column < sizes.columns)
        add_memory(line + column, sums[4 * i + 2 * half], sums[4 * i + 2 * half + 1]);
    }
  }
}

// Both groups work on one tile, 64 rows each.
template <Product kProduct>
__device__ inline void consume(const Maps& maps, const int* ends, const Sizes& sizes,
                               const Results& results, unsigned shared) {
  using Shared = Plan<kProduct>;
  constexpr bool kLeft = kLeftAcross<kProduct>, kRight = kRightAcross<kProduct>;
  const Place<kProduct> place(shared);
  Outbox<Shared::kPatches> outbox(place.patches, place.lane);
  Schedule<kLeft> schedule(ends, sizes, Shared::kResultColumns);
  Tile tile;
  unsigned turn = 0;
  for (int index = static_cast<int>(blockIdx.x); schedule.find(index, tile);
       index += static_cast<int>(gridDim.x)) {
    float sums[128];
    // A group without rows has no products, so its sums must be set to zero here.
    if constexpr (kLeft) {
#pragma unroll
      for (float& sum : sums) sum = 0.0f;
    }
    for (int block = 0; block < tile.blocks; ++block, ++turn) {
      const unsigned stage = turn % kStages;
      const unsigned at = shared + stage * Shared::kStageBytes;
      const unsigned left = at + place.group * kBoxBytes, right = at + kLeftBytes;
      barrier_wait(place.full + 8 * stage, turn / kStages % 2);
      if constexpr (kLeft) {
        const int lines = schedule.depth_end() - tile.begin - block * kTileDepth;
        if (lines < kTileDepth) clear_lines(left, right, lines, place.thread, place.group);
      }
      const unsigned long long left_matrix = matrix_in(left, kBoxBytes);
      const unsigned long long right_matrix = matrix_in(right, kBoxBytes);
      products_begin();
#pragma unroll
      for (int i = 0; i < kTileDepth / 16; ++i) {
        multiply<kLeft, kRight>(sums, left_matrix + i * kMatrixStep<kLeft>,
                                right_matrix + i * kMatrixStep<kRight>,
                                kLeft || block > 0 || i > 0);
      }
      products_commit();
      if (block > 0) {
        products_wait<1>();
        if (place.lane == 0) barrier_arrive(place.empty + 8 * ((turn - 1) % kStages));
      }
    }
    products_wait<0>();
    if (tile.blocks > 0 && place.lane == 0) {
      barrier_arrive(place.empty + 8 * ((turn - 1) % kStages));
    }

    const int row = tile.row + place.group * 64 + place.warp * 16;
    if constexpr (kProduct == Product::kWeightAdd) {
      add_to_memory(results.sum, tile, sizes, row, place.lane, sums);
      continue;
    }
    unsigned short* to = results.first;
    int map_row = row;
    if constexpr (kLeft) {
      to += static_cast<int64>(tile.group) * sizes.rows * sizes.columns;
      map_row += tile.group * sizes.rows;
    }
#pragma unroll
    for (int chunk = 0; chunk < 4; ++chunk) {
      const int column = tile.column + 64 * chunk;
      unsigned values[16];
#pragma unroll
      for (int i = 0; i < 16; ++i) {
        values[i] = pack(sums[32 * chunk + 2 * i], sums[32 * chunk + 2 * i + 1]);
      }
      patch_write(outbox.open(), values, place.lane);
      outbox.send(maps.first, column, 0, map_row, tile.limit - row, to,
                  part_of(row, tile.limit, column, sizes.columns, sizes.columns, place.lane));
    }
  }
  outbox.close();
}

// The products of one tile of 128 x 128 by one group, in turn with the other group, which meanwhile
// finishes its own tile.
template <Product kProduct>
__device__ inline void multiply_alone(const Place<kProduct>& place, unsigned shared, int number,
                                      int blocks, float (&low)[64], float (&high)[64]) {
  constexpr bool kRight = kRightAcross<kProduct>;
  unsigned turn = static_cast<unsigned>(number * blocks);
  // Boxes of the other group's tile come before; a barrier tells no more than even from odd.
  barrier_wait(place.turns + 8 * place.group, (number / 2 + (place.group == 0)) & 1);
  for (int block = 0; block < blocks; ++block, ++turn) {
    const unsigned stage = turn % kStages;
    const unsigned left = shared + stage * Plan<kProduct>::kStageBytes;
    barrier_wait(place.full + 8 * stage, turn / kStages % 2);
    const unsigned long long low_matrix = matrix_in(left, kBoxBytes);
    const unsigned long long high_matrix = matrix_in(left + kBoxBytes, kBoxBytes);
    const unsigned long long right_matrix = matrix_in(left + kLeftBytes, kBoxBytes);
    products_begin();
#pragma unroll
    for (int i = 0; i < kTileDepth / 16; ++i) {
      const bool accumulate = block > 0 || i > 0;
      multiply<false, kRight>(low, low_matrix + i * kMatrixStep<false>,
                              right_matrix + i * kMatrixStep<kRight>, accumulate);
      multiply<false, kRight>(high, high_matrix + i * kMatrixStep<false>,
                              right_matrix + i * kMatrixStep<kRight>, accumulate);
    }
    products_commit();
    if (block > 0) {
      products_wait<1>();
      if (place.lane == 0) barrier_arrive(place.empty + 8 * ((turn - 1) % kStages));
    }
  }
  if (place.lane == 0) barrier_arrive(place.turns + 8 * (1 - place.group));
  products_wait<0>();
  if (place.lane == 0) barrier_arrive(place.empty + 8 * ((turn - 1) % kStages));
}

__device__ inline void finish_gated(Outbox<5>& outbox, const Maps& maps, const Sizes& sizes,
                                    const Results& results, const Tile& tile, int row, int lane,
                                    const float (&sums)[64]) {
  const int rows = tile.limit - row;
  const Part fc_part =
      part_of(row, tile.limit, tile.column, sizes.columns, 2 * sizes.columns, lane);
  unsigned values[16], h[16];
#pragma unroll
  for (int i = 0; i < 16; ++i) values[i] = pack(sums[2 * i], sums[2 * i + 1]);
  patch_write(outbox.open(), values, lane);
  outbox.send(maps.first, tile.column, 0, row, rows, results.first, fc_part);
#pragma unroll
  for (int i = 0; i < 16; ++i) {
    const unsigned up = pack(sums[32 + 2 * i], sums[33 + 2 * i]);
    h[i] = gated(values[i], up);
    values[i] = up;
  }
  patch_write(outbox.open(), values, lane);
  outbox.send(maps.first, tile.column, 1, row, rows, results.first + sizes.columns, fc_part);
  patch_write(outbox.open(), h, lane);
  outbox.send(maps.second, tile.column, 0, row, rows, results.second,
              part_of(row, tile.limit, tile.column, sizes.columns, sizes.columns, lane));
}

__device__ inline void consume_gated_forward(const Maps& maps, const int* ends, const Sizes& sizes,
                                             const Results& results, unsigned shared) {
  constexpr Product kProduct = Product::kGatedForward;
  const Place<kProduct> place(shared);
  Outbox<5> outbox(place.patches, place.lane);
  Schedule<false> schedule(ends, sizes, Plan<kProduct>::kResultColumns);
  Tile tile;
  const int step = static_cast<int>(gridDim.x);
  int number = place.group;
  for (int index = static_cast<int>(blockIdx.x) + number * step; schedule.find(index, tile);
       index += 2 * step, number += 2) {
    float low[64], high[64];
    multiply_alone(place, shared, number, tile.blocks, low, high);
    const int row = tile.row + place.warp * 16;
    finish_gated(outbox, maps, sizes, results, tile, row, place.lane, low);
    finish_gated(outbox, maps, sizes, results, tile, row + 64, place.lane, high);
  }
  outbox.close();
}

// Brings what backward needs of fc, 16 rows of 64 columns, to a pair of a warp's patches.
__device__ inline void fetch(const Place<Product::kGatedInput>& place, const Maps& maps, int row,
                             int column, int pair) {
  if (place.lane != 0) return;
  const unsigned to = place.patches + 2 * pair * kPatchBytes, barrier = place.fc_full + 8 * pair;
  barrier_arrive_expecting(barrier, 2 * kPatchBytes);
  copy_box(to, maps.fc, column, 0, row, barrier);
  copy_box(to + kPatchBytes, maps.fc, column, 1, row, barrier);
}

// From dh and the fc in a pair of patches: dfc in their place, and h in the last patch.
template <int kChunk>
__device__ inline void backward_in_patches(const Place<Product::kGatedInput>& place, int pair_index,
                                           const float (&sums)[64]) {
  const unsigned patch = place.patches + 2 * pair_index * kPatchBytes;
  const unsigned other_patch = patch + kPatchBytes, h_patch = place.patches + 4 * kPatchBytes;
  const int lane = place.lane;
#pragma unroll
  for (int pair = 0; pair < 4; ++pair) {
    unsigned gate[4], up[4], h[4];
    load_matrices(matrix_place(patch, lane, pair), gate);
    load_matrices(matrix_place(other_patch, lane, pair), up);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int at = 32 * kChunk + 8 * pair + 2 * i;
      float gate_low = low_half(gate[i]), gate_high = high_half(gate[i]);
      float up_low = low_half(up[i]), up_high = high_half(up[i]);
      float low = sums[at], high = sums[at + 1];
      gated_backward(gate_low, up_low, low);
      gated_backward(gate_high, up_high, high);
      gate[i] = pack(gate_low, gate_high);
      up[i] = pack(up_low, up_high);
      h[i] = pack(low, high);
    }
    store_matrices(matrix_place(patch, lane, pair), gate[0], gate[1], gate[2], gate[3]);
    store_matrices(matrix_place(other_patch, lane, pair), up[0], up[1], up[2], up[3]);
    store_matrices(matrix_place(h_patch, lane, pair), h[0], h[1], h[2], h[3]);
  }
  __syncwarp();
}

__device__ inline void consume_gated_input(const Maps& maps, const int* ends, const Sizes& sizes,
                                           const Results& results, unsigned shared) {
  constexpr Product kProduct = Product::kGatedInput;
  const Place<kProduct> place(shared);
  Schedule<false> schedule(ends, sizes, Plan<kProduct>::kResultColumns);
  Tile tile, next;
  const int step = static_cast<int>(gridDim.x);
  int number = place.group;
  int index = static_cast<int>(blockIdx.x) + number * step;
  const int own_row = place.warp * 16;
  bool found = schedule.find(index, next);
  if (found) {
    fetch(place, maps, next.row + own_row, next.column, 0);
    fetch(place, maps, next.row + own_row, next.column + 64, 1);
  }
  while (found) {
    tile = next;
    index += 2 * step;
    found = schedule.find(index, next);
    float low[64], high[64];
    multiply_alone(place, shared, number, tile.blocks, low, high);
    number += 2;
#pragma unroll
    for (int part = 0; part < 4; ++part) {
      const int pair = part % 2;
      const int row = tile.row + own_row + part / 2 * 64, column = tile.column + part % 2 * 64;
      barrier_wait(place.fc_full + 8 * pair, part / 2);
      if (part == 0) backward_in_patches<0>(place, pair, low);
      if (part == 1) backward_in_patches<1>(place, pair, low);
      if (part == 2) backward_in_patches<0>(place, pair, high);
      if (part == 3) backward_in_patches<1>(place, pair, high);
      uint4 gates[4], ups[4], h[4];
      patch_read(place.patches + 2 * pair * kPatchBytes, gates, place.lane);
      patch_read(place.patches + (2 * pair + 1) * kPatchBytes, ups, place.lane);
      patch_read(place.patches + 4 * kPatchBytes, h, place.lane);
      fence_shared();
      __syncwarp();
      if (part < 2) {
        fetch(place, maps, row + 64, column, pair);
      } else if (found) {
        fetch(place, maps, next.row + own_row, next.column + 64 * pair, pair);
      }
      const Part fc_part =
          part_of(row, tile.limit, column, sizes.columns, 2 * sizes.columns, place.lane);
      to_memory(gates, results.first, fc_part);
      to_memory(ups, results.first + sizes.columns, fc_part);
      to_memory(h, results.second,
                part_of(row, tile.limit, column, sizes.columns, sizes.columns, place.lane));
    }
  }
}

template <Product kProduct>
__device__ inline void run(const Maps& maps, const int* ends, const Sizes& sizes,
                           const Results& results) {
  using Shared = Plan<kProduct>;
  const unsigned shared = (shared_address(dynamic_shared<char>()) + 1023u) & ~1023u;
  if (threadIdx.x == 0) {
    const unsigned barriers = shared + Shared::kBarriersAt;
    for (int stage = 0; stage < kStages; ++stage) {
      barrier_init(barriers + 8 * stage, 1);
      barrier_init(barriers + 8 * (kStages + stage), kIsGated<kProduct> ? kGroupWarps : kWarps);
    }
    const unsigned others = barriers + 16 * kStages;
    for (int i = 0; i < 2 * kWarps; ++i) barrier_init(others + 8 * i, 1);
    for (int i = 0; i < kConsumers; ++i) barrier_init(others + 8 * (2 * kWarps + i), kGroupWarps);
    barrier_init_fence();
  }
  __syncthreads();
  if (threadIdx.x < kGroupThreads) {
    registers_down<40>();
    if (threadIdx.x == 0) produce<kProduct>(maps, ends, sizes, shared);
  } else {
    registers_up<232>();
    if constexpr (kProduct == Product::kGatedForward) {
      consume_gated_forward(maps, ends, sizes, results, shared);
    } else if constexpr (kProduct == Product::kGatedInput) {
      consume_gated_input(maps, ends, sizes, results, shared);
    } else {
      consume<kProduct>(maps, ends, sizes, results, shared);
    }
  }
}

#define MOEBIUS_GROUPED_WGMMA(name, product)                                               \
  extern "C" __global__ void __launch_bounds__(kThreads, 1)                                \
      name(const __grid_constant__ Maps maps, const int* ends,                             \
           const __grid_constant__ Sizes sizes, const __grid_constant__ Results results) { \
    run<Product::product>(maps, ends, sizes, results);                                     \
  }

MOEBIUS_GROUPED_WGMMA(grouped_wgmma_forward, kForward)
MOEBIUS_GROUPED_WGMMA(grouped_wgmma_gated_forward, kGatedForward)
MOEBIUS_GROUPED_WGMMA(grouped_wgmma_input, kInput)
MOEBIUS_GROUPED_WGMMA(grouped_wgmma_gated_input, kGatedInput)
MOEBIUS_GROUPED_WGMMA(grouped_wgmma_weight, kWeight)
MOEBIUS_GROUPED_WGMMA(grouped_wgmma_weight_add, kWeightAdd)

#endif
