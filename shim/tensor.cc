// Tensors: creation from bytes and files, information, copies to and from the host.

#include <ATen/Functions.h>
#include <ATen/core/grad_mode.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <vector>

#include "device.h"
#include "internal.h"

namespace moebius {

struct Mapping {
  void* data = nullptr;
  int64_t size = 0;
  Mapping() = default;
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() {
    if (data != nullptr) munmap(data, static_cast<size_t>(size));
  }
};

namespace {

// An open file, closed when it goes out of scope.
struct Descriptor {
  int file;
  ~Descriptor() { close(file); }
};

std::vector<int64_t> shape_of(const int64_t* sizes, int32_t dimensions) {
  if (dimensions < 0 || dimensions > MOE_MAX_DIMENSIONS) {
    invalid("a tensor has 0 to " + std::to_string(MOE_MAX_DIMENSIONS) + " dimensions, not " +
            std::to_string(dimensions));
  }
  if (dimensions > 0) required(sizes, "sizes");
  std::vector<int64_t> shape(sizes, sizes + dimensions);
  for (int64_t size : shape) {
    if (size < 0) invalid("a size is negative: " + std::to_string(size));
  }
  return shape;
}

int64_t bytes_of(const std::vector<int64_t>& shape, at::ScalarType type) {
  int64_t bytes = static_cast<int64_t>(c10::elementSize(type));
  for (int64_t size : shape) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) invalid("the shape overflows 64 bits");
  }
  return bytes;
}

void check_bytes(int64_t given, int64_t wanted, const std::string& tensor) {
  if (given != wanted) {
    invalid(tensor + " holds " + std::to_string(wanted) + " bytes, got " + std::to_string(given));
  }
}

// A CPU tensor over the caller's bytes, used only during a copy.
at::Tensor borrowed(const void* bytes, at::IntArrayRef shape, at::ScalarType type) {
  return at::from_blob(const_cast<void*>(bytes), shape, at::TensorOptions().dtype(type));
}

// Page-locked memory stays reserved for later copies, which is worthwhile for batches of tokens but
// not for weights, which are written once.
constexpr int64_t kMaxStagedBytes = int64_t{64} << 20;

// Copies the caller's bytes into a tensor. Bytes for a device are staged in page-locked memory,
// which libtorch keeps until the copy is done, so the host does not wait. Large copies are not
// staged, and the host waits for them.
void fill(const at::Tensor& tensor, const void* bytes) {
  const at::Tensor source = borrowed(bytes, tensor.sizes(), tensor.scalar_type());
  if (!tensor.is_cuda() || static_cast<int64_t>(tensor.nbytes()) > kMaxStagedBytes) {
    tensor.copy_(source);
    return;
  }
  const at::Tensor staged = at::empty(tensor.sizes(), source.options().pinned_memory(true));
  staged.copy_(source);
  tensor.copy_(staged, /*non_blocking=*/true);
}

}  // namespace
}  // namespace moebius

using namespace moebius;

MOE_EXPORT moe_tensor moe_tensor_from_bytes(const void* bytes, int64_t byte_count,
                                            const int64_t* sizes, int32_t dimensions, int32_t dtype,
                                            int32_t device, int32_t device_index,
                                            moe_error* error) {
  return guarded<moe_tensor>(error, "moe_tensor_from_bytes", 0, [&] {
    const at::ScalarType type = scalar_type(dtype);
    const std::vector<int64_t> shape = shape_of(sizes, dimensions);
    const at::Device target = ready_device(device, device_index);
    check_bytes(byte_count, bytes_of(shape, type), "a tensor of this shape and dtype");
    at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(type).device(target));
    if (byte_count > 0) fill(tensor, required(bytes, "bytes"));
    return tensors().insert(std::move(tensor));
  });
}

MOE_EXPORT moe_tensor moe_tensor_from_mapping(moe_mapping mapping, int64_t offset,
                                              const int64_t* sizes, int32_t dimensions,
                                              int32_t dtype, moe_error* error) {
  return guarded<moe_tensor>(error, "moe_tensor_from_mapping", 0, [&] {
    MappingPointer file = mappings().get(mapping);
    const at::ScalarType type = scalar_type(dtype);
    const std::vector<int64_t> shape = shape_of(sizes, dimensions);
    const int64_t bytes = bytes_of(shape, type);
    if (offset < 0 || offset > file->size || bytes > file->size - offset) {
      invalid("bytes " + std::to_string(offset) + " to " + std::to_string(offset) + " + " +
              std::to_string(bytes) + " lie outside the file's " + std::to_string(file->size));
    }
    void* data = static_cast<char*>(file->data) + offset;
    const auto options = at::TensorOptions().dtype(type);
    if (bytes == 0) return tensors().insert(at::empty(shape, options));
    if (reinterpret_cast<uintptr_t>(data) % c10::elementSize(type) != 0) {
      return tensors().insert(borrowed(data, {bytes}, at::kByte).clone().view(type).view(shape));
    }
    return tensors().insert(at::from_blob(data, shape, [file](void*) {}, options));
  });
}

