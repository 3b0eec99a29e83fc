// Loops over libtorch's own threads.
#pragma once

#include <c10/util/FunctionRef.h>

#include <algorithm>
#include <cstdint>

namespace moebius::cpu {

// Calls body(begin, end) for pieces of [0, count), at least `grain` long, on several threads; if
// there is too little work to share, on this thread only.
void parallel_for(int64_t count, int64_t grain, c10::function_ref<void(int64_t, int64_t)> body);

// Calls body(task) for each task in [0, count); a thread that is done takes the next one. `work` is
// the number of elements that all tasks together pass over, or of multiplications over a hundred.
void parallel_tasks(int64_t count, int64_t work, c10::function_ref<void(int64_t)> body);

// Minimum number of elements per thread, and the corresponding number of rows.
constexpr int64_t kGrain = 16384;
inline int64_t grain_rows(int64_t width) { return std::max<int64_t>(1, kGrain / width); }

}  // namespace moebius::cpu
