// Included before every file of shim/ops/cuda: registers its CUDA operators for the CPU.
#pragma once

#include <torch/library.h>

#undef TORCH_LIBRARY_IMPL
#define TORCH_LIBRARY_IMPL(space, key, library) _TORCH_LIBRARY_IMPL(space, CPU, library, C10_UID)
