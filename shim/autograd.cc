// Autograd: backward, gradients, grad mode.

#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <vector>

#include "internal.h"

using namespace moebius;

MOE_EXPORT int32_t moe_backward(const moe_tensor* handles, const moe_tensor* gradients,
                                int32_t count, int32_t keep_graph, moe_error* error) {
  return guarded_status(error, "moe_backward", [&] {
    if (count < 1) invalid("backward needs at least one tensor");
    required(handles, "tensors");
    std::vector<at::Tensor> outputs;
    std::vector<at::Tensor> seeds;
    for (int32_t i = 0; i < count; ++i) {
      at::Tensor output = tensors().get(handles[i]);
      if (!output.requires_grad()) {
        invalid(
            describe(output) +
            " does not require grad: it depends on no leaf that does, or was made under noGrad");
      }
      at::Tensor seed;
      if (gradients != nullptr && gradients[i] != 0) {
        seed = tensors().get(gradients[i], "gradient");
        if (!seed.sizes().equals(output.sizes())) {
          invalid("the gradient " + describe(seed) + " has not the shape of " + describe(output));
        }
      } else if (output.numel() != 1) {
        invalid("backward of " + describe(output) +
                " needs a gradient: only a tensor of one element has an implicit one");
      }
      outputs.push_back(std::move(output));
      seeds.push_back(std::move(seed));
    }
    torch::autograd::backward(outputs, seeds, keep_graph != 0, /*create_graph=*/false);
  });
}

MOE_EXPORT moe_tensor moe_tensor_grad(moe_tensor handle, moe_error* error) {
  return guarded<moe_tensor>(error, "moe_tensor_grad", 0, [&]() -> moe_tensor {
    const at::Tensor tensor = tensors().get(handle);
    if (!tensor.is_leaf()) {
      invalid(describe(tensor) + " is not a leaf: only leaves keep their gradient");
    }
    const at::Tensor grad = tensor.grad();
    return grad.defined() ? tensors().insert(grad) : 0;
  });
}

MOE_EXPORT int32_t moe_tensor_set_grad(moe_tensor handle, moe_tensor gradient, moe_error* error) {
  return guarded_status(error, "moe_tensor_set_grad", [&] {
    at::Tensor tensor = tensors().get(handle);
    if (gradient == 0) {
      tensor.mutable_grad() = at::Tensor();
      return;
    }
    const at::Tensor grad = tensors().get(gradient, "gradient");
    if (!grad.sizes().equals(tensor.sizes()) || grad.device() != tensor.device() ||
        grad.scalar_type() != tensor.scalar_type()) {
      invalid("the gradient " + describe(grad) + " does not fit " + describe(tensor));
    }
    if (grad.is_same(tensor)) invalid("a tensor cannot be its own gradient");
    tensor.mutable_grad() = grad;
  });
}

MOE_EXPORT int32_t moe_tensor_set_requires_grad(moe_tensor handle, int32_t requires_grad,
                                                moe_error* error) {
  return guarded_status(error, "moe_tensor_set_requires_grad", [&] {
    const at::Tensor tensor = tensors().get(handle);
    if (!tensor.is_leaf()) {
      invalid(describe(tensor) + " is not a leaf: it requires grad because what it came from does");
    }
    tensor.set_requires_grad(requires_grad != 0);
  });
}

MOE_EXPORT int32_t moe_grad_enabled(void) { return at::GradMode::is_enabled() ? 1 : 0; }

MOE_EXPORT int32_t moe_set_grad_enabled(int32_t enabled) {
  const int32_t before = moe_grad_enabled();
  at::GradMode::set_enabled(enabled != 0);
  return before;
}
