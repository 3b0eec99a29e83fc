// NVRTC: located beside libtorch and opened when the first kernel is needed.
#pragma once

#include <string>

#include "kernels.h"

namespace moebius {

// What a compilation depends on besides its source; part of the key of a cached file.
struct CompileTarget {
  int32_t capability;         // of the device: 90 for 9.0
  std::string option;         // "--gpu-architecture=sm_90a"
  bool is_portable;           // PTX, because this NVRTC does not know the device
  std::string nvrtc_version;  // "13.0"
};

CompileTarget compile_target(int32_t capability);

// Compiles a file to machine code (or zero-terminated PTX) in the form that cuModuleLoadData takes.
// May run on any thread.
std::string compile_kernels(const KernelSource& source, const CompileTarget& target);

}  // namespace moebius
