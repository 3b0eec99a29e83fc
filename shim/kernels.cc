#include "kernels.h"

#include <torch/library.h>

#include "internal.h"

#ifdef MOEBIUS_CUDA

#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "kernel_compiler.h"

namespace moebius {
namespace {

// ---- the driver ------------------------------------------------------------------------------

struct Driver {
  decltype(&cuGetErrorString) error_string;
  decltype(&cuModuleLoadData) load;
  decltype(&cuModuleGetFunction) find;
  decltype(&cuFuncGetAttribute) attribute;
  decltype(&cuFuncSetAttribute) set_attribute;
  decltype(&cuLaunchKernelEx) launch;
  decltype(&cuTensorMapEncodeTiled) encode_map;
};

const Driver& driver() {
  static const Driver functions = [] {
    void* library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      unsupported("libcuda.so.1, the NVIDIA driver's library, cannot be opened");
    }
    Driver found{};
    const auto bind = [library](auto& function, const char* name) {
      void* symbol = dlsym(library, name);
      if (symbol == nullptr) unsupported(std::string("this NVIDIA driver has no ") + name);
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(symbol);
    };
    bind(found.error_string, "cuGetErrorString");
    bind(found.load, "cuModuleLoadData");
    bind(found.find, "cuModuleGetFunction");
    bind(found.attribute, "cuFuncGetAttribute");
    bind(found.set_attribute, "cuFuncSetAttribute");
    bind(found.launch, "cuLaunchKernelEx");
    bind(found.encode_map, "cuTensorMapEncodeTiled");
    return found;
  }();
  return functions;
}

void check(CUresult result, const std::string& action) {
  if (result == CUDA_SUCCESS) return;
  const char* reason = nullptr;
  driver().error_string(result, &reason);
  throw Failure(result == CUDA_ERROR_OUT_OF_MEMORY ? MOE_OUT_OF_MEMORY : MOE_TORCH,
                action + ": " + (reason == nullptr ? "unknown error" : reason));
}

// ---- the cache -------------------------------------------------------------------------------

// FNV-1a.
uint64_t hash(std::string_view text, uint64_t state = 0xcbf29ce484222325u) {
  for (const char byte : text) {
    state = (state ^ static_cast<unsigned char>(byte)) * 0x100000001b3u;
  }
  return state;
}

std::string hexadecimal(uint64_t number) {
  std::string digits(16, '0');
  for (size_t i = 0; i < 16; ++i, number >>= 4) digits[15 - i] = "0123456789abcdef"[number & 15];
  return digits;
}

// MOEBIUS_KERNEL_CACHE, or the folder "kernels" two levels above the shim's, where set-up puts
// generated files. Empty if there is none.
std::string cache_folder() {
  const char* chosen = std::getenv("MOEBIUS_KERNEL_CACHE");
  if (chosen != nullptr && *chosen != '\0') return chosen;
  Dl_info info{};
  char path[PATH_MAX];
  if (dladdr(reinterpret_cast<void*>(&moe_abi_version), &info) == 0 ||
      realpath(info.dli_fname, path) == nullptr) {
    return {};
  }
  std::string folder(path);
  for (int i = 0; i < 3; ++i) folder.resize(std::max<size_t>(folder.rfind('/'), 1));
  return folder + "/kernels";
}

// The name contains everything that the code depends on; the first line of the file is a hash of
// the rest.
std::string cache_path(const std::string& folder, const KernelSource& source,
                       const CompileTarget& target) {
  std::string key = target.option + " " + target.nvrtc_version + "\n";
  for (const KernelSource& header : kernel_headers()) key += std::string(header.text) + '\0';
  key += source.text;
  return folder + "/" + std::string(source.name) + "-" + std::to_string(target.capability) + "-" +
         hexadecimal(hash(key)) + ".cubin";
}

// C's files instead of streams: some compilers link parts of libstdc++ into the shim, and two sets
// of locales in one process crash.
struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

std::string read_cached(const std::string& path) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr) return {};
  std::string text;
  char buffer[1 << 16];
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    text.append(buffer, count);
  }
  constexpr size_t kHeader = 17;  // 16 digits of the hash and the end of the line
  if (text.size() <= kHeader) return {};
  std::string code = text.substr(kHeader);
  return text.compare(0, kHeader, hexadecimal(hash(code)) + "\n") == 0 ? code : std::string();
}

