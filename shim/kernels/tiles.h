// The tiles of products of groups of rows, and which block computes which.
#pragma once

constexpr int kTileRows = 128;
constexpr int kTileDepth = 64;

// Sizes as in grouped_linear: `rows` and `columns` of a group's result, `depth` of the sums. In
// kGatedForward and kGatedInput `columns` is h's.
struct Sizes {
  int groups;
  int rows;
  int columns;
  int depth;
};

struct Tile {
  int group;
  int row;    // of the result
  int limit;  // where the result's rows end
  int column;
  int begin;  // of the depth
  int blocks;
};

template <bool kRaggedDepth>
class Schedule {
 public:
  __device__ Schedule(const int* ends, const Sizes& sizes, int tile_columns)
      : ends_(ends),
        sizes_(sizes),
        tile_columns_(tile_columns),
        across_((sizes.columns + tile_columns - 1) / tile_columns),
        end_(ends[0]) {}

  // Tiles are asked for in ascending order.
  __device__ bool find(int index, Tile& tile) {
    while (true) {
      const int rows = kRaggedDepth ? sizes_.rows : end_ - begin_;
      const int count = (rows + kTileRows - 1) / kTileRows * across_;
      if (index < first_ + count) break;
      first_ += count;
      if (++group_ == sizes_.groups) return false;
      begin_ = end_;
      end_ = ends_[group_];
    }
    const int place = index - first_;
    tile.group = group_;
    tile.column = place % across_ * tile_columns_;
    tile.row = place / across_ * kTileRows + (kRaggedDepth ? 0 : begin_);
    tile.limit = kRaggedDepth ? sizes_.rows : end_;
    tile.begin = kRaggedDepth ? begin_ : 0;
    const int depth = kRaggedDepth ? end_ - begin_ : sizes_.depth;
    tile.blocks = (depth + kTileDepth - 1) / kTileDepth;
    return true;
  }

  __device__ int depth_end() const { return end_; }

 private:
  const int* ends_;
  const Sizes& sizes_;
  const int tile_columns_;
  const int across_;
  int group_ = 0;
  int first_ = 0;
  int begin_ = 0;
  int end_;
};
