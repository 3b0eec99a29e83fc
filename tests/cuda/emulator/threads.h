// The threads of a block as fibers of one thread of the CPU. A fiber runs until it has to wait for
// others; the order of fibers is reversed with every launch, so that code whose results depend on
// it has other results the next time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

struct uint3 {
  unsigned x, y, z;
};

// Indices of the running fiber.
extern uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {

constexpr int kLanes = 32;

// Values that the lanes of a warp exchange, alternately in two places: a lane can be one turn ahead
// of another, but not two.
struct Warp {
  static constexpr size_t kBytes = 64;
  alignas(16) std::array<std::array<std::byte, kLanes * kBytes>, 2> shown;
  int arrived = 0;
  unsigned turns = 0;
};

struct NumberedBarrier {
  int arrived = 0;
  unsigned turns = 0;
};

// The warp of the running fiber, and a barrier of its block.
Warp& warp();
NumberedBarrier& numbered_barrier(int number);

// The shared memory whose size the launch specifies. Addresses count from its start.
char* dynamic_shared_memory();

// Runs other fibers until the check returns true. `what` is for the message if it never does.
void wait_until(bool (*check)(void* context), void* context, const char* what);

template <typename Check>
void wait_until(const Check& check, const char* what) {
  wait_until([](void* context) { return (*static_cast<const Check*>(context))(); },
             const_cast<void*>(static_cast<const void*>(&check)), what);
}

// Ends the launch with an error.
[[noreturn]] void fail(const std::string& what);

void sync_block();

// The values that the lanes of the warp have shown.
template <typename T>
struct Lanes {
  const T* values;
  const T& operator[](int lane) const { return values[lane]; }
};

template <typename T>
Lanes<T> show(const T& own) {
  static_assert(sizeof(T) <= Warp::kBytes && std::is_trivially_copyable_v<T>);
  Warp& all = warp();
  const unsigned turn = all.turns;
  T* const values = reinterpret_cast<T*>(all.shown[turn % 2].data());
  values[threadIdx.x % kLanes] = own;
  if (++all.arrived == kLanes) {
    all.arrived = 0;
    ++all.turns;
  } else {
    wait_until([&] { return all.turns != turn; }, "the other lanes of its warp");
  }
  return {values};
}

// Calls a kernel as the driver does, with pointers to its arguments.
using Entry = void (*)(void** arguments);

void add_kernel(const char* name, Entry entry);

template <auto kKernel>
struct Call;

template <typename... Parameters, void (*kKernel)(Parameters...)>
struct Call<kKernel> {
  static void run(void** arguments) {
    [=]<size_t... kIndex>(std::index_sequence<kIndex...>) {
      kKernel(*static_cast<std::remove_cvref_t<Parameters>*>(arguments[kIndex])...);
    }(std::index_sequence_for<Parameters...>{});
  }
};

template <auto kKernel>
struct Added {
  explicit Added(const char* name) { add_kernel(name, Call<kKernel>::run); }
};

}  // namespace emulator
