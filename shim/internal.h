// Shared by the files of the shim: the error guard, the handle tables, devices and dtypes.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "moebius.h"

#define MOE_EXPORT extern "C" __attribute__((visibility("default")))

namespace moebius {

// A failure whose code and message are already what the caller should see.
struct Failure : std::runtime_error {
  Failure(moe_error_code code, const std::string& message)
      : std::runtime_error(message), code(code) {}
  moe_error_code code;
};

[[noreturn]] void invalid(const std::string& message);
[[noreturn]] void unsupported(const std::string& message);

// Writes the current exception to `error`, with `context` before its message.
void report(moe_error* error, const std::string& context) noexcept;

// Wraps every function of the shim: runs `body` and turns any exception into an error and `failed`.
template <typename Result, typename Body>
Result guarded(moe_error* error, const char* context, Result failed, Body&& body) noexcept {
  try {
    return body();
  } catch (...) {
    report(error, context);
    return failed;
  }
}

template <typename Body>
int32_t guarded_status(moe_error* error, const char* context, Body&& body) noexcept {
  return guarded<int32_t>(error, context, -1, [&]() -> int32_t {
    body();
    return 0;
  });
}

template <typename Pointer>
Pointer* required(Pointer* pointer, const char* name) {
  if (pointer == nullptr) invalid(std::string(name) + " is null");
  return pointer;
}

// Owns the objects of one kind. A handle is kind (2 bits), generation (8) and slot (22). Slots are
// reused oldest first, so that the generation of a stale handle returns only after 256 rounds
// through all free slots.
template <typename Object, moe_kind Kind>
class Table {
 public:
  uint32_t insert(Object object) {
    std::lock_guard lock(mutex_);
    uint32_t slot;
    if (free_.size() > kSpareSlots || (!free_.empty() && slots_.size() > kMaxSlots)) {
      slot = free_.front();
      free_.pop_front();
    } else {
      if (slots_.size() > kMaxSlots) {
        throw Failure(MOE_OUT_OF_MEMORY,
                      "More than 4 million handles are alive: something does "
                      "not free its tensors");
      }
      slot = static_cast<uint32_t>(slots_.size());
      slots_.emplace_back();
    }
    slots_[slot].object = std::move(object);
    slots_[slot].live = true;
    ++live_;
    return handle(slot);
  }

  // Returns a copy of the object, so that it outlives a release on another thread.
  Object get(uint32_t handle, const char* name = kNames[Kind]) {
    std::lock_guard lock(mutex_);
    return find(handle, name).object;
  }

  void check(uint32_t handle) {
    std::lock_guard lock(mutex_);
    find(handle, kNames[Kind]);
  }

  Object release(uint32_t handle) {
    std::lock_guard lock(mutex_);
    Slot& slot = find(handle, kNames[Kind]);
    Object object = std::move(slot.object);
    slot.object = Object();
    slot.live = false;
    ++slot.generation;
    free_.push_back(handle & kSlotMask);
    --live_;
    return object;
  }

  int64_t live() {
    std::lock_guard lock(mutex_);
    return live_;
  }

 private:
  struct Slot {
    Object object;
    uint8_t generation = 0;
    bool live = false;
  };
  static constexpr const char* kNames[] = {"tensor", "operator", "graph", "mapping"};
  static constexpr uint32_t kSlotMask = (1u << 22) - 1;
  static constexpr size_t kMaxSlots = kSlotMask;
  static constexpr size_t kSpareSlots = 1024;

  uint32_t handle(uint32_t slot) const {
    return (static_cast<uint32_t>(Kind) << 30) |
           (static_cast<uint32_t>(slots_[slot].generation) << 22) | slot;
  }

  Slot& find(uint32_t handle, const char* name) {
    if (handle == 0) invalid(std::string(name) + " is null");
    const uint32_t slot = handle & kSlotMask;
    if (handle >> 30 != static_cast<uint32_t>(Kind) || slot == 0 || slot >= slots_.size()) {
      invalid(std::string(name) + " is not a handle of a " + kNames[Kind]);
    }
    Slot& found = slots_[slot];
    if (!found.live || found.generation != ((handle >> 22) & 0xff)) {
      invalid(std::string(name) + " was freed before this call");
    }
    return found;
  }

  std::mutex mutex_;
  std::deque<Slot> slots_ = std::deque<Slot>(1);  // slot 0 is never given out
  std::deque<uint32_t> free_;
  int64_t live_ = 0;
};

struct Mapping;
struct Graph;
using MappingPointer = std::shared_ptr<Mapping>;
using GraphPointer = std::shared_ptr<Graph>;

Table<at::Tensor, MOE_TENSOR>& tensors();
Table<GraphPointer, MOE_GRAPH>& graphs();
Table<MappingPointer, MOE_MAPPING>& mappings();
int64_t operator_count();

at::ScalarType scalar_type(int32_t dtype);
int32_t dtype_number(at::ScalarType type);
at::ScalarType scalar_type(std::string_view name);  // "float32", "bfloat16", ...

// A device that is ready to use: for CUDA, one that exists, with the project's stream as current
// stream. All code that needs a device obtains it here.
at::Device ready_device(int32_t device, int32_t device_index);
at::Device ready_device(std::string_view name);  // "cpu", "cuda", "cuda:1"

// "float32[2, 3]" or "bfloat16[8] cuda:0"
std::string describe(const at::Tensor& tensor);

// Copies as much of `text` as fits into a caller's buffer; returns its whole length.
int64_t copy_text(std::string_view text, char* buffer, int64_t capacity);

}  // namespace moebius