// Failing to write the cache is not an error: the next process compiles again.
void write_cached(const std::string& path, const std::string& code) {
  mkdir(path.substr(0, path.rfind('/')).c_str(), 0777);
  const std::string temporary = path + "." + std::to_string(getpid()) + ".tmp";
  File file(std::fopen(temporary.c_str(), "wb"));
  if (file == nullptr) return;
  const std::string text = hexadecimal(hash(code)) + "\n" + code;
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  if (std::fclose(file.release()) != 0 || !written ||
      std::rename(temporary.c_str(), path.c_str()) != 0) {
    std::remove(temporary.c_str());
  }
}

struct Code {
  std::string bytes;
  bool compiled = false;
};

// Machine code of all files; those that are not in the cache are compiled in parallel.
std::vector<Code> all_code(int32_t capability) {
  const CompileTarget target = compile_target(capability);
  const std::string folder = cache_folder();
  const std::vector<KernelSource>& sources = kernel_sources();
  std::vector<Code> codes(sources.size());
  std::vector<std::exception_ptr> failures(sources.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < sources.size(); i = next++) {
      try {
        const std::string path =
            folder.empty() ? std::string() : cache_path(folder, sources[i], target);
        if (!path.empty()) codes[i].bytes = read_cached(path);
        if (!codes[i].bytes.empty()) continue;
        codes[i] = {compile_kernels(sources[i], target), true};
        if (!path.empty()) write_cached(path, codes[i].bytes);
      } catch (...) {
        failures[i] = std::current_exception();
      }
    }
  };
  std::vector<std::thread> threads;
  const size_t count = std::min<size_t>(sources.size(), std::thread::hardware_concurrency());
  for (size_t i = 1; i < count; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
  return codes;
}

// ---- loading ---------------------------------------------------------------------------------

// Kernels register themselves while the shim is loaded.
std::vector<AnyKernel*>& all_kernels() {
  static auto* kernels = new std::vector<AnyKernel*>();
  return *kernels;
}

std::mutex& load_mutex() {
  static auto* mutex = new std::mutex();
  return *mutex;
}

void refuse_capture(const char* name) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  C10_CUDA_CHECK(cudaStreamIsCapturing(c10::cuda::getCurrentCUDAStream(), &status));
  if (status == cudaStreamCaptureStatusNone) return;
  unsupported(std::string("the kernel ") + name +
              " is used for the first time while a graph is recorded: run the same work once "
              "before, or call moebius::warm_up");
}

void load(AnyKernel& kernel, CUmodule module, int32_t device_index) {
  const std::string action = std::string("Cannot load the kernel ") + kernel.name();
  CUfunction function = nullptr;
  check(driver().find(&function, module, kernel.name()), action);
  int fixed = 0;
  check(driver().attribute(&fixed, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, function), action);
  const int limit = device_traits().shared_bytes - fixed;
  check(driver().set_attribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, limit),
        action);
  kernel.set(device_index, function, limit);
}

int32_t attribute(cudaDeviceAttr name, int32_t device_index) {
  int value = 0;
  C10_CUDA_CHECK(cudaDeviceGetAttribute(&value, name, device_index));
  return value;
}

}  // namespace

const DeviceTraits& device_traits() {
  static std::array<std::once_flag, kMaxDevices> known;
  static std::array<DeviceTraits, kMaxDevices> traits;
  const int32_t device = c10::cuda::current_device();
  const auto slot = static_cast<size_t>(device);
  std::call_once(known.at(slot), [&] {
    traits.at(slot) = {10 * attribute(cudaDevAttrComputeCapabilityMajor, device) +
                           attribute(cudaDevAttrComputeCapabilityMinor, device),
                       attribute(cudaDevAttrMultiProcessorCount, device),
                       attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin, device)};
  });
  return traits.at(slot);
}

int64_t load_kernels(int32_t device_index) {
  const std::lock_guard lock(load_mutex());
  static std::map<int32_t, bool> loaded;
  if (loaded[device_index]) return 0;
  const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device_index));
  const std::vector<Code> codes = all_code(device_traits().capability);
  // The driver's functions need the context that this call creates.
  C10_CUDA_CHECK(cudaFree(nullptr));
  int64_t compiled = 0;
  for (size_t i = 0; i < codes.size(); ++i) {
    const KernelSource& source = kernel_sources()[i];
    compiled += codes[i].compiled ? 1 : 0;
    CUmodule module = nullptr;
    check(driver().load(&module, codes[i].bytes.data()),
          "Cannot load the kernels of " + std::string(source.name));
    for (AnyKernel* kernel : all_kernels()) {
      if (source.name == kernel->file() && kernel->is_for(device_traits().capability)) {
        load(*kernel, module, device_index);
      }
    }
  }
  loaded[device_index] = true;
  return compiled;
}

