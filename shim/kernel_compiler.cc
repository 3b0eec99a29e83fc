#ifdef MOEBIUS_CUDA

#include "kernel_compiler.h"

#include <c10/cuda/CUDAFunctions.h>
#include <cuda_runtime_api.h>
#include <dirent.h>
#include <dlfcn.h>
#include <nvrtc.h>

#include <climits>
#include <cstdlib>

#include "internal.h"

namespace moebius {
namespace {

struct Nvrtc {
  decltype(&nvrtcVersion) version;
  decltype(&nvrtcGetErrorString) error_string;
  decltype(&nvrtcGetNumSupportedArchs) architecture_count;
  decltype(&nvrtcGetSupportedArchs) architectures;
  decltype(&nvrtcCreateProgram) create;
  decltype(&nvrtcDestroyProgram) destroy;
  decltype(&nvrtcCompileProgram) compile;
  decltype(&nvrtcGetProgramLogSize) log_size;
  decltype(&nvrtcGetProgramLog) log;
  decltype(&nvrtcGetCUBINSize) cubin_size;
  decltype(&nvrtcGetCUBIN) cubin;
  decltype(&nvrtcGetPTXSize) ptx_size;
  decltype(&nvrtcGetPTX) ptx;
};

// The folder of the library that contains a function, with links resolved; empty if it cannot be
// determined.
std::string folder_of(const void* function) {
  Dl_info info{};
  if (dladdr(const_cast<void*>(function), &info) == 0) return {};
  char path[PATH_MAX];
  if (realpath(info.dli_fname, path) == nullptr) return {};
  return std::string(path, std::string_view(path).rfind('/'));
}

std::vector<std::string> files_of(const std::string& folder, std::string_view prefix) {
  std::vector<std::string> files;
  DIR* directory = opendir(folder.c_str());
  if (directory == nullptr) return files;
  while (const dirent* entry = readdir(directory)) {
    if (std::string_view(entry->d_name).starts_with(prefix)) {
      files.push_back(folder + "/" + entry->d_name);
    }
  }
  closedir(directory);
  return files;
}

// Possible locations of libnvrtc: pip's packages beside libtorch (one for all of CUDA since 13, one
// for each library before), libtorch's folder (zips rename it), the loader's path, and the toolkit.
std::vector<std::string> nvrtc_candidates() {
  const std::string major = std::to_string(CUDART_VERSION / 1000);
  const std::string name = "libnvrtc.so." + major;
  const std::string folder = folder_of(reinterpret_cast<const void*>(&c10::cuda::device_count));
  const std::string packages = folder + "/../../nvidia/";
  std::vector<std::string> candidates = {packages + "cu" + major + "/lib/" + name,
                                         packages + "cuda_nvrtc/lib/" + name};
  for (const std::string& file : files_of(folder, "libnvrtc")) {
    if (file.find("-builtins") == std::string::npos) candidates.push_back(file);
  }
  candidates.push_back(name);
  candidates.push_back("/usr/local/cuda/lib64/" + name);
  return candidates;
}

// NVRTC opens its builtins library by name only. The loader does not search NVRTC's folder, but
// finds a library that is already open, so it is opened here.
void open_builtins(const void* nvrtc_function) {
  for (const std::string& file : files_of(folder_of(nvrtc_function), "libnvrtc-builtins")) {
    if (file.find(".alt.") == std::string::npos) dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
}

const Nvrtc& nvrtc() {
  static const Nvrtc functions = [] {
    void* library = nullptr;
    std::string tried;
    for (const std::string& path : nvrtc_candidates()) {
      library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (library != nullptr) break;
      tried += (tried.empty() ? "" : ", ") + path;
    }
    if (library == nullptr) {
      unsupported("NVRTC, which compiles the CUDA kernels, was not found: tried " + tried +
                  ": install the package nvidia-cuda-nvrtc beside libtorch, or a CUDA toolkit");
    }
    const auto find = [library](const char* name) {
      void* symbol = dlsym(library, name);
      if (symbol == nullptr) unsupported(std::string("this NVRTC has no ") + name);
      return symbol;
    };
    Nvrtc found{};
    const auto bind = [&find](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(find(name));
    };
    bind(found.version, "nvrtcVersion");
    open_builtins(reinterpret_cast<const void*>(found.version));
    bind(found.error_string, "nvrtcGetErrorString");
    bind(found.architecture_count, "nvrtcGetNumSupportedArchs");
    bind(found.architectures, "nvrtcGetSupportedArchs");
    bind(found.create, "nvrtcCreateProgram");
    bind(found.destroy, "nvrtcDestroyProgram");
    bind(found.compile, "nvrtcCompileProgram");
    bind(found.log_size, "nvrtcGetProgramLogSize");
    bind(found.log, "nvrtcGetProgramLog");
    bind(found.cubin_size, "nvrtcGetCUBINSize");
    bind(found.cubin, "nvrtcGetCUBIN");
    bind(found.ptx_size, "nvrtcGetPTXSize");
    bind(found.ptx, "nvrtcGetPTX");
    return found;
  }();
  return functions;
}

void check(nvrtcResult result, const std::string& action) {
  if (result == NVRTC_SUCCESS) return;
  throw Failure(MOE_TORCH, action + ": " + nvrtc().error_string(result));
}

}  // namespace

CompileTarget compile_target(int32_t capability) {
  int major = 0;
  int minor = 0;
  check(nvrtc().version(&major, &minor), "nvrtcVersion");
  int count = 0;
  check(nvrtc().architecture_count(&count), "nvrtcGetNumSupportedArchs");
  std::vector<int> known(static_cast<size_t>(count));
  check(nvrtc().architectures(known.data()), "nvrtcGetSupportedArchs");
  int best = 0;
  for (const int architecture : known) {
    if (architecture <= capability) best = std::max(best, architecture);
  }
  if (best == 0) {
    unsupported("NVRTC " + std::to_string(major) + " compiles for no device as old as this one");
  }
  const bool portable = best != capability;
  // Hopper's matrix instructions need the architecture variant with the suffix "a".
  const char* variant = !portable && capability == 90 ? "a" : "";
  return {capability,
          std::string("--gpu-architecture=") + (portable ? "compute_" : "sm_") +
              std::to_string(best) + variant,
          portable, std::to_string(major) + "." + std::to_string(minor)};
}

std::string compile_kernels(const KernelSource& source, const CompileTarget& target) {
  const Nvrtc& library = nvrtc();
  const std::string file = std::string(source.name) + ".cu";
  const std::string text(source.text);
  std::vector<std::string> headers;
  for (const KernelSource& header : kernel_headers()) {
    headers.emplace_back(header.text);
    headers.emplace_back(header.name);
  }
  std::vector<const char*> header_texts, header_names;
  for (size_t i = 0; i < headers.size(); i += 2) {
    header_texts.push_back(headers[i].c_str());
    header_names.push_back(headers[i + 1].c_str());
  }
  nvrtcProgram program = nullptr;
  check(library.create(&program, text.c_str(), file.c_str(), static_cast<int>(header_texts.size()),
                       header_texts.data(), header_names.data()),
        "nvrtcCreateProgram");
  struct Destroy {
    const Nvrtc& library;
    nvrtcProgram& program;
    ~Destroy() { library.destroy(&program); }
  } const destroy{library, program};

  const char* options[] = {target.option.c_str(), "--std=c++17"};
  const nvrtcResult result = library.compile(program, 2, options);
  if (result != NVRTC_SUCCESS) {
    size_t size = 0;
    std::string log;
    if (library.log_size(program, &size) == NVRTC_SUCCESS && size > 0) {
      log.resize(size);
      library.log(program, log.data());
      log.resize(size - 1);
    }
    throw Failure(MOE_TORCH, "Cannot compile " + file + " with NVRTC " + target.nvrtc_version +
                                 " (" + target.option + "): " + library.error_string(result) +
                                 "\n" + log);
  }
  size_t size = 0;
  std::string code;
  if (target.is_portable) {
    check(library.ptx_size(program, &size), "nvrtcGetPTXSize");
    code.resize(size);
    check(library.ptx(program, code.data()), "nvrtcGetPTX");
  } else {
    check(library.cubin_size(program, &size), "nvrtcGetCUBINSize");
    code.resize(size);
    check(library.cubin(program, code.data()), "nvrtcGetCUBIN");
  }
  return code;
}

}  // namespace moebius

#endif
