#include "parallel.h"

#include <ATen/Parallel.h>
#include <ATen/TensorIterator.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <atomic>

namespace moebius::cpu {

// at::parallel_for is a template: compiled here, it would use this compiler's OpenMP runtime, if
// any, whose threads would compete with libtorch's. Instead, code compiled into libtorch runs the
// loop: an iterator over count bytes at the addresses 1 to count, which are never accessed.
void parallel_for(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> body) {
  if (count <= 0) return;
  if (count <= grain || at::get_num_threads() == 1 || at::in_parallel_region()) {
    body(0, count);
    return;
  }
  char* const base = reinterpret_cast<char*>(1);
  const at::Tensor indices = at::from_blob(base, {count}, at::kChar);
  at::TensorIterator iterator = at::TensorIterator::borrowing_nullary_op(indices);
  iterator.for_each(
      [&](char** data, const int64_t*, int64_t size, int64_t) {
        const int64_t begin = data[0] - base;
        body(begin, begin + size);
      },
      grain);
}

void parallel_tasks(int64_t count, int64_t work, c10::function_ref<void(int64_t)> body) {
  if (count <= 0) return;
  const int64_t threads =
      std::clamp<int64_t>(work / kGrain, 1, std::min<int64_t>(count, at::get_num_threads()));
  std::atomic<int64_t> next{0};
  parallel_for(threads, 1, [&](int64_t, int64_t) {
    for (int64_t task = next++; task < count; task = next++) body(task);
  });
}

}  // namespace moebius::cpu
