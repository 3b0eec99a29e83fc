/**
 * The shim's functions, as `Deno.dlopen` takes them. `shim/moebius.h` specifies and documents them; a test
 * checks this table against it.
 *
 * @module
 */

/** A handle: `moe_tensor`, `moe_operator`, `moe_graph` or `moe_mapping`. */
const handle = "u32";

/** Every function of `shim/moebius.h`, in its order. */
export const symbols = {
  moe_abi_version: { parameters: [], result: "i32" },
  moe_build_info: { parameters: [], result: "pointer" },
  moe_initialize: { parameters: ["buffer"], result: "i32" },
  moe_live_count: { parameters: ["i32"], result: "i64" },

  moe_operator_find: {
    parameters: ["buffer", "buffer", "buffer"],
    result: handle,
  },
  moe_operator_schema: {
    parameters: [handle, "buffer", "i64", "buffer"],
    result: "i64",
  },
  moe_operator_list: {
    parameters: ["buffer", "buffer", "i64", "buffer"],
    result: "i64",
  },
  moe_call: {
    parameters: [handle, "buffer", "i32", "buffer", "buffer", "i32", "buffer"],
    result: "i32",
  },

  moe_tensor_from_bytes: {
    parameters: [
      "buffer",
      "i64",
      "buffer",
      "i32",
      "i32",
      "i32",
      "i32",
      "buffer",
    ],
    result: handle,
  },
  moe_tensor_from_mapping: {
    parameters: [handle, "i64", "buffer", "i32", "i32", "buffer"],
    result: handle,
  },
  moe_tensor_free: { parameters: ["buffer", "i32", "buffer"], result: "i32" },
  moe_tensor_info: { parameters: [handle, "buffer", "buffer"], result: "i32" },
  moe_tensor_data: { parameters: [handle, "buffer"], result: "pointer" },
  moe_tensor_write: {
    parameters: [handle, "buffer", "i64", "buffer"],
    result: "i32",
  },
  moe_tensor_read: {
    parameters: [handle, "buffer", "i64", "buffer"],
    result: "i32",
  },
  moe_file_map: { parameters: ["buffer", "buffer", "buffer"], result: handle },
  moe_file_data: { parameters: [handle, "buffer"], result: "pointer" },
  moe_file_unmap: { parameters: [handle, "buffer"], result: "i32" },

  moe_backward: {
    parameters: ["buffer", "buffer", "i32", "i32", "buffer"],
    result: "i32",
  },
  moe_tensor_grad: { parameters: [handle, "buffer"], result: handle },
  moe_tensor_set_grad: {
    parameters: [handle, handle, "buffer"],
    result: "i32",
  },
  moe_tensor_set_requires_grad: {
    parameters: [handle, "i32", "buffer"],
    result: "i32",
  },
  moe_grad_enabled: { parameters: [], result: "i32" },
  moe_set_grad_enabled: { parameters: ["i32"], result: "i32" },

  moe_manual_seed: { parameters: ["i64", "buffer"], result: "i32" },
  moe_rng_state: { parameters: ["i32", "i32", "buffer"], result: handle },
  moe_set_rng_state: {
    parameters: ["i32", "i32", handle, "buffer"],
    result: "i32",
  },
  moe_thread_count: { parameters: [], result: "i32" },
  moe_set_thread_count: { parameters: ["i32", "buffer"], result: "i32" },
  moe_float32_precision: { parameters: ["i32", "buffer"], result: "i32" },

  moe_interrupt_install: { parameters: ["buffer"], result: "i32" },
  moe_interrupt_uninstall: { parameters: ["buffer"], result: "i32" },
  moe_interrupt_counter: { parameters: [], result: "pointer" },

  moe_cuda_device_count: { parameters: [], result: "i32" },
  moe_cuda_device_info: {
    parameters: ["i32", "buffer", "i64", "buffer"],
    result: "i64",
  },
  moe_synchronize: { parameters: ["i32", "i32", "buffer"], result: "i32" },
  moe_cuda_memory_stats: {
    parameters: ["i32", "buffer", "buffer"],
    result: "i32",
  },
  moe_cuda_reset_peak_memory: { parameters: ["i32", "buffer"], result: "i32" },
  moe_cuda_empty_cache: { parameters: ["buffer"], result: "i32" },
  moe_cuda_memory_fraction: {
    parameters: ["i32", "f64", "buffer"],
    result: "i32",
  },
  moe_cuda_sync_debug: { parameters: ["i32", "buffer"], result: "i32" },

  moe_graph_begin: { parameters: [handle, "buffer"], result: handle },
  moe_graph_end: { parameters: [handle, "buffer"], result: "i32" },
  moe_graph_abandon: { parameters: [handle, "buffer"], result: "i32" },
  moe_graph_replay: { parameters: [handle, "buffer"], result: "i32" },
  moe_graph_free: { parameters: [handle, "buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * The functions marked [any-thread] in the header. They are called on a thread of Deno's pool, so that
 * JavaScript continues while they wait.
 */
export const asyncSymbols = {
  moe_tensor_read_async: {
    name: "moe_tensor_read",
    parameters: [handle, "buffer", "i64", "buffer"],
    result: "i32",
    nonblocking: true,
  },
  moe_synchronize_async: {
    name: "moe_synchronize",
    parameters: ["i32", "i32", "buffer"],
    result: "i32",
    nonblocking: true,
  },
} as const satisfies Deno.ForeignLibraryInterface;

/** The version of the header that this table was written for. */
export const ABI_VERSION = 2;
