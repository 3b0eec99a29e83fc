// Puts the kernels' sources into the shim, so that it stays one file.
#ifdef MOEBIUS_CUDA

#include "kernels.h"

// Set-up follows includes to learn what an object is made of; the assembler's it cannot see.
#if 0
#include "adamw.cu"
#include "adamw_arguments.h"
#include "clip.cu"
#include "clip_arguments.h"
#include "cross_entropy.cu"
#include "decode.h"
#include "decode_arguments.h"
#include "decode_attention.cu"
#include "decode_experts.cu"
#include "decode_linear.cu"
#include "experts.h"
#include "gated.h"
#include "grouped_linear.cu"
#include "grouped_wgmma.cu"
#include "hopper.h"
#include "moe.cu"
#include "patches.h"
#include "prelude.h"
#include "ptx.h"
#include "rms_norm.cu"
#include "rope_qkv.cu"
#include "rope_qkv_arguments.h"
#include "router.cu"
#include "sample.cu"
#include "swiglu.cu"
#include "tiles.h"
#endif

// The slowest to compile first: they are compiled side by side.
#define MOEBIUS_KERNELS(each)                                                                   \
  each(grouped_wgmma) each(grouped_linear) each(decode_experts) each(decode_linear) each(adamw) \
      each(rms_norm) each(decode_attention) each(moe) each(router) each(rope_qkv)               \
          each(cross_entropy) each(clip) each(sample) each(swiglu)

#define MOEBIUS_HEADERS(each)                                                     \
  each(prelude) each(ptx) each(adamw_arguments) each(clip_arguments) each(decode) \
      each(decode_arguments) each(experts) each(gated) each(hopper) each(patches) \
          each(rope_qkv_arguments) each(tiles)

#define MOEBIUS_EMBED(name, extension)            \
  asm(".pushsection .rodata\n"                    \
      "moebius_" #name                            \
      "_begin:\n"                                 \
      ".incbin \"kernels/" #name extension        \
      "\"\n"                                      \
      "moebius_" #name                            \
      "_end:\n"                                   \
      ".popsection\n");                           \
  extern "C" const char moebius_##name##_begin[]; \
  extern "C" const char moebius_##name##_end[];

#define MOEBIUS_EMBED_KERNEL(name) MOEBIUS_EMBED(name, ".cu")
#define MOEBIUS_EMBED_HEADER(name) MOEBIUS_EMBED(name, ".h")

MOEBIUS_KERNELS(MOEBIUS_EMBED_KERNEL)
MOEBIUS_HEADERS(MOEBIUS_EMBED_HEADER)

namespace moebius {
namespace {

KernelSource source(const char* name, const char* begin, const char* end) {
  return {name, {begin, static_cast<size_t>(end - begin)}};
}

}  // namespace

#define MOEBIUS_SOURCE(name, extension) \
  source(#name extension, moebius_##name##_begin, moebius_##name##_end),
#define MOEBIUS_KERNEL_SOURCE(name) MOEBIUS_SOURCE(name, "")
#define MOEBIUS_HEADER_SOURCE(name) MOEBIUS_SOURCE(name, ".h")

const std::vector<KernelSource>& kernel_sources() {
  static const auto* sources =
      new std::vector<KernelSource>{MOEBIUS_KERNELS(MOEBIUS_KERNEL_SOURCE)};
  return *sources;
}

const std::vector<KernelSource>& kernel_headers() {
  static const auto* headers =
      new std::vector<KernelSource>{MOEBIUS_HEADERS(MOEBIUS_HEADER_SOURCE)};
  return *headers;
}

}  // namespace moebius

#endif
