#include "internal.h"

#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace moebius {

void invalid(const std::string& message) { throw Failure(MOE_INVALID_ARGUMENT, message); }
void unsupported(const std::string& message) { throw Failure(MOE_UNSUPPORTED, message); }

namespace {

void write(moe_error* error, moe_error_code code, const std::string& context,
           std::string_view message) noexcept {
  if (error == nullptr) return;
  size_t length = 0;
  const auto append = [&](const char* text, size_t size) {
    size = std::min(size, static_cast<size_t>(MOE_ERROR_CAPACITY - 1) - length);
    std::memcpy(error->message + length, text, size);
    length += size;
  };
  if (!context.empty()) {
    append(context.data(), context.size());
    append(": ", 2);
  }
  append(message.data(), message.size());
  error->message[length] = '\0';
  error->code = code;
  error->length = static_cast<int32_t>(length);
}

// Out-of-memory errors that do not come from libtorch's caching allocator have no exception type of
// their own: those of the CPU, and those of CUDA and its libraries, which allocate beside a full
// cache for kernels at their first use, graphs and handles.
bool is_out_of_memory(std::string_view message) {
  constexpr std::array<std::string_view, 5> kWords = {
      "can't allocate memory", "CUDA error: out of memory", "CUDA driver error: out of memory",
      "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"};
  return std::any_of(kWords.begin(), kWords.end(), [message](std::string_view words) {
    return message.find(words) != std::string_view::npos;
  });
}

}  // namespace

void report(moe_error* error, const std::string& context) noexcept {
  try {
    throw;
  } catch (const Failure& failure) {
    write(error, failure.code, context, failure.what());
  } catch (const c10::OutOfMemoryError& failure) {
    write(error, MOE_OUT_OF_MEMORY, context, failure.what_without_backtrace());
  } catch (const c10::Error& failure) {
    std::string_view message = failure.what_without_backtrace();
    const bool memory = is_out_of_memory(message);
    // libtorch appends a page about all backends to the relevant sentence.
    message = message.substr(0, message.find(" This could be because the operator doesn't exist"));
    write(error, memory ? MOE_OUT_OF_MEMORY : MOE_TORCH, context, message);
  } catch (const std::bad_alloc&) {
    write(error, MOE_OUT_OF_MEMORY, context, "the process has no memory left");
  } catch (const std::exception& failure) {
    write(error, MOE_TORCH, context, failure.what());
  } catch (...) {
    write(error, MOE_UNKNOWN, context, "an exception that is no std::exception");
  }
}

// The tables are never destroyed: handles may be freed while the process ends.
Table<at::Tensor, MOE_TENSOR>& tensors() {
  static auto* table = new Table<at::Tensor, MOE_TENSOR>();
  return *table;
}

Table<GraphPointer, MOE_GRAPH>& graphs() {
  static auto* table = new Table<GraphPointer, MOE_GRAPH>();
  return *table;
}

Table<MappingPointer, MOE_MAPPING>& mappings() {
  static auto* table = new Table<MappingPointer, MOE_MAPPING>();
  return *table;
}

namespace {

struct Dtype {
  std::string_view name;
  at::ScalarType type;
};

// In the order of enum moe_dtype.
constexpr std::array<Dtype, 12> kDtypes = {{
    {"float32", at::kFloat},
    {"float64", at::kDouble},
    {"float16", at::kHalf},
    {"bfloat16", at::kBFloat16},
    {"int8", at::kChar},
    {"int16", at::kShort},
    {"int32", at::kInt},
    {"int64", at::kLong},
    {"uint8", at::kByte},
    {"uint16", at::kUInt16},
    {"uint32", at::kUInt32},
    {"bool", at::kBool},
}};

}  // namespace

at::ScalarType scalar_type(int32_t dtype) {
  if (dtype < 0 || dtype >= static_cast<int32_t>(kDtypes.size())) {
    invalid("dtype " + std::to_string(dtype) + " is not one of enum moe_dtype");
  }
  return kDtypes[dtype].type;
}

at::ScalarType scalar_type(std::string_view name) {
  for (const Dtype& dtype : kDtypes) {
    if (dtype.name == name) return dtype.type;
  }
  invalid("dtype \"" + std::string(name) + "\" is unknown");
}

int32_t dtype_number(at::ScalarType type) {
  for (size_t i = 0; i < kDtypes.size(); ++i) {
    if (kDtypes[i].type == type) return static_cast<int32_t>(i);
  }
  unsupported(std::string("tensors of dtype ") + c10::toString(type) + " are not supported");
}

std::string describe(const at::Tensor& tensor) {
  if (!tensor.defined()) return "undefined";
  std::string text = c10::toString(tensor.scalar_type());
  for (const Dtype& dtype : kDtypes) {
    if (dtype.type == tensor.scalar_type()) text = dtype.name;
  }
  text += "[";
  for (int64_t i = 0; i < tensor.dim(); ++i) {
    if (i > 0) text += ", ";
    text += std::to_string(tensor.size(i));
  }
  text += "]";
  if (!tensor.device().is_cpu()) text.append(" ").append(tensor.device().str());
  return text;
}

int64_t copy_text(std::string_view text, char* buffer, int64_t capacity) {
  if (buffer != nullptr && capacity > 0) {
    std::memcpy(buffer, text.data(), std::min(text.size(), static_cast<size_t>(capacity)));
  }
  return static_cast<int64_t>(text.size());
}

}  // namespace moebius
