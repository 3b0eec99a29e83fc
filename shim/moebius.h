/* moebius.h: the contract between TypeScript (ffi/symbols.ts) and C++ (this folder).
 *
 * It exposes libtorch's dispatcher, autograd, devices and CUDA graphs as some forty plain C
 * functions. It does not list operators: every ATen operator, and every fused operator that
 * shim/ops registers, is called through moe_operator_find and moe_call.
 *
 * Rules
 *  1. Plain C11. Sized integers, doubles and pointers; only scalars by value; no varargs.
 *  2. A handle is a 32-bit number: kind, generation and slot. 0 is "nothing". A freed or foreign
 *     handle is recognised by its generation or kind and refused before any memory is accessed.
 *  3. A function that can fail takes a `moe_error*` as its last parameter: owned by the caller,
 *     never NULL, written only on failure. There is no global or thread-local error. A function
 *     that returns a handle returns 0 on failure; one that returns an integer returns a value >= 0,
 *     or -1 on failure; one that returns a pointer returns NULL.
 *  4. No C++ exception leaves a function.
 *  5. Arguments are borrowed. A returned handle is owned by the caller and freed exactly once.
 *     Returned pointers are borrowed; the comment beside them says for how long.
 *  6. One thread calls all functions except those marked [any-thread], which do not rely on the
 *     grad mode or the current stream of the calling thread.
 *  7. A change of a function's parameters or results raises MOE_ABI_VERSION.
 */
#ifndef MOEBIUS_H
#define MOEBIUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOE_ABI_VERSION 2
#define MOE_MAX_DIMENSIONS 16
#define MOE_ERROR_CAPACITY 4088

typedef uint32_t moe_tensor;
typedef uint32_t moe_operator;
typedef uint32_t moe_graph;
typedef uint32_t moe_mapping;

/* Kinds of handle, the argument of moe_live_count. */
enum moe_kind { MOE_TENSOR = 0, MOE_OPERATOR = 1, MOE_GRAPH = 2, MOE_MAPPING = 3 };

/* Kinds of failure that a caller can react to. */
enum moe_error_code {
  MOE_OK = 0,
  MOE_INVALID_ARGUMENT = 1, /* null, freed handle, wrong type, shape, dtype or device */
  MOE_TORCH = 2,            /* libtorch refused the operation */
  MOE_OUT_OF_MEMORY = 3,
  MOE_IO = 4,
  MOE_UNSUPPORTED = 5, /* this build or this device cannot do it */
  MOE_UNKNOWN = 9
};

typedef struct moe_error {
  int32_t code;
  int32_t length; /* bytes of message, without the final zero */
  char message[MOE_ERROR_CAPACITY];
} moe_error;

/* Element types, numbered by this header and not by libtorch. */
enum moe_dtype {
  MOE_FLOAT32 = 0,
  MOE_FLOAT64 = 1,
  MOE_FLOAT16 = 2,
  MOE_BFLOAT16 = 3,
  MOE_INT8 = 4,
  MOE_INT16 = 5,
  MOE_INT32 = 6,
  MOE_INT64 = 7,
  MOE_UINT8 = 8,
  MOE_UINT16 = 9,
  MOE_UINT32 = 10,
  MOE_BOOL = 11
};

enum moe_device { MOE_CPU = 0, MOE_CUDA = 1 };

/* An argument or result of an operator. A list is a head value followed by `count` elements. */
enum moe_value_tag {
  MOE_VALUE_DEFAULT = 0, /* take the default of the operator's schema */
  MOE_VALUE_NONE = 1,
  MOE_VALUE_TENSOR = 2,
  MOE_VALUE_NUMBER = 3, /* the schema decides whether it is an int, a float or a Scalar */
  MOE_VALUE_BOOL = 4,
  MOE_VALUE_INTEGER = 5, /* 64-bit, for what a double cannot hold */
  MOE_VALUE_STRING = 6,  /* `count` bytes at `text + string`: a string, dtype, device, layout */
  MOE_VALUE_LIST = 7
};

