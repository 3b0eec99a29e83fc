// Before every file of shim/ops/cuda: what it registers for CUDA devices is for the CPU here.
#pragma once

#include <torch/library.h>

#undef TORCH_LIBRARY_IMPL
#define TORCH_LIBRARY_IMPL(space, key, library) _TORCH_LIBRARY_IMPL(space, CPU, library, C10_UID)