TensorMap tensor_map(const void* data, const std::array<int64_t, 3>& sizes,
                     const std::array<uint32_t, 3>& box) {
  static_assert(sizeof(TensorMap) == sizeof(CUtensorMap));
  constexpr uint64_t kValueBytes = 2;
  const auto size = [&sizes](size_t i) { return static_cast<cuuint64_t>(sizes.at(i)); };
  const cuuint64_t all_sizes[] = {size(0), size(1), size(2)};
  const cuuint64_t strides[] = {size(0) * kValueBytes, size(0) * size(1) * kValueBytes};
  const cuuint32_t steps[] = {1, 1, 1};
  TensorMap map{};
  check(driver().encode_map(reinterpret_cast<CUtensorMap*>(&map), CU_TENSOR_MAP_DATA_TYPE_BFLOAT16,
                            3, const_cast<void*>(data), all_sizes, strides, box.data(), steps,
                            CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                            CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
        "Cannot describe an array for the tensor memory accelerator");
  return map;
}

AnyKernel::AnyKernel(const char* file, const char* name, Capabilities capabilities)
    : file_(file), name_(name), capabilities_(capabilities) {
  all_kernels().push_back(this);
}

void AnyKernel::set(int32_t device_index, CUfunc_st* function, int64_t shared_limit) {
  shared_limits_.at(static_cast<size_t>(device_index)) = shared_limit;
  functions_.at(static_cast<size_t>(device_index)).store(function, std::memory_order_release);
}

CUfunc_st* AnyKernel::function(int32_t device_index) const {
  const auto& function = functions_.at(static_cast<size_t>(device_index));
  if (CUfunc_st* found = function.load(std::memory_order_acquire)) return found;
  refuse_capture(name_);
  load_kernels(device_index);
  CUfunc_st* found = function.load(std::memory_order_acquire);
  if (found == nullptr) {
    unsupported(std::string(file_) + ".cu has no kernel " + name_ + " for this device");
  }
  return found;
}

int64_t AnyKernel::shared_limit() const {
  const int32_t device_index = c10::cuda::current_device();
  function(device_index);
  return shared_limits_.at(static_cast<size_t>(device_index));
}

void AnyKernel::launch(const LaunchShape& shape, void** arguments) const {
  if (shape.blocks == 0 || shape.blocks_y == 0 || shape.blocks_z == 0) return;
  constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
  if (shape.blocks > kMost || shape.blocks_y > 65535 || shape.blocks_z > 65535) {
    invalid(std::string(name_) + " would need more blocks than a launch can have");
  }
  const auto unsigned_of = [](int64_t number) { return static_cast<unsigned>(number); };
  CUlaunchAttribute overlap{};
  overlap.id = CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION;
  overlap.value.programmaticStreamSerializationAllowed = 1;
  CUlaunchConfig config{};
  config.gridDimX = unsigned_of(shape.blocks);
  config.gridDimY = unsigned_of(shape.blocks_y);
  config.gridDimZ = unsigned_of(shape.blocks_z);
  config.blockDimX = unsigned_of(shape.threads);
  config.blockDimY = 1;
  config.blockDimZ = 1;
  config.sharedMemBytes = unsigned_of(shape.shared_bytes);
  config.hStream = c10::cuda::getCurrentCUDAStream().stream();
  config.attrs = &overlap;
  config.numAttrs = shape.overlaps && device_traits().capability >= 90 ? 1 : 0;
  check(driver().launch(&config, function(c10::cuda::current_device()), arguments, nullptr),
        std::string("Cannot launch ") + name_);
}

}  // namespace moebius

#endif

namespace {

int64_t warm_up(at::Device device) {
#ifdef MOEBIUS_CUDA
  if (device.is_cuda()) return moebius::load_kernels(device.has_index() ? device.index() : 0);
#endif
  static_cast<void>(device);
  return 0;
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(moebius, m) {
  // Prepares the device's kernels, so that neither the first step nor a recording has to.
  // Returns how many files had to be compiled.
  m.def("warm_up(Device device) -> int", &warm_up);
}