typedef struct moe_value {
  uint32_t tag;
  uint32_t count;
  union {
    double number;
    int64_t integer;
    uint32_t handle;
    uint32_t boolean;
    uint32_t string;
  } as;
} moe_value;

/* ---- library ------------------------------------------------------------------------------- */

int32_t moe_abi_version(void);

/* JSON: moebius' build, libtorch's version, CUDA and cuDNN versions.    borrowed: for ever */
const char* moe_build_info(void);

/* Prepares the process: exit does not run libtorch's destructors while work is running, backward
 * uses one thread, and the allocator keeps large blocks. Call it first, once on each thread. */
int32_t moe_initialize(moe_error* error);

/* Live handles of a kind, or -1 for an unknown kind.                               [any-thread] */
int64_t moe_live_count(int32_t kind);

/* ---- operators ----------------------------------------------------------------------------- */

/* Resolves "aten::add", "Tensor". The same name always gives the same handle, never freed. */
moe_operator moe_operator_find(const char* name, const char* overload, moe_error* error);

/* Copies the operator's schema into `text` (UTF-8, no final zero) and returns its whole length. */
int64_t moe_operator_schema(moe_operator op, char* text, int64_t capacity, moe_error* error);

/* Like moe_operator_schema, for all operators of a namespace ("aten"), one per line, sorted. */
int64_t moe_operator_list(const char* name_space, char* text, int64_t capacity, moe_error* error);

/* Calls an operator with `count` arguments in schema order; missing ones take their defaults.
 * Returns the number of values written to `results`; tensors among them are owned by the caller.
 * With a capacity of 0 the results are dropped. */
int32_t moe_call(moe_operator op, const moe_value* arguments, int32_t count, const char* text,
                 moe_value* results, int32_t capacity, moe_error* error);

/* ---- tensors ------------------------------------------------------------------------------- */

/* A new contiguous tensor with a copy of `byte_count` bytes.                               owned */
moe_tensor moe_tensor_from_bytes(const void* bytes, int64_t byte_count, const int64_t* sizes,
                                 int32_t dimensions, int32_t dtype, int32_t device,
                                 int32_t device_index, moe_error* error);

/* A tensor over a mapped file, without a copy; it keeps the mapping alive. The bytes are private to
 * this process: writing to the tensor does not change the file.                            owned */
moe_tensor moe_tensor_from_mapping(moe_mapping mapping, int64_t offset, const int64_t* sizes,
                                   int32_t dimensions, int32_t dtype, moe_error* error);

/* Frees `count` different tensors. If any handle is not of a live tensor, frees none. */
int32_t moe_tensor_free(const moe_tensor* tensors, int32_t count, moe_error* error);

/* Writes dtype, device, device index, flags (1 requires_grad, 2 contiguous, 4 leaf), dimensions,
 * sizes..., strides... to `info`, which has room for 5 + 2 * MOE_MAX_DIMENSIONS numbers. */
int32_t moe_tensor_info(moe_tensor tensor, int64_t* info, moe_error* error);

/* The first element of a contiguous CPU tensor.                 borrowed: while the tensor lives */
void* moe_tensor_data(moe_tensor tensor, moe_error* error);

/* Copies bytes into a contiguous tensor on any device. The bytes may be reused on return. */
int32_t moe_tensor_write(moe_tensor tensor, const void* bytes, int64_t byte_count,
                         moe_error* error);

/* Copies a tensor's elements to `bytes` in row-major order; waits for its device. [any-thread] */
int32_t moe_tensor_read(moe_tensor tensor, void* bytes, int64_t byte_count, moe_error* error);

/* Maps a file copy-on-write; `byte_count` receives its size.                               owned */
moe_mapping moe_file_map(const char* path, int64_t* byte_count, moe_error* error);

/* The first byte of a mapping (NULL for an empty file).        borrowed: while the mapping lives */
void* moe_file_data(moe_mapping mapping, moe_error* error);

/* Ends a mapping. Tensors over it keep the memory mapped until they are freed. */
int32_t moe_file_unmap(moe_mapping mapping, moe_error* error);

