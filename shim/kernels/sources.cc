// Puts the kernels' sources into the shim, so that it stays one file.
#ifdef MOEBIUS_CUDA

#include "kernels.h"

// Set-up follows includes to learn what an object is made of; the assembler's it cannot see.
#if 0
#include "adamw.cu"
#include "clip.cu"
#include "cross_entropy.cu"
#include "grouped_linear.cu"
#include "moe.cu"
#include "prelude.h"
#include "rms_norm.cu"
#include "rope_qkv.cu"
#include "router.cu"
#include "swiglu.cu"
#endif

#define MOEBIUS_EMBED(name, file)                 \
  asm(".pushsection .rodata\n"                    \
      "moebius_" #name                            \
      "_begin:\n"                                 \
      ".incbin \"kernels/" file                   \
      "\"\n"                                      \
      "moebius_" #name                            \
      "_end:\n"                                   \
      ".popsection\n");                           \
  extern "C" const char moebius_##name##_begin[]; \
  extern "C" const char moebius_##name##_end[];

MOEBIUS_EMBED(adamw, "adamw.cu")
MOEBIUS_EMBED(clip, "clip.cu")
MOEBIUS_EMBED(cross_entropy, "cross_entropy.cu")
MOEBIUS_EMBED(grouped_linear, "grouped_linear.cu")
MOEBIUS_EMBED(moe, "moe.cu")
MOEBIUS_EMBED(prelude, "prelude.h")
MOEBIUS_EMBED(rms_norm, "rms_norm.cu")
MOEBIUS_EMBED(rope_qkv, "rope_qkv.cu")
MOEBIUS_EMBED(router, "router.cu")
MOEBIUS_EMBED(swiglu, "swiglu.cu")

namespace moebius {
namespace {

KernelSource source(const char* name, const char* begin, const char* end) {
  return {name, {begin, static_cast<size_t>(end - begin)}};
}

}  // namespace

#define MOEBIUS_SOURCE(name) source(#name, moebius_##name##_begin, moebius_##name##_end)

const std::vector<KernelSource>& kernel_sources() {
  // The slowest to compile first: they are compiled side by side.
  static const auto* sources =
      new std::vector<KernelSource>{MOEBIUS_SOURCE(grouped_linear), MOEBIUS_SOURCE(adamw),
                                    MOEBIUS_SOURCE(rms_norm),       MOEBIUS_SOURCE(moe),
                                    MOEBIUS_SOURCE(rope_qkv),       MOEBIUS_SOURCE(cross_entropy),
                                    MOEBIUS_SOURCE(swiglu)};
  return *sources;
}

KernelSource kernel_prelude() {
  KernelSource prelude = MOEBIUS_SOURCE(prelude);
  prelude.name = "prelude.h";
  return prelude;
}

}  // namespace moebius

#endif