MOE_EXPORT int32_t moe_tensor_free(const moe_tensor* handles, int32_t count, moe_error* error) {
  return guarded_status(error, "moe_tensor_free", [&] {
    if (count < 0) invalid("count is negative");
    if (count > 0) required(handles, "tensors");
    for (int32_t i = 0; i < count; ++i) tensors().check(handles[i]);
    for (int32_t i = 0; i < count; ++i) tensors().release(handles[i]);
  });
}

MOE_EXPORT int32_t moe_tensor_info(moe_tensor handle, int64_t* info, moe_error* error) {
  return guarded_status(error, "moe_tensor_info", [&] {
    required(info, "info");
    const at::Tensor tensor = tensors().get(handle);
    const int64_t dimensions = tensor.dim();
    if (dimensions > MOE_MAX_DIMENSIONS) unsupported(describe(tensor) + " has too many dimensions");
    info[0] = dtype_number(tensor.scalar_type());
    if (!tensor.is_cpu() && !tensor.is_cuda())
      unsupported(describe(tensor) + " is on a device that is neither a CPU nor CUDA");
    info[1] = tensor.is_cuda() ? MOE_CUDA : MOE_CPU;
    info[2] = tensor.is_cuda() ? tensor.device().index() : 0;
    info[3] = (tensor.requires_grad() ? 1 : 0) | (tensor.is_contiguous() ? 2 : 0) |
              (tensor.is_leaf() ? 4 : 0);
    info[4] = dimensions;
    for (int64_t i = 0; i < dimensions; ++i) {
      info[5 + i] = tensor.size(i);
      info[5 + dimensions + i] = tensor.stride(i);
    }
  });
}

MOE_EXPORT void* moe_tensor_data(moe_tensor handle, moe_error* error) {
  return guarded<void*>(error, "moe_tensor_data", nullptr, [&]() -> void* {
    const at::Tensor tensor = tensors().get(handle);
    if (!tensor.is_cpu() || !tensor.is_contiguous()) {
      invalid(describe(tensor) + " is not a contiguous tensor on the CPU");
    }
    return tensor.data_ptr();
  });
}

MOE_EXPORT int32_t moe_tensor_write(moe_tensor handle, const void* bytes, int64_t byte_count,
                                    moe_error* error) {
  return guarded_status(error, "moe_tensor_write", [&] {
    const at::Tensor tensor = tensors().get(handle);
    if (!tensor.is_contiguous()) invalid(describe(tensor) + " is not contiguous");
    check_bytes(byte_count, static_cast<int64_t>(tensor.nbytes()), describe(tensor));
    if (byte_count == 0) return;
    const at::NoGradGuard no_grad;
    fill(tensor, required(bytes, "bytes"));
  });
}

MOE_EXPORT int32_t moe_tensor_read(moe_tensor handle, void* bytes, int64_t byte_count,
                                   moe_error* error) {
  return guarded_status(error, "moe_tensor_read", [&] {
    const at::Tensor tensor = tensors().get(handle);
    const int64_t size = tensor.numel() * static_cast<int64_t>(tensor.element_size());
    check_bytes(byte_count, size, describe(tensor));
    if (size == 0) return;
    const at::NoGradGuard no_grad;
    const StreamGuard stream(tensor.device());
    borrowed(required(bytes, "bytes"), tensor.sizes(), tensor.scalar_type()).copy_(tensor);
  });
}

MOE_EXPORT moe_mapping moe_file_map(const char* path, int64_t* byte_count, moe_error* error) {
  return guarded<moe_mapping>(error, "moe_file_map", 0, [&] {
    required(path, "path");
    required(byte_count, "byte_count");
    const auto fail = [&](const char* action) {
      throw Failure(MOE_IO,
                    std::string("cannot ") + action + " " + path + ": " + std::strerror(errno));
    };
    // Without O_NONBLOCK, opening a named pipe would block.
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) fail("open");
    const Descriptor closing{file};
    struct stat status{};
    if (fstat(file, &status) != 0) fail("look at");
    if (!S_ISREG(status.st_mode)) invalid(std::string(path) + " is not a regular file");
    auto mapping = std::make_shared<Mapping>();
    if (status.st_size > 0) {
      void* data = mmap(nullptr, static_cast<size_t>(status.st_size), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE, file, 0);
      if (data == MAP_FAILED) fail("map");
      mapping->data = data;
      mapping->size = status.st_size;
    }
    *byte_count = mapping->size;
    return mappings().insert(std::move(mapping));
  });
}

MOE_EXPORT void* moe_file_data(moe_mapping mapping, moe_error* error) {
  return guarded<void*>(error, "moe_file_data", nullptr,
                        [&] { return mappings().get(mapping)->data; });
}

MOE_EXPORT int32_t moe_file_unmap(moe_mapping mapping, moe_error* error) {
  return guarded_status(error, "moe_file_unmap", [&] { mappings().release(mapping); });
}