/* ---- autograd ------------------------------------------------------------------------------ */

/* Accumulates the gradients of the leaves. `gradients` is NULL if all tensors are scalars, else
 * has one handle for each tensor (0 for a scalar). */
int32_t moe_backward(const moe_tensor* tensors, const moe_tensor* gradients, int32_t count,
                     int32_t keep_graph, moe_error* error);

/* The accumulated gradient, or 0 without an error if there is none.                        owned */
moe_tensor moe_tensor_grad(moe_tensor tensor, moe_error* error);

/* Sets the gradient; 0 drops it. */
int32_t moe_tensor_set_grad(moe_tensor tensor, moe_tensor gradient, moe_error* error);

int32_t moe_tensor_set_requires_grad(moe_tensor tensor, int32_t requires_grad, moe_error* error);

/* Whether operators record for autograd on this thread. Setting returns the previous mode. */
int32_t moe_grad_enabled(void);
int32_t moe_set_grad_enabled(int32_t enabled);

/* ---- random numbers, threads, precision ---------------------------------------------------- */

/* Seeds the generators of every device. */
int32_t moe_manual_seed(int64_t seed, moe_error* error);

/* A generator's state as a uint8 tensor on the CPU.                                        owned */
moe_tensor moe_rng_state(int32_t device, int32_t device_index, moe_error* error);
int32_t moe_set_rng_state(int32_t device, int32_t device_index, moe_tensor state, moe_error* error);

int32_t moe_thread_count(void);
int32_t moe_set_thread_count(int32_t count, moe_error* error);

/* TF32 for float32 matrix products on CUDA: 0 highest (off), 1 high. */
int32_t moe_float32_precision(int32_t level, moe_error* error);

/* ---- interrupts ---------------------------------------------------------------------------- */

/* While installed, SIGINT only increments the counter (and calls the previously set handler). */
int32_t moe_interrupt_install(moe_error* error);
int32_t moe_interrupt_uninstall(moe_error* error);

/* The counter.                                                              borrowed: for ever */
int32_t* moe_interrupt_counter(void);

/* ---- devices ------------------------------------------------------------------------------- */

int32_t moe_cuda_device_count(void);

/* JSON: name, capability, memory, multiprocessors. Copied like moe_operator_schema. */
int64_t moe_cuda_device_info(int32_t device_index, char* text, int64_t capacity, moe_error* error);

/* Waits for all work of a device.                                                  [any-thread] */
int32_t moe_synchronize(int32_t device, int32_t device_index, moe_error* error);

/* Bytes allocated: now, peak; bytes reserved: now, peak; numbers of allocation retries and of
 * out-of-memory errors; bytes of the whole device: free, total. `stats` has 8 numbers. */
int32_t moe_cuda_memory_stats(int32_t device_index, int64_t* stats, moe_error* error);
int32_t moe_cuda_reset_peak_memory(int32_t device_index, moe_error* error);
int32_t moe_cuda_empty_cache(moe_error* error);

/* Limits this process to a fraction of a device's memory. */
int32_t moe_cuda_memory_fraction(int32_t device_index, double fraction, moe_error* error);

/* Sets how operations that wait for a device behave: 0 wait, 1 wait and warn, 2 fail. */
int32_t moe_cuda_sync_debug(int32_t mode, moe_error* error);

/* ---- CUDA graphs --------------------------------------------------------------------------- */

/* Starts recording this thread's stream. `pool`: an earlier graph whose memory is shared, or 0. */
moe_graph moe_graph_begin(moe_graph pool, moe_error* error);
int32_t moe_graph_end(moe_graph graph, moe_error* error);

/* Ends a failed recording, drops the recorded work and frees the graph. */
int32_t moe_graph_abandon(moe_graph graph, moe_error* error);
int32_t moe_graph_replay(moe_graph graph, moe_error* error);
int32_t moe_graph_free(moe_graph graph, moe_error* error);

#ifdef __cplusplus
}
#endif

#endif /* MOEBIUS_H */
