// Instructions without a CUDA C++ intrinsic. All assembly of the kernels is here and in hopper.h;
// the tests replace both files with other definitions and run the kernels on a CPU.
#pragma once

// ---- numbers ---------------------------------------------------------------------------------

#if __CUDA_ARCH__ < 800
__device__ inline unsigned round_to_bfloat16(float value) {
  const unsigned bits = __float_as_uint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}
#endif

// Two values as bfloat16, rounded to nearest even, the first in the low half.
__device__ inline unsigned pack(float low, float high) {
#if __CUDA_ARCH__ >= 800
  unsigned packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#else
  return round_to_bfloat16(low) | (round_to_bfloat16(high) << 16);
#endif
}

// With an error of one or two units in the last place, without the branches of the exact forms.
__device__ inline float exp2_approximately(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ inline float reciprocal_approximately(float x) {
  float y;
  asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

__device__ inline float sqrt_approximately(float x) {
  float y;
  asm("sqrt.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// Ends the launch with an error.
__device__ inline void trap() { asm("trap;"); }

// ---- shared memory ---------------------------------------------------------------------------

// The dynamic shared memory, whose size the launch sets; aligned to 16 bytes.
template <typename T>
__device__ inline T* dynamic_shared() {
  extern __shared__ uint4 dynamic_memory[];
  return reinterpret_cast<T*>(dynamic_memory);
}

__device__ inline unsigned shared_address(const void* pointer) {
  return static_cast<unsigned>(__cvta_generic_to_shared(pointer));
}

// Four 8 x 8 matrices of 16-bit values, as the operands of a warp's matrix product lie in
// registers; a lane has the address of row lane % 8 of matrix lane / 8.
__device__ inline void load_matrices(unsigned address, unsigned (&values)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(values[0]), "=r"(values[1]), "=r"(values[2]), "=r"(values[3])
               : "r"(address)
               : "memory");
}

__device__ inline void load_matrices_transposed(unsigned address, unsigned (&values)[4]) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(values[0]), "=r"(values[1]), "=r"(values[2]), "=r"(values[3])
               : "r"(address)
               : "memory");
}

#if __CUDA_ARCH__ >= 800
// Starts an asynchronous copy of 16 bytes, or of zeros.
__device__ inline void copy_begin(unsigned to, const void* from, bool zeros) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(zeros ? 0 : 16)
               : "memory");
}

// Waits until all copies that this thread started are done.
__device__ inline void copies_wait() { asm volatile("cp.async.wait_all;" ::: "memory"); }

// sum [16, 8] += a [16, 16] @ b [16, 8] by a warp, of bfloat16. Lane l has of the sums row l / 4,
// columns 2 (l % 4) and the next, and the same 8 rows below.
__device__ inline void multiply(float (&sum)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}
#endif

// ---- memory ----------------------------------------------------------------------------------

// Weights are read once: they go past the first cache. Volatile keeps them ahead of a wait.
__device__ inline uint4 load_weights(const void* from) {
  uint4 raw;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(raw.x), "=r"(raw.y), "=r"(raw.z), "=r"(raw.w)
               : "l"(from));
  return raw;
}

// What an earlier launch wrote, from the cache that all multiprocessors share.
__device__ inline uint4 load_shared16(const void* from) {
  uint4 raw;
  asm volatile("ld.global.cg.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(raw.x), "=r"(raw.y), "=r"(raw.z), "=r"(raw.w)
               : "l"(from)
               : "memory");
  return raw;
}

__device__ inline unsigned load_shared4(const void* from) {
  unsigned raw;
  asm volatile("ld.global.cg.u32 %0, [%1];" : "=r"(raw) : "l"(from) : "memory");
  return raw;
}

__device__ inline void prefetch(const void* from) {
  asm volatile("prefetch.global.L2 [%0];" ::"l"(from));
}

// ---- launches that overlap -------------------------------------------------------------------

// Until the launch ahead has ended and all it wrote can be read.
__device__ inline void wait_for_previous() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// After waiting: what runs next may then read all that was written before this launch.
__device__ inline void let_next_start() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;");
#endif
}
